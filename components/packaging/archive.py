"""A function's folder as an archive that is reproducible: the same bytes on every machine.

Files are sorted, have one time and one mode, and are stored, because zlib builds compress differently. Only an archive
that would be too large for Lambda is deflated. `package_filter` decides which files are packaged.
"""

import base64
import contextlib
import hashlib
import importlib.util
import os
import re
import shutil
import tempfile
import time
import unicodedata
import zipfile
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .package_filter import IGNORE_FILE, Pattern, Verdict, judge, leads_to_secret, patterns_of, secret

WEEK = 7 * 86_400  # seconds
DIRECT_UPLOAD_BYTES = 50 * 1_024 * 1_024  # the largest archive that Lambda accepts without a bucket
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold
RUNTIME_FILE = "sqs_batch.py"
MODULES = ("sqs_batch", "sqs_send")
"""Our modules, which are packaged into a function that imports them."""
IMPORTS = {
    module: re.compile(
        rf"^[ \t]*(?:import[ \t]+(?:[\w., \t]+,[ \t]*)?{module}\b|from[ \t]+{module}[ \t]+import\b)", re.MULTILINE
    )
    for module in MODULES
}
# One mode for all files: Windows has no modes, and a custom runtime's `bootstrap` must be executable.
MODE = 0o100755
LAYOUT = 1  # version of the archive format, part of the names in the cache


@dataclass(frozen=True)
class Dependencies:
    """The dependencies of a function, installed into the user's cache."""

    archive: Path
    """Contains their files."""
    digest: str
    """Hash of their content: it shows whether they have changed without reading them."""
    size: int
    """Bytes of all files."""
    packages: Mapping[str, int]
    """Bytes of each package, by its name and version, `numpy 2.3.1`."""
    names: Mapping[str, str]
    """The package behind each name at the archive's root."""
    python_sizes: tuple[int, ...]
    """Bytes of each Python file."""


class UnreadableSource(ValueError):
    """A folder that cannot be packaged; the text names the file and the reason."""

    def __init__(self, got: str, fix: str = f"Repair or remove it, or name it in {IGNORE_FILE}") -> None:
        super().__init__(got)
        self.fix = fix


def source_files(folder: Path) -> dict[str, Path]:
    """Return the files of `folder` that Lambda needs, sorted, by their names in the archive.

    Raises UnreadableSource for a secret, for a link that is broken, leaves the folder or leads to its own parent, and
    for two names that are equal when normalized.
    """
    files: dict[str, Path] = {}
    for path in _walk(_Walk(folder, patterns_of(folder)), folder, folder.resolve(), ()):
        # macOS writes é as two characters where Linux writes one: the archive has one form.
        name = unicodedata.normalize("NFC", path.relative_to(folder).as_posix())
        if name in files:
            raise UnreadableSource(f"two files whose name is {name}")
        files[name] = path
    return dict(sorted(files.items()))


@dataclass(frozen=True)
class _Walk:
    root: Path
    patterns: tuple[Pattern, ...]

    def refusal(self, name: str, why: str, fix: str) -> UnreadableSource:
        file = (self.root / IGNORE_FILE).as_posix()
        return UnreadableSource(
            f"{name}, {why}", f"{fix}; a line {name} in {file} leaves it out, and !{name} packages it all the same"
        )


def _walk(walk: _Walk, folder: Path, home: Path, above: tuple[Path, ...]) -> Iterator[Path]:
    """Yield the files. Links must not leave `home`, the real folder that is packaged."""
    real = folder.resolve()
    if real in above:
        raise UnreadableSource(f"{folder.relative_to(walk.root).as_posix()}, a link to a folder above it")
    for path in sorted(folder.iterdir()):
        name = path.relative_to(walk.root).as_posix()
        is_folder = path.is_dir()
        verdict = judge(name, is_folder, walk.patterns)
        if verdict in (Verdict.LEAVE_OUT, Verdict.LEAVE_OUT_SECRET):
            continue
        if verdict is not Verdict.PACKAGE:
            _check(walk, path, name, home, verdict)
        if is_folder:
            target = path.resolve()
            yield from _walk(walk, path, home if target.is_relative_to(home) else target, (*above, real))
        elif path.is_file() and os.access(path, os.R_OK):
            yield path
        else:
            raise UnreadableSource(f"{name}, {'a broken link' if path.is_symlink() else 'which cannot be read'}")


def _check(walk: _Walk, path: Path, name: str, home: Path, verdict: Verdict | None) -> None:
    is_secret = secret(path, name, verdict)
    if path.is_symlink():
        target = Path(os.path.realpath(path))  # resolve() raises for a link to itself in Python 3.11
        if not target.is_relative_to(home):
            why = "a link that leads out of the folder"
            raise walk.refusal(name, why, "Copy what it leads to, or name that with include")
        is_secret = is_secret or leads_to_secret(target, home, walk.patterns)
    if is_secret:
        fix = "Move it out of the folder, and let the function read it from Secrets Manager or Parameter Store"
        raise walk.refusal(name, "which holds secrets", fix)


def imported_modules(code: Iterable[Path]) -> list[str]:
    """Return those of our modules that Python files import.

    They are searched as text: their syntax may be newer than this Python.
    """
    texts = [path.read_text("utf-8", errors="replace") for path in code]
    return [module for module in MODULES if any(IMPORTS[module].search(text) for text in texts)]


def module_file(module: str) -> Path:
    """Return the file of our module: in `functions` beside this package, or installed.

    Raises UnreadableSource if it is in neither place.
    """
    beside = Path(__file__).resolve().parents[2] / "functions" / f"{module}.py"
    if beside.is_file():
        return beside
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise UnreadableSource(f"a function that imports {module}, which is not installed")
    return Path(spec.origin)


def function_files(folder: Path, include: Iterable[Path] = ()) -> dict[str, Path]:
    """Return the files of a function's archive: its own, the included ones, and our modules that they import."""
    files = source_files(folder)
    for path in include:
        files |= shared_files(path)
    imported = imported_modules(path for path in files.values() if path.suffix == ".py")
    ours = {f"{module}.py": module_file(module) for module in imported if f"{module}.py" not in files}
    return {**files, **ours}


def shared_files(path: Path) -> dict[str, Path]:
    """Return the file, or the files of the folder, under the last name of `path`; an empty dict if it is missing."""
    base = archive_name(path)
    if path.is_file():
        return {base: path}
    return {f"{base}/{name}": file for name, file in source_files(path).items()} if path.is_dir() else {}


def archive_name(path: Path) -> str:
    """Return the name of an included path at the archive's root: `shared` for `../lib/shared/`."""
    return unicodedata.normalize("NFC", Path(os.path.abspath(path)).name)  # noqa: PTH100 - a link keeps its own name


def module_of(name: str) -> str:
    """Return the top-level module that a file of the archive belongs to: `shared` for `shared/x.py` and `shared.py`."""
    return name.partition("/")[0].removesuffix(".py")


def cache_folder() -> Path:
    """Return the folder of the user's cache, and create it if needed.

    Not the program's folder, where users would have to ignore it in Git; and not a temporary folder, because the engine
    reads the archive after the program has ended.
    """
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "queue-consumer"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def stored_size(files: Mapping[str, Path], dependencies: Dependencies | None) -> int:
    """Return the size in bytes of all files of an archive."""
    return sum(path.stat().st_size for path in files.values()) + (dependencies.size if dependencies else 0)


def python_sizes(files: Mapping[str, Path]) -> tuple[int, ...]:
    """Return the bytes of each Python file."""
    return tuple(path.stat().st_size for name, path in files.items() if name.endswith(".py"))


def write_archive(files: Mapping[str, Path], dependencies: Dependencies | None = None) -> Path:
    """Write files and dependencies as an archive into the user's cache, and return its path.

    Its name is the hash of its content, so an unchanged archive is not written again.
    """
    cache = cache_folder()
    contents = {name: path.read_bytes() for name, path in files.items()}
    deflated = stored_size(files, dependencies) > DIRECT_UPLOAD_BYTES
    archive = cache / f"{_digest(contents, dependencies, deflated)}.zip"
    if not zipfile.is_zipfile(archive):  # missing, or truncated by a full disk
        forget_old(cache.glob("*.zip"), WEEK)  # each is needed only until its update ends
        with written_aside(archive) as part:
            write_zip(part, _entries(contents, dependencies), deflated)
    os.utime(archive)
    return archive


def code_sha256(archive: Path) -> str:
    """Return the hash of an archive in the form of Lambda's CodeSha256."""
    with archive.open("rb") as file:
        return base64.b64encode(hashlib.file_digest(file, "sha256").digest()).decode()


@contextlib.contextmanager
def written_aside(path: Path) -> Generator[Path]:
    """Yield a path to write to, then rename it to `path`, so that no other program reads half a file."""
    with tempfile.TemporaryDirectory(dir=path.parent) as aside:
        part = Path(aside) / "part"
        yield part
        part.replace(path)


def _digest(contents: Mapping[str, bytes], dependencies: Dependencies | None, deflated: bool) -> str:
    parts = [LAYOUT, dependencies and dependencies.digest, deflated, content_digest(sorted(contents.items()))]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def content_digest(entries: Iterable[tuple[str, bytes]]) -> str:
    """Return one hash of all names and contents, in this order."""
    whole = hashlib.sha256()
    for name, data in entries:
        whole.update(f"{name}\0{hashlib.sha256(data).hexdigest()}\0".encode())
    return whole.hexdigest()


def _entries(contents: Mapping[str, bytes], dependencies: Dependencies | None) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(dependencies.archive) if dependencies else contextlib.nullcontext() as installed:
        for name in sorted({*contents, *(installed.namelist() if installed else ())}):
            yield name, contents[name] if installed is None or name in contents else installed.read(name)


def forget_old(paths: Iterable[Path], seconds: int) -> None:
    """Remove files that were not used for so many seconds, and folders of programs that were killed."""
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > seconds:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def write_zip(path: Path, entries: Iterable[tuple[str, bytes]], deflated: bool = False) -> None:
    """Write a zip without any trace of this machine, and flush it to disk."""
    with path.open("wb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED) as archive:
            for name, data in entries:
                entry = zipfile.ZipInfo(name, EARLIEST)
                entry.create_system = 3  # Unix, also on Windows: it defines how the mode is read
                entry.external_attr = MODE << 16
                entry.compress_type = archive.compression
                archive.writestr(entry, data)
        file.flush()
        os.fsync(file.fileno())  # nobody checks the archive before its use: a power cut must not truncate it
