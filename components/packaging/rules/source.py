"""Rules on the folders and files that are packaged: they exist, and their names do not collide."""

from collections.abc import Iterator
from pathlib import Path

from ...settings import pages
from ...settings.findings import Breach, nearest, show
from ..archive import archive_name, module_of, source_files
from ..package import PackagedSettings
from . import rules


@rules.error("source", page=pages.LAMBDA_PYTHON_PACKAGE)
def source_unreadable(settings: PackagedSettings) -> Iterator[Breach]:
    """All files of the folder are packaged."""
    if settings.source is None:
        return
    folder = Path(settings.source)
    if not folder.is_dir():
        got = f"{show(settings.source)}, {'a file' if folder.exists() else 'which does not exist'} in {_here(folder)}"
        yield Breach(got, "an existing folder", f"Correct the path{nearest(folder.name, _siblings(folder))}")
    elif problem := settings.package.unreadable:
        yield Breach(str(problem), "files of the folder that can be read, and no secrets", problem.fix)
    elif not settings.package.files:
        yield Breach(
            f"{show(settings.source)}, a folder with nothing to package", "a folder with code", "Add the handler"
        )


def _here(folder: Path) -> str:
    return "the program's folder" if not folder.is_absolute() else show(str(folder.parent))


def _siblings(folder: Path) -> list[str]:
    parent = folder.parent
    return [entry.name for entry in parent.iterdir() if entry.is_dir()] if parent.is_dir() else []


@rules.error("include", "source", page=pages.LAMBDA_PYTHON_PACKAGE)
def include_without_source(settings: PackagedSettings) -> Iterator[Breach]:
    """Included paths are packaged together with source; an existing archive is never changed."""
    if settings.include and settings.source is None:
        yield Breach("paths without source", "paths beside source", "Set source, or leave include out")


@rules.error("include", page=pages.LAMBDA_PYTHON_PACKAGE)
def include_unreadable(settings: PackagedSettings) -> Iterator[Breach]:
    """All included files are packaged."""
    for path in map(Path, settings.include):
        if not path.exists():
            siblings = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
            fix = f"Correct the path{nearest(path.name, siblings)}"
            yield Breach(f"{show(str(path))}, which does not exist", "existing folders and files", fix)


@rules.error("include", "source", page=pages.LAMBDA_PYTHON_PACKAGE)
def include_collision(settings: PackagedSettings) -> Iterator[Breach]:
    """Each is packaged at the archive's root under its own name, and one would hide the other."""
    if not settings.include or not settings.package.files or settings.source is None:
        return
    taken = {
        module_of(name): f"{name.partition('/')[0]} of {settings.source}"
        for name in source_files(Path(settings.source))
    }
    for path in settings.include:
        module = module_of(archive_name(Path(path)))
        if module in taken:
            yield Breach(f"{path}, and {taken[module]}", "names that differ", "Rename one of them")
        taken[module] = path
