"""`consumers env`"""

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
    from consumers.local.background import find

    aws = find(project)
    if aws is None:
        raise click.ClickException(f"No local AWS is running in {project.resolve()}: `consumers up` starts one.")
    variables = {
        "AWS_ENDPOINT_URL": aws.endpoint_url,
        "AWS_REGION": aws.region,
        "AWS_DEFAULT_REGION": aws.region,  # boto3 reads only this one
        "AWS_ACCESS_KEY_ID": aws.access_key_id,
        "AWS_SECRET_ACCESS_KEY": "not-checked",
        **FOR_THIS_MACHINE,
    }
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")
    # A profile that does not exist is an error even where it is not used; a token belongs to another key.
    click.echo("unset AWS_PROFILE AWS_SESSION_TOKEN")
