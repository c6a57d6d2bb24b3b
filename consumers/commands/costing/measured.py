"""Measures deployed consumers, and prints the measured month beside the estimate."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from consumers.commands.costing.money import amount, dollars, price, print_total, sources
from consumers.commands.printing import echo, waiting
from consumers.commands.target import Target
from consumers.cost.estimate import HOURS, Traffic

if TYPE_CHECKING:
    from consumers.evaluate.dry_run import CheckedComponent

NO_METRICS = (
    "The local AWS has no metrics and sends no bill. `consumers status` counts its messages, and `consumers size NAME` "
    "reads the REPORT lines of its log. To measure a deployed consumer, pass --aws, --profile or --region."
)
MOST_DIFFERENCES = 3
NOT_MEASURED = (
    "requests to SQS, but for empty receives: derived from messages, with as many in a receive as in an invocation",
    "requests that delay retries, and what happens on the dead-letter queue",
    "provisioned concurrency that waits, custom metrics, KMS requests: their lines have no data",
    "how much of the log is kept: as in the estimate, 15 % of it for the retention in the program",
)


def measure(
    target: Target, chosen: "Sequence[CheckedComponent]", stack: str, seconds: float, assumed: Traffic, region: str
) -> dict[str, Any]:
    """Return the report for those of the program's consumers that are deployed.

    :param stack: project and stack, as the tags have them: `shop/dev`.
    """
    from consumers.cost.measured_report import MeasuredConsumer, report
    from consumers.operations import discovery, usage

    settings = {one.settings.consumer: one for one in chosen}
    deployed = [one for one in discovery.tagged(target.client) if one.is_in(stack) and one.name in settings]
    if missing := sorted(set(settings) - {one.name for one in deployed}):
        text = f"{', '.join(missing)}: not deployed in the stack {stack}"
        if not deployed:
            raise click.ClickException(f"{text} of {target.title}.")
        echo(f"{text}, so not measured.", color="yellow", err=True)
    found = discovery.complete(target.client, deployed)
    with waiting() as tell:
        tell(f"reading metrics and REPORT lines of {', '.join(one.name for one in found)}")
        used = usage.read(target.client, found, seconds)
    measured = [MeasuredConsumer(settings[one.name], usage) for one, usage in zip(found, used, strict=True)]
    return report(measured, assumed, region)


def show(found: dict[str, Any]) -> None:
    """Print a report of `consumers.cost.measured_report`."""
    for one in found["consumers"]:
        _print_heading(one)
        if one["items"]:
            echo(f"  {'':27} {'measured':>23}  {'estimated':>23}")
        for item in one["items"]:
            echo(f"  {item['title']:27} {_cell(item['measured'])}  {_cell(item['estimated'])} {item['unit']}")
        _print_explanation(one)
        echo()
    if found["total"] is not None:
        print_total(found)
    for line in _basis(found):
        echo(line)


def _cell(figures: dict[str, Any] | None) -> str:
    """One side of a line, 23 characters wide."""
    return f"{'no data':>23}" if figures is None else f"{price(figures['cost']):>9} {amount(figures['amount']):>13}"


def _print_heading(one: dict[str, Any]) -> None:
    estimated = "no estimate" if one["estimated"] is None else f"{dollars(one['estimated'])} estimated"
    unmeasured = f", and {dollars(one['without_data'])} estimated without data" if one["without_data"] else ""
    both = f"{dollars(one['measured'])} a month measured, {estimated}{unmeasured}" if one["items"] else "no data"
    echo(f"  {both}", title=one["name"])
    reports = f"; billed durations from {one['reports']:,} REPORT lines" if one["reports"] else ""
    echo(f"  measured in {_span(one['seconds'])}, times {one['scale']:,.3g} for a month of {HOURS} hours{reports}")
    if (traffic := one["traffic"]) and one["items"]:
        echo(f"  {_traffic(Traffic(**traffic))}")


def _span(seconds: float) -> str:
    from consumers.evaluate.consequences import span

    return span(seconds)


def _print_explanation(one: dict[str, Any]) -> None:
    if one["traffic"] and one["items"]:
        echo("  what differs most" if one["differences"] else "  no line differs by a cent")
    for other in one["differences"][:MOST_DIFFERENCES]:
        sign = "+" if other["dollars"] > 0 else "-"
        echo(f"  {sign + dollars(abs(other['dollars'])):>9}  {other['title']}: {other['reason']}")
    for line in (*one["notes"], *(f"not counted: {text}" for text in one["not_counted"])):
        echo(f"  note: {line}", color="yellow")


def _traffic(one: Traffic) -> str:
    batch = "" if one.messages_per_batch is None else f", {one.messages_per_batch:.3g} in an invocation"
    size = f"{one.messages:,} messages a month, {one.message_bytes:,} bytes each"
    return f"{size}{batch}, {one.duration_ms:.3g} ms for each"


def _basis(found: dict[str, Any]) -> Iterator[str]:
    assumed = found["assumed"]
    yield "Estimated for the measured traffic, with the program's settings. Assumed in it"
    yield f"  the producer sends {assumed['messages_per_send']} at once, which counts on both sides"
    yield f"  no message fails; no cold starts; {assumed['log_bytes']:,} bytes in the log for a message"
    yield "  pollers: five, or the provisioned ones, that ask every 20 s and find nothing all month"
    yield "Not in the metrics"
    yield from (f"  {line}" for line in NOT_MEASURED)
    yield from sources(found)
