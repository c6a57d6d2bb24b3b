"""Prints what a simulation has shown."""

import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from consumers.commands.costing.money import dollars
from consumers.commands.printing import echo
from consumers.commands.simulating.chart import LABEL, WIDTH, axis, chart
from consumers.evaluate.consequences import several, span

COUNT: Callable[[float], str] = "{:,.0f}".format
CHARTS: Mapping[str, tuple[str, Callable[[float], str]]] = {
    "backlog": ("messages in the queue", COUNT),
    "age": ("age of the oldest message", span),
    "concurrency": ("concurrent invocations", COUNT),
    "failures": ("failed receives so far", COUNT),
    "throttled": ("throttled batches so far", COUNT),
    "dead": ("dead letters so far", COUNT),
}
"""Of the values in the report's `series`: their titles and units."""
IF_ANY = ("failures", "throttled", "dead")
"""Those that are left out where they are 0."""
COLUMNS = LABEL + 2 + WIDTH
HINT = "`--no-good-dead-letters` looks for a change of settings that prevents it"


def print_consumer(found: Mapping[str, Any]) -> None:
    """Print everything on one consumer."""
    echo(f"  {several(found['messages'], 'message')}, done after {span(found['end'])}", title=found["name"])
    for text in found["assumed"]:
        _print_wrapped(text, "  ")
    echo()
    for line in _charts(found) if found["end"] else ():
        echo(line)
    for title, value in _totals(found):
        echo(f"  {title:18} {value}")
    echo()
    for text in found["findings"]:
        _print_wrapped(text, "  - ")
    if found["goals"]:
        _print_goals(found["goals"])
    elif found["counts"]["dead_good"]:
        _print_wrapped(HINT, "  - ")
    echo()


def _print_wrapped(text: str, begin: str, color: str | None = None) -> None:
    """Print a sentence in lines that fit beside the charts."""
    blank = " " * len(begin)
    wrapped = textwrap.wrap(
        text, COLUMNS, initial_indent=begin, subsequent_indent=blank, break_on_hyphens=False, break_long_words=False
    )
    for line in wrapped:
        echo(line, color=color)


def _charts(found: Mapping[str, Any]) -> Iterator[str]:
    series, end = found["series"], found["end"]
    for name, (title, label) in CHARTS.items():
        points = list(zip(series["time"], series[name], strict=True))
        when, most = max(points, key=lambda point: point[1])
        if most or name not in IF_ANY:
            moment = f", after {span(when)}" if when else ""
            yield f"  {title}: {label(most)} at most{moment}"
            yield from chart(points, end, label)
    yield from axis(end, [outage for outage in found["outages"] if outage[0] < end])
    yield ""


def _totals(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    counts = found["counts"]
    yield "handled", f"{counts['handled']:,}"
    yield from _ages(found)
    poison = counts["dead"] - counts["dead_good"]
    yield "dead letters", f"{several(counts['dead_good'], 'good message')}, {poison:,} poison"
    if counts["expired"]:
        yield "expired", f"{counts['expired']:,}, deleted at the end of the queue's retention"
    not_reached = counts["deliveries"] - counts["handled"] - counts["failures"]
    returned = f", {not_reached:,} not reached" if not_reached else ""
    yield "deliveries", f"{counts['deliveries']:,}, {counts['failures']:,} failed{returned}"
    timeouts = f", {several(counts['timeouts'], 'timeout')}" if counts["timeouts"] else ""
    yield "invocations", f"{counts['invocations']:,}, {several(counts['cold_starts'], 'cold start')}{timeouts}"
    if counts["throttled"]:
        yield "throttled", several(counts["throttled"], "batch", "batches")
    yield "cost", f"{dollars(found['cost'])} before the free tier, in {found['region']}"
    if unknown := [item["title"] for item in found["items"] if item["cost"] is None]:
        yield "not in the cost", f"{', '.join(unknown)}: no price in {found['region']}"


def _ages(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield how old messages were when they were handled."""
    if not found["counts"]["handled"]:
        return
    for title, ages in found["ages"].items():
        percentiles = ", ".join(f"{name} {span(ages[name])}" for name in ("p50", "p90", "p99"))
        yield f"age{'' if title == 'all' else f', {title}'}", f"{percentiles}, {span(ages['longest'])} at most"


def _print_goals(goals: Mapping[str, Any]) -> None:
    wanted = [f"every good message is handled within {span(goals['max_age'])}"] if goals["max_age"] else []
    wanted += ["no good message is lost"] if goals["no_good_dead_letters"] else []
    verdict, color = ("met", "green") if goals["met"] else ("not met", "red")
    _print_wrapped(f"goal {verdict}: {', and '.join(wanted)}", "  ", color)
    for begin, proposal in (*(("  try ", one) for one in goals["proposals"]), ("  closest: ", goals["closest"])):
        if proposal:
            _print_wrapped(f"{proposal['text']}; {_costs(proposal)}", begin)
    for text in goals["obstacles"]:
        _print_wrapped(text, "  - ")


def _costs(proposal: Mapping[str, Any]) -> str:
    """State what a proposal costs more than now."""
    load, idle = (_more(proposal[name]) for name in ("costs", "costs_idle"))
    return f"this load costs {load}" + (f", and an idle month {idle}" if proposal["costs_idle"] else "")


def _more(cost: float | None) -> str:
    if cost is None:
        return "an unknown amount more, as the region has no price for it"
    return "the same" if abs(cost) < 0.005 else f"{dollars(abs(cost))} {'more' if cost > 0 else 'less'}"
