"""Dead letters in a file of `consumers dlq export`, with the reasons that they had."""

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, cast

from consumers.operations import exported_messages
from consumers.operations.dead_letters.letters import DeadLetter
from consumers.operations.dead_letters.reasons import UNKNOWN, Explained, Reason
from consumers.operations.message_lines import MAX_BYTES, InvalidLine, LineError, as_json, decoded, parsed

_NUMBERS = ("SentTimestamp", "ApproximateFirstReceiveTimestamp", "ApproximateReceiveCount")


def read(file: BinaryIO, *, fifo: bool) -> Iterator[Explained | InvalidLine]:
    """Read a file from its start, line by line."""
    lines: dict[str, int] = {}

    def parse(number: int, line: bytes) -> Explained:
        one = _explained(number, as_json(decoded(line)), fifo)
        if (first := lines.setdefault(one.letter.id, number)) != number:
            raise LineError(f"the id {one.letter.id} is in line {first} already")
        return one

    return parsed(file, parse)


def _explained(number: int, document: Any, fifo: bool) -> Explained:
    message = exported_messages.message(number, document, fifo, MAX_BYTES)
    line = cast("dict[str, Any]", document)
    attributes = {name: dict(value) for name, value in message.attributes.items()}
    system = _system(line.get("system", {}))
    letter = DeadLetter(message.deduplication_id or f"line-{number}", message.body, attributes, system, "")
    return Explained(letter, _reason(line))


def _system(values: Mapping[str, Any]) -> dict[str, str]:
    for name, value in values.items():
        if not isinstance(value, str):
            raise LineError(f"system.{name[:60]} must be a text")
        if name in _NUMBERS and not (value.isascii() and value.isdigit() and len(value) < 20):
            raise LineError(f"system.{name} must be a text with a whole number, got '{value[:40]}'")
    return dict(values)


def _reason(line: Mapping[str, Any]) -> Reason:
    text, receives = line.get("reason"), line.get("receives")
    if not isinstance(text, str) or not text:
        return UNKNOWN
    return Reason(text, str(line.get("reason_source", "unknown")), receives if isinstance(receives, int) else None)
