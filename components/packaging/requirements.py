"""Reads the requirements of a function from requirements.txt or pyproject.toml."""

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .wheels_only import (
    NAME,
    NotInstalled,
    names_in,
    normal,
    redacted,
    refuse_build,
    refuse_built_sources,
    table,
)

FILES = ("requirements.txt", "pyproject.toml")
"""The first file with requirements counts: requirements.txt is often compiled from pyproject.toml."""
PIN = re.compile(rf"{NAME}(?:===?\s*[^\s*,;]+\s*(?:;|--|$)|@)")
INCLUDED = re.compile(r"(?:-r|-c|--requirements?|--constraints?)[ \t=]*(.+)")  # to the end, as uv reads it
OPTION = re.compile(r"-(?!r|e|-requirement|-editable)")  # a file with options only has no requirements
WHEEL = re.compile(r"[^\s'\"@]+\.whl")


@dataclass(frozen=True)
class Requirements:
    """The requirements of a function."""

    file: Path
    text: str
    """Everything that decides which packages are installed: part of the key in the cache."""
    fixed: frozenset[str]
    """Normalized names of the packages with a fixed version."""


def find_requirements(files: Mapping[str, Path]) -> Requirements | None:
    """Return the requirements in the files of a function, or None.

    Raises NotInstalled for an invalid pyproject.toml, for dynamic dependencies, and for packages that uv would build.
    """
    for name, read in zip(FILES, (_of_text, _of_project), strict=True):
        if name in files and (requirements := read(files[name])):
            return requirements
    return None


def _of_text(file: Path) -> Requirements | None:
    lines = list(_included(file, set()))
    if all(OPTION.match(line) for line in lines):
        return None
    return _requirements(file, lines, "\n".join(lines))


def _of_project(file: Path) -> Requirements | None:
    try:
        whole = tomllib.loads(file.read_text("utf-8"))
    except ValueError:
        raise NotInstalled(f"{file.name}, which is not TOML", "Correct it") from None
    project = table(whole, "project")
    if "dependencies" in project.get("dynamic", []):
        got = f"{file.name} with dynamic dependencies, which require a build"
        raise NotInstalled(got, "List them in it, or in a requirements.txt")
    lines: Any = project.get("dependencies", [])
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):  # pyright: ignore[reportUnknownVariableType]
        raise NotInstalled(f"{file.name} with dependencies that are not a list of texts", "Correct it")
    return _of_lines(file, lines, table(whole, "tool").get("uv")) if lines else None  # pyright: ignore[reportUnknownArgumentType]


def _of_lines(file: Path, lines: list[str], uv: Any) -> Requirements:
    for line in lines:
        refuse_build(file, line)
    refuse_built_sources(file, names_in(lines))
    return _requirements(file, lines, json.dumps([lines, uv], default=str))


def _requirements(file: Path, lines: list[str], text: str) -> Requirements:
    wheels = WHEEL.findall(text)  # sources of a project name wheels too
    fixed = {match[1] for line in lines if (match := PIN.match(line))} | {_stem(wheel) for wheel in wheels}
    return Requirements(file, "\n".join([text, *_wheel_digests(file, wheels)]), frozenset(map(normal, fixed)))


def _stem(wheel: str) -> str:
    return wheel.rpartition("/")[2].partition("-")[0]


def _wheel_digests(file: Path, wheels: list[str]) -> Iterator[str]:
    """Yield the hashes of local wheels, whose content may change under the same name."""
    for wheel in wheels:
        path = file.parent / wheel.removeprefix("file://")
        if path.is_file():
            yield hashlib.sha256(path.read_bytes()).hexdigest()


def refuse_builds_of_environment(folder: Path) -> None:
    """Raise NotInstalled if a file that uv reads because of an environment variable requires a build."""
    for variable in ("UV_CONSTRAINT", "UV_OVERRIDE", "UV_BUILD_CONSTRAINT"):
        for name in os.environ.get(variable, "").split():
            if (file := folder / name).is_file():
                list(_included(file, set()))


def _included(file: Path, seen: set[Path]) -> Iterator[str]:
    """Yield the lines of the file and of those that it includes; raise NotInstalled for one that needs a build."""
    if file.resolve() in seen:
        return
    seen.add(file.resolve())
    for line in _lines(file.read_text("utf-8-sig", errors="replace")):
        refuse_build(file, line)
        yield line
        if match := INCLUDED.match(line):
            more = file.parent / match[1].strip("'\"").removeprefix("file://")
            if not more.is_file():
                got = f"{file.name} with {redacted(line)!r}, which does not exist"
                raise NotInstalled(got, "Correct the path, or copy the file there: a URL cannot be checked")
            yield from _included(more, seen)


def _lines(text: str) -> list[str]:
    """Return logical lines without comments. A comment ends with its line, even if that ends with a backslash."""
    bare = "".join(re.sub(r"(^|\s)#.*", "", line) + "\n" for line in text.splitlines())
    lines = (line.strip() for line in bare.replace("\\\n", " ").splitlines())
    return [line for line in lines if line]
