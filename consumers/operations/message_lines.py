"""A file of messages, one per line: JSON, or any text."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, TypeVar, cast

MAX_BYTES = 1_048_576
"""Maximum size of a message, and of a batch, in bytes of UTF-8.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"""

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_GROUP = re.compile("[!-~]{1,128}")
Line = TypeVar("Line")


class LineError(Exception):
    """A line is not a valid message. The text says why."""


@dataclass(frozen=True)
class Message:
    """A valid line."""

    line: int
    """The line number, from 1."""
    body: str
    size: int
    """In bytes of UTF-8, with the attributes."""
    group: str | None = None
    attributes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """Message attributes as SendMessage takes them."""
    trace: str | None = None
    """The system attribute AWSTraceHeader."""
    deduplication_id: str | None = None
    """For FIFO queues; without one, it is made from the line."""


@dataclass(frozen=True)
class InvalidLine:
    """An invalid line."""

    line: int
    reason: str


@dataclass(frozen=True)
class LineFormat:
    """How to read the lines of a file."""

    text: bool = False
    """Any text, instead of JSON."""
    group: str | None = None
    """The message group of every line."""
    group_field: str | None = None
    """The JSON field with the line's message group: `table`, or `player.table`."""
    max_bytes: int = MAX_BYTES
    """The queue's maximum message size."""


def read(file: BinaryIO, line_format: LineFormat) -> Iterator[Message | InvalidLine]:
    """Read a file from its start, line by line. Empty lines are skipped: SQS takes no empty message."""
    yield from parsed(file, lambda number, line: _message(number, line, line_format), keep_blank=line_format.text)


def parsed(
    file: BinaryIO, parse: Callable[[int, bytes], Line], *, keep_blank: bool = False
) -> Iterator[Line | InvalidLine]:
    """Parse the lines of a file from its start. `parse` raises LineError for an invalid line."""
    file.seek(0)
    for number, raw in enumerate(file, 1):
        line = raw.rstrip(b"\r\n")
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")  # byte order mark, as Windows editors write it
        if not (line if keep_blank else line.strip()):
            continue
        try:
            yield parse(number, line)
        except LineError as error:
            yield InvalidLine(number, str(error))


def _message(number: int, line: bytes, line_format: LineFormat) -> Message:
    if len(line) > line_format.max_bytes:
        raise LineError(f"{len(line):,} bytes, but the queue takes at most {line_format.max_bytes:,} bytes")
    body = decoded(line)
    if wrong := forbidden(body):
        raise LineError(wrong)
    value = None if line_format.text else as_json(body)
    group = _group(value, line_format.group_field) if line_format.group_field else line_format.group
    return Message(number, body, len(line), group)


def forbidden(body: str) -> str | None:
    """Return which character of a body SQS refuses."""
    wrong = _FORBIDDEN.search(body)
    return f"SQS does not allow the character U+{ord(wrong[0]):04X} (at {wrong.start() + 1})" if wrong else None


def decoded(line: bytes) -> str:
    """Return the text of a line; raise LineError if it is not UTF-8."""
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise LineError(f"not UTF-8: byte 0x{line[error.start]:02x} at {error.start + 1}") from None


def as_json(body: str) -> Any:
    """Return the document; raise LineError if it is not JSON."""
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise LineError(f"not JSON: syntax error at {error.pos + 1}") from None
    except ValueError:
        raise LineError("JSON that Python cannot read: an integer has too many digits") from None
    except RecursionError:
        raise LineError("JSON that Python cannot read: it is nested too deeply") from None


def _refuse_constant(name: str) -> Any:
    raise LineError(f"not JSON: {name} is not a JSON number")


def _group(document: Any, field: str) -> str:
    value = document
    for key in field.split("."):
        if not isinstance(value, dict) or key not in value:
            raise LineError(f"the field '{field}' is missing, which must contain its message group")
        value = cast("dict[str, Any]", value)[key]
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise LineError(f"the field '{field}' is {json.dumps(value)[:40]}, but a message group is text or an integer")
    return valid_group(str(value))


def valid_group(group: str) -> str:
    """Return the message group; raise LineError where SQS refuses it."""
    if not _GROUP.fullmatch(group):
        raise LineError(f"'{group[:40]}' is not a message group: 1 to 128 letters, digits and punctuation, no space")
    return group
