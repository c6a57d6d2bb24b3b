"""Durations of deployed consumers, for `--duration logs`."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from consumers.commands.options import Duration, passed
from consumers.commands.printing import echo, waiting
from consumers.commands.simulating.assumed import Described
from consumers.commands.target import Target, chosen_aws, find_target, one_line_errors
from consumers.simulation import distributions

if TYPE_CHECKING:
    from consumers.sizing.durations import Durations

OF_LOGS = ("since", "aws", "profile")
"""The options that mean nothing without `--duration logs`."""


def target_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of `--duration logs`."""
    for option in (
        click.option("--profile", help="Read logs on AWS, with this profile of ~/.aws."),
        click.option("--aws", is_flag=True, help="Read logs on AWS, with the default credentials."),
        click.option("--since", type=Duration(), default="7d", show_default=True, help="Age of the logs to read."),
    ):
        command = option(command)
    return command


def require_logs(context: click.Context, is_measured: bool) -> None:
    """Refuse options that would have no effect."""
    for name in passed(context, OF_LOGS) if not is_measured else ():
        raise click.UsageError(f"{name} requires --duration logs.")


def measured(described: Described, names: Sequence[str], stack: str, project: Path, **where: Any) -> list[Described]:
    """Return the load of each consumer, with the durations that its log has."""
    from consumers.evaluate.stack_config import read_stack_config

    since = time.time() - where.pop("since")
    config = read_stack_config(project, stack)
    region = config.region if any(where.values()) else None  # a region alone would choose AWS
    with one_line_errors(), waiting() as tell:
        target = chosen_aws(region=region, **where) or find_target(project, changes=False)
        echo(f"Durations are those on {target.title}", err=True)
        found: list[Described] = []
        for name in names:
            tell(f"Reading REPORT lines of {name}")
            found.append(_with(described, _read(target, name, config.full_stack, since)))
    return found


def _read(target: Target, name: str, stack: str, since: float) -> "Durations":
    """Return the durations in the log of a consumer."""
    from consumers.operations import discovery, reports
    from consumers.sizing.durations import fit

    consumer = discovery.find_one(target.client, name, stack)
    found = reports.read(target.client("logs"), consumer.log_group or "", since)
    if durations := fit(found.reports):
        return durations
    raise click.ClickException(
        f"The log of {name} has no invocation with a batch size, which sqs_batch writes at the level INFO, since "
        "--since: pass a longer one, or a --duration such as 200ms."
    )


def _with(described: Described, durations: "Durations") -> Described:
    """Replace what the options leave open by what the log has."""
    load = described.load
    load = replace(
        load,
        duration=distributions.empirical([ms / 1_000 for ms in durations.samples], durations.messages),
        overhead=load.overhead or durations.fixed_ms / 1_000,
        cold_start=load.cold_start or durations.cold_start_ms / 1_000,
    )
    text = f"{durations.per_message_ms:,.3g}ms on average, as in {len(durations.samples):,} invocations in its log"
    return replace(described, load=load, duration=text)
