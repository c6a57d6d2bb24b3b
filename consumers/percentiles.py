"""Percentiles of measured values."""

from collections.abc import Iterable
from math import ceil


def percentile(values: Iterable[float], share: float) -> float | None:
    """Return the smallest value that this share of the values, above 0 and up to 1, does not exceed."""
    ordered = sorted(values)
    return ordered[ceil(share * len(ordered)) - 1] if ordered else None
