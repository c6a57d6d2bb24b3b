"""When messages arrive: from a description to the sorted moments of each message group."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.random import Generator

from consumers.simulation.consumer import Consumer
from consumers.simulation.draws import Floats
from consumers.simulation.load import Load

HOUR, DAY = 3_600, 86_400
STREAM = 1
"""Tells the random numbers of arrivals from those of the simulation, which has the same seed."""


@dataclass(frozen=True)
class Spike:
    """Messages that arrive at the same moment."""

    count: int
    at: float = 0
    """Seconds since the start."""


@dataclass(frozen=True)
class Arrivals:
    """What arrives; the parts add up."""

    rate: float = 0
    """Messages a second on average, each independent of the others (a Poisson process)."""
    seconds: float = HOUR
    """How long the rate lasts."""
    spikes: Sequence[Spike] = ()
    day: Sequence[float] = ()
    """The messages expected in each of the equal parts of a day. Within a part the rate is constant."""
    recorded: Mapping[str, Floats] = field(default_factory=dict[str, Floats])
    """Sorted moments by message group; those without a group under the empty name."""
    noisy: Sequence[Spike] = ()
    """Spikes of one message group."""
    groups: int = 100
    """On a FIFO queue, each message that has no group gets one of so many, at random."""

    @property
    def expected(self) -> float:
        """The number of messages, on average."""
        spikes = sum(spike.count for spike in (*self.spikes, *self.noisy))
        return self.rate * self.seconds + sum(self.day) + spikes + sum(map(len, self.recorded.values()))


def with_arrivals(load: Load, arrivals: Arrivals, consumer: Consumer, *, seed: int) -> Load:
    """Return the load with these arrivals at the queue of a consumer. All consumers get the same moments."""
    if consumer.fifo:
        return replace(load, arrivals=by_group(arrivals, seed=seed))
    lanes = together(arrivals, seed=seed)
    return replace(load, arrivals=lanes, noisy=len(lanes) > 1)


def by_group(arrivals: Arrivals, *, seed: int) -> list[Floats]:
    """Return the sorted moments for each message group of a FIFO queue."""
    random, groups = _random(seed)
    ungrouped = _sorted([*_drawn(arrivals, random), *_of_groups(arrivals, named=False)])
    numbers = groups.integers(arrivals.groups, size=len(ungrouped), dtype=np.int32)
    order = np.argsort(numbers, kind="stable")
    spread = np.split(ungrouped[order], np.cumsum(np.bincount(numbers, minlength=arrivals.groups))[:-1])
    return _not_empty([*spread, *_of_groups(arrivals, named=True), _spikes(arrivals.noisy)])


def together(arrivals: Arrivals, *, seed: int) -> list[Floats]:
    """Return the sorted moments for a standard queue.

    If one of its message groups may be noisy, return two arrays: all others, and that group. It is the one with
    `noisy` spikes, else the largest of several that are recorded.
    """
    random, _ = _random(seed)
    quiet = list(_drawn(arrivals, random))
    groups = [*_of_groups(arrivals, named=False), *sorted(_of_groups(arrivals, named=True), key=len)]
    if not arrivals.noisy and len(groups) < 2:
        return [_sorted([*quiet, *groups])]
    noisy = _spikes(arrivals.noisy) if arrivals.noisy else groups.pop()
    return [_sorted([*quiet, *groups]), noisy]


def _random(seed: int) -> list[Generator]:
    """Return the random numbers for the moments, and those for the groups."""
    return np.random.default_rng([seed, STREAM]).spawn(2)


def _drawn(arrivals: Arrivals, random: Generator) -> Iterator[Floats]:
    yield _uniform(arrivals.rate * arrivals.seconds, 0, arrivals.seconds, random)
    part = DAY / max(1, len(arrivals.day))
    for number, expected in enumerate(arrivals.day):
        yield _uniform(expected, number * part, part, random)
    yield _spikes(arrivals.spikes)


def _uniform(expected: float, begin: float, seconds: float, random: Generator) -> Floats:
    """Return a Poisson process: its number of messages is random, and each arrives at any moment."""
    return begin + random.random(random.poisson(expected)) * seconds


def _spikes(spikes: Sequence[Spike]) -> Floats:
    ordered = sorted(spikes, key=lambda spike: spike.at)
    return np.repeat([float(spike.at) for spike in ordered], [spike.count for spike in ordered])


def _of_groups(arrivals: Arrivals, *, named: bool) -> list[Floats]:
    return [moments for group, moments in arrivals.recorded.items() if bool(group) == named]


def _sorted(parts: Sequence[Floats]) -> Floats:
    moments = np.concatenate(parts)
    moments.sort()
    return moments


def _not_empty(lanes: Sequence[Floats]) -> list[Floats]:
    return [lane for lane in lanes if len(lane)] or [np.empty(0)]
