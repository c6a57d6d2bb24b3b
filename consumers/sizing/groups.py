"""Invocations that are alike, and their figures."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from consumers.operations.reports import Report
from consumers.percentiles import percentile

MAX_SIZES = 10
"""More sizes of batches are grouped by powers of two."""
COLD = -1
"""Stands for the size of all batches of cold starts: they are few."""


@dataclass(frozen=True)
class Group:
    """Successful invocations with the same memory: warm ones with about the same size of batch, or all cold starts."""

    memory_mb: int
    is_cold: bool
    least_messages: int | None
    """The smallest batch; None where the log does not have it."""
    most_messages: int | None
    invocations: int
    messages: int
    """Of all batches together; 0 where the log does not have them."""
    p50_ms: float
    p90_ms: float
    p99_ms: float
    """Percentiles of the duration, without the initialization."""
    init_ms: float | None
    """The median initialization of cold starts."""
    used_mb: int
    """The most memory that was used."""
    billed_gb_seconds: float


def of(reports: Iterable[Report], memory_mb: int) -> list[Group]:
    """Return the groups: this memory first, warm before cold, then by the size of the batch."""
    successful = [one for one in reports if one.status == "success"]
    exact = len({one.messages for one in successful}) <= MAX_SIZES
    groups: dict[tuple[bool, int, bool, int], list[Report]] = defaultdict(list)
    for one in successful:
        messages, is_cold = one.messages or 0, one.init_ms is not None
        size = COLD if is_cold else messages if exact else messages.bit_length()
        groups[one.memory_mb != memory_mb, one.memory_mb, is_cold, size].append(one)
    return [_group(groups[key]) for key in sorted(groups)]


def gb_seconds(report: Report) -> float:
    """Return what Lambda bills for the duration of an invocation: GB of 1,024 MB x seconds.

    https://aws.amazon.com/lambda/pricing/
    """
    return report.memory_mb / 1_024 * report.billed_ms / 1_000


def _group(reports: Sequence[Report]) -> Group:
    durations = [one.duration_ms for one in reports]
    p50, p90, p99 = (percentile(durations, share) or 0.0 for share in (0.5, 0.9, 0.99))
    sizes = [one.messages for one in reports if one.messages is not None]
    starts = [one.init_ms for one in reports if one.init_ms is not None]
    return Group(
        memory_mb=reports[0].memory_mb,
        is_cold=bool(starts),
        least_messages=min(sizes, default=None),
        most_messages=max(sizes, default=None),
        invocations=len(reports),
        messages=sum(sizes),
        p50_ms=p50,
        p90_ms=p90,
        p99_ms=p99,
        init_ms=median(starts) if starts else None,
        used_mb=max(one.used_mb for one in reports),
        billed_gb_seconds=sum(map(gb_seconds, reports)),
    )
