"""Draws a value over time with block characters, in 80 columns and without colour."""

from collections.abc import Callable, Iterator, Sequence

from consumers.evaluate.consequences import span

BLOCKS = " ▁▂▃▄▅▆▇█"
EIGHTHS = len(BLOCKS) - 1
WIDTH, HEIGHT, LABEL = 64, 4, 12
Points = Sequence[tuple[float, float]]
"""Values by their moment, in order."""


def chart(points: Points, end: float, label: Callable[[float], str]) -> Iterator[str]:
    """Yield the rows of a chart from 0 to the end. Its full height is the largest value, with its label at the side."""
    columns = list(_columns(points, end))
    most = max(columns)
    heights = [_height(value, most) for value in columns]
    for row in reversed(range(HEIGHT)):
        side = label(most) if row == HEIGHT - 1 else label(0) if row == 0 else ""
        cells = (BLOCKS[min(EIGHTHS, max(0, height - row * EIGHTHS))] for height in heights)
        yield f"{side:>{LABEL}} │{''.join(cells)}".rstrip()


def axis(end: float, outages: Sequence[tuple[float, float]] = ()) -> Iterator[str]:
    """Yield the axis of time below charts, and when there is an outage."""
    left, right = WIDTH // 2, WIDTH - WIDTH // 2
    yield f"{'':{LABEL}} └{'─' * WIDTH}"
    if outages:
        cells = ("×" if _is_in(column * end / WIDTH, end / WIDTH, outages) else " " for column in range(WIDTH))
        yield f"{'outage':>{LABEL}}  {''.join(cells)}".rstrip()
    yield f"{'':{LABEL}}  {'0':<{left - 4}}{span(end / 2):^8}{span(end):>{right - 4}}"


def _is_in(begin: float, width: float, outages: Sequence[tuple[float, float]]) -> bool:
    return any(first < begin + width and begin < last for first, last in outages)


def _height(value: float, most: float) -> int:
    """Return eighths of a row, at least one for whatever is above 0."""
    return max(1, round(value / most * HEIGHT * EIGHTHS)) if value > 0 else 0


def _columns(points: Points, end: float) -> Iterator[float]:
    """Yield the largest value of each column; where it has no point, the one before."""
    width, position, value = end / WIDTH, 0, 0.0
    for column in range(WIDTH):
        here: list[float] = []
        last = column == WIDTH - 1
        while position < len(points) and (last or points[position][0] < (column + 1) * width):
            here.append(points[position][1])
            position += 1
        yield max(here, default=value)
        value = here[-1] if here else value
