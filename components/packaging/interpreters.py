"""Finds the programs that packaging runs: uv, and a Python of the function's version."""

import contextlib
import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

SAFE_PATH = "import sys; sys.path = [path for path in sys.path if path]"
"""The first statement of each program: no module of the current folder is imported in place of Python's own."""
# The flags are those of debug and free-threaded builds, which compile differently.
KIND = "sys.implementation.cache_tag, sys.version_info.releaselevel, getattr(sys, 'abiflags', '')"
QUERY = f"{SAFE_PATH}; import py_compile; print({KIND})"
TIMEOUT = 20  # seconds that a program may take to answer


class NotCompiled(Exception):
    """A function whose bytecode cannot be made, and the fix."""

    def __init__(self, got: str, fix: str) -> None:
        super().__init__(got)
        self.got, self.fix = got, fix


def find_uv() -> str | None:
    """Return the path of uv: the installed Python package, or else the one on PATH."""
    with contextlib.suppress(ImportError, FileNotFoundError):
        from uv import find_uv_bin

        return find_uv_bin()
    return shutil.which("uv")


def find_python(version: str) -> str:
    """Return the path of a released CPython of this minor version, such as `3.13`; raise NotCompiled without one.

    It is the one that runs this, or else one that uv knows, or one on PATH, or one of pyenv.
    """
    if path := _python(version):
        return path
    fix = f"Run `uv python install {version}`, or put python{version} on PATH, or leave bytecode out"
    raise NotCompiled(f"True, and there is no Python {version} on this machine to compile with", fix)


@functools.cache  # a program with many consumers asks for each
def _python(version: str) -> str | None:
    is_right = f"{cache_tag(version)} final"
    return next((path for path in _candidates(version) if _answer([path, "-S", "-c", QUERY]) == is_right), None)


def cache_tag(version: str) -> str:
    """Return the tag of a version in the names of bytecode files: `cpython-313` for `3.13`."""
    return f"cpython-{version.replace('.', '')}"


def clean_environment() -> dict[str, str]:
    """Return the environment without Python's variables, which change what an interpreter does."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def _candidates(version: str) -> Iterator[str]:
    if f"{sys.version_info.major}.{sys.version_info.minor}" == version:
        yield sys.executable
    if uv := find_uv():
        yield _answer([uv, "python", "find", "--no-project", "--no-python-downloads", "--quiet", version])
    yield shutil.which(f"python{version}") or ""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    pythons = root.glob(f"versions/{version}.*/bin/python{version}")
    # The newest patch release first. A name with more than digits, such as 3.14.0rc1, is no release.
    released = [path for path in pythons if path.parents[1].name.replace(".", "").isdigit()]
    yield from map(str, sorted(released, key=lambda path: -int(path.parents[1].name.rpartition(".")[2])))


def _answer(command: list[str]) -> str:
    """Return what a program prints, or nothing if it is missing or fails: pyenv's shims do for other versions."""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(
            command,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        return "" if done.returncode else done.stdout.strip()
    return ""
