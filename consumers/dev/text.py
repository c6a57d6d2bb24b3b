"""Text from outside, as lines of the screen."""

import io
from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from consumers.escaping import visible


def one_line(text: str) -> str:
    """Return the text in one line, with control characters escaped."""
    return visible(text).replace("\n", "\\n").replace("\t", " ")


def cut(text: str, width: int) -> str:
    """Return the start of a text, with … where it is cut."""
    shown = Text(one_line(text))
    shown.truncate(max(0, width), overflow="ellipsis")
    return shown.plain


def padded(text: str, width: int, *, right: bool = False) -> str:
    """Return the text cut or filled to exactly this width."""
    shown = cut(text, width)
    space = " " * (width - cell_len(shown))
    return f"{space}{shown}" if right else f"{shown}{space}"


def wrapped(text: str, width: int) -> list[str]:
    """Return the lines of a text; those that are too long continue on the next line, if possible at a space."""
    lines = Text(visible(text), tab_size=4).wrap(Console(file=io.StringIO()), width, overflow="fold")
    return [line.plain.rstrip() for line in lines]


def first_that_fits(variants: Sequence[str], width: int) -> str:
    """Return the first text that is not too wide; the last one, cut, if none is."""
    return next((text for text in variants if cell_len(text) <= width), cut(variants[-1], width))
