"""What a simulated run costs: the same as the estimate where nothing waits or fails, and more where it does."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.cost import estimate, prices
from consumers.cost.estimate import SECONDS, Shape, Traffic
from consumers.simulation import bill
from consumers.simulation.load import Load, constant
from consumers.simulation.outcome import Outcome
from simulated import RUNTIME, at_once, outcome_of, steady

LISTED = prices.of("us-east-1")


def amounts(outcome: Outcome, shape: Shape, traffic: Traffic | None = None) -> dict[str, float]:
    return {item.title: item.amount for item in bill.items(outcome, shape, traffic)}


def full_batches(messages: int, seconds: float, size: int = 10) -> Load:
    """Return a load whose messages come in full batches, and rarely enough that each has its own poller."""
    arrivals = np.repeat(np.linspace(0, seconds, messages // size, endpoint=False), size)
    return Load([arrivals], constant(0.1), message_bytes=20_000)


@pytest.mark.parametrize("fifo", [False, True])
def test_a_calm_month_with_full_batches_costs_what_the_estimate_says(fifo: bool) -> None:
    messages = 20_000
    load = full_batches(messages, SECONDS)
    shape = Shape(memory_mb=512, fifo=fifo, metrics=4, key_reuse_seconds=300, ephemeral_storage_mb=1_024)
    counted = amounts(outcome_of(load, {"fifo": fifo}), shape, Traffic(log_bytes=200))
    standing = ("alarms", "custom metrics")
    assumed = {
        item.title.removesuffix(", at most"): item.amount
        for item in estimate.items(shape, Traffic(messages=messages, message_bytes=20_000, log_bytes=200))
        if item.title not in standing
    }
    # The estimate has two data keys in every period, and here no period is without a message for long.
    keys = counted.pop("KMS data keys"), assumed.pop("KMS data keys")
    assert keys[0] == pytest.approx(min(keys[1], 3 * messages), rel=0.01)
    assert counted.pop("SQS visibility changes") == 0
    assert counted.pop("SQS dead letters") == 0
    assert counted == pytest.approx(assumed, rel=0.01)


def test_a_batch_above_ten_takes_several_receives_and_each_of_its_receives_is_billed_by_64_kb() -> None:
    args = {"batch_size": 50, "mapping": {"maximum_batching_window_in_seconds": 1}}
    load = replace(full_batches(5_000, 1_000, size=50), message_bytes=10_000)
    found = amounts(outcome_of(load, args), Shape(batch_size=50))
    assert found["Lambda invocations"] == 100
    assert found["SQS receive"] == 500 * 2
    assert found["SQS delete"] == 500


def test_a_batch_has_at_most_6_mb() -> None:
    args = {"batch_size": 50, "mapping": {"maximum_batching_window_in_seconds": 1}}
    load = Load(at_once(600), constant(0.01), message_bytes=262_144)
    assert amounts(outcome_of(load, args), Shape(batch_size=50))["Lambda invocations"] == 600 / 24


def test_a_failed_message_is_received_again_and_its_cold_start_is_billed() -> None:
    load = Load(steady(100, 1_100), constant(0.1), cold_start=2, outages=[(0, 2_000)])
    outcome = outcome_of(load, {"max_receive_count": 3})
    found = amounts(outcome, Shape(memory_mb=1_024))
    assert found["Lambda invocations"] == found["SQS receive"] == 300
    assert found["Lambda compute, x86_64"] == pytest.approx(300 * 0.1 + outcome.counts.cold_starts * 2, abs=0.2)
    assert found["SQS delete"] == 0


def test_the_runtime_pays_for_delays_and_for_the_dead_letters_that_it_sends() -> None:
    load = Load([np.repeat(np.arange(0, 1_000, 10.0), 10)], constant(0.01), outages=[(0, 100_000)])
    args = {**RUNTIME, "retry": {"base_delay_seconds": 10, "maximum_delay_seconds": 10}, "max_receive_count": 2}
    outcome = outcome_of(load, {**args, "dead_letter_queue": {"reasons": True}})
    assert outcome.counts.sent_letters == 1_000
    found = amounts(outcome, Shape())
    assert 100 <= found["SQS visibility changes"] < 1_000
    assert 100 <= found["SQS dead letters"] < 1_000
    assert found["SQS dead letters"] <= found["SQS delete"] == outcome.counts.deletes < 1_000


def test_a_dropped_batch_was_received_too() -> None:
    args: Any = {
        "max_receive_count": 50,
        "timeout": 10,
        "queue": {"visibility_timeout_seconds": 10},
        "function": {"reserved_concurrent_executions": 2},
    }
    outcome = outcome_of(Load(at_once(2_000), constant(0.9)), args)
    assert outcome.counts.dropped > 0
    found = amounts(outcome, Shape())
    assert found["SQS receive"] == pytest.approx(outcome.counts.invocations + outcome.counts.dropped, rel=0.02)
    assert found["SQS delete"] == pytest.approx(outcome.counts.invocations, rel=0.02)


def test_pollers_ask_while_they_are_idle_and_provisioned_ones_are_paid_by_the_hour() -> None:
    load = Load(steady(10, 7_200), constant(0.1))
    assert amounts(outcome_of(load, {}), Shape())["SQS empty receives"] == pytest.approx(5 * 6_480 / 20, rel=0.01)
    args = {"mapping": {"provisioned_pollers": {"minimum": 3, "maximum": 4}}}
    found = amounts(outcome_of(load, args), Shape(provisioned_pollers=3))
    assert found["SQS empty receives"] == pytest.approx(3 * 6_480 / 20, rel=0.01)
    assert found["Lambda provisioned pollers"] == pytest.approx(3 * 1.8, rel=0.01)
    busy = outcome_of(Load(at_once(20_000), constant(0.5)), {"mapping": {"maximum_concurrency": 5}})
    assert amounts(busy, Shape())["SQS empty receives"] < 2


@settings(max_examples=25)
@given(
    messages=st.integers(0, 500),
    seconds=st.floats(1, 10_000),
    failing=st.sampled_from([0, 0.1]),
    outage=st.booleans(),
    runtime=st.booleans(),
)
def test_the_cost_grows_over_time_to_that_of_the_whole_run(
    messages: int, seconds: float, failing: float, outage: bool, runtime: bool
) -> None:
    outages = [(0.0, seconds / 2)] if outage else []
    outcome = outcome_of(Load(steady(messages, seconds), failing=failing, outages=outages), RUNTIME if runtime else {})
    over_time = bill.over_time(outcome, Shape(), LISTED)
    assert len(over_time) == len(outcome.samples)
    assert over_time[-1] == pytest.approx(estimate.total(bill.items(outcome, Shape()), LISTED))
    # Requests are an average over the batches so far, so a moment may seem a little cheaper than the one before it.
    steps = np.diff(over_time)
    assert steps.min(initial=0) >= -0.001 * over_time[-1]
    assert all(item.amount >= 0 for item in bill.items(outcome, Shape()))
