"""`consumers env`"""

import os
import shlex
from pathlib import Path

import click

from consumers.commands.program_options import project_option


@click.command()
@project_option()
def env(project: Path) -> None:
    """Print what makes other tools use the local AWS: eval "$(consumers env)".

    For boto3, the AWS CLI, and the official Pulumi provider. Whoever sees the access key can run code as you.
    """
    from consumers.local import FOR_THIS_MACHINE
    from consumers.local.aws_environment import aws_environment
    from consumers.local.background import find

    aws = find(project)
    if aws is None:
        raise click.ClickException(f"No local AWS is running in {project.resolve()}: `consumers up` starts one.")
    variables = aws_environment(aws) | FOR_THIS_MACHINE
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")
    # Such as a service's own endpoint. A profile and a session token can be in the shell without being exported.
    others = {name for name in os.environ if name.startswith("AWS_")} - variables.keys()
    click.echo(f"unset {' '.join(sorted(others | {'AWS_PROFILE', 'AWS_SESSION_TOKEN'}))}")
