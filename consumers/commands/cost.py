from collections.abc import Callable, Sequence
from math import isnan
from pathlib import Path
from typing import Any

import click

from consumers.commands.costing.money import require_prices
from consumers.commands.dry_run import NO_CONSUMERS, valid_consumers_of
from consumers.commands.options import Duration, consumer_names, json_option, passed, program_options
from consumers.commands.printing import echo, print_json
from consumers.cost import prices
from consumers.cost.estimate import MB, MESSAGES_PER_REQUEST, Traffic

DEFAULTS = Traffic()
MAX_MS = 900_000  # Lambda's maximum timeout
MEASURED = ("messages", "duration_ms", "message_bytes", "messages_per_batch")
"""The options that --measured makes pointless."""
OF_MEASURED = ("since", "prices_of", "aws", "profile")
"""The options that mean nothing without it."""
HOUR = 3_600


def traffic(option: str, field: str, kind: Any, text: str) -> Callable[..., Any]:
    """Return a decorator that adds an option for a field of `Traffic`."""
    default = getattr(DEFAULTS, field)
    return click.option(option, field, type=kind, default=default, show_default=default is not None, help=text)


@click.command()
@consumer_names
@traffic("--messages-per-month", "messages", click.IntRange(min=0), "Messages that each consumer receives per month.")
@traffic("--duration-ms", "duration_ms", click.FloatRange(0, MAX_MS), "Duration of the function for one message.")
@traffic("--message-bytes", "message_bytes", click.IntRange(0, MB), "Size of a message with its attributes.")
@traffic(
    "--messages-per-batch",
    "messages_per_batch",
    click.IntRange(min=1),
    "Messages per invocation; 1 where they arrive one by one.  [default: the batch size]",
)
@traffic(
    "--messages-per-send",
    "messages_per_send",
    click.IntRange(1, MESSAGES_PER_REQUEST),
    "Messages that the producer sends in one call.",
)
@traffic("--log-bytes", "log_bytes", click.IntRange(min=0), "Bytes that the function logs for one message.")
@click.option("--measured", is_flag=True, help="Print what the deployed consumers cost, beside the estimate.")
@click.option("--since", type=Duration(), default="30d", show_default=True, help="Time to measure, from 1h to 455d.")
@click.option("--aws", is_flag=True, help="Measure on AWS, with the default credentials.")
@click.option("--profile", help="Measure on AWS, with this profile of ~/.aws.")
@click.option(
    "--region",
    help=f"Region of the prices: {', '.join(prices.REGIONS)}. With --measured, the region of AWS to measure in, and of "
    "its prices.  [default: the stack's; with --measured, the shell's]",
)
@click.option(
    "--prices-of", type=click.Choice(list(prices.REGIONS)), help="With --measured, take the prices of another region."
)
@program_options
@json_option("Print an object with a list of consumers.")
@click.pass_context
def cost(
    context: click.Context,
    names: tuple[str, ...],
    measured: bool,
    region: str | None,
    stack: str,
    project: Path,
    as_json: bool,
    **rest: Any,
) -> None:
    """Estimate the monthly cost of the program's consumers.

    Deploys nothing and calls no API: the prices are from a table with a date. Prints the assumptions, the changes that
    would save or cost the most, and separately the account's free tier.

    --measured reads what the deployed consumers used, from CloudWatch's metrics and the REPORT lines of their logs. It
    prints what that costs in a month beside the estimate for the same traffic, explains the largest differences, and
    lists what no metric has. Without --aws, --profile and --region it takes the project's local AWS if there is one,
    which has no metrics, and else AWS. It changes nothing. AWS bills $0.0001 for the metrics of a consumer.
    """
    _check_options(context, measured)
    assumed = Traffic(**{name: rest.pop(name) for name in vars(DEFAULTS)})
    if isnan(assumed.duration_ms):
        raise click.BadParameter("nan is not a number of milliseconds.", param_hint="'--duration-ms'")
    if measured:
        _measure(names, stack, project, as_json, assumed, region=region, **rest)
        return
    from consumers.commands.costing import estimated
    from consumers.cost.report import report

    if region is not None and region not in prices.REGIONS:
        raise click.BadParameter(f"{region!r} is not one of {', '.join(prices.REGIONS)}.", param_hint="'--region'")
    chosen = valid_consumers_of(project, stack, names, "estimate")
    _print(report(chosen, assumed, region or region_of(project, stack)), as_json, estimated.show)


def _check_options(context: click.Context, measured: bool) -> None:
    """Refuse options that would have no effect."""
    for name in passed(context, MEASURED if measured else OF_MEASURED):
        excluded = f"--measured excludes {name}, which it measures."
        raise click.UsageError(excluded if measured else f"{name} requires --measured.")


def _measure(
    names: Sequence[str],
    stack: str,
    project: Path,
    as_json: bool,
    assumed: Traffic,
    *,
    since: float,
    region: str | None,
    prices_of: str | None,
    **where: Any,
) -> None:
    """Find the target, and name it before anything is read."""
    from consumers.commands.costing import measured
    from consumers.commands.target import chosen_aws, find_target, one_line_errors
    from consumers.evaluate.stack_config import read_stack_config
    from consumers.operations.usage import LONGEST_WINDOW

    if not HOUR <= since <= LONGEST_WINDOW:
        raise click.BadParameter("must be from 1h to 455d, for which CloudWatch has data.", param_hint="'--since'")
    with one_line_errors(of_all=not names):
        target = chosen_aws(region=region, **where) or find_target(project, changes=False)
        echo(f"On {target.title}", err=True)
        if target.is_local:
            raise click.ClickException(measured.NO_METRICS)
        of = prices_of or require_prices(target.client("sqs").meta.region_name, "--prices-of")
        chosen = valid_consumers_of(project, stack, names, "estimate")
        stack = read_stack_config(project, stack).full_stack
        _print(measured.measure(target, chosen, stack, since, assumed, of), as_json, measured.show)


def region_of(project: Path, stack: str) -> str:
    """Return the stack's region, if the table of prices has it."""
    from consumers.evaluate.stack_config import read_stack_config

    return require_prices(read_stack_config(project, stack).region, "--region")


def _print(found: dict[str, Any], as_json: bool, show: Callable[[dict[str, Any]], None]) -> None:
    if as_json:
        print_json(found)
    elif found["consumers"]:
        show(found)
    else:
        echo(NO_CONSUMERS)
