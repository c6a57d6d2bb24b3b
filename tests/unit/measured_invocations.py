"""Invocations, as `consumers.operations.reports` reads them from a log."""

from collections.abc import Sequence
from itertools import count
from math import ceil

from consumers.operations.reports import Report, Reports

WEEK = 7 * 86_400
_NUMBERS = count()


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
