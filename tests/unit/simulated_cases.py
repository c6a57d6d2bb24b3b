"""Consumers and loads to simulate, and a simulation that notes each batch."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as some

from consumers.simulation.consumer import Consumer, Poller
from consumers.simulation.draws import Distribution, Floats
from consumers.simulation.lane import Part
from consumers.simulation.load import Load, constant
from consumers.simulation.simulation import Simulation

END = 1e9
"""Seconds: longer than any simulation lasts."""


def consumer(**settings: Any) -> Consumer:
    settings.setdefault("retention", END)
    return Consumer("orders", **settings)


def fixed(count: int) -> Poller:
    """So many batches at the same time, at any moment."""
    return Poller(first=count, most=count)


def at(*moments: float) -> Floats:
    return np.array(moments, dtype=np.float64)


def exponential(seconds: float) -> Distribution:
    return lambda random, count: random.exponential(seconds, count)


def poisson(rate: float, count: int, seed: int = 1) -> Floats:
    """The moments of so many arrivals, `rate` a second on average."""
    return np.cumsum(np.random.default_rng(seed).exponential(1 / rate, count))


@dataclass(frozen=True)
class Batch:
    """A receive."""

    at: float
    parts: list[Part]

    @property
    def messages(self) -> list[tuple[int, int]]:
        """The lane and number of each message, in their order."""
        return [(lane, number) for lane, start, stop, *_ in self.parts for number in range(start, stop)]


class Watched(Simulation):
    """A simulation, event by event, that notes each receive and the end of each batch."""

    def __init__(self, consumer: Consumer, load: Load, seed: int = 1) -> None:
        super().__init__(consumer, load, seed, quick=False)
        self.batches: list[Batch] = []
        self.ends: dict[int, float] = {}
        """When each batch came to its end, by its place in `batches`."""
        take, end = self.queue.take, self.queue.end

        def watch_take(now: float, room: int) -> list[Part]:
            parts = take(now, room)
            if parts:
                self.batches.append(Batch(now, parts))
            return parts

        def watch_end(parts: Any) -> None:
            for place in range(len(self.batches)):
                if self.batches[place].parts is parts:
                    self.ends[place] = self.now
            end(parts)

        self.queue.take, self.queue.end = watch_take, watch_end  # pyright: ignore[reportAttributeAccessIssue]
        self.run()


RAISES: dict[str, Any] = {"partial_responses": False, "reports_failures": False}
"""A handler without the batch runtime, which fails its whole batch."""
handlers: some.SearchStrategy[dict[str, Any]] = some.one_of(
    some.just(RAISES),
    some.fixed_dictionaries({"moves_itself": some.booleans(), "reports_failures": some.booleans()}),
    some.fixed_dictionaries(
        {
            "moves_itself": some.booleans(),
            "reports_failures": some.booleans(),
            "base_delay": some.sampled_from([1, 5]),
            "longest_delay": some.sampled_from([8, 60]),
        }
    ),
)
standard_batches = some.one_of(
    some.fixed_dictionaries({"batch_size": some.integers(1, 10), "window": some.sampled_from([0, 0, 1, 5])}),
    some.fixed_dictionaries({"batch_size": some.integers(11, 40), "window": some.integers(1, 20)}),
)
fifo_batches = some.fixed_dictionaries({"batch_size": some.integers(1, 10)})
pollers = some.one_of(
    some.integers(1, 6).map(fixed),
    some.builds(Poller, first=some.integers(1, 5), most=some.integers(5, 40), per_minute=some.sampled_from([60, 300])),
    some.just(Poller(first=20, most=40, per_minute=1_000, seconds_per_receive=1, bytes_per_second=10_000)),
)


@some.composite
def consumers(draw: some.DrawFn, *, fifo: bool | None = None, throttled: bool = True) -> Consumer:
    is_fifo = draw(some.booleans()) if fifo is None else fifo
    timeout = draw(some.sampled_from([1, 3, 30]))
    return Consumer(
        "orders",
        fifo=is_fifo,
        receives=draw(some.sampled_from([None, 1, 2, 3, 5])),
        timeout=timeout,
        visibility=draw(some.integers(timeout, 60)),
        provisioned=draw(some.sampled_from([0, 0, 2])),
        reserved=draw(some.sampled_from([None, None, 0, 1, 3])) if throttled else None,
        retention=draw(some.sampled_from([60, 300, 1_000])),
        delay=draw(some.sampled_from([0, 0, 3, 100])),
        poller=draw(pollers),
        **draw(fifo_batches if is_fifo else standard_batches),
        **draw(handlers),
    )


# Whole milliseconds: nearer moments may be the same after a queue's delay.
moments = some.one_of(
    some.integers(0, 20).map(float),
    some.integers(0, 100_000).map(lambda ms: ms / 1_000),
    some.sampled_from([0.0, 50.0]),
)
arrivals = some.lists(moments, max_size=60).map(lambda drawn: at(*sorted(drawn)))
outages = some.lists(some.tuples(some.integers(0, 40), some.integers(1, 60)), max_size=2).map(
    lambda drawn: [(float(begin), float(begin + seconds)) for begin, seconds in drawn]
)


@some.composite
def loads(draw: some.DrawFn, consumer: Consumer, **settings: Any) -> Load:
    noisy = not consumer.fifo and draw(some.booleans())
    lanes = draw(some.integers(1, 4)) if consumer.fifo else 2 if noisy else 1
    chosen: dict[str, Any] = {
        "duration": draw(some.sampled_from([constant(0.1), constant(2.5), exponential(0.5), constant(0.0)])),
        "overhead": draw(some.sampled_from([0.0, 0.05])),
        "cold_start": draw(some.sampled_from([0.0, 1.5])),
        "failing": draw(some.sampled_from([0.0, 0.0, 0.1, 0.5])),
        "poison": draw(some.sampled_from([0.0, 0.0, 0.2, 1.0])),
        "outages": draw(outages),
    }
    return Load([draw(arrivals) for _ in range(lanes)], noisy=noisy, **{**chosen, **settings})
