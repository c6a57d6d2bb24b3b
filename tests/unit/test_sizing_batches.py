"""The size of batches that `consumers size` proposes, and what it saves."""

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.cost import estimate, prices
from consumers.cost.estimate import SECONDS, Shape, Traffic
from consumers.operations.reports import Report
from consumers.sizing.batches import Costs
from consumers.sizing.durations import Durations
from consumers.sizing.proposals import Proposal
from consumers.sizing.report import sizing
from measured_invocations import NOW, WEEK, batches, invocation, week

US = prices.of("us-east-1")
GB_SECOND, REQUEST, SQS, FIFO = 0.0000133334, 0.2e-6, 0.4e-6, 0.5e-6
WINDOW = ', mapping={"maximum_batching_window_in_seconds": 1}'


def proposed(reports: list[Report], now: object = NOW) -> list[Proposal]:
    assert isinstance(now, type(NOW))
    changes = ("batch_size", "mapping")
    return [one for one in sizing(now, week(reports)).proposals if one.change.startswith(changes)]


def of_message(batch: float, fixed: float, per_message: float, sqs: float = SQS) -> float:
    """US dollars for a message at 1,024 MB on arm64."""
    seconds = (fixed + per_message * batch) / 1_000
    return (seconds * GB_SECOND + REQUEST + 2 * max(1, batch / 10) * sqs) / batch


def in_a_month(reports: list[Report]) -> float:
    return sum(one.messages or 0 for one in reports) * SECONDS / WEEK


def mean(reports: list[Report]) -> float:
    return sum(one.messages or 0 for one in reports) / len(reports)


def test_full_batches_with_overhead_grow_until_it_is_a_tenth() -> None:
    reports = batches()
    (larger,) = proposed(reports)
    assert larger.change == f"batch_size=18{WINDOW}"  # 100 / (100 + 50 * 18) is a tenth
    assert larger.why == (
        "Of a batch of 10, 17% of the time is overhead of the invocation.",
        "One of 100 batches of 18 takes over 1 s; the timeout is 30 s.",
        "Batches must fill as they do now; 6 MB end a batch too.",
    )
    before, after = of_message(mean(reports), 100, 50), of_message(mean(reports) * 1.8, 100, 50)
    assert larger.saves_least == larger.saves_most
    assert larger.saves_most == pytest.approx(in_a_month(reports) * (before - after), rel=0.001)


def test_with_a_window_a_larger_batch_needs_no_other() -> None:
    assert [one.change for one in proposed(batches(), replace(NOW, window_seconds=5))] == ["batch_size=18"]


def test_a_batch_grows_to_ten_times_its_size_at_most() -> None:
    assert [one.change for one in proposed(batches(fixed=2_000, per_message=1))] == [f"batch_size=100{WINDOW}"]
    assert [one.change for one in proposed(batches(fixed=2_000, per_message=0))] == [f"batch_size=100{WINDOW}"]
    many = [replace(one, messages=(one.messages or 0) * 500) for one in batches(1_000, 2_000, 0)]
    assert [one.change for one in proposed(many, replace(NOW, batch_size=5_000))] == [f"batch_size=10000{WINDOW}"]


def test_a_batch_without_overhead_stays() -> None:
    assert proposed(batches(fixed=10, per_message=500)) == []


def noisy(spread: float, count: int = 1_000) -> Iterator[Report]:
    numbers = random.Random(1)
    for one in batches(count, 100, 50):
        yield replace(one, duration_ms=one.duration_ms * numbers.lognormvariate(0, spread))


def test_overhead_that_may_be_noise_is_none() -> None:
    assert proposed([*noisy(0.05)])
    assert proposed([*noisy(0.5, 60)]) == []
    assert proposed([*noisy(0.9, 40)]) == []
    assert proposed(batches(9, 100, 50)) == []
    assert proposed([invocation(10, 600, memory_mb=1_024)] * 1_000) == []


def test_a_batch_from_a_fifo_queue_has_at_most_ten_messages() -> None:
    fifo = replace(NOW, fifo=True, batch_size=5)
    reports = [one for one in batches() if (one.messages or 0) <= 5]
    reports += [invocation(5, 350, memory_mb=1_024)] * 100_000
    (larger,) = proposed(reports, fifo)
    assert larger.change == "batch_size=10"
    before, after = of_message(mean(reports), 100, 50, FIFO), of_message(mean(reports) * 2, 100, 50, FIFO)
    assert larger.saves_most == pytest.approx(in_a_month(reports) * (before - after), rel=0.001)
    assert proposed(batches(), replace(NOW, fifo=True)) == []
    unpriced = replace(fifo, region="eu-central-1")  # requests to FIFO queues have no price there
    (same,) = proposed(reports, unpriced)
    before, after = of_message(mean(reports), 100, 50, 0), of_message(mean(reports) * 2, 100, 50, 0)
    assert same.saves_most == pytest.approx(in_a_month(reports) * (before - after), rel=0.001)


def test_a_batch_that_takes_more_than_half_of_the_timeout_shrinks() -> None:
    reports = batches(1_000, 100, 2_000)
    (smaller,) = proposed(reports)
    assert smaller.change == "batch_size=7"
    assert smaller.why == ("One of 100 batches of 10 takes over 20.1 s; the timeout is 30 s.",)
    assert smaller.saves_least == smaller.saves_most
    before, after = of_message(mean(reports), 100, 2_000), of_message(7, 100, 2_000)
    assert smaller.saves_most == pytest.approx(in_a_month(reports) * (before - after), rel=0.001)
    short = replace(NOW, visibility_seconds=60)  # as if the timeout were 10 s
    assert [one.change for one in proposed(reports, short)] == ["batch_size=2"]
    assert proposed(batches(1_000, 0, 1_500)) == []  # half of the timeout exactly
    assert [one.change for one in proposed(batches(1_000, 0, 1_501))] == ["batch_size=9"]
    assert [one.change for one in proposed(batches(1_000, 14_000, 1_001))] == ["batch_size=1"]
    assert [one.change for one in proposed(batches(1_000, 16_000, 1_001))] == ["batch_size=1"]


def test_the_slowest_batches_must_fit_too() -> None:
    slow = [
        replace(one, duration_ms=one.duration_ms * (2 if n % 50 == 6 else 1))
        for n, one in enumerate(batches(1_000, 0, 1_000))
    ]
    assert [one.change for one in proposed(slow)] == ["batch_size=7"]


def test_batches_that_do_not_fill_get_a_window() -> None:
    reports = [invocation(n % 3 + 1, 100.0 + 50 * (n % 3 + 1), memory_mb=1_024) for n in range(300_000)]
    (window,) = proposed(reports)
    assert window.change == 'mapping={"maximum_batching_window_in_seconds": 11}'  # about a message a second
    assert window.why == (
        "Of a batch of 2, 50% of the time is overhead of the invocation.",
        "11 s collect up to 10 messages where they arrive evenly, and delay each by up to that.",
        "queue.visibility_timeout_seconds must then be 191 or more, or left out.",
    )
    assert window.saves_least == 0
    gain = of_message(2, 100, 50) - of_message(10, 100, 50)
    assert window.saves_most == pytest.approx(in_a_month(reports) * gain, rel=0.001)
    assert proposed(reports, replace(NOW, fifo=True)) == []
    assert proposed(reports, replace(NOW, window_seconds=11)) == []
    (wide,) = proposed(reports, replace(NOW, visibility_seconds=191))
    assert len(wide.why) == 2


def test_a_window_is_proposed_only_where_it_collects_messages() -> None:
    reports = [invocation(n % 3 + 1, 100.0 + 50 * (n % 3 + 1), memory_mb=1_024) for n in range(300_000)]
    (long,) = proposed(reports[:48_000])  # 3.2 messages in 20 s
    assert long.change == 'mapping={"maximum_batching_window_in_seconds": 20}'
    assert proposed(reports[:42_000]) == []  # 2.8, where 2 come together anyway
    (larger,) = proposed(reports, replace(NOW, batch_size=4))  # half full
    assert larger.change.startswith("batch_size=")


@given(st.integers(1, 10_000), st.floats(0.1, 1_000), st.booleans())
def test_a_message_costs_what_the_estimate_says(batch: int, per_message: float, fifo: bool) -> None:
    batch = min(batch, 10) if fifo else batch
    now = replace(NOW, batch_size=batch, fifo=fifo)
    shape = Shape(memory_mb=now.memory_mb, architecture="arm64", batch_size=batch, fifo=fifo)
    traffic = Traffic(messages=batch * 10_000, duration_ms=per_message, message_bytes=100)
    titles = {"Lambda invocations", "Lambda compute, arm64", "SQS receive", "SQS delete"}
    expected = sum(one.cost(US) or 0.0 for one in estimate.items(shape, traffic) if one.title in titles)
    found = Costs(Durations(0, per_message, ()), now, US).of_message(batch) * traffic.messages
    rounding = 10_000 * 0.001 * GB_SECOND  # the estimate rounds the duration of a batch up to a millisecond
    assert found <= expected + 1e-9
    assert found == pytest.approx(expected, abs=rounding, rel=1e-6)
