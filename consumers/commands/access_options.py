"""The AWS of commands that run a handler: where the messages come from, and what the handler may call."""

# boto3 comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownMemberType=false

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from consumers.commands.dlq.preview import confirm
from consumers.commands.printing import echo
from consumers.commands.target import Target, chosen_aws, find_target, one_line_errors, running_local

if TYPE_CHECKING:
    from consumers.working_copy.access import Access


def access_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options, and print errors in one line. The command has `--project` too.

    It gets `access: Access`, which is what the handler may call, and `target: Callable[..., Target]`: the AWS with the
    consumer's queues, which is only looked for when it is needed. `target(True)` is for a change: see `target_options`.
    """

    @click.option("--aws", is_flag=True, help="Read from AWS, with the default credentials.")
    @click.option("--profile", help="Read from AWS, with this profile of ~/.aws.")
    @click.option("--region", help="Read from AWS, in this region.")
    @click.option(
        "--allow-aws",
        is_flag=True,
        help="Let the handler call that AWS, with your credentials. Without it, it calls the project's local AWS, if "
        "that runs and the messages are not from an account, else none.",
    )
    @functools.wraps(command)
    def with_access(
        aws: bool, profile: str | None, region: str | None, allow_aws: bool, project: Path, **rest: Any
    ) -> None:
        with one_line_errors():
            chosen = chosen_aws(aws, profile, region)

            @functools.cache
            def target(changes: bool = False) -> Target:
                return chosen or find_target(project, changes)

            # Effects of an account's messages do not belong on the local AWS.
            access = _account(target(), profile, region) if allow_aws else _without_account(None if chosen else project)
            command(project=project, access=access, target=target, **rest)

    return with_access


def confirm_account(access: "Access", *, yes: bool) -> None:
    """Say which AWS the handler calls; as who, and ask, where that is an account."""
    if not access.is_account or access.client is None:
        echo(f"The handler calls {access.title}", err=True)
        return
    who = access.client("sts").get_caller_identity()["Arn"]
    echo(f"The handler calls {access.title}, for real, as {who}", err=True, color="yellow")
    confirm("Run it?", yes=yes)


def _without_account(project: Path | None) -> "Access":
    from consumers.working_copy.access import NO_ACCESS, local_access

    local = running_local(project) if project else None
    return local_access(local.source) if local else NO_ACCESS


def _account(target: Target, profile: str | None, region: str | None) -> "Access":
    import boto3

    from consumers.working_copy.access import account_access

    if target.is_local:
        raise click.UsageError(
            "--allow-aws is for an account, and the project's local AWS runs, which the handler calls without it: to "
            "let it call AWS instead, pass --aws, --profile or --region too."
        )
    session: Any = boto3.Session(profile_name=profile, region_name=region)
    return account_access(target.title, target.client, session.get_credentials(), session.region_name)
