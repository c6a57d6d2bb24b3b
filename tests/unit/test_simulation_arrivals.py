"""Arrivals of a simulation: sorted, as many as described, the same for each seed."""

import math
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.simulation.arrivals import DAY, Arrivals, Spike, by_group, together, with_arrivals
from consumers.simulation.consumer import Consumer
from consumers.simulation.draws import Floats
from consumers.simulation.load import Load

moments = st.floats(0, 10_000)
spikes = st.lists(st.builds(Spike, st.integers(1, 500), moments), max_size=3)
recorded = st.dictionaries(
    st.sampled_from(["", "a", "b", "c"]),
    st.lists(moments, min_size=1, max_size=50).map(lambda found: np.sort(np.array(found))),
    max_size=3,
)
descriptions = st.builds(
    Arrivals,
    rate=st.floats(0, 5),
    seconds=st.floats(0, 200),
    spikes=spikes,
    day=st.lists(st.floats(0, 100), max_size=5),
    recorded=recorded,
    noisy=spikes,
    groups=st.integers(1, 20),
)
seeds = st.integers(0, 2**63 - 1)


def exact(arrivals: Arrivals) -> int:
    """The messages whose number is not random."""
    counts = [spike.count for spike in (*arrivals.spikes, *arrivals.noisy)]
    return sum(counts) + sum(map(len, arrivals.recorded.values()))


def merged(lanes: list[Floats]) -> list[float]:
    return sorted(moment for lane in lanes for moment in lane.tolist())


@given(descriptions, seeds)
def test_each_queue_gets_the_same_sorted_moments(arrivals: Arrivals, seed: int) -> None:
    groups, lanes = by_group(arrivals, seed=seed), together(arrivals, seed=seed)
    for lane in (*groups, *lanes):
        assert np.all(np.diff(lane) >= 0)
    assert merged(groups) == merged(lanes)
    assert merged(lanes) == merged(together(arrivals, seed=seed))
    assert len(lanes) <= 2


@given(descriptions, seeds)
def test_as_many_arrive_as_are_described(arrivals: Arrivals, seed: int) -> None:
    count = len(merged(together(arrivals, seed=seed)))
    random = arrivals.rate * arrivals.seconds + sum(arrivals.day)
    assert arrivals.expected == pytest.approx(exact(arrivals) + random)
    assert abs(count - arrivals.expected) <= 6 * math.sqrt(random) + 6 * bool(random)  # Poisson: six deviations


@given(st.builds(Arrivals, spikes=spikes, noisy=spikes, groups=st.integers(1, 20), recorded=recorded), seeds)
def test_a_fifo_queue_has_the_groups_of_the_file_the_noisy_one_and_those_that_were_asked_for(
    arrivals: Arrivals, seed: int
) -> None:
    groups = by_group(arrivals, seed=seed)
    named = [name for name in arrivals.recorded if name]
    assert all(len(group) for group in groups) or not exact(arrivals)
    assert len(groups) <= arrivals.groups + len(named) + bool(arrivals.noisy)
    for name in named:
        assert any(np.array_equal(group, arrivals.recorded[name]) for group in groups)


def test_a_rate_is_a_poisson_process() -> None:
    (lane,) = together(Arrivals(rate=100, seconds=1_000), seed=1)
    gaps = np.diff(lane)
    assert len(lane) == pytest.approx(100_000, rel=0.01)
    assert gaps.mean() == pytest.approx(0.01, rel=0.01)
    assert gaps.std() == pytest.approx(0.01, rel=0.01)  # as of exponential gaps
    assert (lane[0], lane[-1]) == pytest.approx((0, 1_000), abs=0.2)


def test_a_day_has_its_messages_in_equal_parts() -> None:
    (lane,) = together(Arrivals(day=[1_000, 0, 4_000, 0]), seed=1)
    counts, _ = np.histogram(lane, bins=4, range=(0, DAY))
    assert counts[[1, 3]].tolist() == [0, 0]
    assert counts[[0, 2]] == pytest.approx([1_000, 4_000], rel=0.1)


def test_on_a_fair_queue_the_noisy_group_has_the_noisy_spikes_or_is_the_largest_of_the_file() -> None:
    few, many = np.array([1.0, 2.0]), np.array([0.0, 1.0, 3.0])
    named = {"": few, "a": few, "b": many}
    quiet, noisy = together(Arrivals(recorded=named), seed=1)
    assert (quiet.tolist(), noisy.tolist()) == ([1, 1, 2, 2], [0, 1, 3])
    quiet, noisy = together(Arrivals(recorded=named, noisy=[Spike(2, 5)]), seed=1)
    assert (len(quiet), noisy.tolist()) == (7, [5, 5])
    (alone,) = together(Arrivals(recorded={"": few}), seed=1)
    assert alone.tolist() == [1, 2]
    (ungrouped,) = together(Arrivals(recorded={"a": few}, spikes=[Spike(1)]), seed=1)
    assert ungrouped.tolist() == [0, 1, 2]


def test_another_seed_gives_other_moments() -> None:
    def drawn(seed: int) -> Iterator[float]:
        return iter(together(Arrivals(rate=1, seconds=100), seed=seed)[0].tolist())

    assert list(drawn(1)) != list(drawn(2))


def test_without_any_message_there_is_an_empty_lane() -> None:
    empty = Arrivals(rate=1e-9, seconds=1)
    assert [len(lane) for lane in by_group(empty, seed=1)] == [0]
    assert [len(lane) for lane in together(empty, seed=1)] == [0]


def test_a_load_is_noisy_on_a_standard_queue_only() -> None:
    arrivals = Arrivals(spikes=[Spike(100)], noisy=[Spike(100)], groups=3)
    standard, fifo = (with_arrivals(Load(()), arrivals, Consumer("x", fifo=fifo), seed=1) for fifo in (False, True))
    assert (standard.noisy, len(standard.arrivals)) == (True, 2)
    assert (fifo.noisy, len(fifo.arrivals)) == (False, 4)
    assert standard.messages == fifo.messages == 200
