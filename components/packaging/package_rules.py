"""Rules on what is packaged beside the function's own code: shared code, dependencies, and the size of it all."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ..settings import pages
from ..settings.findings import Breach, nearest, show
from ..settings.model import Settings
from ..settings.rules import rules
from .archive import DIRECT_UPLOAD_BYTES, archive_name, source_files, stored_size, write_archive
from .wheels_only import normal

UNZIPPED_BYTES = 250 * 1_024 * 1_024
LARGEST = 3  # so many are named


@rules.error("include", "source", page=pages.LAMBDA_PYTHON_PACKAGE)
def include_without_source(s: Settings) -> Iterator[Breach]:
    """It is packaged together with source, and an archive that was made elsewhere is not looked into."""
    if s.include and s.source is None:
        yield Breach("paths without source", "paths beside source", "Give source, or leave include out")


@rules.error("include", page=pages.LAMBDA_PYTHON_PACKAGE)
def include_unreadable(s: Settings) -> Iterator[Breach]:
    """What is included is packaged as it is."""
    for path in map(Path, s.include):
        if not path.exists():
            siblings = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
            fix = f"Correct the path{nearest(path.name, siblings)}"
            yield Breach(f"{show(str(path))}, which does not exist", "existing folders and files", fix)


@rules.error("include", "source", page=pages.LAMBDA_PYTHON_PACKAGE)
def include_collision(s: Settings) -> Iterator[Breach]:
    """Each is packaged at the archive's root under its own name, and one would hide the other."""
    if not s.include or not s.files or s.source is None:
        return
    taken = {_module(name): f"{name.partition('/')[0]} of {s.source}" for name in source_files(Path(s.source))}
    for path in s.include:
        module = _module(archive_name(Path(path)))
        if module in taken:
            yield Breach(f"{path}, and {taken[module]}", "names that differ", "Rename one of them")
        taken[module] = path


def _module(name: str) -> str:
    """Return what a file of the archive is imported as, its first part: `shared` for `shared/x.py` and `shared.py`."""
    return name.partition("/")[0].removesuffix(".py")


@rules.error("source", "runtime", "function.architecture", page=pages.LAMBDA_PYTHON_PACKAGE)
def dependencies_not_installed(s: Settings) -> Iterator[Breach]:
    """The function would fail to import what it depends on."""
    if s.not_installed:
        yield Breach(s.not_installed.given, "dependencies that can be installed from wheels", s.not_installed.fix)


@rules.error("source", "include", page=pages.LAMBDA_PYTHON_PACKAGE)
def dependency_collision(s: Settings) -> Iterator[Breach]:
    """Both are packaged at the archive's root, and one would hide the other."""
    if s.dependencies:
        installed = {_module(name): (name, package) for name, package in s.dependencies.names.items()}
        for own in sorted({name.partition("/")[0] for name in s.files}):
            if there := installed.get(_module(own)):
                given = f"{own}, and {there[0]} of the dependency {there[1]}"
                yield Breach(given, "names that differ", "Rename yours, or leave the dependency out")


@rules.warning("source", page=pages.LAMBDA_PYTHON_PACKAGE)
def dependencies_not_fixed(s: Settings) -> Iterator[Breach]:
    """Another machine, or this one later, may install another version and so update the function unasked."""
    if s.dependencies and s.requirements:
        loose = [name for name in s.dependencies.packages if normal(name.partition(" ")[0]) not in s.requirements.fixed]
        if loose:
            given = f"{s.requirements.file.name} that does not fix the version of {_few(loose)}"
            fix = "Fix every version: uv pip compile requirements.in --universal --generate-hashes -o requirements.txt"
            yield Breach(given, "name==version for each package, also for what a package needs", fix)


@rules.error("source", "include", "function.architecture", page=pages.LAMBDA_QUOTAS)
def source_too_large(s: Settings) -> Iterator[Breach]:
    """Lambda takes 50 MB as an archive directly, and 250 MB of files."""
    size = stored_size(s.files, s.dependencies)
    fix = (
        "Leave out what the function does not need (.lambdaignore, requirements), or bring it in a layer or a "
        f"container image; the largest: {_largest(s)}"
    )
    if size > UNZIPPED_BYTES:
        yield Breach(f"{_mb(size)} of files", "at most 250 MB", fix)
    elif size > DIRECT_UPLOAD_BYTES and (packed := _packed(s)) > DIRECT_UPLOAD_BYTES:
        yield Breach(f"an archive of {_mb(packed)}", "at most 50 MB", fix)


@rules.warning("source", "include", "function.architecture", page=pages.LAMBDA_QUOTAS)
def archive_deflated(s: Settings) -> Iterator[Breach]:
    """Zlib's builds differ in what they write, so that another machine would update the function without a change."""
    size = stored_size(s.files, s.dependencies)
    if DIRECT_UPLOAD_BYTES < size <= UNZIPPED_BYTES and _packed(s) <= DIRECT_UPLOAD_BYTES:
        given = f"{_mb(size)} of files, which only fit deflated"
        fix = f"Deploy from machines of one kind, or bring less; the largest: {_largest(s)}"
        yield Breach(given, "50 MB, which is stored as it is", fix)


def _packed(s: Settings) -> int:
    """Return the archive's bytes. It is written for that, once: the function is deployed with the same one."""
    with suppress(OSError):  # which is told when the function is to be deployed
        return write_archive(s.files, s.dependencies).stat().st_size
    return 0


def _largest(s: Settings) -> str:
    sizes = {name: path.stat().st_size for name, path in s.files.items()}
    sizes |= s.dependencies.packages if s.dependencies else {}
    largest = sorted(sizes, key=lambda name: -sizes[name])[:LARGEST]
    return ", ".join(f"{name} ({_mb(sizes[name])})" for name in largest)


def _mb(size: int) -> str:
    return f"{size / 1_048_576:,.1f} MB"


def _few(names: list[str]) -> str:
    more = len(names) - LARGEST
    return ", ".join(names[:LARGEST]) + (f" and {more} more" if more > 0 else "")
