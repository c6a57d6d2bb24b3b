"""Builds what `consumers cost --json` prints: the estimate for several consumers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from consumers.cost import estimate, prices, shape
from consumers.cost.estimate import Item, Shape, Traffic
from consumers.evaluate.dry_run import CheckedComponent
from consumers.library import PackagedSettings

Prices = Mapping[str, float | None]
UNITS = {
    "poller_hours": "hours",
    "log_gb": "GB",
    "log_gb_months": "GB-months",
    "alarms": "alarms",
    "metrics": "metrics",
}


def report(consumers: Sequence[CheckedComponent], traffic: Traffic, region: str) -> dict[str, Any]:
    """Return the estimate for each consumer and the total, in US dollars. The free tier is per account, so separate.

    :param region: one of `prices.REGIONS`.
    """
    listed = prices.of(region)
    lines = [line for one in consumers for line in estimate.items(shape.of(one), traffic)]
    return {
        "region": region,
        "prices_as_of": prices.REGIONS[region],
        "prices_from": prices.PAGES,
        "assumed": vars(traffic),
        "consumers": [_consumer(one, traffic, listed) for one in consumers],
        **free_tier(lines, listed),
    }


def free_tier(lines: Sequence[Item], listed: Prices) -> dict[str, Any]:
    """Return the total before and after the free tier, and what each allowance saves."""
    before, free = estimate.total(lines, listed), estimate.free_tier(lines, listed)
    return {
        "total": before,
        "free_tier": [{"what": title, "saves": saves} for title, saves in free.items() if saves],
        "total_after_free_tier": max(0.0, before - sum(free.values())),
    }


def _consumer(checked: CheckedComponent, traffic: Traffic, listed: Prices) -> dict[str, Any]:
    shaped = shape.of(checked)
    lines = estimate.items(shaped, traffic)
    return {
        "name": checked.settings.consumer,
        "settings": vars(shaped),
        "items": [{**vars(one), "unit": unit_of(one.meter), "cost": one.cost(listed)} for one in lines if one.amount],
        "total": estimate.total(lines, listed),
        "alternatives": [vars(one) for one in estimate.alternatives(shaped, traffic, listed)],
        "not_counted": list(shape.not_counted(checked.consumer_settings)),
        "notes": list(_notes(checked.consumer_settings, shaped, traffic)),
    }


def unit_of(meter: str) -> str:
    """Return the unit of a meter's amounts."""
    return UNITS.get(meter) or ("requests" if meter.endswith("requests") else "GB-s")


def _notes(settings: PackagedSettings, shaped: Shape, traffic: Traffic) -> Iterator[str]:
    messages = estimate.batch(shaped, traffic)
    taken = estimate.invocation_ms(messages, traffic.duration_ms)
    if taken > shaped.timeout_seconds * 1_000:
        yield (
            f"a batch of {messages:,} takes {taken / 1_000:,.1f} s, and the timeout is {shaped.timeout_seconds} s: "
            "messages that it does not reach come back and are paid for again"
        )
    if settings.filters:
        yield "every message is assumed to match its filters; others are received and deleted, but not handled"
    if not settings.mapping.enabled:
        yield "its mapping is disabled, and is assumed to be enabled"
