"""The dependencies of a Python function, installed with uv for the function's platform, not for this machine.

From wheels only, so that nothing is built and no Docker is needed. What was installed is kept in the user's cache by
what decides it - requirements, platform, Python's version - so that an unchanged function needs neither uv nor network.
"""

import contextlib
import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .archive import LAYOUT, Dependencies, cache_folder, content_digest, forget_old, write_zip, written_aside
from .requirements import Requirements, refuse_builds_of_environment
from .wheels_only import NotInstalled, redacted, refuse_build_settings

THIS_MACHINE = "QUEUE_CONSUMER_INSTALL_FOR_THIS_MACHINE"
"""A variable of the program's environment: where it is set, dependencies fit the Python that evaluates the program, for
an AWS that runs functions on this machine."""
TIMEOUT = 300  # seconds: a preview must not hang for ever, and 250 MB must have the time to come
MONTH = 30 * 86_400  # seconds
# Scripts carry this machine's path, records its hashes of them; Lambda writes its own bytecode.
LEFT_OUT = re.compile(r"\.lock$|bin/|(.*/)?__pycache__/|[^/]*\.dist-info/(RECORD|INSTALLER|REQUESTED|direct_url|uv_)")
NO_STATIC_PROJECT = "Building source distributions is disabled"
NO_WHEEL = re.compile(rf"no usable wheels|no wheels with|Wheels are required|{NO_STATIC_PROJECT}")
NO_NETWORK = re.compile(r"Failed to fetch|error sending request|Request failed|network was disabled|timed out")


@dataclass(frozen=True)
class Target:
    """What dependencies must fit."""

    what: str
    """As its user reads it."""
    options: tuple[str, ...] = ()
    """Of uv."""


def target_of(runtime: str, architecture: str) -> Target:
    """Return what the dependencies of a function must fit: `python3.13` on `arm64`."""
    if os.environ.get(THIS_MACHINE):
        return Target(f"{sys.implementation.cache_tag} on {sysconfig.get_platform()}, this machine")
    version = runtime.removeprefix("python")
    # Amazon Linux 2023 has glibc 2.34. Runtimes before 3.12 run on Amazon Linux 2 with 2.26, for which uv has no name.
    glibc = "2_34" if int(version.rpartition(".")[2]) >= 12 else "2_17"
    platform = f"{'aarch64' if architecture == 'arm64' else 'x86_64'}-manylinux_{glibc}"
    options = ("--python-version", version, "--python-platform", platform)
    return Target(f"Python {version} on {platform}", options)


def install(requirements: Requirements, target: Target) -> Dependencies:
    """Return the dependencies as they are in the cache, installed there first where they are not.

    Raises NotInstalled where uv is missing, has failed, or takes longer than TIMEOUT, or the cache cannot be written.
    """
    key = hashlib.sha256(repr((LAYOUT, target, requirements.text)).encode()).hexdigest()
    try:
        cache = cache_folder() / "dependencies"
        cache.mkdir(exist_ok=True)
        index = cache / f"{key}.json"
        return _kept(index) or _install(requirements, target, index)
    except OSError as error:
        given = f"{requirements.file.name}, which cannot be installed into the cache: {error}"
        raise NotInstalled(given, "Repair that, or set XDG_CACHE_HOME to another folder") from None


def _kept(index: Path) -> Dependencies | None:
    """What the cache holds, touched, so that it is not forgotten."""
    with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError):
        known: dict[str, Any] = json.loads(index.read_bytes())
        archive = index.parent / f"{known['digest']}.zip"
        if zipfile.is_zipfile(archive):
            os.utime(archive)
            os.utime(index)
            return Dependencies(archive, **known)
    return None


def _install(requirements: Requirements, target: Target, index: Path) -> Dependencies:
    forget_old(index.parent.iterdir(), MONTH)
    with tempfile.TemporaryDirectory(dir=index.parent) as folder:
        tree = Path(folder)
        _run_uv(requirements, target, tree)
        files = dict(sorted(_files(tree)))
        contents = {name: path.read_bytes() for name, path in files.items()}
        archive = index.parent / f"{content_digest(contents.items())}.zip"
        with written_aside(archive) as part:
            write_zip(part, contents.items())
        # The index comes last: where it is, the archive is.
        known: dict[str, Any] = {
            "digest": archive.stem,
            "size": sum(map(len, contents.values())),
            **_packages(tree, files),
        }
        with written_aside(index) as part:
            part.write_text(json.dumps(known))
    return Dependencies(archive, **known)


def _files(tree: Path) -> Iterator[tuple[str, Path]]:
    for folder, _, names in os.walk(tree):
        for name in names:
            path = Path(folder, name)
            if not LEFT_OUT.match(relative := path.relative_to(tree).as_posix()):
                yield relative, path


def _packages(tree: Path, files: dict[str, Path]) -> dict[str, Any]:
    """What each package has brought, as its RECORD tells."""
    packages: dict[str, int] = {}
    names: dict[str, str] = {}
    for info in sorted(tree.glob("*.dist-info")):
        package = info.name.removesuffix(".dist-info").replace("-", " ")
        with (info / "RECORD").open(newline="", encoding="utf-8") as record:
            own = [row[0] for row in csv.reader(record) if row and row[0] in files]
        packages[package] = sum(files[name].stat().st_size for name in own)
        names |= {name.partition("/")[0]: package for name in own}
    return {"packages": packages, "names": names}


def _run_uv(requirements: Requirements, target: Target, tree: Path) -> None:
    file = requirements.file
    refuse_build_settings(file.parent)
    refuse_builds_of_environment(file.parent)
    command = [_uv(file), *("pip", "install", "--quiet", "--no-progress", "--color", "never", "--no-python-downloads")]
    command += ["--python", sys.executable, "--target", str(tree), *target.options, "--only-binary", ":all:"]
    try:
        # In the file's folder, as paths in it are meant.
        done = subprocess.run(
            [*command, "--requirements", file.name],
            cwd=file.parent,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        given = f"{file.name}, which uv has not installed within {TIMEOUT} seconds"
        raise NotInstalled(given, "Check the network and the package index, or ask for less") from None
    if done.returncode:
        raise _failed(file, target, done.stderr)


def _environment() -> dict[str, str]:
    """Return uv's environment: it reads the files that were checked, and builds no editable."""
    moved = ("UV_WORKING_DIR", "UV_PROJECT")
    return {**{name: value for name, value in os.environ.items() if name not in moved}, "UV_NO_EDITABLE": "1"}


def _uv(file: Path) -> str:
    """Return uv's path: the one that is installed beside us before any other."""
    with contextlib.suppress(ImportError, FileNotFoundError):
        from uv import find_uv_bin

        return find_uv_bin()
    if on_path := shutil.which("uv"):
        return on_path
    fix = "Run `pip install 'sqs-queue-consumer[packaging]'`, or put uv on PATH (https://docs.astral.sh/uv/)"
    raise NotInstalled(f"{file.name}, and there is no uv to install it with", fix)


def _failed(file: Path, target: Target, said: str) -> NotInstalled:
    text = _one_line(file, said)
    if file.suffix == ".toml" and NO_STATIC_PROJECT in text:
        fix = "Correct them and give the project a version, or write a requirements.txt"
        return NotInstalled(f"{file.name}, whose dependencies uv cannot read without a build", fix)
    if NO_WHEEL.search(text):
        fix = (
            "Ask for a version that has such a wheel, choose another runtime or architecture, or bring the package "
            "in a layer, a container image, or an archive of your own (code)"
        )
        return NotInstalled(f"{file.name} with a package that has no wheel for {target.what} (uv: {text})", fix)
    fix = "Correct it"
    if NO_NETWORK.search(text):
        fix = "Check the network and the package index; what is installed once is cached, and needs neither"
    return NotInstalled(f"{file.name}, which cannot be installed for {target.what} (uv: {text})", fix)


def _one_line(file: Path, said: str) -> str:
    """Return uv's error on one line, with a line's number for its position, and without secrets."""
    text = redacted(said.partition("error: ")[2] or said)
    text = re.sub(r"\n[ ^]+$", "", text, flags=re.MULTILINE)
    text = re.sub(r"\s*\n\s*cause: ", ": ", text)
    text = re.sub(r"\n\s*\n(?=hint: )", ". ", text.strip())
    text = re.sub(r"`([^`]+)` at position (\d+)", lambda at: _line(file, at[1], int(at[2])), text)
    return re.sub(r"\.(?=\.)", "", " ".join(text.split())).rstrip(".")


def _line(file: Path, name: str, position: int) -> str:
    path = file.parent / name
    before = path.read_bytes()[:position] if path.is_file() else b""
    return f"{name}, line {before.count(10) + 1}"
