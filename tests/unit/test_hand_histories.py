"""Hand histories: their lines, pieces and good hands, independent of the chunks in which they arrive."""

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
LINE = json.dumps(HAND).encode()
TEXTS = st.text(alphabet="ab\n", max_size=60).map(str.encode)
CUTS = st.lists(st.integers(0, 60), max_size=8)


def chunks(text: bytes, cuts: list[int]) -> list[bytes]:
    ends = [0, *sorted(cut for cut in cuts if cut <= len(text)), len(text)]
    return [text[start:end] for start, end in pairwise(ends)]


def lines(text: bytes) -> list[tuple[int, bytes]]:
    found = text.split(b"\n")
    return list(enumerate(found if found[-1] else found[:-1], 1))


@given(text=TEXTS, cuts=CUTS)
def test_the_lines_do_not_depend_on_the_chunks(text: bytes, cuts: list[int]) -> None:
    assert list(numbered(chunks(text, cuts))) == lines(text)


@given(text=TEXTS, cuts=CUTS, size=st.integers(1, 20))
def test_pieces_are_complete_lines_and_together_the_history(text: bytes, cuts: list[int], size: int) -> None:
    found = list(pieces(chunks(text, cuts), size))
    assert [line for piece in found for line in numbered([text[piece.start : piece.end]], piece.line)] == lines(text)
    assert [piece.start for piece in found] == [0, *(piece.end for piece in found)][: len(found)]
    longest = max((len(line) for _, line in lines(text)), default=0)
    assert all(size <= piece.end - piece.start <= size + longest for piece in found[:-1])


def read(stream: Iterable[bytes], first_line: int = 1) -> tuple[list[dict[str, Any]], list[tuple[int, str]]]:
    """Return the good hands of a history, and the reasons for its other lines."""
    broken: list[tuple[int, str]] = []
    hands = good_hands(numbered(stream, first_line), "etag", lambda line, reason: broken.append((line, reason)))
    return list(hands), broken


def test_broken_lines_are_reported_and_good_hands_are_returned() -> None:
    good = json.dumps({**HAND, "hand_id": "h-1", "table": "unknown"}).encode()
    broken_lines = [b"{", b"\xff\xfe", b"[" * 60_000, b"7", json.dumps({**HAND, "chip_delta": "twenty"}).encode()]
    hands, broken = read([b"\n".join([good, *broken_lines, good])])
    assert hands == [{**HAND, "hand_id": "h-1"}] * 2
    assert broken == [
        (2, "not JSON at column 2"),
        (3, "not JSON"),
        (4, "not JSON"),
        (5, "a hand must be a JSON object, got int"),
        (6, "chip_delta must be int, got str"),
    ]


def test_empty_lines_windows_line_ends_and_a_byte_order_mark_are_accepted() -> None:
    hands, broken = read([b"\xef\xbb\xbf" + LINE + b"\r\n\r\n  \n\n" + LINE])
    assert ([hand["hand_id"] for hand in hands], broken) == (["etag:1", "etag:5"], [])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_line_of_another_encoding_is_broken(encoding: str) -> None:
    hands, broken = read(["\n".join([json.dumps(HAND)] * 3).encode(encoding)])
    assert (hands, [line for line, _ in broken]) == ([], [1, 2, 3])


def test_a_hand_without_an_id_gets_the_same_one_in_every_retry() -> None:
    history, _ = read([LINE + b"\n" + LINE])
    piece, _ = read([LINE], first_line=2)
    assert [hand["hand_id"] for hand in history] == ["etag:1", "etag:2"]
    assert piece == history[1:]


def test_a_line_that_is_too_long_is_reported_and_never_in_memory() -> None:
    def huge() -> Iterator[bytes]:
        yield LINE + b'\n{"'
        yield from (b"x" * 1_000_000 for _ in range(50))
        yield b"\n" + LINE

    tracemalloc.start()
    try:
        hands, broken = read(huge())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [hand["hand_id"] for hand in hands] == ["etag:1", "etag:3"]
    assert broken == [(2, f"the line is longer than {LONGEST_LINE} bytes")]
    assert peak < 5_000_000
