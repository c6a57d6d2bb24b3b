"""Pulumi's engine: preview and up of 1, 10 and 100 consumers, compared with the same resources written by hand.

Both with the same CLI, the same provider and a local AWS of their own; and, from the engine's own dependency graph, how
many waits of the AWS provider (25 s for each SQS resource) stand one behind the other.

The CLI writes the whole state before and after each step, which is most of the time of 100 consumers. How often and how
much it writes does not depend on the machine; a bare component with the same children and outputs shows what any
component costs.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import Row, in_turn, ratio
from benchmarks.state_writes import Writes, counted
from consumers.local.emulator import local_aws
from consumers.provider.provider import serve
from consumers.provider.pulumi_cli import find_cli

ROOT = Path(__file__).parents[1]
ROUNDS = {1: 5, 10: 3, 100: 1}
GOALS = {"preview": 1.1, "up": 1.17, "again": 1.1}
WRITTEN = 10  # consumers whose writes are counted
PROGRAMS = {
    "ours": "from components import QueueConsumer\n"
    "for n in range({count}):\n"
    "    QueueConsumer(f'consumer-{{n}}', {{'source': 'functions/poker_hands'}})\n",
    "by_hand": "from benchmarks.peers.by_hand import consumer\n"
    "for n in range({count}):\n"
    "    consumer(f'consumer-{{n}}')\n",
    "bare": "from benchmarks.peers.by_hand import Bare\nfor n in range({count}):\n    Bare(f'consumer-{{n}}')\n",
}


@dataclass(frozen=True)
class Deployed:
    """The seconds that a program took, and the engine's state afterwards."""

    preview: float
    up: float
    again: float
    state: list[dict[str, Any]]


def rows() -> list[Row]:
    written = _written() if sys.platform == "linux" else []
    return [*(row for count, rounds in ROUNDS.items() for row in _rows(count, rounds)), *written]


def _written() -> list[Row]:
    ours, by_hand, bare = (_writes(side, WRITTEN) for side in ("ours", "by_hand", "bare"))
    writes, megabytes = f"writes of the state, up of {WRITTEN} consumers", f"state written, up of {WRITTEN} consumers"
    return [
        row
        for peer, against in ((by_hand, "the same by hand"), (bare, "in a bare component"))
        for row in (
            Row(writes, ours.count, "writes", f"{against}, {peer.count}", ours.count / peer.count),
            Row(megabytes, ours.size / 1e6, "MB", f"{against}, {peer.size / 1e6:.1f}", ours.size / peer.size),
        )
    ]


def _writes(side: str, count: int) -> Writes:
    with tempfile.TemporaryDirectory() as name, _project(Path(name), side, count) as (project, environment):
        with counted(Path(name, ".pulumi/stacks/test/dev.json")) as writes:
            _pulumi(project, environment, "up", "--yes", "-f")
        return writes


def _rows(count: int, rounds: int) -> list[Row]:
    ours, by_hand = in_turn(rounds, lambda: _deploy("ours", count), lambda: _deploy("by_hand", count))
    facts = _facts(ours[0].state, by_hand[0].state) if count == 1 else []
    return [*(_row(step, count, ours, by_hand) for step in ("preview", "up", "again")), *facts]


def _row(step: str, count: int, ours: list[Deployed], by_hand: list[Deployed]) -> Row:
    what = {"preview": "pulumi preview", "up": "pulumi up", "again": "pulumi up, nothing changed"}[step]
    times, theirs = ([getattr(run, step) for run in side] for side in (ours, by_hand))
    consumers = f"{count} consumer{'s' if count > 1 else ''}"
    return Row(
        f"{what}, {consumers}", statistics.median(times), "s", "the same by hand", ratio(times, theirs), GOALS[step]
    )


def _facts(ours: list[dict[str, Any]], by_hand: list[dict[str, Any]]) -> list[Row]:
    waits, theirs = sqs_waits(ours), sqs_waits(by_hand)
    made, also = (sum(r["type"].startswith("aws:") for r in side) for side in (ours, by_hand))
    return [
        Row("SQS waits one behind the other (goal: 2)", waits, "waits", f"by hand, {theirs}", waits / theirs),
        Row("AWS resources of a consumer (goal: 7)", made, "resources", f"by hand, {also}", made / also),
    ]


def sqs_waits(state: list[dict[str, Any]]) -> int:
    """Return the most SQS resources on any path through the engine's dependency graph."""
    by_urn = {resource["urn"]: resource for resource in state}

    def waits(urn: str) -> int:
        resource = by_urn[urn]
        before = max((waits(other) for other in resource.get("dependencies", [])), default=0)
        return before + resource["type"].startswith("aws:sqs/")

    return max(waits(urn) for urn in by_urn)


def _deploy(side: str, count: int) -> Deployed:
    with tempfile.TemporaryDirectory() as folder, _project(Path(folder), side, count) as (project, environment):
        preview = _pulumi(project, environment, "preview")
        up = _pulumi(project, environment, "up", "--yes", "-f")
        again = _pulumi(project, environment, "up", "--yes", "-f")
        exported = subprocess.run(
            ["pulumi", "stack", "export"], cwd=project, env=environment, check=True, capture_output=True
        )
        return Deployed(preview, up, again, json.loads(exported.stdout)["deployment"]["resources"])


@contextmanager
def _project(folder: Path, side: str, count: int) -> Generator[tuple[Path, Mapping[str, str]]]:
    for name in ("components", "functions", "benchmarks"):
        (folder / name).symlink_to(ROOT / name)
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / "Pulumi.yaml").write_text("name: test\nruntime: {name: python, options: {virtualenv: .venv}}\n")
    (folder / "Pulumi.dev.yaml").write_text("config: {aws:region: us-east-1}\n")
    (folder / "__main__.py").write_text(PROGRAMS[side].format(count=count))
    with local_aws() as aws, serve(aws, folder) as port:
        environment = {
            "PATH": os.pathsep.join([str(find_cli(ROOT)), os.defpath]),
            "HOME": str(folder),
            "PULUMI_BACKEND_URL": f"file://{folder}",
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_DEBUG_PROVIDERS": f"aws:{port}",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        _pulumi(folder, environment, "stack", "init", "dev")
        yield folder, environment


def _pulumi(project: Path, environment: Mapping[str, str], *arguments: str) -> float:
    start = time.perf_counter()
    command = ["pulumi", *arguments, "--non-interactive"]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command} has failed:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - start
