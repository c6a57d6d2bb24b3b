"""Prints what a simulation has shown."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from consumers.commands.cost import dollars
from consumers.commands.printing import echo
from consumers.commands.simulating.chart import axis, chart
from consumers.evaluate.consequences import span

COUNT: Callable[[float], str] = "{:,.0f}".format
CHARTS: Mapping[str, tuple[str, Callable[[float], str]]] = {
    "backlog": ("messages in the queue", COUNT),
    "age": ("age of the oldest message", span),
    "concurrency": ("concurrent invocations", COUNT),
    "dead": ("dead letters", COUNT),
}
"""Of the values in the report's `series`: their titles and units."""


def print_consumer(found: Mapping[str, Any]) -> None:
    """Print everything on one consumer."""
    echo(f"  {_number(found['messages'], 'message')}, done after {span(found['end'])}", title=found["name"])
    for line in found["assumed"]:
        echo(f"  {line}")
    echo()
    for line in _charts(found) if found["end"] else ():
        echo(line)
    for title, value in _totals(found):
        echo(f"  {title:18} {value}")
    for line in found["findings"]:
        echo(f"  {line}")
    if found["goals"]:
        _print_goals(found["goals"])
    echo()


def _charts(found: Mapping[str, Any]) -> Iterator[str]:
    series, end = found["series"], found["end"]
    for name, (title, label) in CHARTS.items():
        points = list(zip(series["time"], series[name], strict=True))
        when, most = max(points, key=lambda point: point[1])
        if most or name != "dead":
            moment = f", after {span(when)}" if when else ""
            yield f"  {title}: {label(most)} at most{moment}"
            yield from chart(points, end, label)
    yield from axis(end, found["outages"])
    yield ""


def _totals(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    counts = found["counts"]
    yield "handled", f"{counts['handled']:,}"
    yield from _ages(found)
    poison = counts["dead"] - counts["dead_good"]
    yield "dead letters", f"{counts['dead_good']:,} good messages, {poison:,} poison"
    if counts["expired"]:
        yield "expired", f"{counts['expired']:,}, deleted at the end of the queue's retention"
    yield "deliveries", f"{counts['deliveries']:,}, {counts['failures']:,} failed"
    timeouts = f", {_number(counts['timeouts'], 'timeout')}" if counts["timeouts"] else ""
    yield "invocations", f"{counts['invocations']:,}, {_number(counts['cold_starts'], 'cold start')}{timeouts}"
    if counts["throttled"]:
        yield "throttled", _number(counts["throttled"], "batch", "batches")
    yield "cost", f"{dollars(found['cost'])} before the free tier, in {found['region']}"


def _ages(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield how old messages were when they were handled."""
    for title, ages in found["ages"].items():
        percentiles = ", ".join(f"{name} {span(ages[name])}" for name in ("p50", "p90", "p99"))
        yield f"age{'' if title == 'all' else f', {title}'}", f"{percentiles}, {span(ages['longest'])} at most"


def _number(count: int, one: str, several: str = "") -> str:
    return f"{count:,} {one if count == 1 else several or f'{one}s'}"


def _print_goals(goals: Mapping[str, Any]) -> None:
    wanted = [f"every good message is handled within {span(goals['max_age'])}"] if goals["max_age"] else []
    wanted += ["no good message is lost"] if goals["no_good_dead_letters"] else []
    verdict, color = ("met", "green") if goals["met"] else ("not met", "red")
    echo(f"  Goal {verdict}: {', and '.join(wanted)}.", color=color)
    for text in (*(proposal["text"] for proposal in goals["proposals"]), *goals["obstacles"]):
        echo(f"  {text}")
