"""The values of the options that describe a load: `50/s`, `100000@10m`, `1%`, `10m-20m`, `p50=200ms,p99=2s`."""

import re
from typing import Any, Generic, NamedTuple, TypeVar

import click

from consumers.commands.options import UNITS
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


SECONDS = {"ms": 0.001, **UNITS}
NUMBER = r"[0-9]{1,12}(?:\.[0-9]{1,9})?"
TIME = rf"({NUMBER})(ms|[smhd])"
LOGS = "logs"
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


class Time(Pattern[float]):
    """Seconds; 0 too."""

    name = "time"
    form = "a number and ms, s, m, h or d, such as 200ms or 1.5s"

    def parse(self, text: str) -> float | None:
        return _seconds(re.fullmatch(TIME, text))


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
    form = "a number of messages above 0, at the begin or at a later moment, such as 100000 or 100000@10m"

    def parse(self, text: str) -> Spike | None:
        match = re.fullmatch(rf"([0-9]{{1,12}})(?:@({TIME}))?", text)
        if not match or not int(match[1]):
            return None
        return Spike(int(match[1]), (_seconds(re.fullmatch(TIME, match[2])) or 0.0) if match[2] else 0.0)


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
    form = "two moments, the later one last, such as 10m-20m"

    def parse(self, text: str) -> tuple[float, float] | None:
        return _two(re.fullmatch(rf"({TIME})-({TIME})", text))


class DurationOf(Pattern[NamedDistribution]):
    """How long messages take."""

    name = "duration"
    form = (
        "like 200ms (each takes that), 100ms-300ms (any between), exponential:200ms (the mean), p50=200ms,p99=2s "
        "(percentiles of a lognormal distribution), or logs (measured)"
    )

    def parse(self, text: str) -> NamedDistribution | None:
        found = _distribution(text)
        if text == LOGS:
            return NamedDistribution(text, None)
        return found and NamedDistribution(text, found)


def _distribution(text: str) -> Distribution | None:
    if match := re.fullmatch(TIME, text):
        return constant(_seconds(match) or 0.0)
    if match := re.fullmatch(rf"exponential:{TIME}", text):
        return distributions.exponential(_seconds(match) or 0.0)
    if two := _two(re.fullmatch(rf"({TIME})-({TIME})", text)):
        return distributions.uniform(*two)
    two = _two(re.fullmatch(rf"p50=({TIME}),p99=({TIME})", text))
    return distributions.lognormal(*two) if two and two[0] else None


def _seconds(match: "re.Match[str] | None") -> float | None:
    return float(match[1]) * SECONDS[match[2]] if match else None


def _two(match: "re.Match[str] | None") -> tuple[float, float] | None:
    """Return two times, if the second is longer."""
    if not match:
        return None
    first, second = (_seconds(re.fullmatch(TIME, match[group])) or 0.0 for group in (1, 4))
    return (first, second) if first < second else None
