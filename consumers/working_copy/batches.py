"""Batches of messages from files, as the records of an event."""

import json
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, cast

from consumers.operations.message_lines import Message
from consumers.working_copy.events import Record, record

SOURCE = "aws:sqs"


class InvalidEvent(ValueError):
    """An event that SQS cannot cause. The text says why."""


def event_records(content: bytes) -> list[Record] | None:
    """Return the records of a file with one SQS event; None if it has something else.

    Raises:
        InvalidEvent: a record lacks what Lambda always passes.
    """
    try:
        document: Any = json.loads(content)
    except (ValueError, RecursionError):
        return None
    items: Any = cast("dict[str, Any]", document).get("Records") if isinstance(document, dict) else None
    if not isinstance(items, list) or not items:
        return None
    records = cast("list[Any]", items)
    if not all(isinstance(one, dict) and cast("Record", one).get("eventSource") == SOURCE for one in records):
        return None  # a message may have an event of another service as its body
    for number, one in enumerate(cast("list[Record]", records)):
        _check(number, one)
    ids = [one["messageId"] for one in records]
    if repeated := next((each for each in ids if ids.count(each) > 1), None):
        raise InvalidEvent(f"two records have the messageId {repeated!r:.80}")
    return records


def _check(number: int, one: Record) -> None:
    for key, kind, name in (("messageId", str, "a text"), ("body", str, "a text"), ("attributes", dict, "an object")):
        value = one.setdefault(key, {}) if key == "attributes" else one.get(key)
        if not isinstance(value, kind) or (key == "messageId" and not value):
            raise InvalidEvent(f"Records[{number}].{key} must be {name}, got {value!r:.80}")
    count = one["attributes"].get("ApproximateReceiveCount", "1")
    if not isinstance(count, str) or not count.isascii() or not count.isdigit():
        raise InvalidEvent(f"Records[{number}].attributes.ApproximateReceiveCount must be digits, got {count!r:.80}")


def line_records(messages: Sequence[Message], queue_arn: str) -> list[Record]:
    """Return the records of lines, as at their first receive: `line-3` is the id of the third line.

    On a FIFO queue, lines without a group are one group, so that one that fails blocks those behind it.
    """
    now = str(int(time.time() * 1000))
    system = {
        "ApproximateReceiveCount": "1",
        "SentTimestamp": now,
        "SenderId": "AIDAEXAMPLE",
        "ApproximateFirstReceiveTimestamp": now,
    }
    return [_line_record(message, system, queue_arn) for message in messages]


def _line_record(message: Message, system: Mapping[str, str], queue_arn: str) -> Record:
    each = f"line-{message.line}"
    if queue_arn.endswith(".fifo"):
        fifo = {"MessageGroupId": message.group or "lines", "MessageDeduplicationId": each}
        system = {**system, **fifo, "SequenceNumber": f"{message.line:020}"}
    received = {"MessageId": each, "ReceiptHandle": str(uuid.uuid4()), "Body": message.body, "Attributes": dict(system)}
    return record(received, queue_arn)


def received(records: Sequence[Record], receive: int) -> list[Record]:
    """Return the records as at this receive, from 1."""
    return [{**one, "attributes": {**one["attributes"], "ApproximateReceiveCount": str(receive)}} for one in records]
