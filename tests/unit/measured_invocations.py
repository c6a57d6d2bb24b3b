"""Invocations, as `consumers.operations.reports` reads them from a log."""

from collections.abc import Sequence
from itertools import count
from math import ceil

from consumers.operations.deployed_settings import DeployedSettings
from consumers.operations.reports import Report, Reports

WEEK = 7 * 86_400
_NUMBERS = count()


NOW = DeployedSettings(
    memory_mb=1_024,
    architecture="arm64",
    timeout_seconds=30,
    batch_size=10,
    window_seconds=0,
    visibility_seconds=180,
    fifo=False,
    has_alias=False,
    region="us-east-1",
)


def invocation(
    messages: int | None,
    duration_ms: float,
    *,
    memory_mb: int = 128,
    used_mb: int = 40,
    init_ms: float | None = None,
    status: str = "success",
) -> Report:
    billed = ceil(duration_ms + (init_ms or 0))
    request = f"r{next(_NUMBERS)}"
    return Report(0.0, request, duration_ms, billed, memory_mb, used_mb, init_ms, messages, status)


def week(reports: Sequence[Report]) -> Reports:
    """All invocations of a week."""
    return Reports([*reports], 0, WEEK)


def batches(count: int = 200_000, fixed: float = 100, per_message: float = 50, used_mb: int = 40) -> list[Report]:
    """Full batches mostly, whose durations are on a line."""
    sizes = [10 if n % 5 else n % 9 + 1 for n in range(min(count, 1_000))]
    return [invocation(n, fixed + per_message * n, memory_mb=1_024, used_mb=used_mb) for n in sizes] * max(
        1, count // 1_000
    )
