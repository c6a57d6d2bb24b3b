"""Explains where a measured bill differs from its estimate."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log

from consumers.cost.estimate import (
    LONG_POLL_SECONDS,
    METRICS_LOG_BYTES,
    PLATFORM_LOG_BYTES,
    POLLERS,
    SECONDS,
    Shape,
    Traffic,
)
from consumers.cost.measured import Row, Usage

CENT = 0.01


@dataclass(frozen=True)
class Month:
    """What a measured month and its estimate rest on."""

    shape: Shape
    """The settings of the program."""
    usage: Usage
    traffic: Traffic
    """The measured traffic, for which the estimate is made."""

    @property
    def receives(self) -> float:
        """How often a message is received, on average."""
        return self.usage.received / self.usage.sent if self.usage.received and self.usage.sent else 1


@dataclass(frozen=True)
class Difference:
    """A line that differs, and why."""

    title: str
    dollars: float
    """Measured minus estimated."""
    reason: str


def between(rows: Sequence[Row], month: Month, prices: Mapping[str, float | None]) -> list[Difference]:
    """Return the lines that differ by a cent or more, the largest difference first."""
    found = [(row.title, _dollars(row, prices)) for row in rows]
    far = sorted(((title, dollars) for title, dollars in found if abs(dollars) >= CENT), key=lambda one: -abs(one[1]))
    return [Difference(title, dollars, REASONS[title](month)) for title, dollars in far]


def _dollars(row: Row, prices: Mapping[str, float | None]) -> float:
    """Return how much more was measured; 0 where one side has no data or no price."""
    measured, estimated = (item and item.cost(prices) for item in (row.measured, row.estimated))
    return 0.0 if measured is None or estimated is None else measured - estimated


def _compute(month: Month) -> str:
    """Name the factor that is farthest from 1: the estimate is multiplied by each of them."""
    shape, usage, billing = month.shape, month.usage, month.usage.billing
    memory = billing.memory_mb if billing else usage.memory_mb
    factors = {
        _receives(month): month.receives,
        f"it has {memory:,.0f} MB, and {shape.memory_mb:,} in the program": memory / shape.memory_mb,
    }
    if usage.architecture != shape.architecture:
        factors[f"it runs on {usage.architecture}, and on {shape.architecture} in the program"] = 1.25
    if billing:
        ratio = "cold starts and rounding up make the billed duration {:.2f} times the measured one"
        factors[ratio.format(billing.billed_ms)] = billing.billed_ms
    return max(factors, key=lambda reason: abs(log(factors[reason])))


def _receives(month: Month) -> str:
    sent, received = month.usage.sent or 0, month.usage.received or 0
    why = "others wait or have expired" if received < sent else "retries, or messages from before"
    return f"{received:,.0f} messages were received and {sent:,.0f} sent: {why}"


def _deletes(month: Month) -> str:
    sent, deleted = month.usage.sent or 0, month.usage.deleted or 0
    why = "others wait, have expired or are dead letters" if deleted < sent else "messages from before, or some twice"
    return f"{deleted:,.0f} messages were deleted and {sent:,.0f} sent: {why}"


def _empty_receives(month: Month) -> str:
    pollers = month.shape.provisioned_pollers or POLLERS
    is_more = (month.usage.empty_receives or 0) > pollers * SECONDS / LONG_POLL_SECONDS
    real = "more of them ran" if is_more else "the real ones found messages, or were fewer"
    return f"the estimate is for {pollers} pollers that never find a message, and {real}"


def _logs(month: Month) -> str:
    usage, line = month.usage, METRICS_LOG_BYTES if month.shape.metrics else 0
    own = (usage.log_bytes or 0) - (usage.invocations or 0) * (PLATFORM_LOG_BYTES + line)
    if own < 0 or not month.traffic.messages:
        return "the log has fewer of Lambda's own lines than the estimate assumes"
    size = own / month.traffic.messages
    return f"a message logs {size:,.0f} bytes, and the estimate assumes {month.traffic.log_bytes:,} (--log-bytes)"


def _alarms(month: Month) -> str:
    return f"{month.usage.alarms} alarms watch its queues and its function, and the program has {month.shape.alarms}"


def _pollers(month: Month) -> str:
    return f"the estimate is for the minimum of {month.shape.provisioned_pollers}, and Lambda started more"


def _storage(month: Month) -> str:
    now, program = month.usage.ephemeral_storage_mb, month.shape.ephemeral_storage_mb
    return _compute(month) if now == program else f"its /tmp has {now:,} MB, and {program:,} in the program"


REASONS: dict[str, Callable[[Month], str]] = {
    "Lambda invocations": _receives,
    "Lambda compute": _compute,
    "Lambda /tmp above 512 MB": _storage,
    "Lambda provisioned pollers": _pollers,
    # A send is derived from the same messages on both sides.
    "SQS receive": _receives,
    "SQS delete": _deletes,
    "SQS empty receives": _empty_receives,
    "logs": _logs,
    "logs kept": _logs,
    "alarms": _alarms,
}
