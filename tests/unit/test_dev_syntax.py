"""Code that cannot be compiled is refused in one line with its place."""

import shutil
import warnings
from pathlib import Path

import pytest

from consumers.dev import syntax


@pytest.fixture(autouse=True)
def _in_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def errors(tmp_path: Path, name: str, content: bytes) -> list[str]:
    path = tmp_path / "orders" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return syntax.errors([path])


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"def handle(:\n", "orders/handler.py:1: SyntaxError: invalid syntax"),
        (b"x = 1\n  y = 2\n", "orders/handler.py:2: IndentationError: unexpected indent"),
        (b"return 1\n", "orders/handler.py:1: SyntaxError: 'return' outside function"),
    ],
)
def test_a_python_file_with_a_syntax_error_is_refused(tmp_path: Path, content: bytes, error: str) -> None:
    assert errors(tmp_path, "handler.py", content) == [error]


@pytest.mark.parametrize("content", [b"x = '\0'", b"\xff", b"(" * 100_000, b"-" * 100_000 + b"1"])
def test_bytes_that_are_no_python_are_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    (error,) = errors(tmp_path, "handler.py", content)
    assert error.startswith("orders/handler.py:")
    assert len(error.splitlines()) == 1


def test_code_that_compiles_is_accepted_without_its_warnings(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert errors(tmp_path, "handler.py", b"import missing\npattern = '\\d'\n") == []


def test_other_files_and_deleted_ones_are_accepted(tmp_path: Path) -> None:
    assert errors(tmp_path, "data.json", b"{") == []
    assert syntax.errors([tmp_path / "gone.py", tmp_path / "gone.js"]) == []


@pytest.mark.skipif(shutil.which("node") is None, reason="requires Node.js")
def test_a_node_file_with_a_syntax_error_is_refused(tmp_path: Path) -> None:
    assert errors(tmp_path, "index.mjs", b"export const handler = 1;\n") == []
    (error,) = errors(tmp_path, "index.mjs", b"\nexport const = 1;\n")
    assert error.startswith("orders/index.mjs:2: SyntaxError: ")


def test_node_files_are_accepted_where_node_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert errors(tmp_path, "index.js", b"const = 1;\n") == []
