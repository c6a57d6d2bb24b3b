"""Random numbers in blocks: numpy draws thousands at once, and the simulation takes them one by one.

A draw for each message would be most of the simulation's time.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Distribution = Callable[[Generator, int], Floats]
"""Draws so many durations of one message, in seconds."""
BLOCK = 65_536
NEVER = 1 << 62


def uniform(random: Generator) -> Iterator[float]:
    """Yield numbers between 0 and 1, each as likely."""
    while True:
        yield from random.random(BLOCK // 16).tolist()


class Durations:
    """How long messages take that are handled one after another: sums of draws, each in constant time."""

    def __init__(self, distribution: Distribution, random: Generator) -> None:
        self._distribution, self._random = distribution, random
        self._refill(BLOCK)

    def take(self, count: int) -> float:
        """Return the seconds that the next messages take together."""
        if count > self.left:
            self._refill(count)
        start, self._next = self._next, self._next + count
        return self._sums[self._next] - self._sums[start]

    def within(self, count: int, seconds: float) -> int:
        """Return how many of the messages of the last `take` end within these seconds."""
        start = self._next - count
        return bisect_right(self._sums, self._sums[start] + seconds, start, self._next + 1) - 1 - start

    def first(self, count: int, first: int) -> float:
        """Return the seconds that the first messages of the last `take` take together."""
        start = self._next - count
        return self._sums[start + first] - self._sums[start]

    @property
    def left(self) -> int:
        """How many durations this block still has."""
        return len(self._sums) - 1 - self._next

    def sums_from(self, message: int) -> tuple[list[float], int]:
        """Return running sums of the durations, and the offset at which those of the next messages begin.

        `message` is the number of the next one: `sums[n + offset]` is what all before the n-th take.
        """
        return self._sums, self._next - message

    def peek(self, count: int) -> Floats:
        """Return the durations of the next messages, as many as there are in this block."""
        return np.diff(self._sums[self._next : self._next + count + 1])

    def skip(self, count: int) -> None:
        """Take messages that `peek` has returned."""
        self._next += count

    def _refill(self, count: int) -> None:
        drawn = self._distribution(self._random, max(BLOCK, count))
        self._sums: list[float] = [0.0, *np.cumsum(drawn).tolist()]
        self._next = 0


class Gaps:
    """Which of many trials succeed, each with the same probability: the distances between them."""

    def __init__(self, probability: float, random: Generator) -> None:
        self._probability, self._random = probability, random
        self._drawn: list[int] = []
        self._block = 16
        self.left = self._gap()
        """Trials before the next success."""

    def hits(self, count: int) -> list[int]:
        """Try so often, and return the positions of the successes."""
        found: list[int] = []
        while self.left < count:
            found.append(self.left)
            self.left += 1 + self._gap()
        self.left -= count
        return found

    def _gap(self) -> int:
        if self._probability <= 0:
            return NEVER
        if not self._drawn:
            # A FIFO queue may have ten thousand of these, with a few messages each.
            self._drawn = (self._random.geometric(self._probability, self._block) - 1).tolist()
            self._block = min(2 * self._block, 1_024)
        return self._drawn.pop()
