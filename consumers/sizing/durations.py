"""How long an invocation takes, by the size of its batch."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, median

from consumers.operations.reports import Report
from consumers.percentiles import percentile

LEAST_INVOCATIONS = 10
"""A line through fewer is a guess."""
LARGEST_ERROR = 0.25
"""The standard error of `fixed_ms` at most, as a share of the mean duration."""


@dataclass(frozen=True)
class Durations:
    """`fixed_ms + per_message_ms x messages`, fitted to warm invocations by least squares."""

    fixed_ms: float
    """What an invocation takes besides its messages, at least 0. 0 unless `is_split`."""
    per_message_ms: float
    """At least 0."""
    samples: tuple[float, ...]
    """The distribution: milliseconds for a message, one value for each invocation. Slow and quick messages of a batch
    even out, so values from large batches spread less than single messages do."""
    fixed_error_ms: float = 0.0
    """The standard error of `fixed_ms`."""
    slow_factor: float = 1.0
    """99 % of the invocations take less than this times `expected_ms`."""
    cold_start_ms: float = 0.0
    """The median initialization of a cold start; 0 without cold starts."""
    is_split: bool = True
    """Whether the two parts can be separated: there are batches of several sizes, and enough of them."""
    messages: tuple[int, ...] = ()
    """The size of the batch of each sample."""

    def expected_ms(self, messages: float) -> float:
        """Return the mean duration of a batch."""
        return self.fixed_ms + self.per_message_ms * messages

    def slow_ms(self, messages: float) -> float:
        """Return the duration that 99 % of the batches of this size stay below."""
        return self.slow_factor * self.expected_ms(messages)


def fit(reports: Iterable[Report]) -> Durations | None:
    """Return the durations of successful invocations; None unless the size of some batch is in the log."""
    reports = [one for one in reports if one.messages and one.status == "success"]
    warm = [(float(one.messages or 0), one.duration_ms) for one in reports if one.init_ms is None]
    if not warm:
        return None
    fixed, per_message, error = _line(warm)
    several = len({messages for messages, _ in warm}) > 1 and len(warm) >= LEAST_INVOCATIONS
    is_split = several and error <= LARGEST_ERROR * fmean(ms for _, ms in warm)
    if not is_split or fixed < 0:
        fixed, per_message = 0.0, sum(ms for _, ms in warm) / sum(messages for messages, _ in warm)
    elif per_message < 0:
        fixed, per_message = fmean(ms for _, ms in warm), 0.0
    return Durations(
        fixed,
        per_message,
        samples=tuple(max(0.0, ms - fixed) / messages for messages, ms in warm),
        messages=tuple(int(messages) for messages, _ in warm),
        fixed_error_ms=error,
        slow_factor=_slow_factor(warm, fixed, per_message),
        cold_start_ms=median([one.init_ms for one in reports if one.init_ms is not None] or [0.0]),
        is_split=is_split,
    )


def _slow_factor(points: list[tuple[float, float]], fixed: float, per_message: float) -> float:
    factors = [ms / expected for messages, ms in points if (expected := fixed + per_message * messages)]
    return percentile(factors, 0.99) or 1.0


def _line(points: list[tuple[float, float]]) -> tuple[float, float, float]:
    """Return intercept, slope, and the standard error of the intercept."""
    mean_x, mean_y = fmean(x for x, _ in points), fmean(y for _, y in points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0
    intercept = mean_y - slope * mean_x
    rest = sum((y - intercept - slope * x) ** 2 for x, y in points) / max(1, len(points) - 2)
    return intercept, slope, sqrt(rest * (1 / len(points) + (mean_x**2 / spread if spread else 0.0)))
