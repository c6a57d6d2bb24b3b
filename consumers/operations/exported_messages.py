"""Messages in a file of `consumers dlq export`: a JSON object on each line, with body, attributes and group."""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, cast

from consumers.operations.message_lines import (
    MAX_BYTES,
    InvalidLine,
    LineError,
    Message,
    as_json,
    decoded,
    forbidden,
    parsed,
    valid_group,
)

MOST_ATTRIBUTES = 10
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
_NAME = re.compile(r"(?!(?i:aws|amazon)\.)(?!\.)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}(?<!\.)")
_TYPE = re.compile(r"(String|Number|Binary)(\.\S{1,249})?")


def read(file: BinaryIO, *, fifo: bool, max_bytes: int = MAX_BYTES) -> Iterator[Message | InvalidLine]:
    """Read a file from its start, line by line; `max_bytes` is the queue's maximum message size."""

    def parse(number: int, line: bytes) -> Message:
        return message(number, as_json(decoded(line)), fifo, max_bytes)

    return parsed(file, parse)


def size(body: str, attributes: Mapping[str, Mapping[str, Any]]) -> int:
    """Return the bytes that count: the body, and name, type and value of each message attribute.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
    """
    return _bytes(body) + sum(
        _bytes(name) + _bytes(value["DataType"]) + _bytes(value.get("BinaryValue", value.get("StringValue", "")))
        for name, value in attributes.items()
    )


def message(number: int, document: Any, fifo: bool, max_bytes: int) -> Message:
    """Return the message of a line; raise LineError if it has none, or one that the queue would refuse."""
    body = document.get("body") if isinstance(document, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if not isinstance(body, str) or not body:
        raise LineError("not an exported dead letter: an object whose 'body' is a text is required")
    line = cast("dict[str, Any]", document)
    if wrong := forbidden(body):
        raise LineError(wrong)
    attributes = _attributes(_objects(line, "attributes"))
    system, total = _objects(line, "system"), size(body, attributes)
    if total > max_bytes:
        raise LineError(f"{total:,} bytes with its attributes, but the queue takes at most {max_bytes:,} bytes")
    group, trace = _text(system, "MessageGroupId"), _text(system, "AWSTraceHeader")
    if fifo and group is None:
        raise LineError("system.MessageGroupId is missing, and the queue is FIFO")
    group = None if group is None else valid_group(group)
    # The letter's id, not its old deduplication id: SQS drops what it has received within five minutes.
    return Message(number, body, total, group, attributes, trace, _text(line, "id"))


def _objects(line: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = line.get(key, {})
    if not isinstance(value, dict):
        raise LineError(f"'{key}' must be an object")
    return cast("dict[str, Any]", value)


def _text(values: Mapping[str, Any], key: str) -> str | None:
    value = values.get(key)
    if value is not None and not (isinstance(value, str) and value):
        raise LineError(f"'{key}' must be a text")
    return value


def _attributes(values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    if len(values) > MOST_ATTRIBUTES:
        raise LineError(f"{len(values)} attributes, but SQS takes at most {MOST_ATTRIBUTES}")
    return {name: _attribute(name, value) for name, value in values.items()}


def _attribute(name: str, value: Any) -> dict[str, Any]:
    value = cast("dict[str, Any]", value if isinstance(value, dict) else {})
    kind = value.get("DataType")
    if not _NAME.fullmatch(name):
        raise LineError(f"{json.dumps(name)[:60]} is not a name of a message attribute")
    if not isinstance(kind, str) or not _TYPE.fullmatch(kind):
        raise LineError(f"the attribute {name} requires a DataType: String, Number or Binary")
    key = "BinaryValue" if kind.startswith("Binary") else "StringValue"
    text = value.get(key)
    if not isinstance(text, str) or not text or forbidden(text):
        raise LineError(f"the attribute {name} requires a {key}: a text that is not empty")
    return {"DataType": kind, key: _binary(name, text) if key == "BinaryValue" else text}


def _binary(name: str, text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise LineError(f"the BinaryValue of the attribute {name} is not Base64") from None


def _bytes(value: str | bytes) -> int:
    return len(value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value)
