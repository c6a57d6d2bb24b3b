"""What becomes of the messages of one invocation."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import NamedTuple

from numpy.random import Generator

from consumers.simulation.consumer import Consumer
from consumers.simulation.draws import Durations, Gaps, uniform
from consumers.simulation.lane import Part


class Fate(Enum):
    """What becomes of a part of a batch."""

    HANDLED = 1
    FAILED = 2
    NOT_STARTED = 3
    """It returns to the queue, and that receive counts."""


Fated = tuple[Part, Fate]
CLIENT_SECONDS = 1.2
"""What the runtime keeps of the timeout for its calls of SQS, if it makes any; 0.2 s for the reply alone."""


class Progress(NamedTuple):
    """How far a batch gets."""

    seconds: float
    reached: int
    """Its first messages, which end in time. 0: Lambda ends it at its timeout."""
    is_timeout: bool


@dataclass
class Verdict:
    """The fates of a batch."""

    end: float
    handled: list[Part] = field(default_factory=list[Part])
    returned: list[tuple[float, Part]] = field(default_factory=list[tuple[float, Part]])
    """Messages that become visible again at these moments."""
    dead: list[Part] = field(default_factory=list[Part])
    """Messages that the runtime sends to the dead-letter queue."""
    failures: int = 0
    neighbours: int = 0
    """Those of the failures that do not fail by themselves."""
    changes: int = 0
    is_timeout: bool = False
    is_killed: bool = False
    """Lambda ends the invocation at its timeout."""


class Judge:
    """Decides the fates of batches."""

    def __init__(self, consumer: Consumer, failing: Gaps, random: Generator) -> None:
        self._consumer, self.failing, self._uniform = consumer, failing, uniform(random)
        self._wait_after = cache(consumer.wait_after)
        margin = CLIENT_SECONDS if consumer.base_delay or consumer.moves_itself else 0.2
        self.usable = consumer.timeout - (min(margin, consumer.timeout / 3) if consumer.reports_failures else 0)
        """Seconds in which a batch can be handled."""

    def fates(self, parts: list[Part], *, is_outage: bool) -> list[Fated]:
        """Return which messages fail, and which are not started since one before them in their group has failed.

        A handler that raises ends there in any case: those behind it have the fate that they would have by themselves.
        """
        found: list[Fated] = []
        blocked: set[int] = set()
        holds_up = self._consumer.fifo and self._consumer.partial_responses
        for part in parts:
            for attempt, fate in self._attempts(part, is_outage):
                if part[0] in blocked:
                    found.append((attempt, Fate.NOT_STARTED))
                    continue
                if fate is Fate.FAILED and holds_up and not self._goes_on(attempt):
                    blocked.add(part[0])
                found.append((attempt, fate))
        return found

    def _attempts(self, part: Part, is_outage: bool) -> Iterator[Fated]:
        lane, start, stop, receives, is_poison = part
        if is_poison or is_outage:
            hits = list(range(stop - start)) if self._consumer.fifo else []
            if not hits:
                yield part, Fate.FAILED
                return
        else:
            hits = self.failing.hits(stop - start)
        position = start
        for hit in hits:
            if position < start + hit:
                yield (lane, position, start + hit, receives, is_poison), Fate.HANDLED
            position = start + hit + 1
            yield (lane, start + hit, position, receives, is_poison), Fate.FAILED
        if position < stop:
            yield (lane, position, stop, receives, is_poison), Fate.HANDLED

    def _dies(self, part: Part) -> bool:
        """Whether the runtime moves a message to the dead-letter queue after this failure."""
        return self._consumer.moves_itself and self._is_last(part)

    def _goes_on(self, part: Part) -> bool:
        """Whether the runtime handles the rest of the message group after this failure: SQS will move the message."""
        return self._consumer.reports_failures and self._is_last(part)

    def _is_last(self, part: Part) -> bool:
        return part[3] + 1 == self._consumer.receives

    def started(self, fates: list[Fated]) -> int:
        """Return how many messages the function starts. Without partial responses, the first failure ends it."""
        count = 0
        for part, fate in fates:
            if fate is Fate.FAILED and not self._consumer.partial_responses:
                return count + 1
            count += 0 if fate is Fate.NOT_STARTED else part[2] - part[1]
        return count

    def progress(self, durations: Durations, started: int, overhead: float) -> Progress:
        """Return how far a batch that starts these messages gets: those of the last `durations.take`."""
        seconds = overhead + durations.first(started, started)
        if seconds <= self.usable:
            return Progress(seconds, started, is_timeout=False)
        if self._consumer.reports_failures:
            # The runtime starts the first message in any case, and no other that would end too late.
            reached = max(1, durations.within(started, self.usable - overhead))
            seconds = overhead + durations.first(started, reached)
            if seconds <= self._consumer.timeout:
                return Progress(seconds, reached, is_timeout=reached < started)
        return Progress(self._consumer.timeout, 0, is_timeout=True)

    def verdict(self, fates: list[Fated], received: float, begin: float, progress: Progress) -> Verdict:
        """Return what happens to a batch."""
        verdict = Verdict(begin + progress.seconds, is_timeout=progress.is_timeout, is_killed=not progress.reached)
        if verdict.is_killed or self._raises(fates):
            self._return_all(fates, received, verdict)
            return verdict
        for part, fate in _cut(fates, progress.reached) if progress.is_timeout else fates:
            self._settle(part, fate, received, verdict)
        return verdict

    def _raises(self, fates: list[Fated]) -> bool:
        return not self._consumer.partial_responses and any(fate is Fate.FAILED for _, fate in fates)

    def _return_all(self, fates: list[Fated], received: float, verdict: Verdict) -> None:
        """Let the whole batch return after the visibility timeout: its invocation has failed."""
        until = max(received + self._consumer.visibility, verdict.end)
        verdict.returned = [(until, _received(part)) for part in _joined(fates)]
        verdict.failures = sum(part[2] - part[1] for part, _ in fates)
        if not verdict.is_killed:
            verdict.neighbours = sum(part[2] - part[1] for part, fate in fates if fate is not Fate.FAILED)

    def _settle(self, part: Part, fate: Fate, received: float, verdict: Verdict) -> None:
        size = part[2] - part[1]
        if fate is Fate.HANDLED:
            verdict.handled.append(part)
            return
        verdict.failures += size if fate is Fate.FAILED else 0
        if fate is Fate.FAILED and self._dies(part):
            verdict.dead.append(part)
        elif fate is Fate.NOT_STARTED and self._changes_visibility:
            verdict.changes += size
            verdict.returned.append((verdict.end, _received(part)))
        else:
            verdict.changes += size if self._consumer.base_delay else 0
            verdict.returned += self.after_failure(part, received, verdict.end)

    def after_failure(self, part: Part, received: float, end: float) -> Iterator[tuple[float, Part]]:
        """Yield when a failed part of a batch becomes visible again; the runtime delays each message by itself."""
        lane, start, stop, receives, is_poison = part
        wait = self._wait_after(receives + 1)
        if not wait.from_end:
            yield max(received + wait.longest, end), _received(part)
        elif wait.shortest == wait.longest:
            yield end + wait.longest, _received(part)
        else:
            for message in range(start, stop):
                drawn = wait.shortest + (wait.longest - wait.shortest) * next(self._uniform)
                yield end + max(1, round(drawn)), (lane, message, message + 1, receives + 1, is_poison)

    @property
    def _changes_visibility(self) -> bool:
        return bool(self._consumer.base_delay or (self._consumer.fifo and self._consumer.moves_itself))


def _received(part: Part) -> Part:
    lane, start, stop, receives, is_poison = part
    return lane, start, stop, receives + 1, is_poison


def _joined(fates: list[Fated]) -> list[Part]:
    """Return the parts of a batch as they were before each had its fate: fewer of them take less time."""
    joined: list[Part] = []
    for (lane, start, stop, receives, is_poison), _ in fates:
        if joined and joined[-1] == (lane, joined[-1][1], start, receives, is_poison):
            start = joined.pop()[1]
        joined.append((lane, start, stop, receives, is_poison))
    return joined


def _cut(fates: list[Fated], reached: int) -> list[Fated]:
    """Replace the fates of the messages that the batch does not reach."""
    found: list[Fated] = []
    for part, fate in fates:
        lane, start, stop, receives, is_poison = part
        middle = start if fate is Fate.NOT_STARTED else min(stop, start + reached)
        reached -= middle - start
        if start < middle:
            found.append(((lane, start, middle, receives, is_poison), fate))
        if middle < stop:
            found.append(((lane, middle, stop, receives, is_poison), Fate.NOT_STARTED))
    return found
