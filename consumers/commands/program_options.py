"""Which program a command is about: its folder, and the stack whose configuration it has."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def program_options(command: Command) -> Command:
    """Add `--stack` and `--project`."""
    project = click.option(
        "--project",
        default=Path(),
        type=click.Path(file_okay=False, exists=True, path_type=Path),
        help="The folder with Pulumi.yaml.  [default: this one]",
    )
    stack = click.option(
        "--stack", default="dev", show_default=True, help="Whose configuration (Pulumi.STACK.yaml) to use."
    )
    return stack(project(command))
