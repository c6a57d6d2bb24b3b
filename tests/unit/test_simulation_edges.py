"""Single messages, single batches, and settings at their limits."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from consumers.simulation import recorder, simulation
from consumers.simulation.consumer import Consumer, Poller, Wait
from consumers.simulation.load import Load, constant
from consumers.simulation.outcome import simulate
from simulated_cases import Watched, at, consumer, fixed, poisson

FIFO = {"fifo": True, "moves_itself": True}
RETRY = {"base_delay": 4, "longest_delay": 10}


def receives(run: Watched) -> list[float]:
    return [batch.at for batch in run.batches]


def test_no_messages():
    outcome = simulate(consumer(), Load([at()]))
    assert (outcome.end, outcome.counts.arrived, outcome.ages.longest) == (0, 0, 0)


def test_one_message():
    outcome = simulate(consumer(), Load([at(5)], duration=constant(0.5), cold_start=1, overhead=0.25))
    assert (outcome.end, outcome.ages.longest, outcome.mean_wait) == (6.75, 1.75, 0)
    assert (outcome.counts.handled, outcome.counts.cold_starts, outcome.counts.seconds) == (1, 1, 1.75)


def test_messages_at_the_same_moment_share_batches():
    run = Watched(consumer(batch_size=4, poller=fixed(2)), Load([at(*[3.0] * 10)], duration=constant(1)))
    assert [(batch.at, len(batch.messages)) for batch in run.batches] == [(3, 4), (3, 4), (7, 2)]


def test_a_queue_delays_each_message():
    outcome = simulate(consumer(delay=30), Load([at(1)], duration=constant(0.5)))
    assert (outcome.end, outcome.ages.longest) == (31.5, 30.5)


@pytest.mark.parametrize(
    "settings",
    [
        {"receives": 1},
        {"receives": 4},
        {"receives": 4, **RETRY},
        {"receives": 4, **RETRY, "moves_itself": True},
        {"receives": 1, **RETRY, "moves_itself": True},
        {"receives": 3, "moves_itself": True, "fifo": True},
        {"receives": 3, **RETRY, **FIFO},
    ],
)
def test_poison_dies_after_the_waits_that_the_consumer_states(settings: dict[str, Any]):
    chosen = consumer(visibility=50, **settings)
    seconds = 0.5
    for seed in range(20):
        outcome = simulate(chosen, Load([at(0)], poison=1, duration=constant(seconds)), seed=seed)
        # What does not count from the end of an invocation counts from its begin.
        spent = sum(seconds for wait in chosen.waits if wait.from_end) + seconds * (
            chosen.moves_itself or bool(chosen.base_delay)
        )
        shortest, longest = (sum(getattr(wait, name) for wait in chosen.waits) for name in ("shortest", "longest"))
        assert shortest + spent <= outcome.end <= longest + spent
        assert outcome.counts.dead == 1
        assert outcome.counts.deliveries == outcome.counts.failures == chosen.receives


def test_poison_without_a_dead_letter_queue_expires():
    outcome = simulate(consumer(receives=None, visibility=50, retention=120), Load([at(0)], poison=1))
    assert (outcome.counts.expired, outcome.counts.failures, outcome.end) == (1, 3, 150)


def test_a_backlog_older_than_the_retention_expires():
    outcome = simulate(
        consumer(batch_size=1, poller=fixed(1), retention=9.5), Load([np.zeros(100)], duration=constant(1))
    )
    assert (outcome.counts.handled, outcome.counts.expired) == (10, 90)


def test_an_outage_from_the_begin():
    chosen = consumer(visibility=60, receives=3)
    outcome = simulate(chosen, Load([np.arange(10.0)], outages=[(0, 100)]))
    assert (outcome.counts.handled, outcome.counts.failures) == (10, 20)
    assert simulate(chosen, Load([np.arange(10.0)], outages=[(0, 150)])).counts.dead_good == 10


def test_a_batch_that_is_throttled_too_long_returns():
    outcome = simulate(consumer(reserved=0, receives=3, visibility=30), Load([at(0)]))
    assert (outcome.counts.dead_good, outcome.counts.deliveries, outcome.counts.throttled) == (1, 0, 3)
    assert outcome.end == 90
    assert simulate(consumer(reserved=0, receives=None, visibility=30, retention=100), Load([at(0)])).end == 120


def test_a_throttled_batch_is_invoked_when_another_ends():
    run = Watched(
        consumer(reserved=1, batch_size=1, visibility=30, poller=fixed(3)),
        Load([np.zeros(3)], duration=constant(4)),
    )
    assert (receives(run), sorted(run.ends.values())) == ([0, 0, 0], [4, 8, 12])
    assert run.counts.throttled == 2


def test_poison_at_its_last_receive_does_not_hold_up_its_group():
    """The runtime goes on, since SQS moves the message; the others were received as often and would die untried."""
    for moves_itself in (True, False):
        chosen = consumer(fifo=True, moves_itself=moves_itself, receives=2, visibility=30)
        outcome = simulate(chosen, Load([np.zeros(3)], outages=[(0, 1)], duration=constant(0.1)))
        assert outcome.counts.handled == 3
        run = Watched(chosen, Load([np.zeros(5)], poison=0.3, duration=constant(0.1)), seed=3)
        assert 0 < run.counts.dead < 5
        assert run.counts.dead_good == 0


def test_without_the_runtime_messages_behind_poison_die_with_it():
    chosen = consumer(fifo=True, reports_failures=False, receives=2, visibility=30)
    run = Watched(chosen, Load([np.zeros(5)], poison=0.3, duration=constant(0.1)), seed=3)
    assert run.counts.dead_good > 0


def test_a_provisioned_poller_receives_ten_times_a_second_and_a_megabyte():
    chosen = consumer(poller=Poller(first=10, most=10, seconds_per_receive=1, bytes_per_second=1_048_576 / 10))
    small = Load([np.zeros(10_000)], duration=constant(0))
    assert simulate(chosen, small).end == 99
    assert simulate(chosen, replace(small, message_bytes=104_858)).end == pytest.approx(990, rel=0.001)


def test_returned_messages_fill_a_batch_before_its_window_ends():
    chosen = consumer(batch_size=20, window=300, visibility=60, poller=fixed(3))
    run = Watched(chosen, Load([at(*range(40))], outages=[(0, 90)], duration=constant(0.001)))
    assert receives(run) == [19, 39, 79, 99, 139]


def test_quiet_and_noisy_messages_fill_a_batch_together():
    chosen = consumer(batch_size=10, window=300)
    run = Watched(chosen, Load([np.arange(0, 40, 2.0), np.arange(1, 40, 2.0)], noisy=True))
    assert receives(run) == [9, 19, 29, 39]


def test_messages_of_quiet_groups_are_received_before_those_of_a_noisy_one():
    quiet, noisy = np.arange(0.0, 100), np.zeros(2_000)
    outcome = simulate(consumer(poller=fixed(5)), Load([quiet, noisy], noisy=True, duration=constant(0.1)))
    assert outcome.ages_by_lane[0].p99 < 3 < 30 < outcome.ages_by_lane[1].p99


@pytest.mark.parametrize("fair", [False, True])
def test_no_more_messages_are_in_flight_than_sqs_allows(fair: bool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(simulation, "IN_FLIGHT_MOST", 100)
    load = Load([poisson(50, 1_000), poisson(50, 1_000)] if fair else [poisson(50, 1_000)], poison=1, noisy=fair)
    outcome = simulate(consumer(receives=2, visibility=30, **RETRY, poller=fixed(50)), load)
    assert 90 < max(sample.in_flight for sample in outcome.samples) <= 100
    assert outcome.counts.dead == load.messages


def test_there_are_never_more_samples_than_stated_and_the_last_is_the_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(recorder, "SAMPLES", 8)
    for count in range(1, 60):
        outcome = simulate(consumer(batch_size=1), Load([np.arange(float(count))], duration=constant(0.5)))
        assert len(outcome.samples) <= 8 + len(recorder.PEAKS) + 1
        assert outcome.samples[-1].time == outcome.end
        assert outcome.samples[-1].counts.handled == count


def test_a_retry_delay_is_within_what_check_states():
    for receive in range(1, 8):
        wait = Consumer("orders", base_delay=5, longest_delay=60, receives=9).wait_after(receive)
        assert wait == Wait(min(60, 5 * 2 ** (receive - 1)) / 2, min(60, 5 * 2 ** (receive - 1)), from_end=True)


def test_the_pause_of_a_provisioned_poller_is_no_invocation():
    chosen = consumer(reserved=5, poller=Poller(first=20, most=2_000, per_minute=1_000, seconds_per_receive=1))
    outcome = simulate(chosen, Load([np.arange(0, 60, 0.005)], duration=constant(0.002)))
    assert outcome.counts.throttled == 0
    assert outcome.counts.cold_starts <= 5
    assert outcome.most(lambda sample: sample.concurrency).concurrency <= 5


def test_the_age_of_a_fifo_queue_counts_messages_that_were_received_often_and_that_of_a_standard_queue_does_not():
    ages = [
        simulate(consumer(fifo=fifo, receives=9, visibility=30), Load([np.zeros(1)], poison=1)).most(
            lambda sample: sample.age
        )
        for fifo in (True, False)
    ]
    assert ages[0].age > 8 * 30
    assert ages[1].age < 3 * 30


def test_a_message_past_its_retention_expires_even_after_its_last_receive():
    for fifo in (True, False):
        chosen = consumer(fifo=fifo, receives=2, visibility=40, retention=60)
        outcome = simulate(chosen, Load([np.zeros(1)], poison=1))
        assert (outcome.counts.dead, outcome.counts.expired) == (0, 1)


def test_messages_in_a_batch_that_fails_count_once_when_sqs_looks_for_a_noisy_group():
    """20 messages of a group are in flight, and 30 would be noisy. So its next one keeps its place before a younger."""
    quiet, noisy = at(0, 0, 1.5), at(*[0.1] * 20, 1)
    load = Load([quiet, noisy], duration=constant(1), outages=[(0.05, 0.5)], noisy=True)
    run = Watched(consumer(poller=fixed(3)), load)
    assert [batch.at for batch in run.batches[:4]] == [0, 0.1, 0.1, 2]
    assert run.batches[3].messages == [(1, 20), (0, 2)]


def test_a_payload_limits_a_batch():
    load = Load([np.zeros(12)], message_bytes=1_048_576)
    assert simulate(consumer(batch_size=10), load).batch_size == 6
    assert simulate(consumer(batch_size=4), load).batch_size == 4
