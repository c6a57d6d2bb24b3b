"""Options that several commands share."""

import re
import time
from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

Command = TypeVar("Command", bound=Callable[..., Any])

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
NUMBER = r"[0-9]{1,12}(?:\.[0-9]{1,9})?"
TIME = rf"(?:{NUMBER})(?:ms|[smhd])"
"""The pattern of a duration. It has no groups."""


def seconds_of(duration: str) -> float:
    """Return the seconds of a text that matches `TIME`."""
    if duration.endswith("ms"):
        return float(duration[:-2]) / 1_000
    return float(duration[:-1]) * UNITS[duration[-1]]


class Duration(click.ParamType[float]):
    """A duration such as 200ms, 90s, 15m, 2h or 7d, in seconds.

    :param most: the longest, as it is written.
    :param zero: whether 0 is allowed.
    """

    name = "duration"

    def __init__(self, most: str = "3650d", *, zero: bool = False) -> None:
        self._most, self._zero = most, zero

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, int | float):
            return float(value)
        seconds = seconds_of(value) if re.fullmatch(TIME, value) else -1
        if not 0 <= seconds <= seconds_of(self._most) or not (seconds or self._zero):
            least = "from 0 to" if self._zero else "above 0 and at most"
            units = "a number and ms, s, m, h or d, such as 90s or 15m"
            self.fail(f"{value!r} must be {units}, {least} {self._most}.", param, ctx)
        return seconds


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


consumer_names = click.argument("names", metavar="[NAME]...", nargs=-1)


def project_option(help: str = "Folder of the Pulumi program.") -> Callable[[Command], Command]:
    """Return a decorator that adds `--project`."""
    folder = click.Path(file_okay=False, exists=True, path_type=Path)
    return click.option("--project", default=Path(), type=folder, help=f"{help}  [default: the current one]")


def program_options(command: Command) -> Command:
    """Add `--stack` and `--project`, for a command that runs the program."""
    stack = click.option(
        "--stack", default="dev", show_default=True, help="Stack whose configuration (Pulumi.STACK.yaml) to use."
    )
    return stack(project_option()(command))


local_port_option = click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Port of the local AWS.  [default: 4566 if it is free, else any free one]",
)


def json_option(help: str) -> Callable[[Command], Command]:
    """Return a decorator that adds `--json`, as the argument `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help=help)


def deployed_stack_option(help: str) -> Callable[[Command], Command]:
    """Return a decorator that adds `--stack`, for a command that finds deployed consumers by their tags."""
    return click.option("--stack", help=f"{help}: dev, or project/dev.")


def passed(context: click.Context, names: Collection[str]) -> list[str]:
    """Return those of the options with these parameter names that were passed, as the user writes them."""
    options = {option.name: option.opts[0] for option in context.command.params if option.name in names}
    sources = {name: context.get_parameter_source(name) for name in options if name}
    return [options[name] for name, source in sources.items() if source is not ParameterSource.DEFAULT]


def timeout_option(default: str) -> Callable[[Command], Command]:
    """Return a decorator that adds `--timeout`, as seconds."""
    return click.option("--timeout", type=Duration(), default=default, show_default=True, help="How long to wait.")
