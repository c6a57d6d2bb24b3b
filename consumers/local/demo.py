"""The example from end to end: deploy the program to a local AWS, send ten hands, and see what becomes of each."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from consumers.local.emulator import LocalAws, local_aws
from consumers.local.program import Deployment, Message, ProgramError, deploy, warm_up
from consumers.local.stack_config import ConfigError, read_stack_config
from consumers.operations import logs, queues

HANDS = Path("functions/poker_hands/ten-hands.jsonl")
PATIENCE = 60.0  # seconds; the last hand is dead after about 5
POLL = 0.05  # seconds between two looks
EXPORTS = ("queueUrl", "deadLetterQueueUrl", "functionName", "logGroupName", "bigPotsQueueUrl", "bigPotsLogGroupName")
NOT_LOADED = "Worker init failed: "  # what the local AWS logs of a function that cannot be imported

Tell = Callable[[float, str, Sequence[str]], None]
"""Called with each step of the story: seconds since the beginning, a title, and lines below it."""


class DemoError(Exception):
    """The example did not do what it should; the text says what was seen instead."""


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
    # Importing pulumi takes as long as the local AWS takes to start: both at once.
    warming = threading.Thread(target=warm_up, daemon=True)
    warming.start()
    with local_aws(region=_region(project, stack)) as aws:
        run.tell("started", "An AWS is running inside this machine: no account, no Docker")
        warming.join()  # pulumi_aws cannot be imported by two threads at once
        run.deploy(aws)
        run.send(aws, hands)
        run.watch(aws, sum(not _is_poison(hand) for hand in hands))
        check(run.outcome, hands)
    run.tell("clean", "Nothing is left behind")
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


def _region(project: Path, stack: str) -> str:
    try:
        return read_stack_config(project.resolve(), stack).values.get("aws:region", "us-east-1")
    except ConfigError as error:
        raise ProgramError(str(error)) from None


def _hands(project: Path) -> list[str]:
    try:
        return (project / HANDS).read_text("utf-8").splitlines()
    except FileNotFoundError:
        raise DemoError(f"{project.resolve()} has no {HANDS}: the demo runs in a clone of this project.") from None


def _is_poison(hand: str) -> bool:
    return not isinstance(json.loads(hand)["chip_delta"], int)


class _Demo:
    """One run: tells each step when it is done, and keeps what was seen."""

    def __init__(self, project: Path, stack: str, tell: Tell) -> None:
        self.project, self.stack, self.outcome = project, stack, Outcome()
        self._tell, self._start, self._sent = tell, time.monotonic(), 0.0
        self._exports: dict[str, Any] = {}

    def tell(self, step: str, title: str, lines: Sequence[str] = ()) -> None:
        seconds = self.outcome.seconds[step] = round(time.monotonic() - self._start, 3)
        self._tell(seconds, title, lines)

    def deploy(self, aws: LocalAws) -> None:
        warnings: list[str] = []

        def keep(message: Message) -> None:
            if message.severity != "info":
                warnings.append(f"{message.severity}: {message.resource}: {message.text}")

        deployment = deploy(self.project, aws, stack=self.stack, on_message=keep)
        if missing := [name for name in EXPORTS if name not in deployment.exports]:
            raise DemoError(f"The program does not export {', '.join(missing)}, which the demo needs.")
        self._exports = deployment.exports
        title = f"The stack {self.stack} is deployed: {len(deployment.resources)} resources"
        self.tell("deployed", title, [*_consumers(deployment), *warnings])

    def send(self, aws: LocalAws, hands: Sequence[str]) -> None:
        self._sent = time.time()
        for queue in ("queueUrl", "bigPotsQueueUrl"):
            queues.send(aws.client("sqs"), self._exports[queue], hands)
        self.outcome.sent = len(hands)
        self.tell("sent", f"{len(hands)} hands are sent to each consumer")

    def watch(self, aws: LocalAws, good: int) -> None:
        """Wait until the good hands are handled and a hand is dead; raise DemoError where that does not happen."""
        outcome, seconds = self.outcome, self.outcome.seconds
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
        outcome.left = queues.depth(aws.client("sqs"), self._exports["queueUrl"]).total
        outcome.big_pots = [line for line in self._lines(aws, "bigPotsLogGroupName") if "big pot" in line]
        self.tell("big pots", f"big-pots saw {len(outcome.big_pots)} hands, its filter kept back the rest")

    def _look(self, aws: LocalAws) -> None:
        outcome = self.outcome
        letters = queues.peek(aws.client("sqs"), self._exports["deadLetterQueueUrl"])
        outcome.dead = [letter["Body"] for letter in letters]
        outcome.log = self._lines(aws, "logGroupName")
        outcome.handled = sum("ok user=" in line for line in outcome.log)
        outcome.failures = [line for line in outcome.log if "FAIL message_id=" in line]
        if any(not _is_poison(hand) for hand in outcome.dead):
            reason = outcome.failures[-1].partition("reason=")[2] if outcome.failures else "nothing is logged"
            raise DemoError(f"Good hands are in the dead-letter queue. The last failure: {reason}")

    def _lines(self, aws: LocalAws, export: str) -> list[str]:
        return logs.lines(aws.client("logs"), self._exports[export], self._sent - 1)

    def _give_up(self) -> None:
        if broken := [line.partition(NOT_LOADED)[2] for line in self.outcome.log if NOT_LOADED in line]:
            raise DemoError(f"The function {self._exports['functionName']} cannot be loaded: {broken[0]}")
        if time.time() - self._sent > PATIENCE:
            tail = "".join(f"\n  {line}" for line in self.outcome.log[-12:]) or " it is empty."
            raise DemoError(f"The hands are not through after {PATIENCE:.0f} seconds. The end of the log:{tail}")


def _consumers(deployment: Deployment) -> list[str]:
    """A line for each consumer: which function reads which queue."""
    names: dict[str, dict[str, str]] = {}
    for made in deployment.resources:
        tags: dict[str, str] = made.outputs.get("tags") or {}
        parts = names.setdefault(tags.get("queue-consumer:consumer", ""), {})
        parts[tags.get("queue-consumer:part", "")] = made.outputs.get("name", "")
    return [f"{name}: {parts['queue']} → {parts['function']}" for name, parts in sorted(names.items()) if name]
