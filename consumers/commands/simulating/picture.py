"""Draws simulations as an SVG file: a chart for each value, with a line for each consumer."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from consumers.commands.costing.money import dollars
from consumers.commands.simulating.printed import CHARTS, IF_ANY
from consumers.evaluate.consequences import span
from consumers.ui.charts import Frame, axes, line

PANELS = {**CHARTS, "cost": ("cost so far", dollars)}
WIDTH, PANEL, LEFT, TOP, BOTTOM = 720, 150, 70, 30, 24
LEGEND = 20
STYLE = """
svg { color-scheme: light dark; font: 13px system-ui, sans-serif; --text: #16191f; --dim: #545b64; --line: #c8cdd3; }
.back { fill: #fff; }
text { fill: var(--text); }
.title { font-weight: 600; }
.label { fill: var(--dim); font-size: 11px; }
.axis { stroke: var(--line); }
.outage { fill: #d13212; opacity: .12; }
.series { fill: none; stroke-width: 1.8; stroke-linejoin: round; stroke: var(--s); }
circle.series { fill: var(--s); }
.s0 { --s: #0b62b0; }
.s1 { --s: #b8470b; stroke-dasharray: 6 3; }
.s2 { --s: #0a7a5c; stroke-dasharray: 2 2; }
.s3 { --s: #8a3ea8; stroke-dasharray: 8 3 2 3; }
@media (prefers-color-scheme: dark) {
  svg { --text: #e6e9ec; --dim: #a3abb3; --line: #4a525b; }
  .back { fill: #14181d; }
  .s0 { --s: #6cb6ff; } .s1 { --s: #ffa266; } .s2 { --s: #5fd4ae; } .s3 { --s: #d9a3ee; }
}
"""
STYLES = 4
"""Lines that look different; further consumers repeat them."""


def picture(found: Sequence[Mapping[str, Any]]) -> Markup:
    """Return the document for what `--json` lists as consumers."""
    end = max(one["end"] for one in found) or 1.0
    shown = [name for name in PANELS if name not in IF_ANY or any(one["series"][name][-1] for one in found)]
    height = LEGEND + PANEL * len(shown)
    head = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" role="img" aria-labelledby="title description">'
        '<title id="title">{2}</title><desc id="description">{3}</desc><style>{4}</style>'
        '<rect class="back" width="{0}" height="{1}"/>\n'
    )
    title = f"Simulation of {', '.join(one['name'] for one in found)}"
    parts = [head.format(WIDTH, height, title, " ".join(_described(found, shown)), Markup(STYLE))]
    parts += _legend(found)
    for place, name in enumerate(shown):
        parts += _panel(found, name, LEGEND + place * PANEL, end)
    return Markup("\n").join([*parts, Markup("</svg>\n")])


def _described(found: Sequence[Mapping[str, Any]], shown: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for each consumer, for those who cannot see the lines."""
    for one in found:
        peaks = (f"{PANELS[name][0]} {PANELS[name][1](max(one['series'][name]))}" for name in shown)
        yield f"{one['name']}: {', '.join(peaks)} at most; done after {span(one['end'])}."


def _legend(found: Sequence[Mapping[str, Any]]) -> Iterator[Markup]:
    """Yield the names of the consumers beside a piece of their lines."""
    width = (WIDTH - LEFT) / len(found)
    for number, one in enumerate(found):
        x = LEFT + width * number
        yield Markup('<path class="series s{}" d="M{:.0f} 14h24"/>').format(number % STYLES, x)
        yield Markup('<text x="{:.0f}" y="18">{}</text>').format(x + 30, one["name"])


def _panel(found: Sequence[Mapping[str, Any]], name: str, top: float, end: float) -> Iterator[Markup]:
    title, label = PANELS[name]
    most = max(max(one["series"][name]) for one in found)
    frame = Frame(LEFT, top + TOP, WIDTH - LEFT - 12, PANEL - TOP - BOTTOM, 0, end, most or 1)
    yield Markup('<text class="title" x="{}" y="{:.0f}">{}</text>').format(LEFT, top + 22, title)
    yield from _outages(found, frame)
    yield from axes(frame, label(most), "0", span(end))
    for number, one in enumerate(found):
        yield line(list(zip(one["series"]["time"], one["series"][name], strict=True)), frame, number % STYLES)


def _outages(found: Sequence[Mapping[str, Any]], frame: Frame) -> Iterator[Markup]:
    area = Markup(
        '<rect class="outage" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>outage</title></rect>'
    )
    for begin, until in found[0]["outages"]:
        first, last = (frame.left + frame.width * min(at, frame.end) / frame.end for at in (begin, until))
        if first < last:
            yield area.format(first, frame.top, last - first, frame.height)
