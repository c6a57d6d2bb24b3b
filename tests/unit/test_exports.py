"""Exported dead letters: what is written can be read again, whole, and a file never has half a line."""

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.operations import exported_messages
from consumers.operations.dead_letters.entries import copy_of
from consumers.operations.dead_letters.exporting import Export
from consumers.operations.dead_letters.letters import DeadLetter
from consumers.operations.message_lines import Message

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1)


def value(kind: str, value: str | bytes) -> dict[str, Any]:
    return {"DataType": kind, "BinaryValue" if isinstance(value, bytes) else "StringValue": value}


attributes = st.dictionaries(
    st.text("abcXYZ019_-", min_size=1, max_size=20),
    st.one_of(
        st.builds(value, st.just("Binary"), st.binary(min_size=1)),
        st.builds(value, st.just("String.json"), texts),
    ),
    max_size=10,
)


def is_valid(text: str) -> bool:
    return not any(0x1FFFE & ord(c) == 0xFFFE for c in text)


@given(texts.filter(is_valid), attributes, st.one_of(st.none(), st.text("abc!~", min_size=1, max_size=128)))
def test_what_is_exported_is_read_again_whole(body: str, given_attributes: Any, group: str | None) -> None:
    system = {"AWSTraceHeader": "Root=1"} | ({"MessageGroupId": group} if group else {})
    letter = DeadLetter("id", body, given_attributes, system, "receipt")
    line = json.dumps(letter.as_data()).encode()
    (message,) = exported_messages.read(io.BytesIO(line), fifo=False)
    assert isinstance(message, Message)
    assert (message.body, message.attributes, message.group) == (body, given_attributes, group)
    assert (message.trace, message.deduplication_id) == ("Root=1", "id")
    assert message.size == copy_of(letter, body, fifo=False, max_bytes=0).size


def test_a_new_file_is_its_owners_and_never_another_ones(tmp_path: Path) -> None:
    with Export(tmp_path / "new") as export:
        export.write([{"n": 1}, {"n": 2}])
    assert ((tmp_path / "new").read_text(), (tmp_path / "new").stat().st_mode & 0o777) == (
        '{"n": 1}\n{"n": 2}\n',
        0o600,
    )
    with pytest.raises(FileExistsError):
        Export(tmp_path / "new")
    with Export(tmp_path / "empty"):
        pass
    assert not (tmp_path / "empty").exists()


@pytest.mark.parametrize("error", [OSError("full"), KeyboardInterrupt()], ids=["full disk", "Ctrl-C"])
def test_a_line_that_cannot_be_written_whole_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    write = os.write

    def half(file: int, data: bytes) -> int:
        if b"bad" not in data:
            raise error
        return write(file, data[: data.index(b"bad") + 1])

    with Export(tmp_path / "file") as export:
        export.write([{"n": 1}])
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", half)
            with pytest.raises(type(error)):
                export.write([{"n": "good"}, {"n": "bad"}])
        export.write([{"n": 3}])
    assert (tmp_path / "file").read_text() == '{"n": 1}\n{"n": 3}\n'


def test_lines_are_on_the_disk_when_write_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    write, fsync = os.write, os.fsync
    monkeypatch.setattr(os, "write", lambda file, data: steps.append("write") or write(file, data))  # type: ignore[misc]
    monkeypatch.setattr(os, "fsync", lambda file: steps.append("fsync") or fsync(file))  # type: ignore[misc]
    with Export(tmp_path / "file") as export:
        export.write([{"n": 1}])
    assert steps == ["write", "fsync"]
