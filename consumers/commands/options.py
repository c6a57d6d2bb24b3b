"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

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


def json_option(help: str) -> Callable[[Command], Command]:
    """Return a decorator that adds `--json`, as the argument `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help=help)


def deployed_stack_option(help: str) -> Callable[[Command], Command]:
    """Return a decorator that adds `--stack`, for a command that finds deployed consumers by their tags."""
    return click.option("--stack", help=f"{help}: dev, or project/dev.")
