"""How a consumer with certain settings receives, fails and gives up: what `check` states and `simulate` plays through.

The figures of Lambda's pollers are from
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
"""

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from consumers.library import PackagedSettings

STANDARD_MOST = 1_250
"""Concurrent invocations for one standard queue, as far as the account's quota allows."""
PER_POLLER = 10
"""Concurrent invocations of one provisioned poller."""
IN_FLIGHT_MOST = 120_000
"""Messages of a queue that are received and neither deleted nor visible again.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"""
ACCOUNT_CONCURRENCY = 1_000
"""An account's quota of concurrent invocations at first.
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

IDLE_LIFETIME = 600.0
"""Seconds for which an execution environment waits for its next invocation. AWS publishes no number."""


@dataclass(frozen=True)
class Poller:
    """How many batches an event source mapping has in flight at the same time."""

    first: int = 5
    """The number with which it begins."""
    most: int = STANDARD_MOST
    per_minute: float = 300
    """What it adds in a minute while messages remain."""
    seconds_per_receive: float = 0
    """The shortest time between two receives of one place. A provisioned poller has 10 of both a second."""
    bytes_per_second: float = math.inf
    """What one place transfers."""

    def seconds_for(self, messages: int, message_bytes: int) -> float:
        """Return how long a place needs to receive a batch: no other batch begins there earlier."""
        if not self.seconds_per_receive:
            return 0.0
        return max(
            self.seconds_per_receive * math.ceil(messages / 10), messages * message_bytes / self.bytes_per_second
        )


class Wait(NamedTuple):
    """The time from a receive that fails, or from its end, to the next receive, in seconds."""

    shortest: float
    longest: float
    from_end: bool = False
    """Counted from the end of the invocation that failed; else from the receive."""


@dataclass(frozen=True)
class Consumer:
    """The settings that matter over time."""

    name: str
    fifo: bool = False
    batch_size: int = 10
    window: float = 0
    """Seconds for which a poller collects a batch."""
    receives: int | None = 5
    """The queue's max_receive_count; None if it is not known."""
    visibility: float = 180
    """Seconds."""
    base_delay: float = 0
    """Seconds of delay after the first failure. 0: the visibility timeout applies."""
    longest_delay: float = 0
    moves_itself: bool = False
    """The runtime sends a message to the dead-letter queue at the end of its last receive."""
    reports_failures: bool = True
    """The batch runtime reports messages that it does not reach before the timeout, and they return at once."""
    partial_responses: bool = True
    """A message fails alone, as the function reports it in `batchItemFailures`. Else the handler raises, and the whole
    batch fails: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html"""
    timeout: float = 30
    """Seconds."""
    reserved: int | None = None
    """Reserved concurrency: invocations above it are throttled."""
    account: int = ACCOUNT_CONCURRENCY
    """The account's quota of concurrent invocations, as far as others leave it. Pollers stay below it by themselves."""
    provisioned: int = 0
    """Provisioned concurrency: execution environments that are warm at any time."""
    poller: Poller = field(default_factory=Poller)
    retention: float = 4 * 86_400
    """Seconds."""
    delay: float = 0
    """Seconds for which the queue delays each message."""

    @property
    def pollers(self) -> tuple[float, float]:
        """The number of batches in flight at the start, and the most there can be."""
        most = self.poller.most if self.reserved is not None else min(self.poller.most, self.account)
        return min(self.poller.first, most), most

    def wait_after(self, receive: int) -> Wait:
        """Return how long a message stays invisible that fails at its n-th receive."""
        if not self.base_delay:
            return Wait(self.visibility, self.visibility)
        if receive == self.receives:
            return Wait(0, 0, from_end=True)  # the next receive moves it
        return retry_wait(self.base_delay, self.longest_delay, receive)

    @property
    def waits(self) -> list[Wait]:
        """The waits of a message that always fails, from its first failure to the dead-letter queue."""
        last = (self.receives or 0) - self.moves_itself
        waits = [self.wait_after(receive) for receive in range(1, last + 1)]
        return [wait for wait in waits if wait.longest]

    @property
    def is_limited(self) -> bool:
        """Whether a setting limits concurrency; else AWS's quotas do."""
        return self.reserved is not None or self.is_provisioned or self.poller.most < STANDARD_MOST

    @property
    def most_at_once(self) -> int:
        """The maximum number of concurrent invocations."""
        return self.poller.most if self.reserved is None else min(self.poller.most, self.reserved)

    @property
    def is_provisioned(self) -> bool:
        """Whether the pollers are provisioned."""
        return self.poller.seconds_per_receive > 0


def retry_wait(base: float, most: float, receive: int) -> Wait:
    """Return how long `sqs_batch` delays a message that fails at its n-th receive: it chooses at random."""
    longest = max(1, min(base * 2 ** min(receive - 1, 16), most))
    return Wait(max(1, longest / 2), longest, from_end=True)


def of(
    settings: "PackagedSettings", *, account: int = ACCOUNT_CONCURRENCY, partial_responses: bool = False
) -> Consumer:
    """Return what matters over time in the settings of a program's consumer.

    :param account: the account's quota of concurrent invocations, as far as others leave it.
    :param partial_responses: without `sqs_batch`, too, the handler reports each failed message.
    """
    has_runtime = _has_runtime(settings)
    retry = settings.retry if has_runtime else None
    letters, alias = settings.dead_letter_queue, settings.function.alias
    return Consumer(
        name=settings.consumer,
        fifo=settings.fifo,
        batch_size=settings.batch_size,
        window=settings.mapping.maximum_batching_window_in_seconds,
        receives=settings.receives,
        visibility=settings.queue.visibility_timeout_seconds,
        base_delay=retry.base_delay_seconds if retry else 0,
        longest_delay=retry.maximum_delay_seconds if retry else 0,
        # On FIFO queues, and with reasons, the runtime moves a message at its last receive. Elsewhere SQS moves it at
        # the receive after that.
        moves_itself=bool(has_runtime and letters.allow_rejects and (settings.fifo or letters.reasons)),
        reports_failures=has_runtime,
        partial_responses=has_runtime or partial_responses,
        timeout=settings.timeout,
        reserved=settings.function.reserved_concurrent_executions,
        account=account,
        provisioned=(alias and alias.provisioned_concurrent_executions) or 0,
        poller=_poller(settings),
        retention=settings.queue.message_retention_seconds,
        delay=settings.queue.delay_seconds,
    )


def _has_runtime(settings: "PackagedSettings") -> bool:
    """Whether the function uses `sqs_batch`. An archive or an image does if it has arguments for it."""
    if settings.package.files:
        return settings.has_runtime
    return bool(settings.retry or settings.dead_letter_queue.allow_rejects or settings.function.record_metrics)


def _poller(settings: "PackagedSettings") -> Poller:
    pollers, most = settings.mapping.provisioned_pollers, settings.mapping.maximum_concurrency
    if pollers:
        # Each has 10 receives and 1 MB a second.
        return Poller(
            first=pollers.minimum * PER_POLLER,
            most=pollers.maximum * PER_POLLER,
            per_minute=1_000,
            seconds_per_receive=1,
            bytes_per_second=1_048_576 / PER_POLLER,
        )
    most = min(most or STANDARD_MOST, STANDARD_MOST)
    return Poller(first=min(Poller.first, most), most=most)
