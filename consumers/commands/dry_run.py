"""The dry run of the program, for commands that deploy nothing."""

import contextlib
import sys
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from consumers.commands.printing import echo

if TYPE_CHECKING:
    from consumers.evaluate.dry_run import CheckedComponent
    from consumers.evaluate.results import Message
    from consumers.working_copy.copies import WorkingCopy

NO_CONSUMERS = "The program has no consumers."


def consumers_of(project: Path, stack: str, names: Sequence[str]) -> "list[CheckedComponent]":
    """Evaluate the program, and return its consumers with these names (none: all)."""
    from consumers.evaluate import dry_run
    from consumers.operations.discovery import require

    with _evaluating(project, stack) as print_message:
        found = dry_run.check(project, stack, print_message)
        if found:
            require(names, [one.settings.consumer for one in found])
    return [one for one in found if not names or one.settings.consumer in names]


def valid_consumers_of(project: Path, stack: str, names: Sequence[str], purpose: str) -> "list[CheckedComponent]":
    """Return the QueueConsumers among them, for a command that needs valid settings: `estimate` is a purpose."""
    chosen = [one for one in consumers_of(project, stack, names) if one.is_consumer or names]
    if others := [one.settings.consumer for one in chosen if not one.is_consumer]:
        raise click.ClickException(f"{', '.join(others)}: not a QueueConsumer, so there is nothing to {purpose}.")
    if bad := [one.settings.consumer for one in chosen if one.errors]:
        raise click.ClickException(f"{', '.join(bad)}: has errors. `consumers check` prints them.")
    return chosen


def load_copy(project: Path, stack: str, name: str) -> "WorkingCopy":
    """Evaluate the program, and return what runs the handler of one consumer."""
    from consumers.working_copy import copies

    with _evaluating(project, stack) as print_message:
        return copies.load(project, stack, name, print_message)


@contextlib.contextmanager
def _evaluating(project: Path, stack: str) -> "Generator[Callable[[Message], None]]":
    """Yield what prints the program's messages. Its own output goes to standard error, and its errors are one line."""
    from consumers.evaluate.results import ProgramError
    from consumers.evaluate.stack_config import advice_on_stack
    from consumers.operations.discovery import DiscoveryError

    def print_message(message: "Message") -> None:
        echo(f"{message.severity}: {message.text}", err=True)

    if advice := advice_on_stack(project, stack):
        echo(advice, err=True)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield print_message
    except (ProgramError, DiscoveryError) as error:
        raise click.ClickException(str(error)) from None


@contextlib.contextmanager
def handler_errors(problem: str = "The handler cannot be run") -> "Generator[None]":
    """Raise what prevents a handler of the working copy from running as an error in one line.

    An OSError is the cause of the `problem`.
    """
    from consumers.evaluate.results import ProgramError

    try:
        yield
    except ProgramError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{problem}: {error}") from None
