"""What a simulation notes while it runs: samples over time, and how long messages took."""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from itertools import chain

import numpy as np

from consumers.simulation.draws import Floats
from consumers.simulation.lane import Part

SAMPLES = 400
"""The number of samples at which every second one is dropped."""
FLUSH, AT_ONCE = 50_000, 1_000_000
"""Invocations that are noted before they are counted; messages that are counted at once. A batch may have 10,000."""
Noted = tuple[int, int, int, float, float]
"""A lane, its messages from the first to the one behind the last, and the start and the end of their invocation."""
SHORTEST, LONGEST = 1e-4, 2e6
ZERO = np.int8(0)
BURSTS = 20
"""Moments at which many messages arrive together, and which have samples of their own."""
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
    expired_good: int = 0
    """Those of them that are not poison."""
    deliveries: int = 0
    """Messages in invocations, each as often as it was delivered."""
    failures: int = 0
    """Deliveries that failed."""
    neighbours: int = 0
    """Those of them that failed because another message of their batch did."""
    invocations: int = 0
    cold_starts: int = 0
    timeouts: int = 0
    """Invocations that reach the function's timeout."""
    receives: int = 0
    """Receives that returned messages, at most ten each. A batch above ten takes several."""
    deletes: int = 0
    """Requests in which Lambda deletes messages, of at most ten each."""
    throttled: int = 0
    """Batches that found no free concurrency."""
    dropped: int = 0
    """Throttled batches that Lambda gave up at the end of their visibility timeout."""
    sent_letters: int = 0
    """Dead letters that the runtime sent."""
    changes: int = 0
    """Requests in which the runtime changed visibility timeouts, of at most ten messages each."""
    seconds: float = 0.0
    """What the invocations took."""

    def bury(self, parts: Sequence[Part]) -> int:
        """Count dead letters, and return how many there are."""
        sizes = [(stop - start, is_poison) for _, start, stop, _, is_poison in parts]
        count = sum(size for size, _ in sizes)
        self.dead += count
        self.dead_good += sum(size for size, is_poison in sizes if not is_poison)
        return count

    def expire(self, parts: Sequence[Part]) -> None:
        """Count messages that the queue deletes at the end of its retention."""
        for _, start, stop, _, is_poison in parts:
            self.expired += stop - start
            self.expired_good += 0 if is_poison else stop - start


@dataclass(frozen=True)
class Sample:
    """The state at one moment."""

    time: float
    """Seconds since the start."""
    counts: Counts
    visible: int
    in_flight: int
    age: float
    """Seconds since the oldest message arrived."""
    concurrency: int
    pollers: int
    """The number of batches that Lambda would have in flight at most."""


class Latencies:
    """How long handled messages took, from their arrival to the end of their invocation, and to its start."""

    def __init__(self, arrivals: Sequence[Floats], *, by_lane: bool) -> None:
        """`by_lane` keeps the lanes apart: a FIFO queue may have too many."""
        self._arrivals = arrivals[0] if len(arrivals) == 1 else np.concatenate(arrivals)
        self._offsets = np.cumsum([0, *map(len, arrivals)])
        self._rows = np.arange(len(arrivals)) if by_lane else np.zeros(len(arrivals), dtype=np.int64)
        self._counts = np.zeros((len(arrivals) if by_lane else 1, _bin(LONGEST) + 1), dtype=np.int64)
        self._noted: list[Noted] = []
        self.wait_seconds, self.waited, self.longest = 0.0, 0, [0.0] * len(self._counts)

    def add(self, part: Part, begin: float, end: float) -> None:
        """Note an invocation that handles these messages."""
        self._noted.append((part[0], part[1], part[2], begin, end))
        if len(self._noted) >= FLUSH:
            self.flush()

    def add_all(self, noted: list[Noted]) -> None:
        """Note several."""
        self._noted += noted
        if len(self._noted) >= FLUSH:
            self.flush()

    def add_alone(self, arrivals: Floats, begins: Floats, ends: Floats) -> None:
        """Note messages of the first lane that are handled each in an invocation of its own."""
        self._count(0, arrivals, begins, ends)

    def flush(self) -> None:
        """Count what was noted."""
        if not self._noted:
            return
        noted = np.fromiter(chain.from_iterable(self._noted), np.float64, 5 * len(self._noted)).reshape(-1, 5)
        self._noted = []
        messages: Floats = np.cumsum(noted[:, 2] - noted[:, 1])
        breaks = np.searchsorted(messages, np.arange(AT_ONCE, float(messages[-1]), AT_ONCE))
        for part in np.split(noted, breaks):
            self._count_noted(part)

    def _count_noted(self, noted: Floats) -> None:
        lanes, starts, stops = noted[:, :3].T.astype(np.int64)
        begins, ends = noted[:, 3:].T
        for row in range(len(self._counts)):
            here = self._rows[lanes] == row
            sizes = (stops - starts)[here]
            first = np.repeat((starts + self._offsets[lanes])[here] - np.cumsum(sizes) + sizes, sizes)
            arrived = self._arrivals[first + np.arange(len(first))]
            self._count(row, arrived, np.repeat(begins[here], sizes), np.repeat(ends[here], sizes))

    def _count(self, row: int, arrivals: Floats, begins: Floats, ends: Floats) -> None:
        waits, seconds = begins - arrivals, ends - arrivals
        if not len(seconds):
            return
        self.wait_seconds += float(np.sum(waits))
        self.waited += int(np.count_nonzero(waits > 0))
        self.longest[row] = max(self.longest[row], float(np.max(seconds)))
        bins = (np.log10(np.maximum(seconds, SHORTEST) / SHORTEST) * BINS_PER_DECADE).astype(np.int64)
        self._counts[row] += np.bincount(np.minimum(bins, _bin(LONGEST)), minlength=self._counts.shape[1])

    def percentile(self, share: float, row: int | None = None) -> float:
        """Return how many seconds this share of the messages took at most; 0 without messages. None: all lanes."""
        counts = self._counts.sum(axis=0) if row is None else self._counts[row]
        if not counts.sum():
            return 0.0
        index = int(np.argmax(np.cumsum(counts) >= share * counts.sum()))
        longest = max(self.longest) if row is None else self.longest[row]
        return min(SHORTEST * 10 ** ((index + 1) / BINS_PER_DECADE), longest)


def _bin(seconds: float) -> int:
    return int(np.log10(seconds / SHORTEST) * BINS_PER_DECADE)


PEAKS: tuple[Callable[[Sample], float], ...] = (
    lambda sample: sample.visible + sample.in_flight,
    lambda sample: sample.visible,
    lambda sample: sample.age,
    lambda sample: sample.concurrency,
    lambda sample: sample.pollers,
)


class Samples:
    """Samples at equal distances, and those with the largest values.

    When there are many, every second one is dropped and the distance doubles.
    """

    def __init__(self, period: float) -> None:
        self.period, self._regular = period, list[Sample]()
        self._peaks: list[Sample] = []

    def add(self, sample: Sample) -> None:
        """Keep the sample of a moment that `next` has named."""
        self.note(sample)
        self._regular.append(sample)
        if len(self._regular) >= SAMPLES:
            self._regular = self._regular[::2]
            self.period *= 2

    def end(self, sample: Sample) -> None:
        """Keep the sample of the end."""
        self.note(sample)
        self._regular.append(sample)

    def note(self, sample: Sample) -> None:
        """Keep the sample of any other moment if one of its values is the largest so far."""
        before = self._peaks or [sample] * len(PEAKS)
        pairs = zip(PEAKS, before, strict=True)
        self._peaks = [sample if value(sample) > value(peak) else peak for value, peak in pairs]

    @property
    def all(self) -> list[Sample]:
        """All samples by time."""
        kept = {id(sample): sample for sample in (*self._regular, *self._peaks)}
        return sorted(kept.values(), key=lambda sample: (sample.time, astuple(sample.counts)))  # counts only grow

    @property
    def next(self) -> float:
        """The moment of the next sample."""
        return (self._regular[-1].time + self.period) if self._regular else 0.0


def bursts(lanes: Sequence[Floats], delay: float, period: float) -> list[float]:
    """Return moments of the largest bursts and shortly after: they may be over before the next sample."""
    sizes: list[tuple[int, float]] = []
    for lane in lanes:
        is_tie = (lane[1:] == lane[:-1]).astype(np.int8)  # bytes, for there may be ten million
        edges = np.flatnonzero(np.diff(is_tie, prepend=ZERO, append=ZERO)) if len(lane) else np.empty(0, dtype=np.int64)
        begins, counts = edges[::2], edges[1::2] - edges[::2] + 1
        largest = np.argsort(-counts)[:BURSTS]
        sizes += [(int(counts[one]), float(lane[begins[one]])) for one in largest]
    steps = [0.0, *(2.0**power for power in range(-2, 32) if 2.0**power < period)]
    return [moment + delay + step for _, moment in sorted(sizes)[-BURSTS:] for step in steps]


def copy(counts: Counts) -> Counts:
    """Return the counts as they are now."""
    return Counts(*astuple(counts))
