"""Keys of the screen of `consumers dev`, from the bytes of a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.dev.keys import LONGEST, Keys


def keys(*parts: str) -> list[str]:
    """The keys of parts that arrive one after the other, and then nothing more."""
    reader = Keys()
    return [key for part in parts for key in reader.read(part.encode())] + reader.finish()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("s", ["s"]),
        ("jjk", ["j", "j", "k"]),
        ("\x1b[A\x1b[B", ["up", "down"]),
        ("\x1bOA\x1bOB", ["up", "down"]),
        ("\x1b[5~\x1b[6~", ["page up", "page down"]),
        ("\r\n", ["enter", "enter"]),
        ("\x1b", ["escape"]),
        ("\x1b\x1b", ["escape", "escape"]),
        ("\x1b\x1b[A", ["escape", "up"]),
        ("ä漢", ["ä", "漢"]),
        ("\x03", ["q"]),
    ],
)
def test_keys_have_names(typed: str, expected: list[str]) -> None:
    assert keys(typed) == expected


@pytest.mark.parametrize(
    "typed", ["\x1b[1;5A", "\x1bOP", "\x1bq", "\x1b[<0;10;10M", "\x07\x00\x7f", "\x1b[", "\x1b[200"]
)
def test_unknown_sequences_are_no_keys(typed: str) -> None:
    assert keys(typed) == []


def test_a_sequence_may_arrive_in_pieces() -> None:
    assert keys("s\x1b", "[", "B", "d") == ["s", "down", "d"]
    reader = Keys()
    assert [reader.read(byte) for byte in (b"\xc3", b"\xa4")] == [[], ["ä"]]


def test_pasted_text_presses_no_key() -> None:
    assert keys("d\x1b[200~ry\rq", "rm -r\x1b[20", "1~n") == ["d", "n"]
    assert keys("\x1b[200~ry") == []


def test_escape_is_a_key_only_when_nothing_follows() -> None:
    reader = Keys()
    assert (reader.read(b"\x1b"), reader.is_unfinished) == ([], True)
    assert (reader.finish(), reader.is_unfinished) == (["escape"], False)


@given(st.lists(st.binary(max_size=30)))
def test_no_bytes_crash_it_and_afterwards_it_still_reads_keys(parts: list[bytes]) -> None:
    reader = Keys()
    for part in parts:
        reader.read(part)
        reader.finish()
    reader.read(b"\x1b[201~" + b" " * LONGEST)
    reader.finish()
    assert reader.read(b"s")[-1:] == ["s"]
