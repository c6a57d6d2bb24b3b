"""The short cut through times without a backlog changes no result."""

from dataclasses import astuple
from random import Random
from typing import Any

import pytest

from consumers.simulation import calm
from consumers.simulation.consumer import Consumer, Poller
from consumers.simulation.load import Load, constant
from consumers.simulation.outcome import Outcome, simulate
from consumers.simulation.recorder import Sample
from simulated_cases import RAISES, consumer, exponential, fixed, poisson

DURATIONS = [constant(0.1), constant(2.5), exponential(0.5), exponential(0.05), constant(0.0)]
HANDLERS: list[dict[str, Any]] = [
    {},
    {"base_delay": 1, "longest_delay": 8},
    {"base_delay": 5, "longest_delay": 60},
    {"base_delay": 1, "longest_delay": 8, "moves_itself": True},
    {"reports_failures": False},
    RAISES,
]


def case(number: int) -> tuple[Consumer, Load]:
    some = Random(number).choice
    chosen = consumer(
        batch_size=some([1, 1, 3, 10]),
        poller=some([fixed(1), fixed(3), Poller(first=2, most=9), Poller()]),
        receives=some([None, 2, 3, 5]),
        visibility=some([30, 60]),
        timeout=some([1, 3, 30]),
        provisioned=some([0, 0, 2]),
        delay=some([0, 0, 3, 100]),
        retention=some([60, 300, 1_000]),
        reserved=some([None, None, None, 1, 3]),
        **some(HANDLERS),
    )
    load = Load(
        [poisson(some([0.05, 0.5, 2, 10]), some([10, 100, 1_000]), number)],
        duration=some(DURATIONS),
        poison=some([0, 0, 0.1]),
        failing=some([0, 0, 0.1]),
        overhead=some([0, 0.05]),
        cold_start=some([0, 1.5]),
        outages=some([[], [], [(3.0, 20.0)]]),
    )
    return chosen, load


def state(sample: Sample) -> tuple[object, ...]:
    counts = astuple(sample.counts)[:-1]
    return sample.time, counts, sample.visible, sample.in_flight, sample.concurrency, sample.pollers


def figures(outcome: Outcome) -> list[float]:
    return [outcome.end, outcome.mean_wait, outcome.waited, outcome.counts.seconds, *astuple(outcome.ages)]


@pytest.mark.parametrize("block", range(10))
def test_the_short_cut_changes_no_result(block: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(calm, "LEAST", 4)  # else short loads would not take it
    for number in range(block * 30, block * 30 + 30):
        quick, slow = (simulate(*case(number), quick=is_quick) for is_quick in (True, False))
        assert [*map(state, quick.samples)] == [*map(state, slow.samples)], case(number)
        assert figures(quick) == pytest.approx(figures(slow), abs=1e-9)
        assert [sample.age for sample in quick.samples] == pytest.approx([sample.age for sample in slow.samples])


def test_the_short_cut_is_taken(monkeypatch: pytest.MonkeyPatch):
    handled: list[int] = []
    handle = calm.Calm._handle  # pyright: ignore[reportPrivateUsage]

    def count(self: calm.Calm, at: Any, hidden: Any) -> None:
        handled.append(len(at))
        handle(self, at, hidden)

    monkeypatch.setattr(calm.Calm, "_handle", count)
    simulate(consumer(), Load([poisson(1, 100_000)], poison=0.001, failing=0.001))
    assert sum(handled) > 50_000
