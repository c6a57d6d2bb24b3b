import sys
from pathlib import Path
from typing import Any

import click

from consumers.commands.options import project_option
from consumers.commands.printing import echo


@click.command()
@project_option()
@click.option("--yes", is_flag=True, help="Do not ask for confirmation when queues hold messages.")
def down(project: Path, yes: bool) -> None:
    """Stop the project's local AWS, and remove its data."""
    from consumers.local.background import find_usable, stop
    from consumers.local.emulator import LocalAwsError
    from consumers.provider.cli_backend import updating
    from consumers.provider.pulumi_cli import STATE

    if process := updating(project / STATE / "backend"):
        raise click.ClickException(f"`consumers pulumi` is running (process {process}): wait until it ends, or end it.")
    try:
        aws = find_usable(project)  # stops one that died or hangs, without asking
        if aws is not None and not yes:
            _confirm(aws)
        removed = stop(project)
    except LocalAwsError as error:
        raise click.ClickException(str(error)) from None
    if aws is not None:
        echo(f"The local AWS at {aws.endpoint_url} has ended, and its data is removed.")
    else:
        echo("No local AWS is running." + (" The files of the last one are removed." if removed else ""))


def _confirm(aws: Any) -> None:
    from consumers.local.background import messages_left

    if not (left := messages_left(aws)):
        return
    total = sum(left.values())
    echo(f"{total} {'message is' if total == 1 else 'messages are'} still in queues, and will be lost:", err=True)
    for name, count in left.items():
        echo(f"  {name}: {count}", err=True)
    if not sys.stdin.isatty():
        raise click.ClickException("Nothing was stopped: pass --yes if these messages may be lost.")
    if not click.confirm("Stop the local AWS?", err=True):
        raise click.ClickException("Nothing was stopped.")
