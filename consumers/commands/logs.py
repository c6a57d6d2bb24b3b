"""`consumers logs`"""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click

from consumers.commands.printing import Printer, echo, print_json
from consumers.commands.target import Target, target_options
from consumers.operations.discovery import find_one
from consumers.operations.logs import Line, Tail

POLL = 1.0  # seconds between two looks; CloudWatch Logs allows a few in a second for a whole account
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Since(click.ParamType[float]):
    """How long ago, or when: seconds since 1970."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        try:
            if ago := re.fullmatch(r"(\d{1,9})([smhd])", value):
                return max(0.0, time.time() - int(ago[1]) * UNITS[ago[2]])
            return max(0.0, datetime.fromisoformat(value).timestamp())  # without a zone it is this machine's time
        except (ValueError, OverflowError, OSError):
            self.fail(f"{value!r} is neither like 30s, 10m, 2h, 1d nor like 2025-01-31T12:00:00Z.", param, ctx)


@click.command()
@click.argument("name")
@click.option("--stack", help="Whose consumer, where several stacks have this name: dev, or project/dev.")
@click.option("--follow", "-f", is_flag=True, help="Go on with new lines, until Ctrl-C.")
@click.option("--since", type=Since(), default="10m", show_default=True, help="30s, 10m, 2h, 1d, or an ISO 8601 time.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object for each line.")
@target_options(changes=False)
def logs(name: str, stack: str | None, follow: bool, since: float, as_json: bool, target: Target) -> None:
    """Print what the function of consumer NAME has written, in order across its workers."""
    log_group = find_one(target.client, name, stack).log_group
    if log_group is None:
        raise click.ClickException(f"{name} has no function, and so no log: deploy its stack again.")
    tail = Tail(target.client("logs"), log_group, since)
    write = _write_json if as_json else _writer()
    try:
        if not _print(tail, write) and not follow:
            moment = datetime.fromtimestamp(since).astimezone().isoformat(" ", "seconds")
            echo(f"{name} has written nothing since {moment}: --since 1d looks further back.", err=True)
        while follow:
            time.sleep(POLL)
            _print(tail, write)
    except KeyboardInterrupt:
        if not follow:
            raise


def _print(tail: Tail, write: Callable[[Line], None]) -> int:
    """Print what is new, and return how many lines that are."""
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
