"""The values of the options that describe a load: `50/s`, `100000@10m`, `1%`, `10m-20m`, `p50=200ms,p99=2s`."""

import re
from typing import Any, Generic, NamedTuple, TypeVar

import click

from consumers.commands.options import NUMBER, TIME, UNITS, seconds_of
from consumers.simulation import distributions
from consumers.simulation.arrivals import Spike
from consumers.simulation.draws import Distribution
from consumers.simulation.load import constant

Value = TypeVar("Value")


class NamedDistribution(NamedTuple):
    """A distribution of durations, and the text that describes it."""

    text: str
    distribution: Distribution | None
    """None: that of the logs."""


LOGS = "logs"
LONGEST = "366d"
"""The latest moment of a load, and the longest duration."""
MAX_PARTS = 1_440


class Pattern(click.ParamType[Value], Generic[Value]):
    """A value of a certain form. `form` ends the sentence that refuses any other."""

    form = ""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Value:
        if not isinstance(value, str):
            return value
        parsed = self.parse(value.strip())
        if parsed is None:
            self.fail(f"{value!r} must be {self.form}.", param, ctx)
        return parsed

    def parse(self, text: str) -> Value | None:
        """Return the value, or None if the text has another form."""
        raise NotImplementedError


class Rate(Pattern[float]):
    """Messages a second."""

    name = "rate"
    form = "a number of messages above 0 per s, m, h or d, such as 50/s or 1000000/d"

    def parse(self, text: str) -> float | None:
        match = re.fullmatch(rf"({NUMBER})/([smhd])", text)
        return float(match[1]) / UNITS[match[2]] or None if match else None


class SpikeAt(Pattern[Spike]):
    """Messages at the same moment."""

    name = "spike"
    form = (
        f"a number of messages above 0, at the beginning or at a later moment up to {LONGEST}, such as 100000 or "
        "100000@10m"
    )

    def parse(self, text: str) -> Spike | None:
        count, is_later, moment = text.partition("@")
        at = _seconds(moment) if is_later else 0.0
        if not re.fullmatch(r"[0-9]{1,12}", count) or not int(count) or at is None:
            return None
        return Spike(int(count), at)


class Counts(Pattern[tuple[float, ...]]):
    """Messages in each of the equal parts of a day."""

    name = "counts"
    form = f"up to {MAX_PARTS:,} numbers of messages with commas between, such as 0,500,20000,3000"

    def parse(self, text: str) -> tuple[float, ...] | None:
        parts = text.split(",")
        if len(parts) > MAX_PARTS or not all(re.fullmatch(NUMBER, part.strip()) for part in parts):
            return None
        return tuple(map(float, parts)) if any(map(float, parts)) else None


class Share(Pattern[float]):
    """A percentage, as a number between 0 and 1."""

    name = "percent"
    form = "a percentage from 0% to 100%, such as 1% or 0.1%"

    def parse(self, text: str) -> float | None:
        match = re.fullmatch(rf"({NUMBER})%", text)
        return float(match[1]) / 100 if match and float(match[1]) <= 100 else None


class Span(Pattern[tuple[float, float]]):
    """From one moment to a later one."""

    name = "from-to"
    form = f"two moments up to {LONGEST}, the later one last, such as 10m-20m"

    def parse(self, text: str) -> tuple[float, float] | None:
        return _two(*text.partition("-")[::2])


class DurationOf(Pattern[NamedDistribution]):
    """How long messages take."""

    name = "duration"
    form = (
        "like 200ms (each takes that), 100ms-300ms (any between), exponential:200ms (the mean, above 0), "
        f"p50=200ms,p99=2s (percentiles of a lognormal distribution, above 0), or logs (measured), up to {LONGEST}"
    )

    def parse(self, text: str) -> NamedDistribution | None:
        return NamedDistribution(text, None) if text == LOGS else _distribution(text)


def _distribution(text: str) -> NamedDistribution | None:
    if (seconds := _seconds(text)) is not None:
        return NamedDistribution(text, constant(seconds))
    if mean := _seconds(each := text.removeprefix("exponential:")):
        return NamedDistribution(f"{each} on average (exponential)", distributions.exponential(mean))
    least, _, most = text.partition("-")
    if two := _two(least, most):
        return NamedDistribution(f"{least} to {most}", distributions.uniform(*two))
    match = re.fullmatch(rf"p50=({TIME}),p99=({TIME})", text)
    if match and (two := _two(*match.groups())) and two[0]:
        described = f"{match[1]} in the median and up to {match[2]} in 99 % (lognormal)"
        return NamedDistribution(described, distributions.lognormal(*two))
    return None


def _seconds(text: str) -> float | None:
    """Return the seconds of a time, if it is one and not too long."""
    seconds = seconds_of(text) if re.fullmatch(TIME, text) else None
    return seconds if seconds is not None and seconds <= seconds_of(LONGEST) else None


def _two(*texts: str) -> tuple[float, float] | None:
    """Return two times, if the second is longer."""
    first, second = map(_seconds, texts)
    return (first, second) if first is not None and second is not None and first < second else None
