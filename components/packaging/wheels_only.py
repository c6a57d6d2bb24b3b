"""Nothing is built: what uv would build is an error before uv starts. And what may be printed of uv's words.

uv gets `--only-binary :all:` too, which a project can undo: uv builds editables all the same, and every package that
`--no-binary` or a settings file names.
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
TODO = (
    "Package its code with include, or build a wheel (uv build --wheel) and require that: "
    "./dist/shared-1.0-py3-none-any.whl"
)


class NotInstalled(Exception):
    """Dependencies that cannot be installed: what was given, and what to do."""

    def __init__(self, given: str, fix: str) -> None:
        super().__init__(given)
        self.given, self.fix = given, fix


def redacted(text: str) -> str:
    """Return `text` without what may be a secret in its URLs: user names, passwords, and all of a query."""
    return QUERY.sub(r"\1****", USERINFO.sub("//", text))


def refuse_build(file: Path, line: str) -> None:
    """Raise NotInstalled for a logical line of requirements that needs a build: only names and wheels do not."""
    given = f"{file.name} with {redacted(line)[:80]!r}, which needs a build"
    if "--no-binary" in line:
        raise NotInstalled(given, "Remove --no-binary")
    if UNDOES.search(line) or (_is_place(line) and not _is_wheel(line)):
        raise NotInstalled(given, TODO)


def _is_place(line: str) -> bool:
    """Whether a requirement is a path or a URL; what is neither, and no name, uv refuses in better words."""
    return not line.startswith("-") and not FROM_INDEX.match(line) and PLACE.search(line) is not None


def _is_wheel(line: str) -> bool:
    direct = DIRECT.fullmatch(line)
    return direct is not None and WHEEL.fullmatch(direct[2]) is not None


def refuse_built_sources(file: Path, names: set[str]) -> None:
    """Raise NotInstalled where the project or its workspace takes one of the packages from where it must be built."""
    for path in (file, *(parent / file.name for parent in file.absolute().parent.parents)):
        uv = uv_table(path)
        if path == file or "workspace" in uv:
            for name, entries in table(uv, "sources").items():
                if normal(name) in names and not _need_no_build(entries):
                    raise NotInstalled(f"{file.name} with {name} from tool.uv.sources, which needs a build", TODO)


def _need_no_build(sources: Any) -> bool:
    return all(map(_needs_no_build, sources if isinstance(sources, list) else [sources]))  # pyright: ignore[reportUnknownArgumentType]


def _needs_no_build(source: Any) -> bool:
    if not isinstance(source, dict) or {"git", "workspace", "editable"} & source.keys():
        return False
    return "index" in source or _is_wheel(str(source.get("path") or source.get("url")))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


def refuse_build_settings(folder: Path) -> None:
    """Raise NotInstalled where one of uv's settings files allows builds, which no option of uv takes back."""
    for path in _settings_files(folder.absolute()):
        uv = uv_table(path)
        pip = table(uv, "pip")
        names = [name for name in ("no-binary", "no-binary-package") if uv.get(name) or pip.get(name)]
        names += ["only-binary"] if ":none:" in (pip.get("only-binary") or ()) else []
        names += ["no-build"] if False in (uv.get("no-build"), pip.get("no-build")) else []
        if names:
            given = f"dependencies, and uv's settings in {path} with {' and '.join(names)}, which allow builds"
            raise NotInstalled(given, f"Remove {' and '.join(names)} there")


def _settings_files(folder: Path) -> Iterator[Path]:
    """Where uv looks for settings: more places than it may read, so that none is missed."""
    for parent in (folder, *folder.parents):
        yield from (parent / "uv.toml", parent / "pyproject.toml")
    users = os.environ.get("XDG_CONFIG_HOME") or os.environ.get("APPDATA") or Path.home() / ".config"
    systems = (os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)
    for settings in (users, *systems, "/etc", os.environ.get("PROGRAMDATA") or "/etc"):
        yield Path(settings, "uv", "uv.toml")
    if named := os.environ.get("UV_CONFIG_FILE"):
        yield folder / named


def uv_table(path: Path) -> dict[str, Any]:
    """Return uv's settings in a file; none where uv itself says what is wrong with it."""
    with suppress(OSError, ValueError):
        whole = tomllib.loads(path.read_text("utf-8"))
        return table(whole, "tool", "uv") if path.name == "pyproject.toml" else whole
    return {}


def table(whole: Any, *keys: str) -> dict[str, Any]:
    """Return a table of a TOML file, empty where there is none."""
    for key in keys:
        whole = whole.get(key) if isinstance(whole, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return whole if isinstance(whole, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def normal(name: str) -> str:
    """Return a package's name as indexes compare it: `Typing.Extensions` is `typing-extensions`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def names_in(lines: Iterable[str]) -> set[str]:
    """Return the normal names of the packages that requirements ask for."""
    return {normal(match[1]) for line in lines if (match := re.match(NAME, line))}
