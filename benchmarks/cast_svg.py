"""Draws what a terminal showed over time as an animated SVG, without a script in it.

Each line of the screen is one element for each text that it had, which is visible while it had that text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

CHARACTER, LINE, FONT = 8.0, 18, 13.3  # pixels
LEFT, TOP, BOTTOM = 14, 34, 40
STEP = 0.1
"""Seconds. What is shown for a shorter time is left out."""
COLORS = {1: "#ff7b72", 2: "#7ee787", 3: "#e3b341", 4: "#79c0ff", 5: "#d2a8ff", 6: "#79c0ff"}
"""By the number of the terminal's colour: red, green, yellow, blue, magenta, cyan."""
TEXT, FAINT, GROUND, FRAME = "#e6edf3", "#8b949e", "#0d1117", "#30363d"


@dataclass(frozen=True)
class Frame:
    """What the screen showed from a time on."""

    at: float
    """Seconds from the start of the cast."""
    rows: Mapping[int, str]
    """Lines by number, from 1, with their styles as escape sequences."""
    caption: str = ""
    """What was done, below the screen."""


def drawn(frames: Sequence[Frame], *, columns: int, lines: int, seconds: float, poster: float, title: str) -> str:
    """Return the cast, which lasts so many seconds and begins again. Where nothing is animated, `poster` is seen."""
    width, height = 2 * LEFT + columns * CHARACTER, TOP + lines * LINE + BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" font-size="{FONT}" fill="{TEXT}">',
        f"<title>{escape(title)}</title>",
        f'<rect x=".5" y=".5" width="{width - 1:g}" height="{height - 1:g}" rx="8" fill="{GROUND}" stroke="{FRAME}"/>',
        *(f'<circle cx="{LEFT + 5 + 18 * n}" cy="17" r="5" fill="{FRAME}"/>' for n in range(3)),
        f'<text x="{width / 2:g}" y="21" text-anchor="middle" fill="{FAINT}">{escape(title)}</text>',
    ]
    for row in range(1, lines + 1):
        y = TOP + (row - 1) * LINE
        shown = [(frame.at, frame.rows.get(row, "")) for frame in frames]
        parts += _track(shown, y, seconds, poster, _line)
    shown = [(frame.at, frame.caption) for frame in frames]
    parts += _track(shown, TOP + lines * LINE + 8, seconds, poster, _caption)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _track(shown: Sequence[tuple[float, str]], y: float, seconds: float, poster: float, draw: Any) -> list[str]:
    """Return an element for each text that one line had."""
    times: dict[str, list[tuple[float, float]]] = {}
    ends = [at for at, _ in shown[1:]] + [seconds]
    for (begin, text), end in zip(shown, ends, strict=True):
        spans = times.setdefault(text, [])
        if spans and abs(spans[-1][1] - begin) < 1e-6:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((begin, end))
    found: list[str] = []
    for text, spans in times.items():
        lasting = [(begin, end) for begin, end in spans if end - begin >= STEP - 1e-6]
        if lasting and (content := draw(text, y)):
            found.append(_timed(content, lasting, seconds, poster))
    return found


def _timed(content: str, spans: Sequence[tuple[float, float]], seconds: float, poster: float) -> str:
    is_seen = any(begin <= poster < end for begin, end in spans)
    changes = [(0.0, "hidden")] if spans[0][0] > 0 else []
    for begin, end in spans:
        changes += [(begin, "visible"), *([(end, "hidden")] if end < seconds else [])]
    visibility = "" if is_seen else ' visibility="hidden"'
    if changes == [(0.0, "visible")]:
        return f"<g>{content}</g>"
    values = ";".join(value for _, value in changes)
    keys = ";".join(f"{at / seconds:.4f}".rstrip("0").rstrip(".") for at, _ in changes)
    animation = (
        f'<animate attributeName="visibility" calcMode="discrete" dur="{seconds:g}s" repeatCount="indefinite" '
        f'values="{values}" keyTimes="{keys}"/>'
    )
    return f"<g{visibility}>{animation}{content}</g>"


def _line(ansi: str, y: float) -> str:
    """Return one line with its styles."""
    text = Text.from_ansi(ansi)
    parts: list[str] = []
    column = 0
    for run, style in _runs(text):
        x, width = LEFT + column * CHARACTER, cell_len(run) * CHARACTER
        column += cell_len(run)
        if style.reverse:
            parts.append(f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{LINE}" fill="{_color(style)}"/>')
        if run.strip():
            parts.append(_text(run, x, y, style))
    return "".join(parts)


def _runs(text: Text) -> list[tuple[str, Style]]:
    """Return the parts of a line that have one style each."""
    runs: list[tuple[str, Style]] = []
    for index, character in enumerate(text.plain):
        found = [span.style for span in text.spans if span.start <= index < span.end]
        style = Style.combine([Style(), *(Style.parse(each) if isinstance(each, str) else each for each in found)])
        if runs and runs[-1][1] == style:
            runs[-1] = (runs[-1][0] + character, style)
        else:
            runs.append((character, style))
    return runs


def _text(run: str, x: float, y: float, style: Style) -> str:
    stripped = run.strip()
    x += cell_len(run[: len(run) - len(run.lstrip())]) * CHARACTER
    color = GROUND if style.reverse else FAINT if style.dim else _color(style)
    fill = "" if color == TEXT else f' fill="{color}"'
    weight = ' font-weight="bold"' if style.bold else ""
    # The width is fixed, so that columns align whatever font there is.
    width = f' textLength="{cell_len(stripped) * CHARACTER:g}" lengthAdjust="spacingAndGlyphs"'
    place = f'x="{x:g}" y="{y + 13.5:g}"'
    return f'<text {place}{width}{fill}{weight} xml:space="preserve">{escape(stripped, quote=False)}</text>'


def _color(style: Style) -> str:
    return COLORS.get((style.color.number if style.color else None) or 0, TEXT)


def _caption(text: str, y: float) -> str:
    if not text:
        return ""
    width = cell_len(text) * CHARACTER
    rect = f'<rect x="{LEFT}" y="{y:g}" width="{width + 16:g}" height="24" rx="5" fill="{FRAME}"/>'
    length = f'textLength="{width:g}" lengthAdjust="spacingAndGlyphs"'
    return f'{rect}<text x="{LEFT + 8}" y="{y + 16.5:g}" {length} font-weight="bold">{escape(text)}</text>'
