"""The dry run of the program, for the commands `check` and `cost`."""

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from consumers.commands.printing import echo

NONE = "The program has no consumers."


def consumers_of(project: Path, stack: str, names: Sequence[str]) -> list[Any]:
    """Evaluate the program, and return its consumers with these names (none: all)."""
    from consumers.evaluate import dry_run
    from consumers.evaluate.program import Message, ProgramError
    from consumers.evaluate.stack_config import advice_on_stack
    from consumers.operations.discovery import DiscoveryError, require

    def tell(message: Message) -> None:
        echo(f"{message.severity}: {message.text}", err=True)

    if advice := advice_on_stack(project, stack):
        echo(advice, err=True)
    try:
        with contextlib.redirect_stdout(sys.stderr):  # the program's own output
            found = dry_run.check(project, stack, tell)
        if found:
            require(names, [one.settings.consumer for one in found])
    except (ProgramError, DiscoveryError) as error:
        raise click.ClickException(str(error)) from None
    return [one for one in found if not names or one.settings.consumer in names]


def errors_of(one: Any) -> list[Any]:
    """Return the findings with the level error, which stop a deployment of this consumer."""
    return [finding for finding in one.findings if finding.level.value == "error"]
