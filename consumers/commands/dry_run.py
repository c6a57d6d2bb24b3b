"""The dry run of the program, for the commands `check` and `cost`."""

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from consumers.commands.printing import echo

if TYPE_CHECKING:
    from consumers.evaluate.dry_run import CheckedComponent
    from consumers.working_copy.copies import WorkingCopy

NO_CONSUMERS = "The program has no consumers."


def consumers_of(project: Path, stack: str, names: Sequence[str]) -> "list[CheckedComponent]":
    """Evaluate the program, and return its consumers with these names (none: all)."""
    from consumers.evaluate import dry_run
    from consumers.evaluate.program import Message, ProgramError
    from consumers.evaluate.stack_config import advice_on_stack
    from consumers.operations.discovery import DiscoveryError, require

    def print_message(message: Message) -> None:
        echo(f"{message.severity}: {message.text}", err=True)

    if advice := advice_on_stack(project, stack):
        echo(advice, err=True)
    try:
        with contextlib.redirect_stdout(sys.stderr):  # the program's own output
            found = dry_run.check(project, stack, print_message)
        if found:
            require(names, [one.settings.consumer for one in found])
    except (ProgramError, DiscoveryError) as error:
        raise click.ClickException(str(error)) from None
    return [one for one in found if not names or one.settings.consumer in names]


def load_copy(project: Path, stack: str, name: str) -> "WorkingCopy":
    """Evaluate the program, and return what runs the handler of one consumer."""
    from consumers.evaluate.program import Message, ProgramError
    from consumers.evaluate.stack_config import advice_on_stack
    from consumers.operations.discovery import DiscoveryError
    from consumers.working_copy import copies

    def print_message(message: Message) -> None:
        echo(f"{message.severity}: {message.text}", err=True)

    if advice := advice_on_stack(project, stack):
        echo(advice, err=True)
    try:
        with contextlib.redirect_stdout(sys.stderr):  # the program's own output
            return copies.load(project, stack, name, print_message)
    except (ProgramError, DiscoveryError) as error:
        raise click.ClickException(str(error)) from None
