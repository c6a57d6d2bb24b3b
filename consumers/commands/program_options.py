"""Which program a command is about: its folder, and the stack whose configuration it has."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def project_option(help: str = "The folder with Pulumi.yaml.") -> Callable[[Command], Command]:
    """Return what adds `--project`."""
    folder = click.Path(file_okay=False, exists=True, path_type=Path)
    return click.option("--project", default=Path(), type=folder, help=f"{help}  [default: this one]")


def program_options(command: Command) -> Command:
    """Add `--stack` and `--project`."""
    stack = click.option(
        "--stack", default="dev", show_default=True, help="Whose configuration (Pulumi.STACK.yaml) to use."
    )
    return stack(project_option()(command))
