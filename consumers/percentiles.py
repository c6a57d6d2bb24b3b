"""Percentiles of measured values."""

from collections.abc import Iterable


def percentile(values: Iterable[float], share: float) -> float | None:
    """Return the smallest value that is not below this share of the values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
