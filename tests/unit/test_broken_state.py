"""State files that somebody, or a full disk, has broken: one line each, and `down` always works."""

import json
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.cli import main
from consumers.evaluate.program import ProgramError
from consumers.evaluate.stack_config import ConfigError, read_stack_config
from consumers.local import background
from consumers.provider.stack_conflict import refuse_pulumi, refuse_up
from consumers.provider.stack_record import StackRecord
from consumers.resource_table import ResourceError
from error_texts import ErrorTexts
from test_stack_record import QUEUE

DEEP = "[" * 100_000
STATE = {"port": 4566, "region": "us-east-1", "access_key_id": "AKIA0", "process_id": 99999999, "folder": "aws/00"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*STATE, "resources", "checkpoint"]), inner),
    max_leaves=10,
)
CONTENTS = st.binary() | JSON.map(lambda value: json.dumps(value).encode()) | st.just(DEEP.encode())
FILES = ("aws.json", "stacks/dev.json", "pulumi/backend/.pulumi/stacks/hands/dev.json")


def down(project: Path) -> None:
    result = CliRunner().invoke(main, ["down", "--project", str(project)])
    assert (result.exit_code, (project / ".consumers").exists()) == (0, False), result.output
    assert result.output == "No local AWS is running. The files of the last one are removed.\n"


def write(project: Path, name: str, content: bytes) -> None:
    path = project / ".consumers" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@pytest.mark.parametrize(
    "change",
    [
        {"access_key_id": "AKIA\n0"},
        {"port": 99999},
        {"port": 0},
        {"process_id": 1 << 80},
        {"folder": "../../elsewhere"},
        {"region": "us east"},
    ],
)
def test_a_note_with_an_impossible_value_is_none(tmp_path: Path, change: dict[str, Any]) -> None:
    write(tmp_path, "aws.json", json.dumps(STATE | change).encode())
    assert background._read(tmp_path / ".consumers") is None  # pyright: ignore[reportPrivateUsage]
    down(tmp_path)


@pytest.mark.parametrize("content", [DEEP, "[]", "3", '{"pid": [], "resources": 5, "checkpoint": []}', ""])
def test_down_works_whatever_is_in_the_files(tmp_path: Path, content: str) -> None:
    for name in (*FILES, "pulumi/backend/.pulumi/locks/organization/hands/dev/lock.json"):
        write(tmp_path, name, content.encode())
        down(tmp_path)


@settings(max_examples=40)
@given(st.sampled_from(FILES), CONTENTS)
def test_a_broken_file_is_an_error_of_ours_or_none(name: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        write(project, name, content)
        background._read(project / ".consumers")  # pyright: ignore[reportPrivateUsage]
        for refuse in (refuse_up, refuse_pulumi):
            not_another_error(lambda refuse=refuse: refuse(project))
        not_another_error(lambda: StackRecord(project / ".consumers" / "stacks" / "dev.json"))


def not_another_error(action: Callable[[], object]) -> None:
    with suppress(ProgramError, ResourceError):
        action()


@settings(max_examples=40)
@given(st.data())
def test_a_record_of_which_anything_has_changed_is_not_read(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "dev.json"
        StackRecord(file).keep(QUEUE)
        before = file.read_bytes()
        place = data.draw(st.integers(0, len(before) - 1))
        changed = before[:place] + data.draw(st.binary(max_size=3)) + before[place + 1 :]
        file.write_bytes(changed)
        # A text in which only an end of line has another form is read as the same.
        if changed.replace(b"\r\n", b"\n").replace(b"\r", b"\n") != before:
            with pytest.raises(ResourceError):
                StackRecord(file)


def test_a_full_disk_is_one_line_and_leaves_the_record_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error_text: ErrorTexts
) -> None:
    record = StackRecord(file := tmp_path / "dev.json")
    record.keep(QUEUE)
    before = file.read_text()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ResourceError) as caught:
        record.keep(QUEUE)
    error_text(str(caught.value))
    assert (file.read_text(), list(tmp_path.iterdir())) == (before, [file])


# --- YAML ---

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


UNUSABLE = {
    "aliases that stand for too much": BOMB,
    "an alias of itself": "a: &a [*a]",
    "nested too deeply": "a: " + "[" * 1_000,
    "a value that is not of its type": "a: !!int x",
    "binary": "a: !!binary eA==",
    "a key that is a number": "name: hands\nconfig: {1: 2}",
}


@pytest.mark.parametrize("wrong", UNUSABLE)
def test_yaml_that_cannot_be_used_is_an_error(tmp_path: Path, error_text: ErrorTexts, wrong: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(UNUSABLE[wrong])
    with pytest.raises(ConfigError) as caught:
        read_stack_config(tmp_path, "dev")
    error_text(str(caught.value))


def test_a_few_aliases_are_fine(tmp_path: Path) -> None:
    (tmp_path / "__main__.py").touch()
    (tmp_path / "Pulumi.yaml").write_text("name: hands\nruntime: python\nconfig: {a: &a [1, 2], b: [*a, *a]}\n")
    assert read_stack_config(tmp_path, "dev").values == {"hands:a": "[1,2]", "hands:b": "[[1,2],[1,2]]"}
