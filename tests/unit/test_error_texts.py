"""The file of error texts: it survives a round trip, and each of its tests exists."""

import ast
from pathlib import Path

import pytest

import error_texts
from error_texts import ErrorTexts

ROOT = Path(__file__).parents[2]


def test_every_text_belongs_to_a_test_that_exists() -> None:
    for test in {test for test, _ in error_texts.read()}:
        file, _, function = test.partition("::")
        functions = {n.name for n in ast.walk(ast.parse((ROOT / file).read_text())) if isinstance(n, ast.FunctionDef)}
        assert function in functions, f"{test} is gone: run `make error-texts`"


def test_the_file_is_as_it_is_written_also_after_a_merge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    merged, texts = error_texts.FILE.read_text("utf-8"), error_texts.read()
    monkeypatch.setattr(error_texts, "FILE", tmp_path / "texts.txt")
    error_texts.write(texts)
    assert error_texts.FILE.read_text("utf-8") == merged, "`make error-texts` sorts it"


@pytest.fixture
def _own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(error_texts, "FILE", tmp_path / "texts.txt")


@pytest.mark.usefixtures("_own_file")
def test_a_text_is_written_once_and_then_compared(tmp_path: Path) -> None:
    for test in ("test_a.py::test_a[x-1]", "test_a.py::test_a[y [2]]", "test_b.py::test_b"):
        recorded = ErrorTexts(test, tmp_path, update=True)
        recorded(f"{tmp_path}/a is wrong:\n\n- | ## x ")
        recorded("again")
        compared = ErrorTexts(test, tmp_path, update=False)
        compared(f"{tmp_path}/a is wrong:\n\n- | ## x")
        with pytest.raises(AssertionError, match="- again"):
            compared("other")
        with pytest.raises(AssertionError, match=r"no text on record .*make error-texts"):
            compared("a third one")
    assert len(error_texts.read()) == 6
    assert "| {tmp}/a is wrong:\n|\n| - | ## x\n" in error_texts.FILE.read_text()
