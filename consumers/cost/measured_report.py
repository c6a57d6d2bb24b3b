"""Builds what `consumers cost --measured --json` prints."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consumers.cost import differences, estimate, measured, prices, shape
from consumers.cost.differences import Month
from consumers.cost.estimate import Item, Traffic
from consumers.cost.measured import Row, Usage
from consumers.cost.report import Prices, free_tier, unit_of
from consumers.evaluate.dry_run import CheckedComponent

DAY = 86_400
NO_TOTAL: dict[str, Any] = {"total": None, "free_tier": [], "total_after_free_tier": None}


@dataclass(frozen=True)
class MeasuredConsumer:
    """A consumer of the program, and what it used where it is deployed."""

    checked: CheckedComponent
    usage: Usage


def report(consumers: Sequence[MeasuredConsumer], assumed: Traffic, region: str) -> dict[str, Any]:
    """Return the measured month and the estimate of each consumer, and the total, in US dollars.

    :param assumed: what no metric shows: `messages_per_send` and `log_bytes`.
    :param region: one of `prices.REGIONS`.
    """
    listed = prices.of(region)
    found = [_bill(one, assumed) for one in consumers]
    lines = [row.measured for rows, _ in found for row in rows if row.measured]
    return {
        "region": region,
        "prices_as_of": prices.REGIONS[region],
        "prices_from": prices.PAGES,
        "assumed": {name: getattr(assumed, name) for name in ("messages_per_send", "log_bytes")},
        "consumers": [_consumer(one, *bill, listed) for one, bill in zip(consumers, found, strict=True)],
        **(free_tier(lines, listed) if lines else NO_TOTAL),
    }


Bill = tuple[list[Row], Traffic | None]


def _bill(one: MeasuredConsumer, assumed: Traffic) -> Bill:
    usage = one.usage.per_month()
    traffic = measured.traffic(usage, assumed)
    return (measured.rows(shape.of(one.checked), usage, traffic, assumed) if usage.has_data else []), traffic


def _consumer(one: MeasuredConsumer, rows: list[Row], traffic: Traffic | None, listed: Prices) -> dict[str, Any]:
    shaped, usage = shape.of(one.checked), one.usage.per_month()
    both = [row for row in rows if row.measured and row.estimated]
    differing = differences.between(rows, Month(shaped, usage, traffic), listed) if traffic else []
    return {
        "name": one.checked.settings.consumer,
        "settings": vars(shaped),
        "seconds": one.usage.seconds,
        "scale": one.usage.scale,
        "reports": usage.billing.reports if usage.billing else 0,
        "traffic": traffic and vars(traffic),
        "items": [_row(row, listed) for row in rows],
        "measured": estimate.total((row.measured for row in rows if row.measured), listed) if rows else None,
        "estimated": estimate.total((row.estimated for row in both if row.estimated), listed) if traffic else None,
        "without_data": estimate.total((row.estimated for row in rows if row.estimated and not row.measured), listed),
        "differences": [vars(difference) for difference in differing],
        "notes": list(_notes(one)),
        "not_counted": list(shape.not_counted(one.checked.consumer_settings)),
    }


def _row(row: Row, listed: Mapping[str, float | None]) -> dict[str, Any]:
    def figures(item: Item | None) -> dict[str, Any] | None:
        return {"amount": item.amount, "cost": item.cost(listed)} if item else None

    item = row.measured or row.estimated
    unit = unit_of(item.meter) if item else ""
    return {"title": row.title, "unit": unit, "measured": figures(row.measured), "estimated": figures(row.estimated)}


def _notes(one: MeasuredConsumer) -> Iterator[str]:
    usage, settings = one.usage, one.checked.consumer_settings
    if not usage.has_data:
        yield "CloudWatch has no data of its queue, its function and its log"
        return
    if usage.seconds < DAY:
        yield "less than a day was measured, and a month is seldom like it"
    if usage.sent is None:
        yield "CloudWatch has no data of messages that were sent, so the estimate is for those that were received"
    if usage.duration_ms and not usage.billing:
        yield "its log has no REPORT line of that time, so the compute leaves out cold starts and rounding up"
    if settings.filters and usage.invoked_messages is None:
        yield 'messages that its filters delete count as handled: mapping={"metrics": True} tells them apart'
