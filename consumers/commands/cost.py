from collections.abc import Callable, Iterator
from math import isnan
from pathlib import Path
from typing import Any

import click

from consumers.commands.dry_run import NO_CONSUMERS, valid_consumers_of
from consumers.commands.options import consumer_names, json_option, program_options
from consumers.commands.printing import echo, print_json
from consumers.cost import prices
from consumers.cost.estimate import MB, MESSAGES_PER_REQUEST, METRICS_LOG_BYTES, PLATFORM_LOG_BYTES, Traffic

DEFAULTS = Traffic()
MAX_MS = 900_000  # Lambda's maximum timeout


def traffic(option: str, field: str, kind: Any, text: str) -> Callable[..., Any]:
    """Return a decorator that adds an option for a field of `Traffic`."""
    default = getattr(DEFAULTS, field)
    return click.option(option, field, type=kind, default=default, show_default=default is not None, help=text)


region_option = click.option(
    "--region", type=click.Choice(list(prices.REGIONS)), help="Region of the prices.  [default: the stack's]"
)


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
@region_option
@program_options
@json_option("Print an object with a list of consumers.")
def cost(names: tuple[str, ...], region: str | None, stack: str, project: Path, as_json: bool, **assumed: Any) -> None:
    """Estimate the monthly cost of the program's consumers.

    Deploys nothing and calls no API: the prices are from a table with a date. Prints the assumptions, the changes that
    would save or cost the most, and separately the account's free tier.
    """
    from consumers.cost.report import report

    if isnan(assumed["duration_ms"]):
        raise click.BadParameter("nan is not a number of milliseconds.", param_hint="'--duration-ms'")
    chosen = valid_consumers_of(project, stack, names, "estimate")
    found = report(chosen, Traffic(**assumed), region or region_of(project, stack))
    if as_json:
        print_json(found)
    elif chosen:
        _print(found)
    else:
        echo(NO_CONSUMERS)


def region_of(project: Path, stack: str) -> str:
    """Return the stack's region, if the table of prices has it."""
    from consumers.evaluate.stack_config import read_stack_config

    if (region := read_stack_config(project, stack).region) in prices.REGIONS:
        return region
    raise click.ClickException(
        f"The stack {stack} is for {region}, but the table of prices has only {', '.join(prices.REGIONS)}. "
        "Choose one of them with --region: most prices are nearly the same everywhere, but not that of logs."
    )


def _print(found: dict[str, Any]) -> None:
    for one in found["consumers"]:
        echo(f"  {dollars(one['total'])} a month", title=one["name"])
        for item in one["items"]:
            price = "no price" if item["cost"] is None else dollars(item["cost"])
            echo(f"  {price:>9}  {item['title']:27} {amount(item['amount']):>13} {item['unit']}")
        for line in (*one["notes"], *(f"not counted: {text}" for text in one["not_counted"])):
            echo(f"  note: {line}", color="yellow")
        _print_alternatives([other for other in one["alternatives"] if abs(other["saves"]) >= 0.005])
        echo()
    _print_totals(found)
    for line in _assumptions(found):
        echo(line)


def _print_alternatives(others: list[dict[str, Any]]) -> None:
    if others:
        echo("  what would change it most")
    for other in others:
        sign = "-" if other["saves"] > 0 else "+"
        echo(f"  {sign + dollars(abs(other['saves'])):>9}  {other['change']}")


def _print_totals(found: dict[str, Any]) -> None:
    echo(f"  {dollars(found['total'])} a month, before the free tier", title="together")
    for free in found["free_tier"]:
        echo(f"  {'-' + dollars(free['saves']):>9}  {free['what']}")
    if found["free_tier"]:
        echo(f"  {dollars(found['total_after_free_tier']):>9}  where nothing else in the account uses it")
    echo()


def _assumptions(found: dict[str, Any]) -> Iterator[str]:
    assumed = Traffic(**found["assumed"])
    batches = assumed.messages_per_batch
    size = "as many as its batch size allows" if batches is None else f"{batches:,}, or its batch size if that is less"
    yield "Assumed"
    yield f"  for each consumer {assumed.messages:,} messages a month, {assumed.message_bytes:,} bytes each; none fails"
    yield f"  {assumed.duration_ms:g} ms for a message, and that for each of a batch; no cold starts"
    yield f"  an invocation gets {size}; the producer sends {assumed.messages_per_send} at once"
    more = f", {METRICS_LOG_BYTES} more with record_metrics"
    yield f"  logs: {assumed.log_bytes:,} bytes for a message, {PLATFORM_LOG_BYTES} for an invocation{more}"
    yield "  pollers: five, or the provisioned ones, that ask every 20 s and find nothing all month"
    yield "Not counted: what sends, keys, dashboards, data transfer, dead letters, and what the function itself uses"
    yield f"Prices of {found['region']} as of {found['prices_as_of']}, without tax and discounts, from"
    yield from (f"  {page}" for page in found["prices_from"])


def amount(value: float) -> str:
    """Format an amount: as an integer, or with three digits where it is small."""
    return f"{value:,.0f}" if value >= 100 else f"{value:,.3g}"


def dollars(value: float) -> str:
    """Format a price; one that rounds to zero is `<$0.01`."""
    return "<$0.01" if 0 < value < 0.005 else f"${value:,.2f}"
