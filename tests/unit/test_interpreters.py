"""Where the Python that compiles is found: the running one, uv's, one on PATH, one of pyenv."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.packaging import interpreters
from components.packaging.interpreters import NotCompiled, find_python

RELEASED = "cpython-399 final "


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The only folder on PATH; there is no uv, and pyenv has no versions."""
    cached = interpreters._python  # pyright: ignore[reportPrivateUsage]
    cached.cache_clear()
    monkeypatch.setitem(sys.modules, "uv", None)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    (tmp_path / "path").mkdir()
    yield tmp_path / "path"
    cached.cache_clear()


def program(path: Path, says: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    asks_uv = '[ "$1 $2" = "python find" ] || exit 2' if path.name == "uv" else ""
    path.write_text(f"#!/bin/sh\n{asks_uv}\necho '{says}'\n")
    path.chmod(0o755)
    return path


def of_pyenv(tmp_path: Path, version: str, says: str = RELEASED) -> Path:
    return program(tmp_path / "pyenv" / "versions" / version / "bin" / "python3.99", says)


def test_the_running_python_is_taken_first(path: Path) -> None:
    version = "{}.{}".format(*sys.version_info)
    program(path / f"python{version}", interpreters.cache_tag(version) + " final")
    assert find_python(version) == sys.executable


def test_then_the_one_that_uv_finds_then_path_then_the_newest_of_pyenv(path: Path, tmp_path: Path) -> None:
    for version in ("3.99.2", "3.99.10", "3.99.11", "3.99.9", "3.99.12rc1"):
        of_pyenv(tmp_path, version)
    assert find_python("3.99") == str(tmp_path / "pyenv" / "versions" / "3.99.11" / "bin" / "python3.99")
    for name, finds in (("python3.99", path / "python3.99"), ("uv", program(tmp_path / "managed", RELEASED))):
        program(path / name, str(finds) if name == "uv" else RELEASED)
        interpreters._python.cache_clear()  # pyright: ignore[reportPrivateUsage]
        assert find_python("3.99") == str(finds)


@pytest.mark.parametrize(
    "says", ["cpython-399 candidate ", "cpython-398 final ", "pypy399 final ", "cpython-399 final t", ""]
)
def test_a_python_with_other_bytecode_is_not_taken(path: Path, tmp_path: Path, says: str) -> None:
    program(path / "python3.99", says)
    right = of_pyenv(tmp_path, "3.99.1")
    assert find_python("3.99") == str(right)


def test_a_shim_that_fails_is_not_taken(path: Path, tmp_path: Path) -> None:
    program(path / "python3.99", RELEASED).write_text(f"#!/bin/sh\necho '{RELEASED}'\nexit 127\n")
    right = of_pyenv(tmp_path, "3.99.1")
    assert find_python("3.99") == str(right)


def test_without_one_the_error_says_how_to_get_it() -> None:
    with pytest.raises(NotCompiled, match=r"there is no Python 3\.99 on this machine") as error:
        find_python("3.99")
    assert error.value.fix == "Run `uv python install 3.99`, or put python3.99 on PATH, or leave bytecode out"
