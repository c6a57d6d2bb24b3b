"""The arguments that may help a consumer against what a simulation has shown, and how far each may go."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from consumers.cost.estimate import LARGEST_PAYLOAD, MESSAGES_PER_REQUEST
from consumers.library import PackagedSettings, highest
from consumers.simulation.causes import not_reached
from consumers.simulation.consumer import PER_POLLER
from consumers.simulation.outcome import Outcome
from consumers.sizing.batches import ADVISED_TIMEOUTS

MAXIMUM, RESERVED = "mapping.maximum_concurrency", "function.reserved_concurrent_executions"
UNRESERVED = 100
"""Lambda keeps so much of the account's quota for functions without reserved concurrency.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"""
DEFAULT_LONGEST_DELAY = 900


def _alone(value: int) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Lever:
    """An argument that may help, and the direction in which."""

    argument: str
    start: int
    """Its value now, or what it amounts to where it is not set."""
    end: int
    """The farthest value that may help."""
    also: Callable[[int], Mapping[str, Any]] = _alone
    """The other arguments that change with it."""
    is_free: bool = True
    """It has no price of its own."""

    @property
    def is_up(self) -> bool:
        """Whether it is raised."""
        return self.end > self.start

    def values(self, value: int) -> dict[str, Any]:
        """Return the arguments with this value."""
        return {self.argument: value, **self.also(value)}


@dataclass(frozen=True)
class Need:
    """What the settings are changed for."""

    younger: bool
    """Messages are too old when they are handled."""
    fewer_lost: bool
    """Good messages are dead letters, or expire."""


def levers(settings: PackagedSettings, outcome: Outcome, need: Need) -> list[Lever]:
    """Return what may help, in the order in which it is preferred."""
    found = (lever for kind in KINDS for lever in kind(settings, outcome, need))
    return [lever for lever in found if lever.start != lever.end]


def _receives(settings: PackagedSettings, outcome: Outcome, need: Need) -> Iterator[Lever]:
    receives, counts = settings.receives, outcome.counts
    if receives is None or settings.queue.arn is not None:
        return
    if need.fewer_lost and counts.dead_good:
        # Poison takes all receives, too. It may double the deliveries, or it would take most of the simulation's time.
        poison = outcome.load.poison
        most = highest("max_receive_count") or receives
        yield Lever("max_receive_count", receives, max(4 * receives, int(1 / poison)) if poison else most)
    if need.younger and settings.fifo and counts.failures:
        yield Lever("max_receive_count", receives, 1)


def _retry(settings: PackagedSettings, outcome: Outcome, need: Need) -> Iterator[Lever]:
    if not outcome.consumer.reports_failures or not outcome.counts.failures:
        return
    base, longest, retry = "retry.base_delay_seconds", "retry.maximum_delay_seconds", settings.retry
    now = retry.base_delay_seconds if retry else 0
    most = retry.maximum_delay_seconds if retry else DEFAULT_LONGEST_DELAY
    if need.fewer_lost:
        yield Lever(base, now, most)
        if retry:
            yield Lever(longest, most, highest(longest) or most)
    if need.younger:
        yield Lever(base, now or min(settings.queue.visibility_timeout_seconds, most), 1)
        if retry:
            yield Lever(longest, most, now)


def _visibility(settings: PackagedSettings, outcome: Outcome, need: Need) -> Iterator[Lever]:
    argument, counts = "queue.visibility_timeout_seconds", outcome.counts
    now = settings.queue.visibility_timeout_seconds
    if settings.queue.arn is not None or (outcome.consumer.base_delay and not counts.dropped):
        return
    if need.fewer_lost and (counts.failures or counts.dropped):
        yield Lever(argument, now, highest(argument) or now)
    if need.younger and counts.failures:
        yield Lever(argument, now, 0)


def _timeout(settings: PackagedSettings, outcome: Outcome, need: Need) -> Iterator[Lever]:
    argument, visibility = "queue.visibility_timeout_seconds", settings.queue.visibility_timeout_seconds

    def with_visibility(timeout: int) -> Mapping[str, Any]:
        advice = ADVISED_TIMEOUTS * timeout + settings.mapping.maximum_batching_window_in_seconds
        return {argument: max(visibility, advice)} if argument in settings.passed else {}

    if outcome.counts.timeouts:
        yield Lever("timeout", settings.timeout, highest("timeout") or settings.timeout, with_visibility)


def _batch(settings: PackagedSettings, outcome: Outcome, need: Need) -> Iterator[Lever]:
    size, counts, load = settings.batch_size, outcome.counts, outcome.load
    if counts.timeouts or need.younger or counts.neighbours or not_reached(outcome):
        yield Lever("batch_size", outcome.batch_size, 1)
    if need.younger and load.overhead:
        window = settings.mapping.maximum_batching_window_in_seconds
        in_time = int((settings.timeout / 2 - load.overhead) / max(load.mean_duration, 1e-4))
        payload = LARGEST_PAYLOAD // max(load.message_bytes, 1)
        most = min(in_time, payload, 10_000 if window else MESSAGES_PER_REQUEST)
        yield Lever("batch_size", size, max(size, most))


def _window(settings: PackagedSettings, outcome: Outcome, need: Need) -> Iterator[Lever]:
    if need.younger:
        argument = "mapping.maximum_batching_window_in_seconds"
        yield Lever(argument, settings.mapping.maximum_batching_window_in_seconds, 0)


def _throttled(settings: PackagedSettings, outcome: Outcome, need: Need) -> Iterator[Lever]:
    maximum, reserved = settings.mapping.maximum_concurrency, settings.function.reserved_concurrent_executions
    if outcome.counts.throttled and reserved is not None:
        if maximum is None and not settings.mapping.provisioned_pollers:
            yield Lever(MAXIMUM, reserved + 1, 2)
        yield Lever(RESERVED, reserved, max(reserved, outcome.consumer.account - UNRESERVED))


def _concurrency(settings: PackagedSettings, outcome: Outcome, need: Need) -> Iterator[Lever]:
    maximum, reserved = settings.mapping.maximum_concurrency, settings.function.reserved_concurrent_executions

    def with_reserved(value: int) -> Mapping[str, Any]:
        return {RESERVED: value} if reserved is not None and value > reserved else {}

    if maximum is not None and (need.younger or outcome.counts.expired):
        most = outcome.consumer.account - (0 if reserved is None else UNRESERVED)
        yield Lever(MAXIMUM, maximum, max(maximum, most), with_reserved)


def _pollers(settings: PackagedSettings, outcome: Outcome, need: Need) -> Iterator[Lever]:
    """Provisioned pollers. Those that would exceed the concurrency are of no use, and their batches are throttled."""
    minimum, maximum = "mapping.provisioned_pollers.minimum", "mapping.provisioned_pollers.maximum"
    pollers, reserved = settings.mapping.provisioned_pollers, settings.function.reserved_concurrent_executions
    most = max(2, (outcome.consumer.account if reserved is None else reserved) // PER_POLLER)
    if settings.fifo or not (need.younger or outcome.counts.expired or outcome.counts.throttled):
        return
    if not pollers:
        others: dict[str, Any] = {maximum: most}
        if settings.mapping.maximum_concurrency is not None:
            others[MAXIMUM] = None
        yield Lever(minimum, 1, min(most, highest(minimum) or most), lambda _: others, is_free=False)
        return
    if outcome.counts.throttled:
        yield Lever(maximum, pollers.maximum, min(pollers.maximum, most))
    yield Lever(maximum, pollers.maximum, max(pollers.maximum, most))
    least = max(pollers.minimum, min(most, highest(minimum) or most))
    yield Lever(
        minimum,
        pollers.minimum,
        least,
        lambda value: {maximum: value} if value > pollers.maximum else {},
        is_free=False,
    )


KINDS = (_throttled, _receives, _retry, _visibility, _concurrency, _timeout, _window, _batch, _pollers)
