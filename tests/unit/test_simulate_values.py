"""The values of the options of `consumers simulate`."""

from typing import Any

import click
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.commands.options import Duration
from consumers.commands.simulating.values import Counts, DurationOf, Rate, Share, Span, SpikeAt
from consumers.simulation.arrivals import Spike
from error_texts import ErrorTexts

UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
numbers = st.decimals(0, 366, places=3).map(lambda number: f"{number:f}")
units = st.sampled_from(list(UNITS))


@given(numbers, units)
def test_a_time_is_a_number_with_a_unit(number: str, unit: str) -> None:
    assert Duration(zero=True).convert(f"{number}{unit}", None, None) == pytest.approx(float(number) * UNITS[unit])


@given(st.integers(1, 10**12 - 1), numbers, units)
def test_a_spike_is_at_the_begin_or_later(count: int, number: str, unit: str) -> None:
    assert SpikeAt().convert(str(count), None, None) == Spike(count)
    found = SpikeAt().convert(f"{count}@{number}{unit}", None, None)
    assert (found.count, found.at) == (count, pytest.approx(float(number) * UNITS[unit]))


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=1_440).filter(any))
def test_a_day_has_any_number_of_parts(counts: list[int]) -> None:
    assert Counts().convert(",".join(map(str, counts)), None, None) == tuple(counts)


def test_values_are_numbers_in_seconds_and_shares() -> None:
    assert Rate().convert("3000/m", None, None) == 50
    assert Rate().convert("86400/d", None, None) == 1
    assert Share().convert("0.1%", None, None) == pytest.approx(0.001)
    assert Share().convert("100%", None, None) == 1
    assert Span().convert("0s-1.5h", None, None) == (0, 5_400)


@pytest.mark.parametrize(
    ("text", "described", "p50", "p99"),
    [
        ("200ms", "200ms", 0.2, 0.2),
        ("100ms-300ms", "100ms to 300ms", 0.2, 0.298),
        ("exponential:1s", "1s on average (exponential)", 0.693, 4.605),
        ("p50=200ms,p99=2s", "200ms in the median and up to 2s in 99 % (lognormal)", 0.2, 2),
    ],
)
def test_durations_have_the_percentiles_of_their_distribution(
    text: str, described: str, p50: float, p99: float
) -> None:
    found = DurationOf().convert(text, None, None)
    assert found.distribution
    drawn = found.distribution(np.random.default_rng(1), 200_000)
    assert np.quantile(drawn, [0.5, 0.99]) == pytest.approx([p50, p99], rel=0.03)
    assert (found.text, len(drawn)) == (described, 200_000)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Duration(zero=True), "200"),
        (Duration(zero=True), "-1s"),
        (Duration("15m", zero=True), "16m"),
        (Duration("366d"), "0ms"),
        (Duration("366d"), "367d"),
        (Duration(), "3651d"),
        (Rate(), "50"),
        (Rate(), "0/s"),
        (Rate(), "50/ms"),
        (SpikeAt(), "0"),
        (SpikeAt(), "1e5"),
        (SpikeAt(), "100@10"),
        (SpikeAt(), "10@"),
        (SpikeAt(), "10@999999999999d"),
        (Counts(), "1,,2"),
        (Counts(), "0,0"),
        (Counts(), ",".join("1" * 1_441)),
        (Share(), "0.1"),
        (Share(), "101%"),
        (Span(), "20m-10m"),
        (Span(), "10m-10m"),
        (Span(), "10m-367d"),
        (DurationOf(), "slow"),
        (DurationOf(), "300ms-100ms"),
        (DurationOf(), "exponential:0s"),
        (DurationOf(), "exponential:367d"),
        (DurationOf(), "p50=1s,p99=367d"),
        (DurationOf(), "367d"),
        (DurationOf(), "p50=0ms,p99=1s"),
        (DurationOf(), "p50=2s,p99=1s"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else type(value).__name__,
)
def test_any_other_text_is_refused(kind: click.ParamType[Any], text: str, error_text: ErrorTexts) -> None:
    with pytest.raises(click.BadParameter) as raised:
        kind.convert(text, None, None)
    if len(text) < 100:
        error_text(raised.value.format_message())
