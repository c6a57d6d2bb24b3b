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

    aws = _find(project)
    variables = {
        "AWS_ENDPOINT_URL": aws.endpoint_url,
        "AWS_REGION": aws.region,
        "AWS_DEFAULT_REGION": aws.region,  # boto3 reads only this one
        "AWS_ACCESS_KEY_ID": aws.access_key_id,
        "AWS_SECRET_ACCESS_KEY": "not-checked",
        **FOR_THIS_MACHINE,
    }
    for name, value in variables.items():
        echo(f"export {name}={shlex.quote(value)}")
    # A profile that does not exist is an error even where it is not used; a token belongs to another key.
    unset = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN"]
    # These come before AWS_ENDPOINT_URL.
    unset += ["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", *sorted(n for n in os.environ if n.startswith(OF_ONE_SERVICE))]
    echo(f"unset {' '.join(unset)}")


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
