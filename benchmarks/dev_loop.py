"""From saving a file to the new code on the local AWS, with `consumers dev`, on the example.

Compared with `consumers up`, and with a redeployment of all functions as `sam deploy` does it, in a fresh process each.
"""

import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Row, in_turn, ratio
from consumers.local import background
from consumers.local.aws_environment import aws_environment
from consumers.local.emulator import LocalAws
from consumers.operations import logs, queues
from consumers.operations.discovery import find_one
from consumers.polling import wait_until

ROOT = Path(__file__).parents[1]
ROUNDS = 15
POLL = 0.01  # seconds
LONGEST = 60.0  # seconds
NAME = "poker-hands"
HANDLER_GOAL, PROGRAM_GOAL = 0.5, 1.5  # seconds


@dataclass
class Project:
    """A copy of the example that is deployed to a local AWS of its own."""

    folder: Path
    aws: LocalAws
    saves: int = 0

    def save_handler(self) -> str:
        """Save other code, and return what it prints when it is imported."""
        self.saves += 1
        version = f"version-{self.saves}-{self.folder.name}"
        original = (ROOT / "functions" / "poker_hands" / "handler.py").read_text()
        (self.folder / "functions" / "poker_hands" / "handler.py").write_text(f"{original}\nprint({version!r})\n")
        return version

    def save_program(self) -> None:
        """Save another timeout of one function."""
        self.saves += 1
        original = (ROOT / "__main__.py").read_text()
        (self.folder / "__main__.py").write_text(original.replace("timeout=10,", f"timeout={10 + self.saves},"))

    def seconds(self, save: Callable[[], object], *command: str) -> float:
        """Save, run the command if there is one, and return the seconds until the function has changed."""
        before, start = self._version(), time.monotonic()
        save()
        if command:
            subprocess.run(command, cwd=self.folder, env=self._environment(), check=True, capture_output=True)
        if not wait_until(lambda: self._version() != before, LONGEST, POLL):
            raise RuntimeError(f"{self.folder} has not changed")
        return time.monotonic() - start

    def seconds_to_message(self) -> float:
        """Save, and return the seconds until a message that is sent when the code is live is handled by it."""
        start, since, version = time.monotonic(), time.time(), list[str]()
        self.seconds(lambda: version.append(self.save_handler()))
        consumer = find_one(self.aws.client, NAME)
        hand = (ROOT / "functions" / "poker_hands" / "ten-hands.jsonl").read_text().splitlines()[0]
        queues.send(self.aws.client("sqs"), str(consumer.queue_url), [hand])
        client, group = self.aws.client("logs"), str(consumer.log_group)
        if not wait_until(lambda: version[0] in logs.lines(client, group, since - 1), LONGEST, POLL):
            raise RuntimeError(f"{version[0]} has not handled a message")
        return time.monotonic() - start

    def _version(self) -> list[tuple[str, int]]:
        functions = self.aws.client("lambda").list_functions()["Functions"]
        return sorted((each["CodeSha256"], each["Timeout"]) for each in functions)

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "HOME": str(self.folder),
            **aws_environment(self.aws),
        }


def rows() -> list[Row]:
    with (
        tempfile.TemporaryDirectory() as folder,
        _deployed(Path(folder, "dev"), "dev") as dev,
        _deployed(Path(folder, "up"), "up") as up,
    ):
        return [*_handler_rows(dev, up), *_program_rows(dev, up)]


def _handler_rows(dev: Project, up: Project) -> list[Row]:
    redeploy = (sys.executable, "-m", "benchmarks.peers.redeploy", "functions")
    ours, by_up, by_redeploy = in_turn(
        ROUNDS,
        lambda: dev.seconds(dev.save_handler),
        lambda: up.seconds(up.save_handler, *_command("up")),
        lambda: up.seconds(up.save_handler, *redeploy),
    )
    messages = [dev.seconds_to_message() for _ in range(ROUNDS)]
    seconds, what = statistics.median(ours), "dev: a saved handler is live"
    return [
        Row(f"{what} (goal: {HANDLER_GOAL} s)", seconds, "s", *_against("all functions by boto3", ours, by_redeploy)),
        Row(what, seconds, "s", *_against("consumers up", ours, by_up)),
        Row(f"{what} and has handled a message", statistics.median(messages), "s", "live", _over(messages, ours)),
    ]


def _program_rows(dev: Project, up: Project) -> list[Row]:
    ours, by_up = in_turn(
        ROUNDS, lambda: dev.seconds(dev.save_program), lambda: up.seconds(up.save_program, *_command("up"))
    )
    what = f"dev: a changed program is live (goal: {PROGRAM_GOAL} s)"
    return [Row(what, statistics.median(ours), "s", *_against("consumers up", ours, by_up))]


def _against(what: str, ours: list[float], theirs: list[float]) -> tuple[str, float]:
    return f"{what}, {statistics.median(theirs):.2f} s", ratio(ours, theirs)


def _over(ours: list[float], theirs: list[float]) -> float:
    return statistics.median(ours) / statistics.median(theirs)


def _command(name: str) -> tuple[str, ...]:
    return sys.executable, "-m", "consumers", name


@contextmanager
def _deployed(folder: Path, command: str) -> Generator[Project]:
    """Run `consumers up` or `consumers dev` on a copy of the example."""
    folder.mkdir()
    shutil.copytree(ROOT / "functions", folder / "functions", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("__main__.py", "workflow.py", "Pulumi.yaml", "Pulumi.dev.yaml"):
        shutil.copy(ROOT / name, folder)
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(_command(command), cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    try:
        yield Project(folder, _first_update(folder, process))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
        background.stop(folder)


def _first_update(folder: Path, process: "subprocess.Popen[bytes]") -> LocalAws:
    def is_deployed() -> bool:
        aws = background.find_usable(folder)
        return aws is not None and len(aws.client("lambda").list_event_source_mappings()["EventSourceMappings"]) == 2

    wait_until(is_deployed, LONGEST, 0.5)
    time.sleep(3)  # until it watches, or has ended
    if not (aws := background.find_usable(folder)):
        raise RuntimeError(f"{process.args} has failed")
    return aws


if __name__ == "__main__":
    for row in rows():
        print(row)
