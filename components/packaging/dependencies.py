"""Installs the dependencies of a Python function with uv, for the function's platform.

Only wheels are installed, so nothing is built and Docker is not needed. The user's cache keeps them by requirements,
platform and Python version, so an unchanged function needs neither uv nor the network.
"""

import contextlib
import csv
import dataclasses
import hashlib
import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..settings.model import FunctionSettings
from .archive import (
    LAYOUT,
    Dependencies,
    cache_folder,
    content_digest,
    forget_old,
    python_sizes,
    write_zip,
    written_aside,
)
from .bytecode import bytecode_name, compile_folder
from .interpreters import find_uv
from .requirements import Requirements, refuse_builds_of_environment
from .unused_files import unused
from .wheels_only import NotInstalled, redacted, refuse_build_settings

THIS_MACHINE = "QUEUE_CONSUMER_INSTALL_FOR_THIS_MACHINE"
"""Environment variable: if set, dependencies are installed for the Python that evaluates the program, for an AWS that
runs functions on this machine."""
TIMEOUT = 300  # seconds: enough for 250 MB, and a preview must not hang
MONTH = 30 * 86_400  # seconds
# Scripts carry this machine's path, and records its hashes of them. Bytecode in wheels may be of any Python.
LEFT_OUT = re.compile(r"\.lock$|bin/|(.*/)?__pycache__/|[^/]*\.dist-info/(RECORD|INSTALLER|REQUESTED|direct_url|uv_)")
NO_STATIC_PROJECT = "Building source distributions is disabled"
NO_WHEEL = re.compile(rf"no usable wheels|no wheels with|Wheels are required|{NO_STATIC_PROJECT}")
NO_NETWORK = re.compile(r"Failed to fetch|error sending request|Request failed|network was disabled|timed out")


@dataclass(frozen=True)
class Target:
    """The platform that dependencies are installed for, and what is packaged of them."""

    what: str
    """The platform in words."""
    python: str
    """The minor version of Python."""
    options: tuple[str, ...] = ()
    """Options of uv."""
    bytecode: bool = False
    keep_unused_files: bool = False


def target_of(runtime: str, function: FunctionSettings) -> Target:
    """Return the platform of a function, such as `python3.13` on `arm64`."""
    target = _platform(runtime, function.architecture)
    return dataclasses.replace(target, bytecode=function.bytecode, keep_unused_files=function.keep_unused_files)


def _platform(runtime: str, architecture: str) -> Target:
    if os.environ.get(THIS_MACHINE):
        python = "{}.{}".format(*sys.version_info)
        return Target(f"{sys.implementation.cache_tag} on {sysconfig.get_platform()}, this machine", python)
    version = runtime.removeprefix("python")
    # Amazon Linux 2023 has glibc 2.34. Runtimes before 3.12 run on Amazon Linux 2 with 2.26, for which uv has no name.
    glibc = "2_34" if int(version.rpartition(".")[2]) >= 12 else "2_17"
    platform = f"{'aarch64' if architecture == 'arm64' else 'x86_64'}-manylinux_{glibc}"
    options = ("--python-version", version, "--python-platform", platform)
    return Target(f"Python {version} on {platform}", version, options)


def install(requirements: Requirements, target: Target) -> Dependencies:
    """Return the dependencies from the cache; install them first if needed.

    Raises NotInstalled if uv is missing, fails or takes longer than TIMEOUT, or the cache cannot be written; and
    NotCompiled if their bytecode cannot be made.
    """
    key = hashlib.sha256(repr((LAYOUT, target, requirements.text)).encode()).hexdigest()
    try:
        cache = cache_folder() / "dependencies"
        cache.mkdir(exist_ok=True)
        index = cache / f"{key}.json"
        return _cached(index) or _install(requirements, target, index)
    except OSError as error:
        got = f"{requirements.file.name}, which cannot be installed into the cache: {error}"
        raise NotInstalled(got, "Repair that, or set XDG_CACHE_HOME to another folder") from None


def _cached(index: Path) -> Dependencies | None:
    """Return the dependencies in the cache, and mark them as used."""
    with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError):
        values: dict[str, Any] = json.loads(index.read_bytes())
        archive = index.parent / f"{values['digest']}.zip"
        if zipfile.is_zipfile(archive):
            os.utime(archive)
            os.utime(index)
            return _dependencies(archive, values)
    return None


def _install(requirements: Requirements, target: Target, index: Path) -> Dependencies:
    forget_old(index.parent.iterdir(), MONTH)
    with tempfile.TemporaryDirectory(dir=index.parent) as folder:
        tree = Path(folder)
        _run_uv(requirements, target, tree)
        records = _records(tree)
        files = _packaged_files(tree, target)
        contents = {name: path.read_bytes() for name, path in files.items()}
        archive = index.parent / f"{content_digest(contents.items())}.zip"
        with written_aside(archive) as part:
            write_zip(part, contents.items())
        # Write the index last: it implies the archive.
        values: dict[str, Any] = {
            "digest": archive.stem,
            "size": sum(map(len, contents.values())),
            "python_sizes": python_sizes(files),
            **_packages(records, files, target),
        }
        with written_aside(index) as part:
            part.write_text(json.dumps(values))
    return _dependencies(archive, values)


def _dependencies(archive: Path, values: dict[str, Any]) -> Dependencies:
    sizes = tuple(values.pop("python_sizes"))  # JSON has no tuples
    return Dependencies(archive, python_sizes=sizes, **values)


def _packaged_files(tree: Path, target: Target) -> dict[str, Path]:
    """Return the files to package, sorted, by their names in the archive; with bytecode, compile them."""
    files = {name: path for name, path in _files(tree) if not LEFT_OUT.match(name)}
    if not target.keep_unused_files:
        files = {name: files[name] for name in files.keys() - unused(files)}
    if target.bytecode:
        for path in tree.rglob("*.pyc"):
            path.unlink()
        compile_folder(tree, sorted(name for name in files if name.endswith(".py")), target.python)
        files |= {name: path for name, path in _files(tree) if name.endswith(".pyc")}
    return dict(sorted(files.items()))


def _files(tree: Path) -> Iterator[tuple[str, Path]]:
    for folder, _, names in os.walk(tree):
        for name in names:
            path = Path(folder, name)
            yield path.relative_to(tree).as_posix(), path


def _records(tree: Path) -> dict[str, list[str]]:
    """Return the files of each package, from its RECORD."""
    records: dict[str, list[str]] = {}
    for info in sorted(tree.glob("*.dist-info")):
        with (info / "RECORD").open(newline="", encoding="utf-8") as record:
            package = info.name.removesuffix(".dist-info").replace("-", " ")
            records[package] = [row[0] for row in csv.reader(record) if row]
    return records


def _packages(records: Mapping[str, list[str]], files: Mapping[str, Path], target: Target) -> dict[str, Any]:
    """Return the size of each package, and the package behind each name at the archive's root."""
    packages: dict[str, int] = {}
    names: dict[str, str] = {}
    for package, recorded in records.items():
        own = [name for name in recorded if name in files]
        own += [name for name in (bytecode_name(name, target.python) for name in own) if name in files]
        packages[package] = sum(files[name].stat().st_size for name in own)
        names |= {name.partition("/")[0]: package for name in own}
    return {"packages": packages, "names": names}


def _run_uv(requirements: Requirements, target: Target, tree: Path) -> None:
    file = requirements.file
    refuse_build_settings(file.parent)
    refuse_builds_of_environment(file.parent)
    options = ["--quiet", "--no-progress", "--color", "never", "--no-python-downloads", "--only-binary", ":all:"]
    options += ["--python", sys.executable, "--target", str(tree), *target.options]
    try:
        # Paths in the file are relative to its folder.
        done = subprocess.run(
            [_uv(file), "pip", "install", *options, "--requirements", file.name],
            cwd=file.parent,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        got = f"{file.name}, which uv has not installed within {TIMEOUT} seconds"
        raise NotInstalled(got, "Check the network and the package index, or require less") from None
    if done.returncode:
        raise _failed(file, target, done.stderr)


def _environment() -> dict[str, str]:
    """Return uv's environment: it reads the files that were checked, and builds no editable package."""
    moved = ("UV_WORKING_DIR", "UV_PROJECT")
    return {**{name: value for name, value in os.environ.items() if name not in moved}, "UV_NO_EDITABLE": "1"}


def _uv(file: Path) -> str:
    if uv := find_uv():
        return uv
    fix = "Run `pip install 'sqs-queue-consumer[packaging]'`, or put uv on PATH (https://docs.astral.sh/uv/)"
    raise NotInstalled(f"{file.name}, and there is no uv to install it with", fix)


def _failed(file: Path, target: Target, stderr: str) -> NotInstalled:
    text = _one_line(file, stderr)
    if file.suffix == ".toml" and NO_STATIC_PROJECT in text:
        fix = "Correct them and give the project a version, or write a requirements.txt"
        return NotInstalled(f"{file.name}, whose dependencies uv cannot read without a build", fix)
    if NO_WHEEL.search(text):
        fix = (
            "Require a version that has such a wheel, choose another runtime or architecture, or bring the package "
            "in a layer, a container image, or an archive of your own (code)"
        )
        return NotInstalled(f"{file.name} with a package that has no wheel for {target.what} (uv: {text})", fix)
    fix = "Correct it"
    if NO_NETWORK.search(text):
        fix = "Check the network and the package index; what is installed once is cached, and needs neither"
    return NotInstalled(f"{file.name}, which cannot be installed for {target.what} (uv: {text})", fix)


def _one_line(file: Path, stderr: str) -> str:
    """Return uv's error on one line, with line numbers instead of positions, and without secrets."""
    text = redacted(stderr.partition("error: ")[2] or stderr)
    text = re.sub(r"\n[ ^]+$", "", text, flags=re.MULTILINE)
    text = re.sub(r"\s*\n\s*cause: ", ": ", text)
    text = re.sub(r"\n\s*\n(?=hint: )", ". ", text.strip())
    text = re.sub(r"`([^`]+)` at position (\d+)", lambda at: _line(file, at[1], int(at[2])), text)
    return re.sub(r"\.(?=\.)", "", " ".join(text.split())).rstrip(".")


def _line(file: Path, name: str, position: int) -> str:
    path = file.parent / name
    before = path.read_bytes()[:position] if path.is_file() else b""
    return f"{name}, line {before.count(10) + 1}"
