"""A function's folder as an archive that is the same, to the byte, on every machine and at every time.

Files are sorted, carry one time and one mode, and are stored, not deflated: zlib builds differ in what they write.
What Lambda does not need is left out: caches, tests, editors' files, and whatever `.lambdaignore` names.
"""

import contextlib
import fnmatch
import hashlib
import importlib.util
import io
import os
import re
import tempfile
import time
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

WEEK = 7 * 86_400  # seconds
IGNORE_FILE = ".lambdaignore"
IGNORED = (
    *("__pycache__/", "*.pyc", "*.pyo", ".pytest_cache/", ".mypy_cache/", ".ruff_cache/", ".hypothesis/"),
    *("tests/", "test_*.py", "*_test.py", "conftest.py", ".coverage", "htmlcov/"),
    *(".git/", ".gitignore", ".gitattributes", ".venv/", "venv/", ".env", "*.egg-info/", IGNORE_FILE),
    *(".idea/", ".vscode/", "*.swp", "*.swo", "*~", "#*#", ".DS_Store", "Thumbs.db"),
)
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can name
RUNTIME_FILE = "sqs_batch.py"
IMPORTS_RUNTIME = re.compile(
    r"^[ \t]*(?:import[ \t]+(?:[\w., \t]+,[ \t]*)?sqs_batch\b|from[ \t]+sqs_batch[ \t]+import\b)", re.MULTILINE
)
WILDCARD = re.compile(r"[*?\[]")  # most patterns have none, and fnmatch compiles each that it gets
# One mode for all: Windows and some mounts have no modes, and a custom runtime's `bootstrap` must be executable.
MODE = 0o100755


class UnreadableSource(ValueError):
    """A folder that cannot be packaged; the text names the file and says why."""


def source_files(folder: Path) -> dict[str, Path]:
    """Return the files of `folder` that Lambda needs, by their names in the archive, sorted.

    Raises UnreadableSource for a broken link, a link that leads back to its own parent, or two names that are one.
    """
    patterns = (*IGNORED, *_ignore_file(folder))
    files: dict[str, Path] = {}
    for path in _walk(folder, folder, patterns, ()):
        # macOS writes é as two characters where Linux writes one: the archive has one form.
        name = unicodedata.normalize("NFC", path.relative_to(folder).as_posix())
        if name in files:
            raise UnreadableSource(f"two files whose name is {name}")
        files[name] = path
    return dict(sorted(files.items()))


def _ignore_file(folder: Path) -> list[str]:
    path = folder / IGNORE_FILE
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _walk(root: Path, folder: Path, patterns: tuple[str, ...], above: tuple[Path, ...]) -> Iterator[Path]:
    real = folder.resolve()
    if real in above:
        raise UnreadableSource(f"{folder.relative_to(root).as_posix()}, a link to a folder above it")
    for path in sorted(folder.iterdir()):
        name = path.relative_to(root).as_posix()
        if _ignored(name, path.is_dir(), patterns):
            continue
        if path.is_dir():
            yield from _walk(root, path, patterns, (*above, real))
        elif path.is_file() and os.access(path, os.R_OK):
            yield path
        else:
            raise UnreadableSource(f"{name}, {'a broken link' if path.is_symlink() else 'which cannot be read'}")


def _ignored(name: str, is_folder: bool, patterns: tuple[str, ...]) -> bool:
    """Match as an ignore file does: `name/` folders only, with a slash inside from the root, else anywhere."""
    for pattern in patterns:
        if pattern.endswith("/") and not is_folder:
            continue
        bare = pattern.strip("/")
        subject = name if "/" in bare or pattern.startswith("/") else name.rpartition("/")[2]
        if subject == bare or (WILDCARD.search(bare) and fnmatch.fnmatchcase(subject, bare)):
            return True
    return False


def imports_runtime(path: Path) -> bool:
    """Whether a Python file imports `sqs_batch`. Read as text: the file's syntax may be newer than this Python's."""
    return IMPORTS_RUNTIME.search(path.read_text("utf-8", errors="replace")) is not None


def runtime_file() -> Path:
    """Return the file of `sqs_batch`: in `functions` beside this package, or installed as a module of its own.

    Raises UnreadableSource where it is in neither place.
    """
    beside = Path(__file__).resolve().parent.parent / "functions" / RUNTIME_FILE
    if beside.is_file():
        return beside
    spec = importlib.util.find_spec("sqs_batch")
    if spec is None or spec.origin is None:
        raise UnreadableSource("a function that imports sqs_batch, which is not installed")
    return Path(spec.origin)


def function_files(folder: Path) -> dict[str, Path]:
    """Return what goes into the archive of a function: its files, and the batch runtime where they import it."""
    files = source_files(folder)
    if RUNTIME_FILE not in files and any(imports_runtime(path) for path in files.values() if path.suffix == ".py"):
        files[RUNTIME_FILE] = runtime_file()
    return files


def write_archive(files: Mapping[str, Path]) -> Path:
    """Write the files as an archive into the user's cache, named after its content, and return its path.

    Not into the program's folder, where it would want a line in everybody's .gitignore, and not into a folder that is
    removed at the end: the engine reads the archive after the program has ended.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "queue-consumer"
    cache.mkdir(parents=True, exist_ok=True)
    _forget_old(cache)
    data = _zip(files)
    archive = cache / f"{hashlib.sha256(data).hexdigest()}.zip"
    if not archive.is_file() or archive.read_bytes() != data:
        # Written aside and renamed, so that another program never reads half an archive.
        with tempfile.TemporaryDirectory(dir=cache) as aside:
            part = Path(aside) / "part"
            part.write_bytes(data)
            part.replace(archive)
    os.utime(archive)
    return archive


def _forget_old(cache: Path) -> None:
    """Remove archives that no program has asked for in a week: each is needed until the end of its update only."""
    for archive in cache.glob("*.zip"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - archive.stat().st_mtime > WEEK:
                archive.unlink()


def _zip(files: Mapping[str, Path]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, file in sorted(files.items()):
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.create_system = 3  # Unix, on Windows too: it tells how the mode is to be read
            entry.external_attr = MODE << 16
            archive.writestr(entry, file.read_bytes())
    return buffer.getvalue()
