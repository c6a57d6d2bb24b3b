"""The workflow from end to end: histories are uploaded, and nothing of them is lost on the way, or counted twice."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from consumers.local.emulator import LocalAws
from consumers.operations import queues
from demo.demo_run import DemoError, Story, Tell
from demo.histories import POST, Histories, histories

PATIENCE = 90.0  # seconds without any progress; a hand whose call was too slow comes back after 60
POLL = 0.1  # seconds between two looks
SHOWN = 3  # broken lines that are told, and players
EXPORTS = (
    *("queueUrl", "logGroupName", "bigPotsQueueUrl", "bigPotsLogGroupName", "ledgerTable", "uploadsBucket", "postUrl"),
    *("handHistoriesQueueUrl", "handHistoriesLogGroupName", "summarySchedule", "summaryLogGroupName"),
)
BROKEN = re.compile(r"BROKEN history=(?:s3://[^/]+/(.*)|post \S+) line=(\d+) reason=(.*)")


@dataclass
class Outcome:
    """What became of the histories, as the logs and the ledger tell it."""

    files: int = 0
    hands: int = 0
    """Different good hands in them."""
    broken: list[str] = field(default_factory=list[str])
    """What the log says of each line that is no hand."""
    handled: int = 0
    repeated: int = 0
    """How often a hand came that the ledger had already."""
    ledger: int = 0
    """Entries, one for each hand."""
    big_pots: int = 0
    summary: list[str] = field(default_factory=list[str])
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    """When each step was done, since the demo began."""


def demo(project: Path, stack: str, files: int, tell: Tell) -> Outcome:
    """Run the workflow of `project` with so many histories of 100 hands, and leave nothing behind.

    Raises LocalAwsError, ProgramError or DemoError, each with a text for the user.
    """
    run = _Demo(project, stack, tell, histories(files))
    if run.config("workflow") != "true":
        raise DemoError(f"The stack {stack} has no workflow: say `workflow: true` in Pulumi.{stack}.yaml.")
    with run.begin(EXPORTS) as aws:
        run.upload(aws)
        run.read(aws)
        run.handle(aws)
        run.announce(aws)
        run.summarise(aws)
    return run.outcome


class _Demo(Story):
    """One run: each step waits for what must come, and compares it with what was uploaded."""

    def __init__(self, project: Path, stack: str, tell: Tell, made: Histories) -> None:
        super().__init__(project, stack, tell)
        self.made = made
        self.outcome = Outcome(len(made.files), len(made.hands), seconds=self.seconds)
        self._reports: list[str] = []

    def upload(self, aws: LocalAws) -> None:
        for key, text in self.made.files.items():
            if key == POST:
                _must_be("The answer to a post", aws.post(self.exports["postUrl"], text)[0], 200)
            else:
                aws.client("s3").put_object(Bucket=self.exports["uploadsBucket"], Key=key, Body=text.encode())
        title = f"{self.outcome.files - 1} histories are uploaded, and one is posted: {self.outcome.hands:,} hands"
        self.tell("uploaded", f"{title}, {self.made.repeated} of them twice, and {len(self.made.broken)} broken lines")

    def read(self, aws: LocalAws) -> None:
        def is_read() -> bool:
            self._reports = self.lines(aws, "handHistoriesLogGroupName")
            return sum(" hands=" in line for line in self._reports) >= self.outcome.files

        self._wait(aws, "handHistoriesQueueUrl", "hand-histories has not read them all", is_read)
        found = [BROKEN.search(line) for line in self._reports]
        broken = sorted((match[1] or POST, int(match[2]), match[3]) for match in found if match)
        _must_be("The lines that are reported as broken", {line[:2] for line in broken}, {*self.made.broken})
        self.outcome.broken = [f"{key} line {number}: {reason}" for key, number, reason in broken]
        self.tell(
            "read", f"hand-histories has read them, and reports {len(broken)} broken lines", _first(self.outcome.broken)
        )

    def handle(self, aws: LocalAws) -> None:
        def is_handled() -> bool:
            lines = self.lines(aws, "logGroupName")
            self.outcome.handled = sum("\tok user=" in line for line in lines)
            self.outcome.repeated = sum("\tagain user=" in line for line in lines)
            return self.outcome.handled >= self.outcome.hands

        self._wait(aws, "queueUrl", "poker-hands has not handled them all", is_handled)
        _must_be("The number of hands that were handled", self.outcome.handled, self.outcome.hands)
        entries = self._ledger(aws)
        self.outcome.ledger = len(entries)
        _must_be("The ledger", entries, {id: hand["chip_delta"] for id, hand in self.made.hands.items()})
        self.tell("handled", f"poker-hands has handled {self.outcome.handled:,} hands: the ledger has each once")

    def _ledger(self, aws: LocalAws) -> dict[str, int]:
        pages = aws.client("dynamodb").get_paginator("scan").paginate(TableName=self.exports["ledgerTable"])
        return {entry["hand_id"]["S"]: int(entry["chip_delta"]["N"]) for page in pages for entry in page["Items"]}

    def announce(self, aws: LocalAws) -> None:
        big = sum(hand["chip_delta"] >= int(self.config("bigPot")) for hand in self.made.hands.values())

        def is_told() -> bool:
            self.outcome.big_pots = sum("\tbig pot " in line for line in self.lines(aws, "bigPotsLogGroupName"))
            return self.outcome.big_pots >= big

        self._wait(aws, "bigPotsQueueUrl", "big-pots has not heard of them all", is_told)
        _must_be("The number of big pots that were announced", self.outcome.big_pots, big)
        self.tell("announced", f"big-pots was told of {big:,} hands by the topic")

    def summarise(self, aws: LocalAws) -> None:
        """Let the nightly schedule's target be called now, as the schedule would."""
        scheduler = aws.client("scheduler")
        nightly = scheduler.get_schedule(Name=self.exports["summarySchedule"])
        moment = f"at({datetime.now(UTC):%Y-%m-%dT%H:%M:%S})"
        same = {key: nightly[key] for key in ("Target", "FlexibleTimeWindow")}
        scheduler.create_schedule(Name="summary-now", ScheduleExpression=moment, **same)

        def is_summed() -> bool:
            lines = [line.rpartition("\t")[2] for line in self.lines(aws, "summaryLogGroupName")]
            self.outcome.summary = [line for line in lines if line.startswith(("summary ", "player="))]
            return len(self.outcome.summary) > 1

        self._wait(aws, None, "the summary has not come", is_summed)
        chips = sum(hand["chip_delta"] for hand in self.made.hands.values())
        players = len({hand["user_id"] for hand in self.made.hands.values()})
        wanted = f"summary hands={self.outcome.hands} players={players} chips={chips:+d}"
        _must_be("The summary", self.outcome.summary[0], wanted)
        self.tell("summary", "Asked by the schedule, summary has counted the ledger", _first(self.outcome.summary))

    def _wait(self, aws: LocalAws, queue: str | None, otherwise: str, done: Callable[[], bool]) -> None:
        """Wait until a queue is empty and something is done; raise DemoError when neither comes any closer."""
        seen, since = -1, time.monotonic()
        while (left := self._left(aws, queue)) or not done():
            if left != seen:
                seen, since = left, time.monotonic()
            if time.monotonic() - since > PATIENCE:
                raise DemoError(f"After {PATIENCE:.0f} seconds without progress, {otherwise}.")
            time.sleep(POLL)

    def _left(self, aws: LocalAws, queue: str | None) -> int:
        return queues.depth(aws.client("sqs"), self.exports[queue]).total if queue else 0


def _must_be(what: str, seen: Any, wanted: Any) -> None:
    if seen != wanted:
        raise DemoError(f"{what} should be {wanted!s:.200}, and is {seen!s:.200}.")


def _first(lines: Sequence[str]) -> list[str]:
    return [*lines[:SHOWN], "…"] if len(lines) > SHOWN else [*lines]
