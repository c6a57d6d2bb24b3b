"""The batch runtime's part of a cold start: the time to import the poker handler in a new interpreter."""

import dataclasses
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from benchmarks.measure import Row, in_turn, ratio
from benchmarks.packaged_import import package

ROOT = Path(__file__).parents[1]
CODE = ["functions/sqs_batch.py", "functions/poker_hands", "benchmarks/peers"]
POWERTOOLS = ["aws_lambda_powertools", "jmespath", "typing_extensions"]
OURS, LEAST, PEER = "handler", "json_and_logging", "powertools_hands"
ROUNDS = 41
CLIENT = "import sqs_batch; sqs_batch.new_client('arn:aws:sqs:eu-west-1:123456789012:hands')"
BOTO3_CLIENT = "import boto3; boto3.client('sqs', 'eu-west-1')"
PROGRAM = "from time import perf_counter as now; start = now(); {}; print(now() - start)"


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        _copy(Path(folder))
        # -B writes no compiled files: Lambda compiles a function's own code at every cold start, too.
        from_source = _rows(
            ", compiled at every start, as on Lambda", lambda name: _run(f"import {name}", folder, "-B")
        )
        packaged = _packaged(folder)
        for module in (OURS, LEAST, PEER):
            _run(f"import {module}", folder)
        compiled = _rows("", lambda name: _run(f"import {name}", folder), goals=(1.2, 0.25))
        return [*compiled, *from_source, packaged, _client(folder)]


def _rows(
    how: str, seconds: Callable[[str], float], goals: tuple[float | None, float | None] = (None, None)
) -> list[Row]:
    ours, least, peer = in_turn(
        ROUNDS, *(lambda module=module: 1_000 * seconds(module) for module in (OURS, LEAST, PEER))
    )
    what, median = f"cold import of the poker handler{how}", statistics.median(ours)
    return [
        Row(what, median, "ms", "a handler that imports json and logging", ratio(ours, least), goals[0]),
        Row(what, median, "ms", "the same handler on Powertools", ratio(ours, peer), goals[1]),
    ]


def _packaged(folder: str) -> Row:
    """The handler in an archive with bytecode, against one that has next to nothing to compile."""
    task = f"{folder}/task"
    runtime = "python{}.{}".format(*sys.version_info)
    source = str(ROOT / "functions" / "poker_hands")
    package({"source": source, "runtime": runtime, "function": {"bytecode": True}}, task)
    ours, least = in_turn(
        ROUNDS,
        lambda: 1_000 * _run(f"import {OURS}", task, "-B"),
        lambda: 1_000 * _run(f"import {LEAST}", folder, "-B"),
    )
    what = "cold import of the poker handler, packaged with bytecode"
    against = "a handler that imports json and logging, compiled at every start"
    return Row(what, statistics.median(ours), "ms", against, ratio(ours, least), 1.1)


def _copy(folder: Path) -> None:
    """Copy all files into one folder, as in a function's archive, without compiled files."""
    for source in [*map(_location, POWERTOOLS), *(path for name in CODE for path in _files(ROOT / name))]:
        if source.is_dir():
            shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder)


def _location(package: str) -> Path:
    spec = find_spec(package)
    assert spec
    assert spec.origin
    path = Path(spec.origin)
    return path.parent if path.name == "__init__.py" else path


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(path.glob("*.py"))


def _client(folder: str) -> Row:
    """The time to create the SQS client on the first failure; at init, it would lengthen every cold start."""
    packages = str(_location("botocore").parent)
    botocore, boto3 = in_turn(
        9, *(lambda code=code: 1_000 * _run(code, f"{folder}:{packages}") for code in (CLIENT, BOTO3_CLIENT))
    )
    return Row("the SQS client, when first needed", statistics.median(botocore), "ms", "boto3", ratio(botocore, boto3))


def _run(code: str, path: str, *flags: str) -> float:
    """Return the seconds that the code takes in a new interpreter, without the interpreter's start."""
    command = [sys.executable, "-S", *flags, "-c", PROGRAM.format(code)]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": path,
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
    }
    return float(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)


if __name__ == "__main__":
    print(json.dumps({"name": "cold import", "rows": [dataclasses.asdict(row) for row in rows()]}))
