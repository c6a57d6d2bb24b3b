"""Invocations that fail, reach their timeout or start cold: what that means for their messages and the next ones."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from consumers.simulation.consumer import of
from consumers.simulation.load import Load, constant
from consumers.simulation.outcome import simulate
from simulated import RUNTIME, simulated_settings
from simulated_cases import RAISES, Watched, at, consumer, fixed

RETRY = {"base_delay": 4, "longest_delay": 10}


def receives(run: Watched) -> list[float]:
    return [batch.at for batch in run.batches]


def test_the_runtime_starts_the_first_message_even_if_it_takes_almost_all_the_time():
    outcome = simulate(consumer(timeout=10, batch_size=1), Load([at(0)], duration=constant(9.9)))
    assert (outcome.counts.handled, outcome.counts.timeouts, outcome.end) == (1, 0, 9.9)


def test_the_runtime_returns_what_it_does_not_reach_when_the_last_message_ends():
    run = Watched(consumer(timeout=10, visibility=60), Load([np.zeros(10)], duration=constant(3)))
    assert [(batch.at, len(batch.messages)) for batch in run.batches] == [(0, 10), (60, 7), (120, 4), (180, 1)]
    assert (run.counts.handled, run.counts.timeouts, run.now) == (10, 3, 183)
    assert run.counts.seconds == 30
    run = Watched(consumer(timeout=10, **RETRY), Load([np.zeros(10)], duration=constant(2)))
    assert receives(run) == [0, 8, 16]  # with retry delays, the runtime returns them at once


def test_without_the_runtime_a_timeout_fails_the_whole_batch():
    outcome = simulate(
        consumer(timeout=10, visibility=60, reports_failures=False, receives=2),
        Load([np.zeros(10)], duration=constant(3)),
    )
    assert (outcome.counts.dead_good, outcome.counts.timeouts, outcome.counts.seconds) == (10, 2, 20)


def test_a_message_longer_than_the_timeout_dies():
    outcome = simulate(consumer(timeout=10, visibility=60, receives=3), Load([at(0)], duration=constant(11)))
    assert (outcome.counts.dead, outcome.counts.timeouts, outcome.end) == (1, 3, 180)


def test_a_cold_start_does_not_count_for_the_timeout():
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""
    outcome = simulate(consumer(timeout=1, batch_size=1), Load([at(0)], duration=constant(0.5), cold_start=5))
    assert (outcome.counts.handled, outcome.counts.timeouts, outcome.end) == (1, 0, 5.5)


def test_a_handler_that_raises_fails_its_whole_batch_and_ends_at_the_first_failing_message():
    load = Load([np.zeros(10)], poison=0.3, duration=constant(1))
    alone = Watched(consumer(receives=2, visibility=30), load)
    run = Watched(consumer(receives=2, visibility=30, **RAISES), load)
    assert (alone.counts.dead, alone.counts.failures, alone.counts.neighbours) == (2, 4, 0)
    assert (run.counts.dead, run.counts.failures, run.counts.neighbours) == (10, 20, 16)
    assert [(batch.at, len(batch.messages)) for batch in run.batches] == [(0, 10), (30, 10)]
    first = next(part[1] for part in run.batches[0].parts if part[4])
    assert list(run.ends.values()) == [first + 1, 30 + first + 1]


def test_a_batch_without_a_failing_message_is_handled_by_a_handler_that_raises():
    outcome = simulate(consumer(**RAISES), Load([np.zeros(10)], outages=[(1, 2)]))
    assert (outcome.counts.handled, outcome.counts.failures) == (10, 0)


@pytest.mark.parametrize(
    ("args", "alone"),
    [
        (RUNTIME, True),
        ({}, False),
        ({"retry": {}}, True),
        ({"dead_letter_queue": {"allow_rejects": True}}, True),
        ({"function": {"record_metrics": True}}, True),
    ],
)
def test_a_message_fails_alone_where_the_settings_show_the_runtime(args: Any, alone: bool):
    """An archive has no imports that show it, but it may have arguments that only the runtime uses."""
    settings = simulated_settings(args)
    assert of(settings).partial_responses is of(settings).reports_failures is alone
    assert of(settings, partial_responses=True).partial_responses


def test_a_function_in_source_that_does_not_import_the_runtime_has_none_whatever_its_arguments(tmp_path: Path):
    (tmp_path / "handler.py").write_text("def handle(event, context): ...\n")
    args: Any = {"retry": {}, "dead_letter_queue": {"reasons": True}}
    found = of(simulated_settings({"source": str(tmp_path), **args}))
    assert (found.partial_responses, found.reports_failures, found.moves_itself, found.base_delay) == (*[False] * 3, 0)
    found = of(simulated_settings(args))
    assert (found.partial_responses, found.reports_failures, found.moves_itself, found.base_delay) == (*[True] * 3, 10)


def test_the_invocation_after_a_timeout_is_a_cold_start():
    chosen = consumer(timeout=10, visibility=60, receives=3, poller=fixed(1), batch_size=1)
    assert simulate(chosen, Load([at(0)], duration=constant(11))).counts.cold_starts == 3
    assert simulate(chosen, Load([at(0)], duration=constant(9), outages=[(0, 500)])).counts.cold_starts == 1


def test_an_environment_is_warm_after_the_runtime_has_ended_a_batch_in_time():
    outcome = simulate(consumer(timeout=10, visibility=60), Load([np.zeros(10)], duration=constant(3)))
    assert (outcome.counts.timeouts, outcome.counts.cold_starts) == (3, 1)


def test_provisioned_concurrency_spares_the_cold_starts_of_so_many_environments():
    args: Any = {"function": {"alias": {"provisioned_concurrent_executions": 3}}}
    assert of(simulated_settings(args)).provisioned == 3
    load = Load([np.repeat([0.0, 5_000.0], 5)], duration=constant(1), cold_start=2)  # idle for longer than it lives
    settings = {"batch_size": 1, "poller": fixed(5)}
    for provisioned, cold in ((0, 10), (3, 4), (5, 0)):
        outcome = simulate(consumer(provisioned=provisioned, **settings), load)
        assert (outcome.counts.cold_starts, outcome.counts.seconds) == (cold, 10 + 2 * cold)


def test_a_provisioned_environment_starts_again_after_a_timeout():
    chosen = consumer(timeout=10, visibility=60, receives=3, batch_size=1, provisioned=1)
    assert simulate(chosen, Load([at(0)], duration=constant(11))).counts.cold_starts == 2
