"""The figures of the last hour, which the page draws."""

import math
import threading
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field

HOUR = 3600.0
Points = list[tuple[float, float]]
"""Values by the seconds since 1970 at which they were true, or at which their period began."""

NAMES = ("visible", "in_flight", "dead", "age", "handled", "failed", "p50", "p90", "p99")
"""`visible`, `in_flight` and `dead` are messages; `age` is seconds; `handled` and `failed` are messages a minute; the
percentiles are milliseconds of an invocation."""


@dataclass
class History:
    """The points of one consumer that this tool has sampled itself. It is bounded: an hour at one point each period."""

    period: float
    """Seconds between two points."""
    _times: "array[float]" = field(default_factory=lambda: array("d"))
    _values: "dict[str, array[float]]" = field(default_factory=lambda: {name: array("f") for name in NAMES})
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, now: float, values: Mapping[str, float | None]) -> None:
        """Add a point to each series that has a value."""
        with self._lock:
            self._times.append(now)
            for name, series in self._values.items():
                value = values.get(name)
                series.append(math.nan if value is None else value)
            if len(self._times) > HOUR / self.period:
                for column in (self._times, *self._values.values()):
                    del column[0]

    def points(self, name: str) -> Points:
        """Return the points of a series."""
        with self._lock:
            pairs = list(zip(self._times, self._values[name], strict=True))
        return [(moment, value) for moment, value in pairs if not math.isnan(value)]


def last(points: Points) -> float | None:
    """Return the newest value of a series."""
    return points[-1][1] if points else None
