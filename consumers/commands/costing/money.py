"""Prices, amounts and totals as people read them."""

from collections.abc import Iterator
from typing import Any

import click

from consumers.commands.printing import echo
from consumers.cost import prices


def require_prices(region: str, option: str) -> str:
    """Return the region if the table of prices has it; else refuse it, and name the option that chooses another."""
    if region in prices.REGIONS:
        return region
    raise click.ClickException(
        f"The table of prices has no {region}, only {', '.join(prices.REGIONS)}. Choose one of them with {option}: "
        "most prices are nearly the same everywhere, but not that of logs."
    )


def amount(value: float) -> str:
    """Format an amount: as an integer, or with three digits where it is small."""
    return f"{value:,.0f}" if value >= 100 else f"{value:,.3g}"


def dollars(value: float) -> str:
    """Format a price; one that rounds to zero is `<$0.01`."""
    return "<$0.01" if 0 < value < 0.005 else f"${value:,.2f}"


def price(cost: float | None) -> str:
    """Format a price that may be unknown in the region."""
    return "no price" if cost is None else dollars(cost)


def print_total(found: dict[str, Any]) -> None:
    """Print the total of a report, and the free tier."""
    echo(f"  {dollars(found['total'])} a month, before the free tier", title="together")
    for free in found["free_tier"]:
        echo(f"  {'-' + dollars(free['saves']):>9}  {free['what']}")
    if found["free_tier"]:
        echo(f"  {dollars(found['total_after_free_tier']):>9}  where nothing else in the account uses it")
    echo()


def sources(found: dict[str, Any]) -> Iterator[str]:
    """Yield where a report's prices are from."""
    yield f"Prices of {found['region']} as of {found['prices_as_of']}, without tax and discounts, from"
    yield from (f"  {page}" for page in found["prices_from"])
