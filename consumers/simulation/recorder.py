"""What a simulation notes while it runs: samples over time, and how long messages took."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from consumers.simulation.draws import Floats
from consumers.simulation.lane import Part

SAMPLES = 400
"""The number of samples at which every second one is dropped."""
FLUSH = 50_000
SHORTEST, LONGEST = 1e-4, 2e6
BINS_PER_DECADE = 400
"""Bins of 0.6 %: a percentile is as exact as that."""


@dataclass
class Counts:
    """What has happened so far, in messages if nothing else is stated."""

    arrived: int = 0
    handled: int = 0
    dead: int = 0
    dead_good: int = 0
    """Dead letters that are not poison."""
    expired: int = 0
    """Deleted at the end of the queue's retention."""
    deliveries: int = 0
    """Messages in invocations, each as often as it was delivered."""
    failures: int = 0
    """Deliveries that failed."""
    invocations: int = 0
    cold_starts: int = 0
    timeouts: int = 0
    """Invocations that reach the function's timeout."""
    throttled: int = 0
    """Batches that found no free concurrency."""
    sent_letters: int = 0
    """Dead letters that the runtime sent."""
    changes: int = 0
    """Messages whose visibility timeout the runtime changed."""
    seconds: float = 0.0
    """What the invocations took."""


@dataclass(frozen=True)
class Sample:
    """The state at one moment."""

    time: float
    """Seconds since the begin."""
    counts: Counts
    visible: int
    in_flight: int
    age: float
    """Seconds since the oldest message arrived."""
    concurrency: int
    pollers: int
    """The number of batches that Lambda would have in flight at most."""


class Latencies:
    """How long handled messages took, from their arrival to the end of their invocation, and to its begin."""

    def __init__(self, arrivals: Sequence[Floats]) -> None:
        self._arrivals = arrivals
        self._counts = np.zeros((len(arrivals), _bin(LONGEST) + 1), dtype=np.int64)
        self._noted: list[tuple[int, int, int, float, float]] = []
        self.wait_seconds, self.waited, self.longest = 0.0, 0, [0.0] * len(arrivals)

    def add(self, part: Part, begin: float, end: float) -> None:
        """Note an invocation that handles these messages."""
        self._noted.append((part[0], part[1], part[2], begin, end))
        if len(self._noted) >= FLUSH:
            self.flush()

    def add_alone(self, lane: int, arrivals: Floats, begins: Floats, ends: Floats) -> None:
        """Note messages that are handled each in an invocation of its own."""
        self._count(lane, arrivals, begins, ends)

    def flush(self) -> None:
        """Count what was noted."""
        if not self._noted:
            return
        noted: NDArray[np.float64] = np.array(self._noted)
        self._noted = []
        for lane in np.unique(noted[:, 0]).astype(int):
            _, starts, stops, begins, ends = noted[noted[:, 0] == lane].T
            sizes = (stops - starts).astype(np.int64)
            first = np.repeat(starts.astype(np.int64) - np.cumsum(sizes) + sizes, sizes)
            arrived: Floats = self._arrivals[lane][first + np.arange(len(first))]
            self._count(lane, arrived, np.repeat(begins, sizes), np.repeat(ends, sizes))

    def _count(self, lane: int, arrivals: Floats, begins: Floats, ends: Floats) -> None:
        waits, seconds = begins - arrivals, ends - arrivals
        if not len(seconds):
            return
        self.wait_seconds += float(waits.sum())
        self.waited += int((waits > 0).sum())
        self.longest[lane] = max(self.longest[lane], float(seconds.max()))
        bins = (np.log10(np.maximum(seconds, SHORTEST) / SHORTEST) * BINS_PER_DECADE).astype(np.int64)
        self._counts[lane] += np.bincount(np.minimum(bins, _bin(LONGEST)), minlength=self._counts.shape[1])

    def percentile(self, share: float, lane: int | None = None) -> float:
        """Return how many seconds this share of the messages took at most; 0 without messages. All lanes: None."""
        self.flush()
        counts = self._counts.sum(axis=0) if lane is None else self._counts[lane]
        if not counts.sum():
            return 0.0
        index = int(np.searchsorted(np.cumsum(counts), share * counts.sum()))
        return min(SHORTEST * 10 ** ((index + 1) / BINS_PER_DECADE), self._longest(lane))

    def _longest(self, lane: int | None) -> float:
        return max(self.longest) if lane is None else self.longest[lane]


def _bin(seconds: float) -> int:
    return int(np.log10(seconds / SHORTEST) * BINS_PER_DECADE)


class Samples:
    """Samples at equal distances. When there are many, every second one is dropped and the distance doubles."""

    def __init__(self, period: float) -> None:
        self.period, self.all = period, list[Sample]()

    def add(self, sample: Sample) -> None:
        self.all.append(sample)
        if len(self.all) >= SAMPLES:
            self.all = self.all[::2]
            self.period *= 2

    @property
    def next(self) -> float:
        """The moment of the next sample."""
        return (self.all[-1].time + self.period) if self.all else 0.0


def copy(counts: Counts) -> Counts:
    """Return the counts as they are now."""
    return Counts(*astuple(counts))
