"""What AWS bills for a simulated run: the lines of the estimate, counted instead of assumed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from consumers.cost import estimate
from consumers.cost.estimate import LONG_POLL_SECONDS, POLLERS, Item, Shape, Traffic
from consumers.simulation.consumer import PER_POLLER
from consumers.simulation.outcome import Outcome
from consumers.simulation.recorder import Counts, Sample

ROUNDED_UP = 0.5 / 1_000
"""Seconds that each invocation is billed above its duration, on average: Lambda rounds up to the millisecond."""
HOUR = 3_600
Prices = Mapping[str, float | None]


@dataclass(frozen=True)
class Used:
    """What a run has used until a moment."""

    time: float
    """Seconds since the start."""
    counts: Counts
    empty_receives: float
    poller_hours: float


def items(outcome: Outcome, shape: Shape, traffic: Traffic | None = None) -> list[Item]:
    """Return every line of the bill of the whole run, including those with no amount.

    What stands by for a whole month, such as alarms, is not in it.

    :param traffic: for what no run shows: `messages_per_send` and `log_bytes`.
    """
    *_, used = _over_time(outcome, shape)
    return list(_items(used, outcome, shape, traffic or Traffic()))


def over_time(outcome: Outcome, shape: Shape, prices: Prices, traffic: Traffic | None = None) -> list[float]:
    """Return what the run has cost until each of its samples, in US dollars before the free tier."""
    return [
        estimate.total(_items(used, outcome, shape, traffic or Traffic()), prices)
        for used in _over_time(outcome, shape)
    ]


def _over_time(outcome: Outcome, shape: Shape) -> Iterator[Used]:
    """Yield what is used until each sample. Between two samples, concurrency and pollers are taken as their mean."""
    before, empty, hours = outcome.samples[0], 0.0, 0.0
    for sample in outcome.samples:
        seconds = sample.time - before.time
        empty += seconds * (_idle(before, shape) + _idle(sample, shape)) / 2 / LONG_POLL_SECONDS
        if shape.provisioned_pollers:
            hours += seconds / HOUR * (before.pollers + sample.pollers) / 2 / PER_POLLER
        yield Used(sample.time, sample.counts, empty, hours)
        before = sample


def _idle(sample: Sample, shape: Shape) -> float:
    """Return how many pollers wait for a message; each of the others has a batch in flight."""
    if shape.provisioned_pollers:
        return max(0.0, shape.provisioned_pollers - sample.concurrency / PER_POLLER)
    return max(0, min(POLLERS, sample.pollers) - sample.concurrency)


def _items(used: Used, outcome: Outcome, shape: Shape, traffic: Traffic) -> Iterator[Item]:
    counts, load = used.counts, outcome.load
    billed = counts.seconds + counts.invocations * ROUNDED_UP
    yield from estimate.compute(shape, counts.invocations, billed, used.time)
    yield Item("Lambda provisioned pollers", "poller_hours", used.poller_hours)
    meter = "sqs_fifo_requests" if shape.fifo else "sqs_requests"
    sent = estimate.requests(counts.arrived, traffic.messages_per_send, load.message_bytes)
    together = _together(counts)
    yield Item("SQS send", meter, sent)
    yield Item("SQS receive", meter, estimate.requests(round(counts.receives * together), together, load.message_bytes))
    yield Item("SQS delete", meter, counts.deletes)
    yield Item("SQS empty receives", meter, used.empty_receives)
    yield Item("SQS visibility changes", meter, counts.changes)
    per_send = 1 if shape.fifo else together
    yield Item("SQS dead letters", meter, estimate.requests(counts.sent_letters, per_send, load.message_bytes))
    yield from estimate.keys(shape, counts.arrived, used.time)
    yield from estimate.logs(shape, counts.invocations, counts.deliveries * traffic.log_bytes)


def _together(counts: Counts) -> float:
    """Return how many messages a receive returns, on average. A dropped batch was received, but not delivered."""
    if not counts.invocations:
        return 1.0
    received = counts.deliveries * (counts.invocations + counts.dropped) / counts.invocations
    return max(1.0, received / counts.receives)
