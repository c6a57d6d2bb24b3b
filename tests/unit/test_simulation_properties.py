"""What holds in every simulation, whatever the consumer and the load."""

from dataclasses import astuple, replace
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as some

from consumers.simulation.load import Load, constant
from consumers.simulation.outcome import simulate
from consumers.simulation.queues import snapshot
from consumers.simulation.recorder import Sample
from consumers.simulation.simulation import Simulation
from simulated_cases import END, Watched, at, consumer, consumers, exponential, fixed, loads, moments, outages

quickly = settings(max_examples=50)


def delayed(load: Load, delay: float, now: float) -> int:
    """How many messages have arrived and cannot be received yet."""
    return sum(int(np.sum((lane <= now) & (lane + delay > now))) for lane in load.arrivals)


@quickly
@given(some.data())
def test_no_message_is_lost_or_counted_twice(data: some.DataObject):
    consumer = data.draw(consumers())
    load = data.draw(loads(consumer))
    outcome = simulate(consumer, load)
    for sample in outcome.samples:
        counts, waiting = sample.counts, delayed(load, consumer.delay, sample.time)
        gone = counts.handled + counts.dead + counts.expired
        assert counts.arrived == gone + sample.visible + sample.in_flight + waiting
        assert min(*astuple(counts), sample.visible, sample.in_flight, sample.age) >= 0
        assert counts.dead_good <= counts.dead
        assert counts.sent_letters <= counts.dead
    assert load.messages == outcome.counts.handled + outcome.counts.dead + outcome.counts.expired


@quickly
@given(some.data())
def test_counts_only_grow_and_the_last_sample_is_the_end(data: some.DataObject):
    consumer = data.draw(consumers())
    outcome = simulate(consumer, data.draw(loads(consumer)))
    for before, after in pairwise(outcome.samples):
        assert before.time <= after.time
        assert all(a <= b for a, b in zip(astuple(before.counts), astuple(after.counts), strict=True))
    last = outcome.samples[-1]
    assert (last.time, last.counts) == (outcome.end, outcome.counts)
    assert (last.visible, last.in_flight, last.concurrency, last.age) == (0, 0, 0, 0)


@quickly
@given(some.data())
def test_the_same_seed_gives_the_same_outcome(data: some.DataObject):
    consumer = data.draw(consumers())
    load = data.draw(loads(consumer))

    def outcome() -> tuple[list[Sample], float, object]:
        found = simulate(consumer, load, seed=7)
        return found.samples, found.end, found.ages

    assert outcome() == outcome()


@quickly
@given(some.data())
def test_a_message_is_in_one_batch_at_a_time_and_received_at_most_max_receive_count_times(data: some.DataObject):
    consumer = data.draw(consumers())
    load = data.draw(loads(consumer))
    run = Watched(consumer, load)
    free: dict[tuple[int, int], float] = {}
    receives: dict[tuple[int, int], int] = {}
    for place, batch in enumerate(run.batches):
        assert len(set(batch.messages)) == len(batch.messages) <= consumer.batch_size
        for message in batch.messages:
            assert free.get(message, 0) <= batch.at
            free[message] = run.ends[place]
            receives[message] = receives.get(message, 0) + 1
            age = batch.at - load.arrivals[message[0]][message[1]]
            assert consumer.delay - 1e-9 <= age <= consumer.retention + 1e-9
    assert max(receives.values(), default=0) <= (END if consumer.receives is None else consumer.receives)


@quickly
@given(some.data())
def test_a_message_group_stays_in_order_and_in_one_batch_at_a_time(data: some.DataObject):
    consumer = data.draw(consumers(fifo=True))
    run = Watched(consumer, data.draw(loads(consumer)))
    free: dict[int, float] = {}
    for place, batch in enumerate(run.batches):
        assert batch.messages == sorted(
            batch.messages, key=lambda message: (order(batch.messages, message[0]), message)
        )
        for group in {lane for lane, _ in batch.messages}:
            assert free.get(group, 0) <= batch.at
            free[group] = run.ends[place]


def order(messages: list[tuple[int, int]], group: int) -> int:
    return [lane for lane, _ in messages].index(group)


@quickly
@given(some.data())
def test_a_failed_message_holds_up_its_group_until_it_is_gone(data: some.DataObject):
    """The first message of a group that is received is the oldest that is neither handled nor dead nor expired."""
    chosen = replace(data.draw(consumers(fifo=True)), retention=END, receives=3)
    load = data.draw(loads(chosen))
    run = Watched(chosen, load)
    first_receives: dict[int, list[int]] = {}
    for batch in run.batches:
        for group in {lane for lane, _ in batch.messages}:
            first = next(number for lane, number in batch.messages if lane == group)
            first_receives.setdefault(group, []).append(first)
    assert all(numbers == sorted(numbers) for numbers in first_receives.values())


@quickly
@given(some.data())
def test_a_fifo_queue_counts_what_its_groups_count(data: some.DataObject):
    """It looks at few of them, since there may be many."""
    chosen = data.draw(consumers(fifo=True))

    class Compared(Simulation):
        def _state(self) -> Sample:
            assert self.queue.snapshot(self.now) == snapshot(self.queue.lanes, self.now)
            return super()._state()

    Compared(chosen, data.draw(loads(chosen))).run()


@quickly
@given(some.data())
def test_without_failures_of_good_messages_poison_and_only_poison_dies(data: some.DataObject):
    drawn = data.draw(consumers(throttled=False))
    # On a FIFO queue, only the runtime saves the messages behind a poisonous one, which are received as often.
    runtime = {"partial_responses": True, "reports_failures": drawn.fifo}
    chosen = replace(drawn, receives=3, timeout=30, retention=END, **runtime)
    load = data.draw(loads(chosen, failing=0.0, outages=(), duration=constant(0.1), overhead=0.0))
    outcome = simulate(chosen, load)
    assert outcome.counts.dead_good == outcome.counts.expired == outcome.counts.timeouts == 0
    assert chosen.fifo or outcome.counts.failures == 3 * outcome.counts.dead
    if load.poison in (0, 1):
        assert outcome.counts.dead == load.poison * load.messages


@quickly
@given(some.data())
def test_nothing_expires_before_the_retention_ends(data: some.DataObject):
    chosen = data.draw(consumers())
    load = data.draw(loads(chosen))
    kept = replace(chosen, receives=3, retention=END)
    longest = simulate(kept, load).end
    assert simulate(replace(kept, retention=longest + 1), load).counts.expired == 0


@quickly
@given(some.lists(moments, min_size=1, max_size=60), some.integers(1, 40), some.integers(1, 20), some.integers(1, 5))
def test_a_window_ends_in_time_and_when_the_batch_is_full(moments: list[float], size: int, window: int, pollers: int):
    """With free pollers, a batch begins when it is full, or so many seconds after its first message."""
    chosen = consumer(batch_size=size, window=window, poller=fixed(1_000), reserved=1_000)
    run = Watched(chosen, Load([at(*sorted(moments))]))
    arrivals = run.load.arrivals[0]
    for batch in run.batches:
        first, last = batch.messages[0][1], batch.messages[-1][1]
        full_at = arrivals[first + size - 1] if first + size <= len(arrivals) else END
        assert batch.at == min(arrivals[first] + window, full_at)
        assert last - first < size


@quickly
@given(some.data(), some.integers(1, 6))
def test_more_concurrency_never_makes_the_backlog_longer(data: some.DataObject, count: int):
    """For one message at a time, or any batch size where all messages wait already; without failures and throttling.

    The n-th batch then holds the same messages with the same duration for any number of pollers, and each poller more
    lets it begin earlier or at the same moment. Else it is not true: more pollers receive smaller batches, for which
    an invocation's own time is paid more often, and retries then meet other messages.
    """
    is_spike = data.draw(some.booleans())
    chosen = consumer(batch_size=data.draw(some.integers(1, 10)) if is_spike else 1)
    load = data.draw(loads(chosen, poison=0.0, failing=0.0, outages=(), cold_start=0.0, duration=exponential(1)))
    arrivals = [np.zeros(load.messages)] if is_spike else [np.sort(np.concatenate(load.arrivals))]
    load = replace(load, arrivals=arrivals, noisy=False)
    fewer, more = (
        Watched(replace(chosen, timeout=900, visibility=900, poller=fixed(pollers)), load)
        for pollers in (count, count + 1)
    )
    for before, after in zip(fewer.batches, more.batches, strict=True):
        assert after.at <= before.at
    for before, after in zip(sorted(fewer.ends.values()), sorted(more.ends.values()), strict=True):
        assert after <= before + 1e-9


@quickly
@given(some.data(), outages)
def test_a_longer_max_receive_count_never_makes_more_dead_letters(
    data: some.DataObject, outages: list[tuple[float, float]]
):
    """One message: its waits do not depend on the others."""
    chosen = replace(data.draw(consumers(fifo=False, throttled=False)), retention=END, window=0, batch_size=1)
    load = Load([at(data.draw(moments))], outages=outages)
    dead = [simulate(replace(chosen, receives=receives), load, seed=3).counts.dead for receives in (1, 2, 3, 5, 10)]
    assert dead == sorted(dead, reverse=True)
