"""The options that describe a load."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import click
from click.core import ParameterSource

from consumers.commands.cost import traffic
from consumers.commands.input_file import opened, title_of
from consumers.commands.options import Duration, seconds_of
from consumers.commands.simulating.assumed import Described
from consumers.commands.simulating.values import (
    LONGEST,
    Counts,
    DurationOf,
    NamedDistribution,
    Rate,
    Share,
    Span,
    SpikeAt,
)
from consumers.cost.estimate import MB
from consumers.evaluate.consequences import span
from consumers.simulation import recorded
from consumers.simulation.arrivals import Arrivals, Spike
from consumers.simulation.draws import Floats
from consumers.simulation.load import Load, constant

MAX_MESSAGES = 50_000_000
HANDLING = ("overhead", "cold_start", "failing", "poison", "outages", "message_bytes")
MAX_GROUPS = 10_000
NO_ARRIVALS = "Nothing arrives: pass --rate, --spike, --day, --csv or --noisy. To begin with, try --spike 100000."

_ARRIVALS = (
    click.option("--rate", type=Rate(), help="Messages at random moments: 50/s, 3000/m, 1000000/d."),
    click.option(
        "--for", "seconds", type=Duration(LONGEST), default="1h", show_default=True, help="How long --rate lasts."
    ),
    click.option(
        "--spike",
        "spikes",
        type=SpikeAt(),
        multiple=True,
        help="Messages at once: 100000, or 100000@10m.  [repeatable]",
    ),
    click.option("--day", type=Counts(), help="Messages in each of the equal parts of a day: 0,500,20000,3000."),
    click.option(
        "--csv",
        type=click.Path(exists=True, dir_okay=False, allow_dash=True),
        metavar="FILE",
        help="Moments as ISO 8601 or seconds since 1970 in the first column, the message group in the second, if any.",
    ),
    click.option(
        "--noisy", type=SpikeAt(), multiple=True, help="Messages at once from one message group.  [repeatable]"
    ),
    click.option(
        "--groups",
        type=click.IntRange(1, MAX_GROUPS),
        default=Arrivals.groups,
        show_default=True,
        help="Message groups of a FIFO queue, over which messages without one are spread.",
    ),
)
_HANDLING = (
    click.option(
        "--duration",
        type=DurationOf(),
        default="100ms",
        show_default=True,
        help="Of one message: 200ms, 100ms-300ms, exponential:200ms, p50=200ms,p99=2s (lognormal), or logs: what the "
        "REPORT lines of the deployed consumer have, with --overhead and --cold-start.",
    ),
    click.option(
        "--overhead",
        type=Duration("15m", zero=True),
        default="0ms",
        show_default=True,
        help="What each invocation takes besides its messages.",
    ),
    click.option(
        "--cold-start",
        type=Duration("15m", zero=True),
        default="0ms",
        show_default=True,
        help="Extra time of an environment's first invocation.",
    ),
    click.option(
        "--failing", type=Share(), default="0%", show_default=True, help="Receives of good messages that fail: 1%."
    ),
    click.option(
        "--poison", type=Share(), default="0%", show_default=True, help="Messages that fail at every receive: 0.1%."
    ),
    traffic("--message-bytes", "message_bytes", click.IntRange(1, MB), "Size of a message with its attributes."),
    click.option(
        "--outage", "outages", type=Span(), multiple=True, help="When every message fails: 10m-20m.  [repeatable]"
    ),
)


def load_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of the load, which the command gets as `described`."""

    @click.option(
        "--seed", type=click.IntRange(0, 2**63 - 1), default=1, show_default=True, help="Seed of the random numbers."
    )
    @click.pass_context
    @functools.wraps(command)
    def with_load(
        context: click.Context,
        rate: float | None,
        seconds: float,
        spikes: Sequence[Spike],
        day: Sequence[float] | None,
        csv: str | None,
        noisy: Sequence[Spike],
        groups: int,
        duration: NamedDistribution,
        seed: int,
        **rest: Any,
    ) -> None:
        arrivals = Arrivals(rate or 0, seconds, spikes, day or (), _recorded(csv), noisy, groups)
        if not rate and context.get_parameter_source("seconds") is not ParameterSource.DEFAULT:
            raise click.UsageError("--for requires --rate.")
        _require(arrivals)
        handling = {name: rest.pop(name) for name in HANDLING}
        handling["outages"] = _merged(handling["outages"])
        load = Load((), duration.distribution or constant(0), **handling)
        described = Described(arrivals, load, duration.text, csv and title_of(csv), seed)
        command(described=described, **rest)

    for option in reversed((*_ARRIVALS, *_HANDLING)):
        with_load = option(with_load)
    return with_load


def _merged(outages: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the outages in order, with those that overlap or touch as one."""
    merged: list[tuple[float, float]] = []
    for begin, end in sorted(outages):
        if merged and begin <= merged[-1][1]:
            begin, end = merged[-1][0], max(end, merged.pop()[1])
        merged.append((begin, end))
    return merged


def _recorded(csv: str | None) -> "dict[str, Floats]":
    if csv is None:
        return {}
    with opened(csv) as lines:
        try:
            found = recorded.read(lines, MAX_MESSAGES)
        except recorded.InvalidFile as error:
            place = f"{title_of(csv)}:{error.line}" if error.line else title_of(csv)
            raise click.BadParameter(f"{place}: {error}", param_hint="'--csv'") from None
    last = max(float(moments[-1]) for moments in found.values())
    if last > seconds_of(LONGEST):
        reason = f"Its first and last moments are {span(last)} apart; {LONGEST} is the maximum. Is a time wrong?"
        raise click.BadParameter(f"{title_of(csv)}: {reason}", param_hint="'--csv'")
    return found


def _require(arrivals: Arrivals) -> None:
    if not arrivals.expected:
        raise click.UsageError(NO_ARRIVALS)
    if arrivals.expected > MAX_MESSAGES:
        raise click.UsageError(
            f"These are {arrivals.expected:,.0f} messages, and {MAX_MESSAGES:,} are the maximum. "
            "Simulate a shorter time, or a part of them."
        )
