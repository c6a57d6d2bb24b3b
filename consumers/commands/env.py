"""`consumers env`"""

import os
import shlex
from pathlib import Path
from typing import Any

import click

from consumers.commands.printing import echo
from consumers.commands.program_options import project_option

OF_ONE_SERVICE = "AWS_ENDPOINT_URL_"


@click.command()
@project_option()
def env(project: Path) -> None:
    """Print what makes other tools use the local AWS: eval "$(consumers env)".

    For boto3, the AWS CLI, and the official Pulumi provider. Whoever sees the access key can run code as you.
    """
    from consumers.local import FOR_THIS_MACHINE
    from consumers.local.aws_environment import aws_environment

    variables = aws_environment(_find(project)) | FOR_THIS_MACHINE
    for name, value in variables.items():
        echo(f"export {name}={shlex.quote(value)}")
    # Such as a service's own endpoint. A profile and a session token can be in the shell without being exported.
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
    # `eval` of nothing succeeds, and what follows it in a script would work on the account of the shell's credentials.
    echo("false")
    raise click.ClickException(error)
