"""Output of the commands: colour and progress for people, JSON for programs.

Nothing else in `consumers` writes to the terminal, which the linter checks. Text from outside - a log line, a message
body, an error of AWS - may contain escape sequences that clear the screen, set the title or fill the clipboard. Every
control character is therefore escaped here.
"""

import json
import re
import sys
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click

from consumers.operations.log_lines import readable

_CONTROLS = [*range(0x20), *range(0x7F, 0xA0)]  # C0, DEL and C1
_BREAKS = [0x2028, 0x2029]
_DIRECTIONS = [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]  # they reorder text on the screen
_SURROGATES = range(0xD800, 0xE000)  # printing one fails in every encoding
_VISIBLE = {
    code: chr(code).encode("unicode_escape").decode()
    for code in (*_CONTROLS, *_BREAKS, *_DIRECTIONS, *_SURROGATES)
    if chr(code) not in "\n\t"
}


def visible(text: str) -> str:
    """Return the text with control characters escaped, like `\\x1b`; line ends and tabs stay."""
    return text.replace("\r\n", "\n").translate(_VISIBLE)


def echo(text: str = "", *, title: str = "", color: str | None = None, err: bool = False) -> None:
    """Print a line, with a bold title before it, in a colour; with `err` on standard error."""
    bold = click.style(visible(title), bold=True) if title else ""
    rest = click.style(visible(text), fg=color) if color else visible(text)
    click.echo(bold + rest, err=err)


def print_json(value: Any) -> None:
    """Print a JSON document on standard output, with every character outside printable ASCII escaped."""
    click.echo(json.dumps(value))


@contextmanager
def visible_errors() -> Generator[None]:
    """Escape control characters in the errors that click prints."""
    try:
        yield
    except click.ClickException as error:
        text = visible(error.format_message())
        error.format_message = lambda: text
        raise


class Printer:
    """Prints for people: on standard output, or with `--json` on standard error."""

    def __init__(self, to_stderr: bool = False) -> None:
        from rich.console import Console

        self._console = Console(stderr=to_stderr, highlight=False, soft_wrap=True)

    def line(self, text: str, style: str = "", title: str = "") -> None:
        """Print a line in one of rich's styles, with a bold title after it."""
        from rich.text import Text

        self._console.print(Text.assemble((visible(text), style), (visible(title), "bold")))

    def step(self, seconds: float, title: str, lines: Sequence[str] = ()) -> None:
        """Print a step of a run: its time, its title, details below it."""
        self.line(f"{seconds:5.1f} s  ", "dim", title)
        for line in lines:
            self.line(f"         {line}")

    def log(self, title: str, lines: Sequence[str]) -> None:
        """Print a heading, and lines of a function's log below it."""
        self.line("\n", title=title)
        for line in lines:
            self.log_line(line, indent="  ")

    def log_line(self, line: str, indent: str = "") -> None:
        """Print a line of a function's log: errors in red, Lambda's own lines dimmed."""
        line = readable(line)
        own = re.match(r'START|END|REPORT|\{"time":"[^"]*","type":"platform', line)
        style = "red" if re.search(r"\[ERROR\]|\tERROR\t", line) else "dim" if own else ""  # of Python, of Node.js
        self.line(f"{indent}{line}", style)


@contextmanager
def progress(title: str, count: int) -> Generator[Callable[[int], None]]:
    """Show a progress bar on standard error, if that is a terminal; yield a function that advances it."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (title, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=count)
        yield lambda done: bar.advance(task, done)


@contextmanager
def waiting(interval: float = 5) -> Generator[Callable[[str], None]]:
    """Show on standard error what a command waits for; yield a function that takes the newest text.

    On a terminal it replaces the one before. Elsewhere it is printed if it changed, every `interval` seconds at most.
    """
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.text import Text

        with Console(stderr=True).status("") as shown:
            yield lambda text: shown.update(Text(visible(text)))
        return
    last, printed = "", float("-inf")

    def tell(text: str) -> None:
        nonlocal last, printed
        if text != last and time.monotonic() - printed >= interval:
            echo(text, err=True)
            last, printed = text, time.monotonic()

    yield tell


@dataclass(frozen=True)
class Styled:
    """A line in one of rich's styles; empty: plain."""

    text: str
    style: str = ""


def print_styled(lines: Iterable[Styled]) -> None:
    """Print lines for people, on standard output."""
    printer = Printer()
    for line in lines:
        printer.line(line.text, line.style)


@contextmanager
def screen() -> Generator[Callable[[Sequence[Styled]], None]]:
    """Yield a function that shows lines: on a terminal in place of those before, elsewhere below them."""
    from rich.console import Console, Group
    from rich.live import Live
    from rich.text import Text

    console = Console(highlight=False)

    def lines(shown: Sequence[Styled]) -> list[Text]:
        return [Text(visible(line.text), line.style) for line in shown]

    if not console.is_terminal:
        yield lambda shown: console.print(*lines(shown), "", sep="\n", soft_wrap=True)
        return
    with Live(console=console, auto_refresh=False) as live:
        yield lambda shown: live.update(Group(*lines(shown)), refresh=True)
