"""Draws series as SVG: small ones for a row, large ones with axes. Colours and styles are in the CSS."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from consumers.ui.series import HOUR, Points

SMALL = (120, 24)
LARGE = (560, 150)
LEFT, BOTTOM, TOP = 62, 18, 8
"""Room for the labels of the axes, and above the highest point."""
NO_DATA = "no data yet"


@dataclass(frozen=True)
class Frame:
    """Where the points of a chart are drawn."""

    left: float
    top: float
    width: float
    height: float
    start: float
    end: float
    most: float

    def place(self, point: tuple[float, float]) -> str:
        """Return the coordinates of a point."""
        moment, value = point
        x = self.left + self.width * (moment - self.start) / (self.end - self.start)
        y = self.top + self.height * (1 - value / self.most)
        return f"{x:.1f},{y:.1f}"


def spark(points: Points, label: str, now: float | None = None) -> Markup:
    """Draw one series of the last hour without axes. `label` names it for screen readers."""
    width, height = SMALL
    frame = _frame([points], (0, 2, width, height - 4), now)
    return _svg(SMALL, f"{label}: {_summary(points)}", [line(points, frame, 0)], "spark")


def chart(series: Mapping[str, Points], label: str, unit: str, now: float | None = None) -> Markup:
    """Draw several series of the last hour with axes and a legend."""
    width, height = LARGE
    frame = _frame(list(series.values()), (LEFT, TOP, width - LEFT - 4, height - TOP - BOTTOM), now)
    lines = [line(points, frame, number) for number, points in enumerate(series.values())]
    described = "; ".join(f"{name} {_summary(points)}" for name, points in series.items())
    missing = [] if any(series.values()) else [_no_data(frame)]
    ends = [time.strftime(form, time.gmtime(at)) for form, at in (("%H:%M", frame.start), ("%H:%M UTC", frame.end))]
    drawn = [*axes(frame, f"{amount(frame.most)}{unit}", *ends), *lines, *missing]
    return _svg(LARGE, f"{label}: {described}", drawn, "chart")


def _frame(all_points: Sequence[Points], place: tuple[float, float, float, float], now: float | None) -> Frame:
    end = time.time() if now is None else now
    most = max((value for points in all_points for _, value in points), default=0)
    return Frame(*place, end - HOUR, end, _round_up(most))


def line(points: Points, frame: Frame, number: int) -> Markup:
    """Draw the points of one series; `number` tells it from others in the style."""
    shown = [point for point in points if frame.start <= point[0] <= frame.end]
    if len(shown) == 1:  # a line of one point is invisible
        x, y = frame.place(shown[0]).split(",")
        return Markup('<circle class="series s{}" cx="{}" cy="{}" r="1.5"/>').format(number, x, y)
    return Markup('<polyline class="series s{}" points="{}"/>').format(number, " ".join(map(frame.place, shown)))


def _no_data(frame: Frame) -> Markup:
    text = Markup('<text class="label" x="{:.0f}" y="{:.0f}" text-anchor="middle">{}</text>')
    return text.format(frame.left + frame.width / 2, frame.top + frame.height / 2, NO_DATA)


def axes(frame: Frame, most: str, start: str, end: str) -> list[Markup]:
    """Draw the lines and labels of the axes: the largest value, and both ends of time."""
    bottom, right = frame.top + frame.height, frame.left + frame.width
    line = Markup('<line class="axis" x1="{:.0f}" y1="{:.0f}" x2="{:.0f}" y2="{:.0f}"/>')
    text = Markup('<text class="label" x="{:.0f}" y="{:.0f}" text-anchor="{}">{}</text>')
    return [
        line.format(frame.left, bottom, right, bottom),
        line.format(frame.left, frame.top, right, frame.top),
        text.format(frame.left - 4, frame.top + 8, "end", most),
        text.format(frame.left - 4, bottom, "end", "0"),
        text.format(frame.left, bottom + 14, "start", start),
        text.format(right, bottom + 14, "end", end),
    ]


def _svg(size: tuple[int, int], label: str, parts: Sequence[Markup], kind: str) -> Markup:
    begin = Markup('<svg class="{}" viewBox="0 0 {} {}" role="img" aria-label="{}"><title>{}</title>')
    return begin.format(kind, *size, escape(label), escape(label)) + Markup("").join(parts) + Markup("</svg>")


def _summary(points: Points) -> str:
    if not points:
        return NO_DATA
    return f"{amount(points[-1][1])} now, {amount(max(value for _, value in points))} at most"


def amount(value: float) -> str:
    """Return a number with at most three digits after a separator: `1,250`, `0.42`."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:,.3g}"


def _round_up(value: float) -> float:
    """Return the end of an axis that has room for the value: 1, 2 or 5 with zeros."""
    step = 1.0
    while True:
        for factor in (1, 2, 5):
            if value <= step * factor:
                return step * factor
        step *= 10
