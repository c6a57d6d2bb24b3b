"""Where queueing theory has a formula, the simulation agrees with it: M/M/c, M/M/1 and M/D/1.

https://en.wikipedia.org/wiki/M/M/c_queue, https://en.wikipedia.org/wiki/M/D/1_queue

A queue's waits depend on each other, so a mean of a million of them is as inexact as one of some thousand independent
ones. The comments state the standard error, from twelve seeds. `exponential` draws have the mean of theory exactly.
"""

from functools import cache
from heapq import heapreplace
from math import log

import numpy as np
import pytest

from benchmarks.waits import erlang_c, exponential
from consumers.simulation.draws import Distribution
from consumers.simulation.load import Load, constant
from consumers.simulation.outcome import Outcome, simulate
from simulated_cases import Watched, consumer, fixed, poisson

MESSAGES = 1_000_000


@cache
def queue(
    pollers: int, utilisation: float, duration: Distribution = exponential, messages: int = MESSAGES, seed: int = 1
) -> Outcome:
    """Messages of 1 s on average, one per batch, at random moments."""
    rate = pollers * utilisation
    arrivals = np.cumsum(exponential(np.random.default_rng(seed), messages)) / rate
    settings = consumer(batch_size=1, poller=fixed(pollers), timeout=900, visibility=900)
    return simulate(settings, Load([arrivals], duration=duration), seed)


def agrees(found: float, stated: float) -> bool:
    return found == pytest.approx(stated, rel=0.02)


@pytest.mark.parametrize(("pollers", "utilisation"), [(1, 0.5), (2, 0.6), (5, 0.6)])
def test_waits_are_those_of_erlang_c(pollers: int, utilisation: float):
    """Standard errors: 0.1 % to 0.4 % of the probability, 0.5 % to 1.2 % of the mean wait."""
    outcome = queue(pollers, utilisation)
    waits = erlang_c(pollers, pollers * utilisation)
    assert agrees(outcome.waited, waits)
    assert agrees(outcome.mean_wait, waits / (pollers * (1 - utilisation)))


def test_ages_of_one_poller_are_exponential():
    """M/M/1. Standard errors: 0.2 % of the median, 0.4 % of the 90th percentile, 0.6 % of the 99th."""
    ages = queue(1, 0.5).ages
    for share, found in ((0.5, ages.p50), (0.9, ages.p90), (0.99, ages.p99)):
        assert agrees(found, -log(1 - share) / (1 - 0.5))


@pytest.mark.parametrize("utilisation", [0.3, 0.6])
def test_waits_for_messages_of_equal_duration_are_half_as_long(utilisation: float):
    """M/D/1. Standard errors: 0.3 % of the probability, 0.7 % of the mean wait."""
    outcome = queue(1, utilisation, constant(1), messages=200_000)
    assert agrees(outcome.waited, utilisation)
    assert agrees(outcome.mean_wait, utilisation / (2 * (1 - utilisation)))


@pytest.mark.parametrize(("pollers", "utilisation"), [(1, 0.95), (5, 0.9), (20, 0.95), (50, 1.1)])
def test_under_high_load_each_message_waits_as_in_the_recursion_of_kiefer_and_wolfowitz(
    pollers: int, utilisation: float
):
    """There a mean needs far more messages to be within 2 %. Here the same draws give the same waits, one by one."""
    arrivals, drawn = poisson(pollers * utilisation, 2_000), np.random.default_rng(3).exponential(1, 2_000)
    settings = consumer(batch_size=1, poller=fixed(pollers), timeout=900, visibility=900)
    run = Watched(settings, Load([arrivals], duration=lambda _, count: np.resize(drawn, count)))
    begins: list[float] = []
    free = [0.0] * pollers
    for arrival, seconds in zip(arrivals.tolist(), drawn.tolist(), strict=True):
        begins.append(max(arrival, free[0]))
        heapreplace(free, begins[-1] + seconds)
    assert [batch.at for batch in run.batches] == pytest.approx(begins)
    assert run.latencies.wait_seconds == pytest.approx(sum(begins) - arrivals.sum())
