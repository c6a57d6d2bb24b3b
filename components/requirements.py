"""What a function's requirements.txt or pyproject.toml asks for, and whether it fixes every version."""

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILES = ("requirements.txt", "pyproject.toml")
"""The first of them that asks for anything counts: requirements.txt is often compiled from the other."""
NAME = r"([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*"
PIN = re.compile(rf"{NAME}(?:===?\s*[^\s*,;]+\s*(?:;|--|$)|@)")
INCLUDED = re.compile(r"(?:-r|-c|--requirements?|--constraints?)[ \t=]*(\S+)")
OPTION = re.compile(r"-(?!r|e|-requirement|-editable)")  # without a requirement there is nothing to install
WHEEL = re.compile(r"[^\s'\"@]+\.whl")


class NotInstalled(Exception):
    """Dependencies that cannot be installed: what was given, and what to do."""

    def __init__(self, given: str, todo: str) -> None:
        super().__init__(given)
        self.given, self.todo = given, todo


@dataclass(frozen=True)
class Requirements:
    """What a function depends on."""

    file: Path
    text: str
    """Everything that decides what is installed: where it has not changed, nothing is installed again."""
    fixed: frozenset[str]
    """Normal names of the packages whose version it fixes."""


def find_requirements(files: Mapping[str, Path]) -> Requirements | None:
    """Return what the files of a function ask for; None where they ask for nothing.

    Raises NotInstalled for a pyproject.toml that is no TOML, or whose dependencies a build would have to find out.
    """
    for name, read in zip(FILES, (_of_text, _of_project), strict=True):
        if name in files and (requirements := read(files[name])):
            return requirements
    return None


def normal(name: str) -> str:
    """Return a package's name as indexes compare it: `Typing.Extensions` is `typing-extensions`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _of_text(file: Path) -> Requirements | None:
    lines = list(_included(file, set()))
    if all(OPTION.match(line) for line in lines):
        return None
    return _requirements(file, lines, "\n".join(lines))


def _of_project(file: Path) -> Requirements | None:
    try:
        whole = tomllib.loads(file.read_text("utf-8"))
    except ValueError:
        raise NotInstalled(f"{file.name}, which is no TOML", "Correct it") from None
    project: dict[str, Any] = whole.get("project", {})
    if "dependencies" in project.get("dynamic", []):
        given = f"{file.name} with dynamic dependencies, which only a build could tell"
        raise NotInstalled(given, "List them in it, or in a requirements.txt")
    lines: list[str] = project.get("dependencies", [])
    if not lines:
        return None
    return _requirements(file, lines, json.dumps([lines, whole.get("tool", {}).get("uv")], default=str))


def _requirements(file: Path, lines: list[str], text: str) -> Requirements:
    wheels = [wheel for line in lines for wheel in WHEEL.findall(line)]
    fixed = {match[1] for line in lines if (match := PIN.match(line))} | {_stem(wheel) for wheel in wheels}
    return Requirements(file, "\n".join([text, *_wheel_digests(file, wheels)]), frozenset(map(normal, fixed)))


def _stem(wheel: str) -> str:
    return wheel.rpartition("/")[2].partition("-")[0]


def _wheel_digests(file: Path, wheels: list[str]) -> Iterator[str]:
    """A wheel that lies in a folder may change without its name."""
    for wheel in wheels:
        path = file.parent / wheel.removeprefix("file://")
        if path.is_file():
            yield hashlib.sha256(path.read_bytes()).hexdigest()


def _included(file: Path, seen: set[Path]) -> Iterator[str]:
    """The lines of the file and of those that it names with -r and -c. One that is missing is left for uv to tell."""
    if file.resolve() in seen or not file.is_file():
        return
    seen.add(file.resolve())
    for line in _lines(file.read_text("utf-8", errors="replace")):
        yield line
        if match := INCLUDED.match(line):
            yield from _included(file.parent / match[1], seen)


def _lines(text: str) -> list[str]:
    """Return logical lines, without comments."""
    joined = re.sub(r"\\\n", " ", text)
    lines = (re.sub(r"(^|\s)#.*", "", line).strip() for line in joined.splitlines())
    return [line for line in lines if line]
