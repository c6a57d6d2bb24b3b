"""How a hand history is read: its lines, its pieces, its good hands - whatever the chunks are that it comes in."""

import json
import tracemalloc
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from history import LONGEST_LINE, good_hands, numbered, pieces

HAND: dict[str, Any] = {"user_id": "aarit", "hole_cards": "AsKs", "chip_delta": 120, "result": "won"}
TEXTS = st.text(alphabet="ab\n", max_size=60).map(str.encode)
CUTS = st.lists(st.integers(0, 60), max_size=8)


def chunks(text: bytes, cuts: list[int]) -> list[bytes]:
    ends = [0, *sorted(cut for cut in cuts if cut <= len(text)), len(text)]
    return [text[start:end] for start, end in pairwise(ends)]


def lines(text: bytes) -> list[tuple[int, bytes]]:
    found = text.split(b"\n")
    return list(enumerate(found if found[-1] else found[:-1], 1))


@given(text=TEXTS, cuts=CUTS)
def test_the_lines_are_the_same_however_they_come(text: bytes, cuts: list[int]) -> None:
    assert list(numbered(chunks(text, cuts))) == lines(text)


@given(text=TEXTS, cuts=CUTS, size=st.integers(1, 20))
def test_pieces_are_whole_lines_and_together_the_history(text: bytes, cuts: list[int], size: int) -> None:
    found = list(pieces(chunks(text, cuts), size))
    assert [line for piece in found for line in numbered([text[piece.start : piece.end]], piece.line)] == lines(text)
    assert [piece.start for piece in found] == [0, *(piece.end for piece in found)][: len(found)]
    longest = max((len(line) for _, line in lines(text)), default=0)
    assert all(size <= piece.end - piece.start <= size + longest for piece in found[:-1])


def read(stream: Iterable[bytes], first_line: int = 1) -> tuple[list[dict[str, Any]], list[tuple[int, str]]]:
    """The good hands of a history, and what is said of its other lines."""
    broken: list[tuple[int, str]] = []
    hands = good_hands(numbered(stream, first_line), "etag", lambda line, reason: broken.append((line, reason)))
    return list(hands), broken


def test_broken_lines_are_reported_and_lose_no_good_hand() -> None:
    good = json.dumps({**HAND, "hand_id": "h-1", "table": "unknown"}).encode()
    spoilt = [b"{", b"\xff\xfe", b"[" * 60_000, b"7", json.dumps({**HAND, "chip_delta": "twenty"}).encode()]
    hands, broken = read([b"\n".join([good, *spoilt, good])])
    assert hands == [{**HAND, "hand_id": "h-1"}] * 2
    assert [line for line, _ in broken] == [2, 3, 4, 5, 6]
    reasons = [reason for _, reason in broken]
    assert reasons[:3] == ["not JSON at column 2", "not JSON", "not JSON"]
    assert reasons[3:] == ["a hand must be a JSON object, got int", "chip_delta must be int, got str"]


def test_empty_lines_and_the_line_ends_of_windows_and_a_byte_order_mark_are_no_fault() -> None:
    hand = json.dumps(HAND).encode()
    hands, broken = read([b"\xef\xbb\xbf" + hand + b"\r\n\r\n  \n\n" + hand])
    assert ([one["hand_id"] for one in hands], broken) == (["etag:1", "etag:5"], [])


def test_a_history_that_is_not_utf_8_has_no_line_that_is_read() -> None:
    text = "\n".join([json.dumps(HAND)] * 3)
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        hands, broken = read([text.encode(encoding)])
        assert hands == []
        assert [line for line, _ in broken] == [1, 2, 3]


def test_a_hand_without_an_id_has_the_same_one_whenever_its_history_is_read() -> None:
    hand = json.dumps(HAND).encode()
    whole, _ = read([hand + b"\n" + hand])
    piece, _ = read([hand], first_line=2)
    assert [one["hand_id"] for one in whole] == ["etag:1", "etag:2"]
    assert piece == whole[1:]


def test_a_line_that_is_too_long_is_reported_and_not_held() -> None:
    def huge() -> Iterator[bytes]:
        yield json.dumps(HAND).encode() + b'\n{"'
        yield from (b"x" * 1_000_000 for _ in range(50))
        yield b"\n" + json.dumps(HAND).encode()

    tracemalloc.start()
    try:
        hands, broken = read(huge())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [one["hand_id"] for one in hands] == ["etag:1", "etag:3"]
    assert broken == [(2, f"the line is longer than {LONGEST_LINE} bytes")]
    assert peak < 5_000_000


@pytest.mark.parametrize("size", [1, 1_000_000])
def test_nothing_has_no_lines_and_no_pieces(size: int) -> None:
    assert list(pieces([], size)) == list(pieces([b""], size)) == []
    assert list(numbered([])) == list(numbered([b"", b""])) == []
