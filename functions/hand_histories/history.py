"""Hand histories, JSON lines in UTF-8 of any size: split into lines, pieces and good hands.

A history is streamed: only a chunk and a line are in memory.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from hands import BadHand, Hand, parse_hand

LONGEST_LINE = 65_536  # bytes; a hand has hundreds
PIECE = 4 * 1024 * 1024  # bytes, about 40,000 hands: can be sent within the function's timeout


class Piece(NamedTuple):
    """Complete lines of a history: the bytes from `start` up to `end`, beginning with line number `line`."""

    start: int
    end: int
    line: int


def pieces(chunks: Iterable[bytes], size: int = PIECE) -> Iterator[Piece]:
    """Split a history into pieces of at least `size` bytes, at line ends."""
    start, line, here, lines = 0, 1, 0, 1
    for chunk in chunks:
        counted = 0
        while (cut := chunk.find(b"\n", max(counted, start + size - here - 1)) + 1) > 0:
            lines += chunk.count(b"\n", counted, cut)
            yield Piece(start, here + cut, line)
            start, line, counted = here + cut, lines, cut
        lines += chunk.count(b"\n", counted)
        here += len(chunk)
    if here > start:
        yield Piece(start, here, line)


def numbered(chunks: Iterable[bytes], first: int = 1) -> Iterator[tuple[int, bytes]]:
    """Yield each line with its number. Lines above LONGEST_LINE are truncated to one byte more."""
    number, line = first, b""
    for chunk in chunks:
        head, *others = chunk.split(b"\n")
        line = (line + head)[: LONGEST_LINE + 1]
        for other in others:
            yield number, line
            number, line = number + 1, other[: LONGEST_LINE + 1]
    if line:
        yield number, line


def good_hands(
    lines: Iterable[tuple[int, bytes]], history: str, broken: Callable[[int, str], None]
) -> Iterator[dict[str, Any]]:
    """Yield the valid hands, and call `broken` with the number of each other line and the reason.

    A hand without an id gets one from the history's id and the line number, so that it is the same in every retry.
    """
    for number, line in lines:
        if line.isspace() or not line:
            continue
        try:
            hand = parse_hand(_document(line))
        except BadHand as error:
            broken(number, str(error))
        else:
            fields = {name: getattr(hand, name) for name in Hand.__slots__}
            yield {**fields, "hand_id": hand.hand_id or f"{history}:{number}"}


def _document(line: bytes) -> Any:
    if len(line) > LONGEST_LINE:
        raise BadHand(f"the line is longer than {LONGEST_LINE} bytes")
    try:
        # Passed bytes, json.loads would guess the encoding, and accept the first line of a UTF-16 history.
        return json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        place = f" at column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise BadHand(f"not JSON{place}") from None
