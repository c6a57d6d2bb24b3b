"""A file's lines as messages."""

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.operations.message_lines import InvalidLine, LineFormat, Message, read
from error_texts import ErrorTexts


def lines(content: bytes, form: LineFormat | None = None) -> list[Message | InvalidLine]:
    return list(read(io.BytesIO(content), form or LineFormat()))


@settings(max_examples=40)
@given(st.lists(st.dictionaries(st.text(max_size=5), st.text() | st.integers() | st.none(), max_size=3)))
def test_each_json_line_is_a_message_as_it_stands(documents: list[dict[str, object]]) -> None:
    bodies = [json.dumps(document) for document in documents]
    found = lines("\n".join(bodies).encode())
    assert found == [Message(number, body, len(body)) for number, body in enumerate(bodies, 1)]


def test_windows_line_ends_and_byte_order_mark_are_not_part_of_a_message() -> None:
    assert lines(b'\xef\xbb\xbf{"a":1}\r\n[2]\r\n') == [Message(1, '{"a":1}', 7), Message(2, "[2]", 3)]


def test_empty_lines_are_skipped_but_counted_and_text_need_not_be_json() -> None:
    assert lines(b"\n1\n \n\n2") == [Message(2, "1", 1), Message(5, "2", 1)]
    assert lines(b"\n \n{bad\n", LineFormat(text=True)) == [Message(2, " ", 1), Message(3, "{bad", 4)]


@pytest.mark.parametrize(
    "line",
    [
        *(b"{bad", b'"a" "b"', b"NaN", b"\xff", b'{"a": "\xc3"}', '"\ufffe"'.encode(), b"\x00"),
        *(b'"1234567"', b"[" * 100_000, b"9" * 10_000),
    ],
    ids=lambda line: repr(line[:12]),
)
def test_a_broken_line_has_its_number_and_a_reason_and_the_others_are_read(error_text: ErrorTexts, line: bytes) -> None:
    limit = 8 if line == b'"1234567"' else 1_000_000
    before, broken, after = lines(b"1\n" + line + b"\n2\n", LineFormat(max_bytes=limit))
    assert (before, after) == (Message(1, "1", 1), Message(3, "2", 1))
    assert isinstance(broken, InvalidLine)
    assert broken.line == 2
    error_text(broken.reason)


def test_the_message_group_is_taken_from_a_field_however_deep() -> None:
    line = b'{"table": "t-1", "player": {"id": 7}}'
    for field, group in (("table", "t-1"), ("player.id", "7")):
        assert lines(line, LineFormat(group_field=field)) == [Message(1, line.decode(), len(line), group)]
    assert lines(line, LineFormat(group="all")) == [Message(1, line.decode(), len(line), "all")]


@pytest.mark.parametrize("line", [b"{}", b"[]", b"3", b'{"a": null}', b'{"a": true}', b'{"a": 1.5}', b'{"a": "x y"}'])
def test_a_line_without_a_usable_message_group_is_broken(line: bytes) -> None:
    (found,) = lines(line, LineFormat(group_field="a"))
    assert isinstance(found, InvalidLine)
    assert "group" in found.reason
