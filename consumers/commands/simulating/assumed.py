"""States what a simulation assumes about the load."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from consumers.evaluate.consequences import several, span
from consumers.library import PackagedSettings
from consumers.simulation.arrivals import Arrivals, Spike
from consumers.simulation.consumer import ACCOUNT_CONCURRENCY, Consumer
from consumers.simulation.load import Load


@dataclass(frozen=True)
class Described:
    """A load before its arrivals are drawn."""

    arrivals: Arrivals
    load: Load
    """Without arrivals."""
    duration: str
    """As it was passed."""
    csv: str | None
    seed: int


def assumptions(described: Described, consumer: Consumer) -> Iterator[str]:
    """Yield a line for each part of the load."""
    arrivals = described.arrivals
    yield "; ".join(_arrivals(arrivals, described.csv)) + _groups(arrivals, consumer)
    yield "; ".join(_times(described))
    yield "; ".join(_failures(described.load, consumer)) or "no message fails"
    if consumer.account != ACCOUNT_CONCURRENCY:
        yield _account(consumer)


def _account(consumer: Consumer) -> str:
    if consumer.reserved is None:
        return f"the account has {several(consumer.account, 'concurrent invocation')} for this function"
    return f"the account's quota does not limit function.reserved_concurrent_executions={consumer.reserved}"


def not_simulated(settings: PackagedSettings) -> Iterator[str]:
    """Yield which settings the simulation ignores."""
    if not settings.mapping.enabled:
        yield "mapping.enabled=False is ignored: the function gets messages here"
    if settings.filters:
        yield "filters are ignored: every message matches"


def _arrivals(arrivals: Arrivals, csv: str | None) -> Iterator[str]:
    if arrivals.rate:
        yield f"{_rate(arrivals.rate)} for {span(arrivals.seconds)}, at random moments"
    yield from map(_spike, arrivals.spikes)
    if arrivals.day:
        each = span(86_400 / len(arrivals.day))
        yield f"{several(sum(arrivals.day), 'message')} in a day, with a rate for each {each}"
    if arrivals.recorded:
        count = sum(map(len, arrivals.recorded.values()))
        yield f"{several(count, 'message')} of {csv}"
    for spike in arrivals.noisy:
        yield f"{_spike(spike)} of one noisy message group"


def _groups(arrivals: Arrivals, consumer: Consumer) -> str:
    """Describe the message groups."""
    named = len([group for group in arrivals.recorded if group])
    if not consumer.fifo:
        return f"; the largest of {named:,} message groups may be noisy" if named > 1 and not arrivals.noisy else ""
    others = replace(arrivals, noisy=(), recorded={"": arrivals.recorded.get("", ())})
    if not others.expected:
        return ""
    which = "those without a message group" if named or arrivals.noisy else "they"
    return f"; {which} are spread over {several(arrivals.groups, 'message group')} at random"


def _rate(per_second: float) -> str:
    units = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
    unit = next((unit for unit, size in units.items() if per_second * size >= 1), "day")
    return f"{several(float(f'{per_second * units[unit]:.4g}'), 'message')} a {unit}"


def _spike(spike: Spike) -> str:
    when = f" after {span(spike.at)}" if spike.at else ""
    return f"{several(spike.count, 'message')} at once{when}"


def _times(described: Described) -> Iterator[str]:
    load = described.load
    yield f"a message takes {described.duration}, and those of a batch are handled one after another"
    if load.overhead:
        yield f"{span(load.overhead)} more for each invocation"
    yield f"{span(load.cold_start)} more for a cold start" if load.cold_start else "a cold start takes no extra time"


def _failures(load: Load, consumer: Consumer) -> Iterator[str]:
    if load.failing >= 1:
        yield "every receive of a good message fails"
    elif load.failing:
        yield f"{load.failing * 100:g}% of the receives of good messages fail"
    if load.poison:
        yield f"{load.poison * 100:g}% of the messages are poison: they always fail"
    for begin, end in load.outages:
        yield f"every message fails from {span(begin)} to {span(end)}"
    can_fail = load.failing or load.poison or load.outages
    if can_fail and not consumer.partial_responses and consumer.batch_size > 1:
        yield "a message that fails fails its whole batch (without sqs_batch or --partial-batch-response)"
