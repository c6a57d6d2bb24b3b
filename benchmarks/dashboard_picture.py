"""Draws ConsumersDashboard with the metrics of a run on the local AWS: `make picture`.

Every number in the picture was seen in that run. CloudWatch adds up minutes; here a second stands for a minute.
"""

import math
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

from benchmarks.dashboard_run import Figures, Points, run

COLUMN, ROW = 60, 30  # pixels of a unit of the dashboard's grid
LEFT, TOP, BOTTOM, GAP = 8, 34, 58, 4
COLORS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728")
STATISTICS: dict[str, Callable[[Sequence[float]], float]] = {
    "Sum": sum,
    "Maximum": max,
    "p50": statistics.median,
    "p99": lambda values: sorted(values)[math.ceil(len(values) * 0.99) - 1],
}


def drawn(body: dict[str, Any], figures: Figures) -> str:
    """Return the dashboard as SVG."""
    seconds = math.ceil(max(when for points in figures.values() for when, _ in points))
    widgets = body["widgets"]
    width = 24 * COLUMN
    height = max(widget["y"] + widget["height"] for widget in widgets) * ROW + ROW
    told = (
        f"A run on the local AWS, {seconds} s long; a point for each second, where CloudWatch has one for each minute"
    )
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">',
        f'<rect width="{width}" height="{height}" fill="#f2f3f3"/>',
        *(line for widget in widgets for line in _widget(widget, figures, seconds)),
        _text(LEFT, height - 10, told, 12, "#545b64"),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _widget(widget: dict[str, Any], figures: Figures, seconds: int) -> Iterator[str]:
    x, y = widget["x"] * COLUMN, widget["y"] * ROW
    width, height = widget["width"] * COLUMN - GAP, widget["height"] * ROW - GAP
    yield f'<g transform="translate({x} {y})">'
    if widget["type"] == "text":
        yield _text(LEFT, 22, widget["properties"]["markdown"].removeprefix("## "), 18, "#16191f")
    else:
        yield f'<rect width="{width}" height="{height}" fill="#fff"/>'
        yield _text(LEFT, 16, widget["properties"]["title"], 12, "#16191f")
        yield from _graph(widget["properties"]["metrics"], figures, seconds, width - 2 * LEFT, height)
    yield "</g>"


def _graph(metrics: list[Any], figures: Figures, seconds: int, width: int, height: int) -> Iterator[str]:
    series = [
        _binned(figures.get((metric, name), []), options["stat"], seconds) for _, metric, _, name, options in metrics
    ]
    most = max((value for points in series for _, value in points), default=0)
    low, scale = height - BOTTOM, (height - BOTTOM - TOP) / (most or 1)
    yield _text(LEFT, TOP - 5, f"{_short(most)}", 9, "#879196")
    yield f'<path d="M{LEFT} {low}h{width}" stroke="#d5dbdb"/>'
    for number, (points, metric) in enumerate(zip(series, metrics, strict=True)):
        color, label = COLORS[number], metric[4]["label"]
        if points:
            path = " ".join(
                f"{LEFT + (at + 0.5) * width / seconds:.1f},{low - value * scale:.1f}" for at, value in points
            )
            yield f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="1.5"/>'
        told = f"{label} {_total(points, metric[4]['stat'])}" if points else f"{label}: none locally"
        yield _text(LEFT, low + 14 + number * 12, told, 10, color)


def _binned(points: Points, statistic: str, seconds: int) -> Points:
    """Return one value for each second. Without data, a sum is 0 and any other statistic a gap."""
    bins: dict[int, list[float]] = {second: [] for second in range(seconds)}
    for when, value in points:
        bins[max(0, min(seconds - 1, int(when)))].append(value)
    is_sum = bool(points) and statistic == "Sum"
    return [(at, STATISTICS[statistic](values)) for at, values in bins.items() if values or is_sum]


def _total(points: Points, statistic: str) -> str:
    values = [value for _, value in points]
    return f"{sum(values):,.0f}" if statistic == "Sum" else f"≤ {_short(max(values))}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}".removesuffix(".0")


def _text(x: float, y: float, text: str, size: int, color: str) -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="{color}">{escape(text)}</text>'


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(drawn(*run()), "utf-8")
