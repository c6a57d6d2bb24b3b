import os
import shlex
from pathlib import Path
from typing import Any

import click

from consumers.commands.options import project_option
from consumers.commands.printing import echo


@click.command()
@project_option()
def env(project: Path) -> None:
    """Print the shell variables of the local AWS for other tools.

    After eval "$(consumers env)", boto3, the AWS CLI and the official Pulumi provider use it. Keep the access key
    secret: with it, anybody on this machine can run code as you.
    """
    from consumers.local import FOR_THIS_MACHINE
    from consumers.local.aws_environment import aws_environment

    variables = aws_environment(_find(project)) | FOR_THIS_MACHINE
    for name, value in variables.items():
        echo(f"export {name}={shlex.quote(value)}")
    # Others may redirect a service. The shell may also have a profile and a session token that are not exported.
    others = {name for name in os.environ if name.startswith("AWS_")} - variables.keys()
    echo(f"unset {' '.join(sorted(others | {'AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_SESSION_TOKEN'}))}")


def _find(project: Path) -> Any:
    from consumers.local import background

    try:
        if aws := background.find(project):
            return aws
        error = f"No local AWS is running in {project.resolve()}: `consumers up` starts one."
    except background.LocalAwsError as broken:
        error = f"{broken} `consumers up` starts a new one."
    # Make `eval` fail: otherwise a script would go on with the shell's own credentials.
    echo("false")
    raise click.ClickException(error)
