import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click

from consumers.commands.options import deployed_stack_option, json_option
from consumers.commands.printing import Printer, echo, print_json
from consumers.commands.target import Target, target_options
from consumers.operations.discovery import find_one
from consumers.operations.logs import Line, Tail

POLL = 1.0  # seconds between two calls; CloudWatch Logs allows an account a few per second
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Since(click.ParamType[float]):
    """An age, or a time, as seconds since 1970."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        try:
            if ago := re.fullmatch(r"(\d{1,9})([smhd])", value):
                return max(0.0, time.time() - int(ago[1]) * UNITS[ago[2]])
            return max(0.0, datetime.fromisoformat(value).timestamp())  # local time without a zone
        except (ValueError, OverflowError, OSError):
            self.fail(f"{value!r} must be like 30s, 10m, 2h, 1d or like 2025-01-31T12:00:00Z.", param, ctx)


@click.command()
@click.argument("name")
@deployed_stack_option("Stack of the consumer, where several have one of this name")
@click.option("--follow", "-f", is_flag=True, help="Print new lines too, until Ctrl-C.")
@click.option("--since", type=Since(), default="10m", show_default=True, help="Age like 30s, 10m, 2h, 1d, or ISO time.")
@json_option("Print a JSON object for each line.")
@target_options(changes=False)
def logs(name: str, stack: str | None, follow: bool, since: float, as_json: bool, target: Target) -> None:
    """Print the log of consumer NAME's function.

    Lines are sorted by time, across log streams.
    """
    log_group = find_one(target.client, name, stack).log_group
    if log_group is None:
        raise click.ClickException(f"{name} has no function, so no log: deploy its stack again.")
    tail = Tail(target.client("logs"), log_group, since)
    write = _write_json if as_json else _writer()
    try:
        if not _print(tail, write) and not follow:
            moment = datetime.fromtimestamp(since).astimezone().isoformat(" ", "seconds")
            echo(f"{name} has logged nothing since {moment}: --since 1d goes further back.", err=True)
        while follow:
            time.sleep(POLL)
            _print(tail, write)
    except KeyboardInterrupt:
        if not follow:
            raise


def _print(tail: Tail, write: Callable[[Line], None]) -> int:
    """Print the new lines, and return their number."""
    lines = tail.new()
    for line in lines:
        write(line)
    return len(lines)


def _writer() -> Callable[[Line], None]:
    printer = Printer()
    return lambda line: printer.log_line(line.message)


def _write_json(line: Line) -> None:
    moment = datetime.fromtimestamp(line.timestamp / 1000, UTC).isoformat(timespec="milliseconds")
    print_json({"time": moment, "stream": line.stream, "message": line.message})
