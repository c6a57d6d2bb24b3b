"""Rules on the dependencies and the size of the archive."""

from collections.abc import Iterator
from contextlib import suppress

from ...settings import pages
from ...settings.findings import Breach
from ..archive import DIRECT_UPLOAD_BYTES, module_of, stored_size, write_archive
from ..package import Package, PackagedSettings
from ..wheels_only import normal
from . import rules

UNZIPPED_BYTES = 250 * 1_024 * 1_024
LARGEST = 3  # how many files or packages an error names


@rules.error("source", "runtime", "function.architecture", page=pages.LAMBDA_PYTHON_PACKAGE)
def dependencies_not_installed(settings: PackagedSettings) -> Iterator[Breach]:
    """The function would fail to import what it depends on."""
    if problem := settings.package.not_installed:
        yield Breach(problem.got, "dependencies that can be installed from wheels", problem.fix)


@rules.error("source", "include", page=pages.LAMBDA_PYTHON_PACKAGE)
def dependency_collision(settings: PackagedSettings) -> Iterator[Breach]:
    """Both are packaged at the archive's root, and one would hide the other."""
    files, dependencies = settings.package.files, settings.package.dependencies
    if dependencies:
        installed = {module_of(name): (name, package) for name, package in dependencies.names.items()}
        for own in sorted({name.partition("/")[0] for name in files}):
            if there := installed.get(module_of(own)):
                got = f"{own}, and {there[0]} of the dependency {there[1]}"
                yield Breach(got, "names that differ", "Rename yours, or leave the dependency out")


@rules.warning("source", page=pages.LAMBDA_PYTHON_PACKAGE)
def dependencies_not_fixed(settings: PackagedSettings) -> Iterator[Breach]:
    """Another machine, or this one later, may install another version and so update the function unasked."""
    dependencies, requirements = settings.package.dependencies, settings.package.requirements
    if dependencies and requirements:
        loose = [name for name in dependencies.packages if normal(name.partition(" ")[0]) not in requirements.fixed]
        if loose:
            got = f"{requirements.file.name} that does not fix the version of {_first(loose)}"
            fix = "Fix every version: uv pip compile requirements.in --universal --generate-hashes -o requirements.txt"
            yield Breach(got, "name==version for each package, also for what a package needs", fix)


@rules.error("source", "include", "function.architecture", page=pages.LAMBDA_QUOTAS)
def source_too_large(settings: PackagedSettings) -> Iterator[Breach]:
    """Lambda accepts archives of 50 MB by direct upload, and 250 MB of files."""
    size = _stored_size(settings.package)
    fix = (
        "Leave out what the function does not need (.lambdaignore, requirements), or bring it in a layer or a "
        f"container image; the largest: {_largest(settings.package)}"
    )
    if size > UNZIPPED_BYTES:
        yield Breach(f"{_mb(size)} of files", "at most 250 MB", fix)
    elif size > DIRECT_UPLOAD_BYTES and (archived := _archive_size(settings.package)) > DIRECT_UPLOAD_BYTES:
        yield Breach(f"an archive of {_mb(archived)}", "at most 50 MB", fix)


@rules.warning("source", "include", "function.architecture", page=pages.LAMBDA_QUOTAS)
def archive_deflated(settings: PackagedSettings) -> Iterator[Breach]:
    """Zlib's builds compress differently, so another machine would update the function without a change."""
    size = _stored_size(settings.package)
    if DIRECT_UPLOAD_BYTES < size <= UNZIPPED_BYTES and _archive_size(settings.package) <= DIRECT_UPLOAD_BYTES:
        got = f"{_mb(size)} of files, which only fit deflated"
        fix = f"Deploy from one kind of machine, or package less; the largest: {_largest(settings.package)}"
        yield Breach(got, "at most 50 MB, which is stored uncompressed", fix)


def _stored_size(package: Package) -> int:
    return stored_size(package.all_files, package.dependencies)


def _archive_size(package: Package) -> int:
    """Return the archive's bytes: write it into the cache, from where it is deployed."""
    with suppress(OSError):  # raised again, as an error, when the function is registered
        return write_archive(package.all_files, package.dependencies).stat().st_size
    return 0


def _largest(package: Package) -> str:
    sizes = {name: path.stat().st_size for name, path in package.all_files.items()}
    sizes |= package.dependencies.packages if package.dependencies else {}
    largest = sorted(sizes, key=lambda name: -sizes[name])[:LARGEST]
    return ", ".join(f"{name} ({_mb(sizes[name])})" for name in largest)


def _mb(size: int) -> str:
    return f"{size / 1_048_576:,.1f} MB"


def _first(names: list[str]) -> str:
    more = len(names) - LARGEST
    return ", ".join(names[:LARGEST]) + (f" and {more} more" if more > 0 else "")
