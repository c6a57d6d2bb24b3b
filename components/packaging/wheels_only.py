"""Rejects requirements that uv would build, before uv starts; and removes secrets from uv's output.

`--only-binary :all:` is not enough: uv still builds editable packages, and packages that `--no-binary` or a settings
file names.
"""

import os
import re
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

NAME = r"([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*"
FROM_INDEX = re.compile(rf"{NAME}(?:[(<>=!~;]|--hash|$)")
DIRECT = re.compile(rf"(?:{NAME}@)?\s*(.*)")
PLACE = re.compile(r"[/\\:@.~$]")
WHEEL = re.compile(r"(?![a-z]+\+)[^#?;]+\.whl(?:\[[^\]]*\])?(?:[#?]\S*)?(?:\s*;.*|\s+--.*)?")
UNDOES = re.compile(r"(?<!\S)(?:-e|--editable|--no-binary)(?![\w-])")
USERINFO = re.compile(r"//(?:[^/\s?#]+|[^/\s@:]*:(?!\d+/)\S*)@")
QUERY = re.compile(r"(//[^\s?#]*\?)\S*?(?=[)\]`'\",:.;]*(?:\s|$))")
FIX = (
    "Package its code with include, or build a wheel (uv build --wheel) and require that: "
    "./dist/shared-1.0-py3-none-any.whl"
)


class NotInstalled(Exception):
    """Dependencies that cannot be installed, and the fix."""

    def __init__(self, got: str, fix: str) -> None:
        super().__init__(got)
        self.got, self.fix = got, fix


def redacted(text: str) -> str:
    """Return `text` without possible secrets in its URLs: user names, passwords, and queries."""
    return QUERY.sub(r"\1****", USERINFO.sub("//", text))


def refuse_build(file: Path, line: str) -> None:
    """Raise NotInstalled for a logical line of requirements that needs a build: all but names and wheels."""
    got = f"{file.name} with {redacted(line)[:80]!r}, which needs a build"
    if "--no-binary" in line:
        raise NotInstalled(got, "Remove --no-binary")
    if UNDOES.search(line) or (_is_place(line) and not _is_wheel(line)):
        raise NotInstalled(got, FIX)


def _is_place(line: str) -> bool:
    """Whether a requirement is a path or a URL. Anything else that is not a name is an error of uv."""
    return not line.startswith("-") and not FROM_INDEX.match(line) and PLACE.search(line) is not None


def _is_wheel(line: str) -> bool:
    direct = DIRECT.fullmatch(line)
    return direct is not None and WHEEL.fullmatch(direct[2]) is not None


def refuse_built_sources(file: Path, names: set[str]) -> None:
    """Raise NotInstalled if the project or its workspace has a source for one of the packages that needs a build."""
    for path in (file, *(parent / file.name for parent in file.absolute().parent.parents)):
        uv = uv_table(path)
        if path == file or "workspace" in uv:
            for name, entries in table(uv, "sources").items():
                if normal(name) in names and not _need_no_build(entries):
                    raise NotInstalled(f"{file.name} with {name} from tool.uv.sources, which needs a build", FIX)


def _need_no_build(sources: Any) -> bool:
    return all(map(_needs_no_build, sources if isinstance(sources, list) else [sources]))  # pyright: ignore[reportUnknownArgumentType]


def _needs_no_build(source: Any) -> bool:
    if not isinstance(source, dict) or {"git", "workspace", "editable"} & source.keys():
        return False
    return "index" in source or _is_wheel(str(source.get("path") or source.get("url")))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


def refuse_build_settings(folder: Path) -> None:
    """Raise NotInstalled if a settings file of uv allows builds, which no option of uv overrides."""
    for path in _settings_files(folder.absolute()):
        uv = uv_table(path)
        pip = table(uv, "pip")
        names = [name for name in ("no-binary", "no-binary-package") if uv.get(name) or pip.get(name)]
        names += ["only-binary"] if ":none:" in (pip.get("only-binary") or ()) else []
        names += ["no-build"] if False in (uv.get("no-build"), pip.get("no-build")) else []
        if names:
            got = f"dependencies, and uv's settings in {path} with {' and '.join(names)}, which allow builds"
            raise NotInstalled(got, f"Remove {' and '.join(names)} there")


def _settings_files(folder: Path) -> Iterator[Path]:
    """Yield every file that uv may read settings from."""
    for parent in (folder, *folder.parents):
        yield from (parent / "uv.toml", parent / "pyproject.toml")
    users = os.environ.get("XDG_CONFIG_HOME") or os.environ.get("APPDATA") or Path.home() / ".config"
    systems = (os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)
    for settings in (users, *systems, "/etc", os.environ.get("PROGRAMDATA") or "/etc"):
        yield Path(settings, "uv", "uv.toml")
    if named := os.environ.get("UV_CONFIG_FILE"):
        yield folder / named


def uv_table(path: Path) -> dict[str, Any]:
    """Return uv's settings in a file; empty if it is invalid, which uv itself reports."""
    with suppress(OSError, ValueError):
        whole = tomllib.loads(path.read_text("utf-8"))
        return table(whole, "tool", "uv") if path.name == "pyproject.toml" else whole
    return {}


def table(whole: Any, *keys: str) -> dict[str, Any]:
    """Return a table of a TOML file, or an empty one."""
    for key in keys:
        whole = whole.get(key) if isinstance(whole, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return whole if isinstance(whole, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def normal(name: str) -> str:
    """Return the normalized name of a package: `typing-extensions` for `Typing.Extensions`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def names_in(lines: Iterable[str]) -> set[str]:
    """Return the normalized names of required packages."""
    return {normal(match[1]) for line in lines if (match := re.match(NAME, line))}
