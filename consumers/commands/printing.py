"""Output of the commands: colour and progress for people, JSON for programs.

Only this and the screen of `consumers dev` write to the terminal, which the linter checks. Both escape every control
character of text from outside.
"""

import json
import sys
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click

from consumers.escaping import visible
from consumers.operations.log_lines import is_error, is_lambdas_own, readable

AT_ONCE = 1_000
"""Lines of a log in one call of rich, which takes three times as long for one line in each."""


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
        self.log_lines(lines, indent="  ")

    def log_line(self, line: str) -> None:
        """Print a line of a function's log."""
        self.log_lines([line])

    def log_lines(self, lines: Sequence[str], indent: str = "") -> None:
        """Print lines of a function's log: errors in red, Lambda's own lines dimmed."""
        from rich.text import Text

        def styled(line: str) -> Text:
            line = readable(line)
            style = "red" if is_error(line) else "dim" if is_lambdas_own(line) else ""
            return Text(visible(f"{indent}{line}"), style)

        for at in range(0, len(lines), AT_ONCE):
            self._console.print(*map(styled, lines[at : at + AT_ONCE]), sep="\n")


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
