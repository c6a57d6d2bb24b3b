"""Prints the estimate of `consumers cost`."""

from collections.abc import Iterator
from typing import Any

from consumers.commands.costing.money import amount, dollars, price, print_total, sources
from consumers.commands.printing import echo
from consumers.cost.estimate import METRICS_LOG_BYTES, PLATFORM_LOG_BYTES, Traffic


def show(found: dict[str, Any]) -> None:
    """Print a report of `consumers.cost.report`."""
    for one in found["consumers"]:
        echo(f"  {dollars(one['total'])} a month", title=one["name"])
        for item in one["items"]:
            echo(f"  {price(item['cost']):>9}  {item['title']:27} {amount(item['amount']):>13} {item['unit']}")
        for line in (*one["notes"], *(f"not counted: {text}" for text in one["not_counted"])):
            echo(f"  note: {line}", color="yellow")
        _print_alternatives([other for other in one["alternatives"] if abs(other["saves"]) >= 0.005])
        echo()
    print_total(found)
    for line in _assumptions(found):
        echo(line)


def _print_alternatives(others: list[dict[str, Any]]) -> None:
    if others:
        echo("  what would change it most")
    for other in others:
        sign = "-" if other["saves"] > 0 else "+"
        echo(f"  {sign + dollars(abs(other['saves'])):>9}  {other['change']}")


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
    yield from sources(found)
