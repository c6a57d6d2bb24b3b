"""The figures of the last hour, which the page draws."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

HOUR = 3600.0
Points = list[tuple[float, float]]
"""Values by the seconds since 1970 at which they were true, or at which their period began."""
Figures = Mapping[str, Points]
"""The points of one consumer by name: see `NAMES`."""

NAMES = ("visible", "in_flight", "dead", "age", "handled", "failed", "p50", "p90", "p99")
"""`visible`, `in_flight` and `dead` are messages; `age` is seconds; `handled` and `failed` are messages a minute; the
percentiles are milliseconds of an invocation."""


@dataclass
class History:
    """The points of one consumer that this tool has sampled itself. It is bounded: an hour at one point each period."""

    period: float
    """Seconds between two points."""
    _points: dict[str, deque[tuple[float, float]]] = field(default_factory=dict[str, deque[tuple[float, float]]])

    def add(self, now: float, values: Mapping[str, float | None]) -> None:
        """Add a point to each series that has a value."""
        for name, value in values.items():
            if value is not None:
                most = int(HOUR / self.period)
                self._points.setdefault(name, deque(maxlen=most)).append((now, value))

    def figures(self) -> dict[str, Points]:
        """Return the points by name."""
        return {name: list(points) for name, points in self._points.items()}


def last(figures: Figures, name: str) -> float | None:
    """Return the newest value of a series."""
    points = figures.get(name)
    return points[-1][1] if points else None


def percentile(values: Iterable[float], share: float) -> float | None:
    """Return the smallest value that is not below this share of the values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
