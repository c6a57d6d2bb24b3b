"""What the commands print: colour and progress for people, JSON for programs."""

import json
import re
from collections.abc import Sequence
from typing import Any

import click

from consumers.operations.log_lines import readable


class Printer:
    """Prints for people: on standard output, or on standard error where that is taken by `--json`."""

    def __init__(self, to_stderr: bool = False) -> None:
        from rich.console import Console

        self.console = Console(stderr=to_stderr, highlight=False, soft_wrap=True)

    def step(self, seconds: float, title: str, lines: Sequence[str] = ()) -> None:
        """A step of a story: when it was done, what it was, details below it."""
        self.console.print(f"[dim]{seconds:5.1f} s[/dim]  [bold]{title}[/bold]")
        for line in lines:
            self.console.print(f"         {line}", markup=False)

    def log(self, title: str, lines: Sequence[str]) -> None:
        """A heading, and lines of a function's log below it."""
        self.console.print(f"\n[bold]{title}[/bold]")
        for line in lines:
            self.log_line(line, indent="  ")

    def log_line(self, line: str, indent: str = "") -> None:
        """One line of a function's log, errors in red, Lambda's own lines dimmed."""
        line = readable(line)
        own = re.match(r'START|END|REPORT|\{"time":"[^"]*","type":"platform', line)
        style = "red" if re.search(r"\[ERROR\]|\tERROR\t", line) else "dim" if own else None  # Python's form, Node's
        self.console.print(f"{indent}{line}", style=style, markup=False)


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(value))
