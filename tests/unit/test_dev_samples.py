"""The sample message of a consumer, which the screen of `consumers dev` sends."""

from pathlib import Path

import pytest

from consumers.dev.samples import SampleError, find
from dev_letters import letter
from error_texts import ErrorTexts


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    (tmp_path / "samples").mkdir()
    return tmp_path / "samples"


def test_a_json_file_is_one_message_whatever_its_layout(samples: Path) -> None:
    (samples / "hands.json").write_text('{\n  "id": 1\n}\n')
    found = find(samples.parent, "hands", [letter(1)], 5)
    assert (found.body, found.origin, found.group) == ('{\n  "id": 1\n}', "samples/hands.json", "sample")


def test_each_line_of_a_jsonl_file_is_a_message_one_after_the_other(samples: Path) -> None:
    (samples / "hands.jsonl").write_text("1\n\n2\n3\n")
    assert [find(samples.parent, "hands", [], number).body for number in range(4)] == ["1", "2", "3", "1"]


def test_without_a_file_it_is_the_newest_dead_letter_with_its_group(tmp_path: Path) -> None:
    found = find(tmp_path, "hands", [letter(2, MessageGroupId="table-1"), letter(1)], 0)
    assert (found.body, found.group) == ('{"id": 2}', "table-1")
    assert find(tmp_path, "hands", [letter(2)], 0).group == "sample"


@pytest.mark.parametrize("content", [None, b"", b"\n \n", b"\xff", b'{"a": "\x00"}'], ids=str)
def test_what_cannot_be_sent_is_said(samples: Path, content: bytes | None, error_text: ErrorTexts) -> None:
    if content is not None:
        (samples / "hands.jsonl").write_bytes(content)
    with pytest.raises(SampleError) as caught:
        find(samples.parent, "hands", [], 0)
    error_text(str(caught.value))
