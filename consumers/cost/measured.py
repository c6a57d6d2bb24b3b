"""Compares what a consumer used, by CloudWatch and REPORT lines, with the estimate for the same traffic.

The items are those of the estimate. SQS's metrics count messages, and its bill counts requests. So the requests are
derived from the messages as in the estimate: at most ten messages in a request, a request for every 64 KB, and as many
messages in a receive as in an invocation. Only empty receives are counted as requests.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from consumers.cost import estimate
from consumers.cost.estimate import GB, INCLUDED_STORAGE_MB, KB, MESSAGES_PER_REQUEST, SECONDS, Item, Shape, Traffic

if TYPE_CHECKING:
    from consumers.operations.reports import Report

COUNTS = (
    *("invocations", "spillover", "duration_ms", "sent", "sent_bytes", "received", "deleted", "empty_receives"),
    *("invoked_messages", "log_bytes", "poller_hours"),
)
"""The fields of `Usage` that grow with time."""


@dataclass(frozen=True)
class Billing:
    """What Lambda bills for a millisecond of duration, from REPORT lines."""

    reports: int
    """The invocations that it rests on."""
    billed_ms: float
    """Above 1: Lambda rounds each invocation up to the millisecond, and bills cold starts, which the metric `Duration`
    leaves out.
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/"""
    memory_mb: float
    """The configured memory, on average over the billed time."""


def billing(reports: "Iterable[Report]") -> Billing | None:
    """Return what these invocations are billed; None without any."""
    reports = list(reports)
    duration, billed = sum(one.duration_ms for one in reports), sum(one.billed_ms for one in reports)
    if not duration or not billed:
        return None
    memory = sum(one.billed_ms * one.memory_mb for one in reports) / billed
    return Billing(len(reports), billed / duration, memory)


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a deployed consumer used in a window. None means that CloudWatch has no data, which is not 0."""

    seconds: float
    """The length of the window."""
    memory_mb: int = 128
    architecture: str = "x86_64"
    ephemeral_storage_mb: int = INCLUDED_STORAGE_MB
    invocations: float | None = None
    """Lambda bills each: `Invocations` equals the number of requests billed."""
    spillover: float | None = None
    """Those of them that found no provisioned concurrency."""
    duration_ms: float | None = None
    """Without rounding and without cold starts."""
    sent: float | None = None
    sent_bytes: float | None = None
    received: float | None = None
    deleted: float | None = None
    """Messages, as in the two before."""
    empty_receives: float | None = None
    """Requests."""
    invoked_messages: float | None = None
    """Messages that the filters let through; None without the mapping's own metrics."""
    log_bytes: float | None = None
    poller_hours: float | None = None
    alarms: int | None = None
    billing: Billing | None = None

    @property
    def has_data(self) -> bool:
        """Whether CloudWatch has any data of the window."""
        return any(getattr(self, name) is not None for name in COUNTS)

    @property
    def scale(self) -> float:
        """The length of a month of 730 hours, in windows."""
        return SECONDS / self.seconds

    def per_month(self) -> "Usage":
        """Return the same usage over a month of 730 hours."""
        scaled = {name: None if (value := getattr(self, name)) is None else value * self.scale for name in COUNTS}
        return replace(self, seconds=SECONDS, **scaled)

    @property
    def handled(self) -> float | None:
        """Messages in all batches."""
        return self.received if self.invoked_messages is None else self.invoked_messages

    @property
    def messages_per_batch(self) -> float | None:
        """Messages per invocation."""
        return self.handled / self.invocations if self.handled and self.invocations else None

    @property
    def message_bytes(self) -> int | None:
        """The average size of a message."""
        return round(self.sent_bytes / self.sent) if self.sent and self.sent_bytes is not None else None


def traffic(usage: Usage, assumed: Traffic) -> Traffic | None:
    """Return the measured traffic of a month, for the estimate; None where SQS has no data.

    :param assumed: values that no metric has: messages in a send, and bytes in the log for each message.
    """
    messages = usage.received if usage.sent is None else usage.sent
    if messages is None:
        return None
    took = usage.duration_ms / usage.handled if usage.handled and usage.duration_ms is not None else None
    return replace(
        assumed,
        messages=round(messages),
        duration_ms=assumed.duration_ms if took is None else took,
        message_bytes=assumed.message_bytes if usage.message_bytes is None else usage.message_bytes,
        messages_per_batch=usage.messages_per_batch,
    )


@dataclass(frozen=True)
class Row:
    """A line of both bills."""

    title: str
    measured: Item | None
    """None: no data."""
    estimated: Item | None
    """None: no estimate, because the traffic is unknown."""


def rows(shape: Shape, usage: Usage, measured: Traffic | None, assumed: Traffic) -> list[Row]:
    """Return the lines that have an amount in either bill, in the order of the estimate.

    :param shape: the settings of the program.
    :param usage: that of a month.
    :param measured: its traffic, from `traffic`.
    """
    found = {_key(item): item for item in items(shape, usage, measured or assumed)}
    estimated = {_key(item): item for item in estimate.items(shape, measured or replace(assumed, messages=0))}
    pairs = [Row(key, found.get(key), estimated.get(key) if measured else None) for key in {**estimated, **found}]
    return [row for row in pairs if any(item and item.amount for item in (row.measured, row.estimated))]


def _key(item: Item) -> str:
    """The title without what may differ between both bills: an architecture, or "at most"."""
    return item.title.partition(",")[0]


def items(shape: Shape, usage: Usage, traffic: Traffic) -> list[Item]:
    """Return the lines of the bill that CloudWatch has data for."""
    counted = [*_lambda(shape, usage), *_sqs(shape, usage, traffic), *_cloudwatch(shape, usage)]
    return [Item(title, meter, amount) for title, meter, amount in counted if amount is not None]


Line = tuple[str, str, float | None]
"""Title, meter and amount."""


def _lambda(shape: Shape, usage: Usage) -> Iterator[Line]:
    on_demand = 1.0
    calls, duration = "lambda_requests", "lambda_gb_seconds"
    if shape.provisioned_concurrency:
        calls, ready = "provisioned_requests", "provisioned_duration_gb_seconds"
        on_demand = min(1.0, (usage.spillover or 0) / usage.invocations) if usage.invocations else 0
        yield "Lambda compute", f"{ready}_{usage.architecture}", _times(gb_seconds(usage), 1 - on_demand)
    title = "Lambda compute of spillover" if shape.provisioned_concurrency else "Lambda compute"
    yield "Lambda invocations", calls, usage.invocations
    yield title, f"{duration}_{usage.architecture}", _times(gb_seconds(usage), on_demand)
    storage = (usage.ephemeral_storage_mb - INCLUDED_STORAGE_MB) / KB
    yield "Lambda /tmp above 512 MB", "ephemeral_storage_gb_seconds", _times(billed_seconds(usage), storage)
    yield "Lambda provisioned pollers", "poller_hours", usage.poller_hours


def billed_seconds(usage: Usage) -> float | None:
    """The billed duration; without REPORT lines, the duration that CloudWatch has, which is less."""
    return _times(usage.duration_ms, (usage.billing.billed_ms if usage.billing else 1) / 1_000)


def gb_seconds(usage: Usage) -> float | None:
    """The billed duration, times the memory that Lambda reports; without REPORT lines, that of the function now."""
    return _times(billed_seconds(usage), (usage.billing.memory_mb if usage.billing else usage.memory_mb) / KB)


def _sqs(shape: Shape, usage: Usage, traffic: Traffic) -> Iterator[Line]:
    meter = "sqs_fifo_requests" if shape.fifo else "sqs_requests"
    received = min(MESSAGES_PER_REQUEST, max(1, usage.messages_per_batch or estimate.batch(shape, traffic)))
    for title, messages, together in (
        ("SQS send", usage.sent, traffic.messages_per_send),
        ("SQS receive", usage.received, received),
    ):
        size = traffic.message_bytes
        yield title, meter, None if messages is None else estimate.requests(round(messages), together, size)
    deleted = usage.deleted
    yield "SQS delete", meter, None if deleted is None else estimate.requests(round(deleted), received, 0)
    yield "SQS empty receives", meter, usage.empty_receives


def _cloudwatch(shape: Shape, usage: Usage) -> Iterator[Line]:
    yield "logs", "log_gb", _times(usage.log_bytes, 1 / GB)
    yield "logs kept", "log_gb_months", _times(usage.log_bytes, estimate.stored_months(shape) / GB)
    yield "alarms", "alarms", usage.alarms


def _times(amount: float | None, factor: float) -> float | None:
    return None if amount is None else amount * factor
