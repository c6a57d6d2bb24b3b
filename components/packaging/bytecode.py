"""Compiles Python files for a function's runtime. Lambda's disk is read-only, so every cold start would do it again.

The bytecode is the same for the same source, wherever its folder is: it has the path that the file has on Lambda, its
hash instead of a time, and does not depend on the other files. Lambda uses it unchecked, as nobody edits its files.
"""

import contextlib
import hashlib
import os
import posixpath
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .archive import cache_folder, forget_old, written_aside
from .interpreters import SAFE_PATH, NotCompiled, cache_tag, clean_environment, find_python

TIMEOUT = 300  # seconds: enough for 250 MB, and a preview must not hang
MONTH = 30 * 86_400  # seconds
FORMAT = 1  # version of the bytecode's form, part of the names in the cache
# Python compiles without writing bytecode for a file with a syntax error, as in templates for other versions.
PROGRAM = f"""
{SAFE_PATH}
import py_compile
for name in sys.stdin.read().split("\\0"):
    try:
        py_compile.compile(name, dfile="/var/task/" + name, doraise=True,
                           invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    except py_compile.PyCompileError:
        pass
"""


@dataclass(frozen=True)
class Bytecode:
    """The bytecode of a function's own files."""

    files: Mapping[str, Path] = field(default_factory=dict[str, Path])
    """By their names in the archive."""
    broken: tuple[str, ...] = ()
    """The Python files that have none because of a syntax error."""


def bytecode_name(name: str, version: str) -> str:
    """Return the name of a file's bytecode: `app/__pycache__/main.cpython-313.pyc` for `app/main.py`."""
    folder, base = posixpath.split(name)
    return posixpath.join(folder, "__pycache__", f"{base.removesuffix('.py')}.{cache_tag(version)}.pyc")


def compile_folder(folder: Path, names: Iterable[str], version: str) -> None:
    """Write the bytecode of the Python files `names` in `folder`; files with a syntax error get none.

    Raises NotCompiled if there is no Python of this version, or it fails or takes longer than TIMEOUT.
    """
    command = [find_python(version), "-S", "-W", "ignore", "-X", "utf8", "-c", PROGRAM]
    environment = {**clean_environment(), "PYTHONHASHSEED": "0"}  # the order of sets is part of the bytecode
    problem = f"none within {TIMEOUT} seconds"
    with contextlib.suppress(subprocess.TimeoutExpired):
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            input="\0".join(names),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT,
            check=False,
        )
        if not done.returncode:
            return
        problem = done.stderr.strip().rpartition("\n")[2] or f"exit code {done.returncode}"
    raise NotCompiled(f"True, which {command[0]} cannot compile: {problem}", "Repair it, or leave bytecode out")


def compiled(files: Mapping[str, Path], version: str) -> Bytecode:
    """Return the bytecode of the Python files among `files`, from the user's cache.

    Only files whose content is new are compiled. Raises NotCompiled as `compile_folder` does, or if the cache cannot be
    written.
    """
    try:
        cache = cache_folder() / "bytecode"
        cache.mkdir(exist_ok=True)
        places = {name: cache / _key(name, path, version) for name, path in files.items() if name.endswith(".py")}
        if missing := [name for name, place in places.items() if not place.exists()]:
            forget_old(cache.iterdir(), MONTH)
            _fill(places, {name: files[name] for name in missing}, version)
        for place in places.values():
            os.utime(place)
        broken = tuple(name for name, place in places.items() if not place.stat().st_size)
        return Bytecode(
            {bytecode_name(name, version): place for name, place in places.items() if name not in broken}, broken
        )
    except OSError as error:
        got = f"True, and the cache cannot be written: {error}"
        raise NotCompiled(got, "Repair that, or set XDG_CACHE_HOME to another folder") from None


def _key(name: str, path: Path, version: str) -> str:
    whole = hashlib.sha256(f"{FORMAT}\0{version}\0{name}\0".encode())
    whole.update(path.read_bytes())
    return f"{whole.hexdigest()}.pyc"


def _fill(places: Mapping[str, Path], files: Mapping[str, Path], version: str) -> None:
    """Compile files into the cache. The place of a file with a syntax error is empty."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, path in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(path.read_bytes())
        compile_folder(folder, files, version)
        for name in files:
            bytecode = folder / bytecode_name(name, version)
            _write(places[name], bytecode.read_bytes() if bytecode.exists() else b"")


def _write(place: Path, data: bytes) -> None:
    with written_aside(place) as part, part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())  # nobody checks the bytecode before its use: a power cut must not truncate it
