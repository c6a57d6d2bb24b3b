"""The pollers of a simulated consumer: how many batches may be in flight, and when the next one may be received."""

from heapq import heappop, heappush, nsmallest
from math import inf

from consumers.simulation.consumer import Consumer

TICK = 1.0
"""Seconds after which their number is decided again."""


class Pollers:
    """Each has one batch in flight. Lambda adds some while messages remain."""

    def __init__(self, consumer: Consumer) -> None:
        self.first, self.most = consumer.pollers
        self.count: float = self.first
        self.next_tick = inf
        self.was_throttled = False
        """Invocations were throttled since the last tick."""
        self._step = consumer.poller.per_minute * TICK / 60
        self._resting: list[float] = []
        """When those that may not receive a batch yet can do so."""

    @property
    def must_plan_tick(self) -> bool:
        """Whether some may be added, and the moment is not planned at which this is decided."""
        return self.next_tick == inf and self.count < self.most

    def rest(self, until: float) -> None:
        """Let the poller of a batch that has ended pause."""
        heappush(self._resting, until)

    def free_at(self, now: float, batches: int) -> float:
        """Return when one can receive a batch: now, or after its pause; infinity before a batch ends."""
        resting = self._resting
        while resting and resting[0] <= now:
            heappop(resting)
        excess = batches + len(resting) - int(self.count)
        if excess < 0:
            return now
        if self.must_plan_tick:
            self.next_tick = now + TICK
        return nsmallest(excess + 1, resting)[-1] if excess < len(resting) else inf

    def scale(self, now: float, batches: int, *, are_waiting: bool, are_held: bool) -> None:
        """Add some while messages remain; take some away while invocations are throttled, or nothing is left.

        :param are_waiting: messages are visible.
        :param are_held: batches are throttled.
        """
        remain = are_waiting and batches + len(self._resting) >= int(self.count)
        self.count += self._step if remain and not self.was_throttled else -self._step
        self.count = min(self.most, max(self.first, self.count))
        self.was_throttled = are_held
        self.next_tick = now + TICK if remain or self.count > self.first else inf
