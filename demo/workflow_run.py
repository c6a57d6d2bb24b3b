"""The workflow from end to end: upload hand histories, and check that no hand is lost or counted twice."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from consumers.local.emulator import LocalAws
from demo.demo_run import Demo, DemoError, Report
from demo.histories import POST, Histories, histories

SHOWN = 3  # broken lines, and lines of the summary
EXPORTS = (
    "queueUrl",
    "logGroupName",
    "bigPotsQueueUrl",
    "bigPotsLogGroupName",
    "ledgerTable",
    "uploadsBucket",
    "postUrl",
    "handHistoriesQueueUrl",
    "handHistoriesLogGroupName",
    "summarySchedule",
    "summaryLogGroupName",
)
BROKEN = re.compile(r"BROKEN history=(?:s3://[^/]+/(.*)|post \S+) line=(\d+) reason=(.*)")


@dataclass
class Outcome:
    files: int = 0
    hands: int = 0  # distinct good hands in the files
    broken: list[str] = field(default_factory=list[str])  # what the log says about each broken line
    handled: int = 0
    repeated: int = 0  # hands that were in the ledger already
    ledger: int = 0  # entries
    big_pots: int = 0
    summary: list[str] = field(default_factory=list[str])
    seconds: dict[str, float] = field(default_factory=dict[str, float])  # when each step ended, since the start


def demo(project: Path, stack: str, files: int, report: Report) -> Outcome:
    """Run the workflow of `project` with this many histories of 100 hands, and clean up.

    Raises LocalAwsError, ProgramError or DemoError, each with a text for the user.
    """
    run = _WorkflowRun(project, stack, report, histories(files))
    if run.config("workflow") != "true":
        raise DemoError(f"The stack {stack} has no workflow: set `workflow: true` in Pulumi.{stack}.yaml.")
    with run.deployed(EXPORTS) as aws:
        run.upload(aws)
        run.read(aws)
        run.handle(aws)
        run.announce(aws)
        run.summarise(aws)
    return run.outcome


class _WorkflowRun(Demo):
    """Each step waits for its result and compares it with the uploaded files."""

    def __init__(self, project: Path, stack: str, report: Report, uploads: Histories) -> None:
        super().__init__(project, stack, report)
        self.uploads = uploads
        self.outcome = Outcome(len(uploads.files), len(uploads.hands), seconds=self.seconds)

    def upload(self, aws: LocalAws) -> None:
        for key, text in self.uploads.files.items():
            if key == POST:
                _check("The status of the post", aws.post(self.exports["postUrl"], text)[0], 200)
            else:
                aws.client("s3").put_object(Bucket=self.exports["uploadsBucket"], Key=key, Body=text.encode())
        title = f"{self.outcome.files - 1} histories are uploaded, and one is posted: {self.outcome.hands:,} hands"
        repeated, broken = self.uploads.repeated, len(self.uploads.broken)
        self.report("uploaded", f"{title}, {repeated} of them twice, and {broken} broken lines")

    def read(self, aws: LocalAws) -> None:
        reports: list[str] = []

        def is_read() -> bool:
            reports[:] = self.lines(aws, "handHistoriesLogGroupName")
            return sum(" hands=" in line for line in reports) >= self.outcome.files

        self._wait(aws, "handHistoriesQueueUrl", is_read, "hand-histories has not read all histories")
        found = [BROKEN.search(line) for line in reports]
        broken = sorted((match[1] or POST, int(match[2]), match[3]) for match in found if match)
        _check("The reported broken lines", {line[:2] for line in broken}, {*self.uploads.broken})
        lines = self.outcome.broken = [f"{key} line {number}: {reason}" for key, number, reason in broken]
        self.report("read", f"hand-histories has read them and reports {len(lines)} broken lines", _first(lines))

    def handle(self, aws: LocalAws) -> None:
        outcome = self.outcome

        def is_handled() -> bool:
            lines = self.lines(aws, "logGroupName")
            outcome.handled = sum("\tok user=" in line for line in lines)
            outcome.repeated = sum("\tagain user=" in line for line in lines)
            return outcome.handled >= outcome.hands

        self._wait(aws, "queueUrl", is_handled, "poker-hands has not handled all hands")
        _check("The number of handled hands", outcome.handled, outcome.hands)
        ledger = self._ledger(aws)
        outcome.ledger = len(ledger)
        _check("The ledger", ledger, {id: hand["chip_delta"] for id, hand in self.uploads.hands.items()})
        self.report("handled", f"poker-hands has handled {outcome.handled:,} hands: the ledger has each once")

    def _ledger(self, aws: LocalAws) -> dict[str, int]:
        pages = aws.client("dynamodb").get_paginator("scan").paginate(TableName=self.exports["ledgerTable"])
        return {entry["hand_id"]["S"]: int(entry["chip_delta"]["N"]) for page in pages for entry in page["Items"]}

    def announce(self, aws: LocalAws) -> None:
        big = sum(hand["chip_delta"] >= int(self.config("bigPot")) for hand in self.uploads.hands.values())

        def is_announced() -> bool:
            self.outcome.big_pots = sum("\tbig pot " in line for line in self.lines(aws, "bigPotsLogGroupName"))
            return self.outcome.big_pots >= big

        self._wait(aws, "bigPotsQueueUrl", is_announced, "big-pots has not received all big pots")
        _check("The number of announced big pots", self.outcome.big_pots, big)
        self.report("announced", f"big-pots received {big:,} hands from the topic")

    def summarise(self, aws: LocalAws) -> None:
        """Invoke the target of the nightly schedule now."""
        scheduler = aws.client("scheduler")
        nightly = scheduler.get_schedule(Name=self.exports["summarySchedule"])
        now = f"at({datetime.now(UTC):%Y-%m-%dT%H:%M:%S})"
        settings = {key: nightly[key] for key in ("Target", "FlexibleTimeWindow")}
        scheduler.create_schedule(Name="summary-now", ScheduleExpression=now, **settings)

        def is_summarised() -> bool:
            lines = [line.rpartition("\t")[2] for line in self.lines(aws, "summaryLogGroupName")]
            self.outcome.summary = [line for line in lines if line.startswith(("summary ", "player="))]
            return len(self.outcome.summary) > 1

        self._wait(aws, None, is_summarised, "there is no summary")
        chips = sum(hand["chip_delta"] for hand in self.uploads.hands.values())
        players = len({hand["user_id"] for hand in self.uploads.hands.values()})
        expected = f"summary hands={self.outcome.hands} players={players} chips={chips:+d}"
        _check("The summary", self.outcome.summary[0], expected)
        self.report("summary", "The schedule has run: summary has counted the ledger", _first(self.outcome.summary))

    def _wait(self, aws: LocalAws, queue: str | None, done: Callable[[], bool], failure: str) -> None:
        """Wait until the queue is empty and the step is done."""

        def depth() -> int:
            return self.depth(aws, queue) if queue else 0

        self.wait(lambda: not depth() and done(), depth, lambda: failure)


def _check(what: str, actual: Any, expected: Any) -> None:
    if actual != expected:
        raise DemoError(f"{what}: {actual!s:.200}. Expected: {expected!s:.200}.")


def _first(lines: Sequence[str]) -> list[str]:
    return [*lines[:SHOWN], "…"] if len(lines) > SHOWN else [*lines]
