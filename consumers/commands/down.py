"""`consumers down`"""

import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from consumers.commands.printing import echo
from consumers.commands.program_options import project_option


@click.command()
@project_option()
@click.option("--yes", is_flag=True, help="Do not ask, though queues still hold messages.")
def down(project: Path, yes: bool) -> None:
    """End the local AWS of this project, and leave nothing of it."""
    from consumers.local.background import stop
    from consumers.local.emulator import LocalAwsError
    from consumers.provider.cli_backend import updating
    from consumers.provider.pulumi_cli import STATE

    if process := updating(project / STATE / "backend"):
        raise click.ClickException(
            f"`consumers pulumi` is at work here (process {process}): wait for its end, or end it."
        )
    try:
        aws = _find(project)
        if aws is not None and not yes:
            _ask(aws)
        removed = stop(project)
    except LocalAwsError as error:
        raise click.ClickException(str(error)) from None
    if aws is not None:
        echo(f"The local AWS at {aws.endpoint_url} has ended, and nothing of it is left.")
    else:
        echo("No local AWS is running." + (" What the last one left is removed." if removed else ""))


def _find(project: Path) -> Any:
    """The local AWS, or None: one that has died or hangs is ended all the same."""
    from consumers.local.background import PATIENCE, LocalAwsError, find

    with suppress(LocalAwsError):
        return find(project, timeout=PATIENCE)
    return None


def _ask(aws: Any) -> None:
    from consumers.local.background import messages_left

    if not (left := messages_left(aws)):
        return
    total = sum(left.values())
    echo(f"{total} {'message is' if total == 1 else 'messages are'} still in queues, and will be lost:", err=True)
    for name, count in left.items():
        echo(f"  {name}: {count}", err=True)
    if not sys.stdin.isatty():
        raise click.ClickException("Nothing was ended: give --yes if these messages may be lost.")
    if not click.confirm("End the local AWS?", err=True):
        raise click.ClickException("Nothing was ended.")
