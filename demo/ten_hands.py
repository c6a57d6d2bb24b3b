"""The example from end to end: deploy it to a local AWS, send ten hands, and check the outcome of each."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from consumers.local.emulator import LocalAws
from consumers.operations import queues
from demo.demo_run import POLL, Demo, DemoError, Report

HANDS = Path("functions/poker_hands/ten-hands.jsonl")
EXPORTS = ("queueUrl", "deadLetterQueueUrl", "functionName", "logGroupName", "bigPotsQueueUrl", "bigPotsLogGroupName")
IMPORT_FAILED = "Worker init failed: "  # in the local AWS's log of a function that cannot be imported


@dataclass
class Outcome:
    sent: int = 0
    handled: int = 0
    left: int = 0  # messages in the queue at the end
    dead: list[str] = field(default_factory=list[str])  # bodies in the dead-letter queue
    failures: list[str] = field(default_factory=list[str])  # log lines, one for each failed receive
    big_pots: list[str] = field(default_factory=list[str])  # log lines of the second consumer
    log: list[str] = field(default_factory=list[str])
    seconds: dict[str, float] = field(default_factory=dict[str, float])  # when each step ended, since the start


def demo(project: Path, stack: str, report: Report) -> Outcome:
    """Run the example of `project` with the configuration of `stack`, and clean up.

    Raises LocalAwsError, ProgramError or DemoError, each with a text for the user.
    """
    try:
        hands = (project / HANDS).read_text("utf-8").splitlines()
    except FileNotFoundError:
        raise DemoError(f"{project.resolve()} has no {HANDS}: the demo runs in a clone of this project.") from None
    run = _TenHands(project, stack, report)
    with run.deployed(EXPORTS) as aws:
        run.send(aws, hands)
        run.watch(aws, sum(not _is_poison(hand) for hand in hands))
        check(run.outcome, hands)
    return run.outcome


def check(outcome: Outcome, hands: Sequence[str]) -> None:
    """Raise DemoError unless every good hand was handled once and exactly the poison hands are dead."""
    poison = [hand for hand in hands if _is_poison(hand)]
    good = len(hands) - len(poison)
    if outcome.handled != good:
        raise DemoError(f"{outcome.handled} hands were handled. Expected: {good}, each once.")
    if outcome.dead != poison:
        raise DemoError(f"The dead-letter queue has {outcome.dead}. Expected: {poison}.")
    if outcome.left:
        raise DemoError(f"{outcome.left} messages are still in the queue. Expected: none.")


def _is_poison(hand: str) -> bool:
    return not isinstance(json.loads(hand)["chip_delta"], int)


class _TenHands(Demo):
    def __init__(self, project: Path, stack: str, report: Report) -> None:
        super().__init__(project, stack, report)
        self.outcome, self._sent = Outcome(seconds=self.seconds), 0.0

    def send(self, aws: LocalAws, hands: Sequence[str]) -> None:
        self._sent = time.time()
        for queue in ("queueUrl", "bigPotsQueueUrl"):
            queues.send(aws.client("sqs"), self.exports[queue], hands)
        self.outcome.sent = len(hands)
        self.report("sent", f"{len(hands)} hands are sent to each consumer")

    def watch(self, aws: LocalAws, good: int) -> None:
        outcome = self.outcome
        self.wait(lambda: self._look(aws).handled >= good, lambda: len(outcome.log), self._log_tail)
        self.report("handled", f"{outcome.handled} hands are handled")
        self.wait(lambda: bool(self._look(aws).dead), lambda: len(outcome.log), self._log_tail)
        time.sleep(POLL)
        self._look(aws)  # again, since the last invocation's log may arrive after the dead letter
        title = f"The poison hand is in the dead-letter queue, after {len(outcome.failures)} receives"
        self.report("dead", title, outcome.dead)
        outcome.left = self.depth(aws, "queueUrl")
        lines = self.lines(aws, "bigPotsLogGroupName", self._sent - 1)
        outcome.big_pots = [line for line in lines if "big pot" in line]
        self.report("big pots", f"big-pots received {len(outcome.big_pots)} hands; its filter dropped the rest")

    def _look(self, aws: LocalAws) -> Outcome:
        """Update the outcome; raise DemoError if it cannot become the expected one."""
        outcome = self.outcome
        letters = queues.peek(aws.client("sqs"), self.exports["deadLetterQueueUrl"])
        outcome.dead = [letter["Body"] for letter in letters]
        outcome.log = self.lines(aws, "logGroupName", self._sent - 1)
        outcome.handled = sum("ok user=" in line for line in outcome.log)
        outcome.failures = [line for line in outcome.log if "FAIL message_id=" in line]
        if any(not _is_poison(hand) for hand in outcome.dead):
            reason = outcome.failures[-1].partition("reason=")[2] if outcome.failures else "nothing is logged"
            raise DemoError(f"Good hands are in the dead-letter queue. The last failure: {reason}")
        if reasons := [line.partition(IMPORT_FAILED)[2] for line in outcome.log if IMPORT_FAILED in line]:
            raise DemoError(f"The function {self.exports['functionName']} cannot be loaded: {reasons[0]}")
        return outcome

    def _log_tail(self) -> str:
        return "\n  ".join(["the last lines of the log are", *self.outcome.log[-12:]])
