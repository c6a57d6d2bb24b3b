import subprocess
import sys
from pathlib import Path

import click

from consumers.commands.printing import echo

WITHOUT_AWS = ("about", "version", "help", "-h", "--help")


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "allow_interspersed_args": False},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def pulumi(arguments: tuple[str, ...]) -> None:
    """Run the Pulumi CLI on the local AWS.

    For example `consumers pulumi up --yes`, `preview`, `destroy`. The local AWS runs in the background until `consumers
    down`. The exit code is the CLI's.
    """
    from consumers.evaluate.program import ProgramError
    from consumers.evaluate.stack_config import read_stack_config
    from consumers.local.background import ensure
    from consumers.local.emulator import LocalAwsError
    from consumers.provider import pulumi_cli
    from consumers.provider.stack_conflict import UPDATES, refuse_pulumi

    project = Path()
    try:
        cli = pulumi_cli.find_cli(project)
        if not arguments or arguments[0] in WITHOUT_AWS:
            sys.exit(subprocess.call([cli / "pulumi", *arguments]))
        aws = ensure(
            project, read_stack_config(project, pulumi_cli.STACK).region, warn=lambda text: echo(text, err=True)
        )
        if any(word in UPDATES for word in arguments):
            refuse_pulumi(project)
    except (LocalAwsError, ProgramError, pulumi_cli.NoCliError) as error:
        raise click.ClickException(str(error)) from None
    try:
        sys.exit(pulumi_cli.run(project, arguments, aws, cli))
    except OSError as error:
        raise click.ClickException(f"The Pulumi CLI cannot be run: {error}") from None
