"""Packaging a function with dependencies, from its folder to the archive: cold, with uv's own cache warm; unchanged.

Against the same by hand, `uv pip install --target` and zip, which is as long every time. Needs a package index.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from uv import find_uv_bin

from benchmarks.measure import Row, in_turn, ratio
from components import validation
from components.packaging import dependencies
from components.packaging.archive import write_archive

REQUIREMENTS = ("pydantic==2.12.0", "pydantic-core==2.41.1", "boto3==1.40.50", "botocore==1.40.50")
ROUNDS = 5
UNCHANGED_ROUNDS = 41


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, {"XDG_CACHE_HOME": f"{folder}/cache"}):
        # uv has its own cache; where its files lie on another disk it copies them, on both sides.
        os.environ.setdefault("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv"))
        source = Path(folder, "function")
        source.mkdir()
        (source / "handler.py").write_text("def handle(event, context): ...\n")
        (source / "requirements.txt").write_text("\n".join(REQUIREMENTS))
        _by_hand(source)  # fills uv's cache, which both sides use
        cold, by_hand = in_turn(ROUNDS, lambda: _cold(source), lambda: _by_hand(source))
        unchanged = statistics.median(_without_uv(source) for _ in range(UNCHANGED_ROUNDS))
    median, what = statistics.median(by_hand), "package a function with pydantic and boto3"
    against = f"uv pip install --target and zip, {median:.1f} s"
    return [
        Row(f"{what}, first time", statistics.median(cold), "s", against, ratio(cold, by_hand)),
        Row(f"{what}, unchanged (goal: 50 ms)", 1_000 * unchanged, "ms", against, unchanged / median),
    ]


def _cold(source: Path) -> float:
    shutil.rmtree(Path(os.environ["XDG_CACHE_HOME"]), ignore_errors=True)
    return _package(source)


def _without_uv(source: Path) -> float:
    with patch.object(dependencies, "_run_uv", side_effect=RuntimeError("uv was started")):
        return _package(source)


def _package(source: Path) -> float:
    start = time.perf_counter()
    known, findings = validation.examine("bench", {"source": str(source)})
    archive = write_archive(known.package.files, known.package.dependencies)
    seconds = time.perf_counter() - start
    if known.package.dependencies is None or archive.stat().st_size < known.package.dependencies.size:
        raise RuntimeError(f"nothing was packaged: {findings}")
    return seconds


def _by_hand(source: Path) -> float:
    command = [find_uv_bin(), "pip", "install", "--quiet", "--python", sys.executable, "--only-binary", ":all:"]
    command += ["--python-version", "3.13", "--python-platform", "x86_64-manylinux_2_34"]
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=source.parent) as target:
        command += ["--target", target, "--requirements", "requirements.txt"]
        subprocess.run(command, cwd=source, check=True)
        shutil.copy(source / "handler.py", target)
        shutil.make_archive(str(source.parent / "by_hand"), "zip", target)
    return time.perf_counter() - start
