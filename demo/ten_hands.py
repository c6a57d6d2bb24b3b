"""The example from end to end: deploy the program to a local AWS, send ten hands, and see what becomes of each."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from consumers.local.emulator import LocalAws
from consumers.operations import queues
from demo.demo_run import DemoError, Story, Tell

HANDS = Path("functions/poker_hands/ten-hands.jsonl")
PATIENCE = 60.0  # seconds; the last hand is dead after about 5
POLL = 0.05  # seconds between two looks
EXPORTS = ("queueUrl", "deadLetterQueueUrl", "functionName", "logGroupName", "bigPotsQueueUrl", "bigPotsLogGroupName")
NOT_LOADED = "Worker init failed: "  # what the local AWS logs of a function that cannot be imported


@dataclass
class Outcome:
    """What became of the hands, as the queues and the log tell it."""

    sent: int = 0
    handled: int = 0
    left: int = 0
    """Messages still in the queue at the end."""
    dead: list[str] = field(default_factory=list[str])
    """Bodies in the dead-letter queue."""
    failures: list[str] = field(default_factory=list[str])
    """A line of the log for each time that a hand failed."""
    big_pots: list[str] = field(default_factory=list[str])
    """What the second consumer logged."""
    log: list[str] = field(default_factory=list[str])
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    """When each step was done, since the demo began."""


def demo(project: Path, stack: str, tell: Tell) -> Outcome:
    """Run the example of `project` with the configuration of `stack`, and leave nothing behind.

    Raises LocalAwsError, ProgramError or DemoError, each with a text for the user.
    """
    hands = _hands(project)
    run = _Demo(project, stack, tell)
    with run.begin(EXPORTS) as aws:
        run.send(aws, hands)
        run.watch(aws, sum(not _is_poison(hand) for hand in hands))
        check(run.outcome, hands)
    return run.outcome


def check(outcome: Outcome, hands: Sequence[str]) -> None:
    """Raise DemoError unless every good hand was handled once and exactly the poison ones are dead."""
    poison = [hand for hand in hands if _is_poison(hand)]
    good = len(hands) - len(poison)
    if outcome.handled != good:
        raise DemoError(f"{outcome.handled} hands were handled, and {good} should have been, once each.")
    if outcome.dead != poison:
        raise DemoError(f"The dead-letter queue holds {outcome.dead}, and should hold {poison}.")
    if outcome.left:
        raise DemoError(f"{outcome.left} messages are still in the queue, which should be empty.")


def _hands(project: Path) -> list[str]:
    try:
        return (project / HANDS).read_text("utf-8").splitlines()
    except FileNotFoundError:
        raise DemoError(f"{project.resolve()} has no {HANDS}: the demo runs in a clone of this project.") from None


def _is_poison(hand: str) -> bool:
    return not isinstance(json.loads(hand)["chip_delta"], int)


class _Demo(Story):
    """One run, with what was seen."""

    def __init__(self, project: Path, stack: str, tell: Tell) -> None:
        super().__init__(project, stack, tell)
        self.outcome, self._sent = Outcome(seconds=self.seconds), 0.0

    def send(self, aws: LocalAws, hands: Sequence[str]) -> None:
        self._sent = time.time()
        for queue in ("queueUrl", "bigPotsQueueUrl"):
            queues.send(aws.client("sqs"), self.exports[queue], hands)
        self.outcome.sent = len(hands)
        self.tell("sent", f"{len(hands)} hands are sent to each consumer")

    def watch(self, aws: LocalAws, good: int) -> None:
        """Wait until the good hands are handled and a hand is dead; raise DemoError where that does not happen."""
        outcome, seconds = self.outcome, self.seconds
        while not {"handled", "dead"} <= seconds.keys():
            was_dead = outcome.dead
            time.sleep(POLL)
            self._look(aws)
            if outcome.handled >= good and "handled" not in seconds:
                self.tell("handled", f"{outcome.handled} hands are handled")
            # Seen twice: the log of its last invocation may come a moment after it.
            if outcome.dead and outcome.dead == was_dead and "dead" not in seconds:
                title = f"The poison hand is in the dead-letter queue, after {len(outcome.failures)} receives"
                self.tell("dead", title, outcome.dead)
            self._give_up()
        outcome.left = queues.depth(aws.client("sqs"), self.exports["queueUrl"]).total
        outcome.big_pots = [
            line for line in self.lines(aws, "bigPotsLogGroupName", self._sent - 1) if "big pot" in line
        ]
        self.tell("big pots", f"big-pots saw {len(outcome.big_pots)} hands, its filter kept back the rest")

    def _look(self, aws: LocalAws) -> None:
        outcome = self.outcome
        letters = queues.peek(aws.client("sqs"), self.exports["deadLetterQueueUrl"])
        outcome.dead = [letter["Body"] for letter in letters]
        outcome.log = self.lines(aws, "logGroupName", self._sent - 1)
        outcome.handled = sum("ok user=" in line for line in outcome.log)
        outcome.failures = [line for line in outcome.log if "FAIL message_id=" in line]
        if any(not _is_poison(hand) for hand in outcome.dead):
            reason = outcome.failures[-1].partition("reason=")[2] if outcome.failures else "nothing is logged"
            raise DemoError(f"Good hands are in the dead-letter queue. The last failure: {reason}")

    def _give_up(self) -> None:
        if broken := [line.partition(NOT_LOADED)[2] for line in self.outcome.log if NOT_LOADED in line]:
            raise DemoError(f"The function {self.exports['functionName']} cannot be loaded: {broken[0]}")
        if time.time() - self._sent > PATIENCE:
            tail = "".join(f"\n  {line}" for line in self.outcome.log[-12:]) or " it is empty."
            raise DemoError(f"The hands are not through after {PATIENCE:.0f} seconds. The end of the log:{tail}")
