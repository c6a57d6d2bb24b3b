"""Cold import of a function with large dependencies: packaged with bytecode, against `uv pip install --target` and zip.

Both archives are extracted, as Lambda does, and imported by a new Python 3.13 that writes no bytecode, since Lambda's
disk is read-only. Needs that Python, x86_64 Linux, and a package index.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

from uv import find_uv_bin

from benchmarks.measure import Row, in_turn, ratio
from components import validation
from components.packaging.archive import write_archive
from components.packaging.interpreters import find_python

REQUIREMENTS = (
    *("pydantic==2.12.0", "pydantic-core==2.41.1", "boto3==1.40.50", "botocore==1.40.50"),
    "aws-lambda-powertools==3.21.0",
)
HANDLER = """\
import boto3
import pydantic
from aws_lambda_powertools.utilities.batch import BatchProcessor
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer

queue = boto3.client("sqs", "eu-west-1")


class Hand(pydantic.BaseModel):
    pot: int


def handle(event, context): ...
"""
VERSION = "3.13"
# CPU time: what else runs on this machine counts less, and on Lambda a cold start waits for little else.
PROGRAM = "from time import process_time as now; start = now(); import handler; print(now() - start)"
ROUNDS, PACKAGING_ROUNDS, UNCHANGED_ROUNDS = 21, 3, 41


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "function")
        source.mkdir()
        (source / "handler.py").write_text(HANDLER)
        (source / "requirements.txt").write_text("\n".join(REQUIREMENTS))
        _by_hand(source, f"{folder}/theirs")  # fills uv's cache, which both sides use
        first, by_hand = in_turn(
            PACKAGING_ROUNDS, lambda: _first_time(source), lambda: _by_hand(source, f"{folder}/theirs")
        )
        _first_time(source, keep := Path(folder, "cache"))
        args = {"source": str(source), "function": {"bytecode": True}}
        unchanged = [package(args, f"{folder}/ours", keep) for _ in range(UNCHANGED_ROUNDS)]
        ours, theirs = in_turn(ROUNDS, lambda: _import(f"{folder}/ours"), lambda: _import(f"{folder}/theirs"))
        sizes = [_size(Path(folder, side)) for side in ("ours", "theirs")]
    what, against = "a function with pydantic, boto3 and Powertools", "uv pip install --target and zip"
    return [
        Row(
            f"cold import of {what}, with bytecode",
            statistics.median(ours),
            "ms of CPU",
            against,
            ratio(ours, theirs),
            0.45,
        ),
        Row(f"files of {what}, with bytecode", sizes[0] / 1e6, "MB", against, sizes[0] / sizes[1]),
        Row(f"package {what} and bytecode, first time", statistics.median(first), "s", against, ratio(first, by_hand)),
        Row(
            "the same, unchanged (goal: 50 ms)",
            1_000 * statistics.median(unchanged),
            "ms",
            against,
            statistics.median(unchanged) / statistics.median(by_hand),
        ),
    ]


def package(args: Mapping[str, Any], task: str, cache: Path | None = None) -> float:
    """Package a consumer, and extract it to `task`; return the seconds without the extraction."""
    with tempfile.TemporaryDirectory() as empty, patch.dict(os.environ, _own_settings(cache or Path(empty))):
        start = time.perf_counter()
        settings, findings = validation.examine("bench", args)
        made = settings.package
        archive = write_archive(made.all_files, made.dependencies)
        seconds = time.perf_counter() - start
        if not made.bytecode.files or (made.requirements and not made.dependencies):
            raise RuntimeError(f"nothing was packaged: {findings}")
        if not Path(task).exists():
            zipfile.ZipFile(archive).extractall(task)
    return seconds


def _own_settings(cache: Path) -> dict[str, str]:
    # uv has its own cache. If it is on another disk, uv copies the files, on both sides.
    uv_cache = os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv"))
    return {"XDG_CACHE_HOME": str(cache), "UV_CACHE_DIR": uv_cache}


def _first_time(source: Path, cache: Path | None = None) -> float:
    with tempfile.TemporaryDirectory(dir=source.parent) as task:
        return package({"source": str(source), "function": {"bytecode": True}}, task, cache)


def _by_hand(source: Path, task: str) -> float:
    """Package by hand, and extract the archive to `task`; return the seconds without the extraction."""
    command = [find_uv_bin(), "pip", "install", "--quiet", "--python", sys.executable, "--only-binary", ":all:"]
    command += ["--python-version", VERSION, "--python-platform", "x86_64-manylinux_2_34"]
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=source.parent) as target:
        command += ["--target", target, "--requirements", "requirements.txt"]
        subprocess.run(command, cwd=source, check=True)
        shutil.copy(source / "handler.py", target)
        archive = shutil.make_archive(str(source.parent / "by_hand"), "zip", target)
    seconds = time.perf_counter() - start
    if not Path(task).exists():
        zipfile.ZipFile(archive).extractall(task)
    return seconds


def _import(task: str) -> float:
    """Return the milliseconds of CPU time that the import takes, without the interpreter's start."""
    command = [find_python(VERSION), "-S", "-B", "-c", PROGRAM]
    own = {"PYTHONPATH": task, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    environment = {"PATH": os.environ["PATH"], **own}
    return 1_000 * float(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
