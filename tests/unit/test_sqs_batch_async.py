"""`async def`: several records at once, FIFO groups in order, and a deadline that cancels."""

import asyncio
import contextvars
import functools
import time
from collections.abc import Coroutine
from typing import Any

import pytest

import sqs_batch
from sqs_batch import Record, Reject, batch_handler
from sqs_events import (
    DLQ_URL,
    FIFO_DLQ_URL,
    Context,
    Deployed,
    FakeSqs,
    deploy,
    event_of,
    fifo_record,
    raw_record,
    stopped_clock,
)


async def fail_on_bad(record: Record) -> None:
    await asyncio.sleep(0)
    if record.body == "bad":
        raise ValueError("it is bad")


def ids(*records: dict[str, Any]) -> list[str]:
    return [raw["messageId"] for raw in records]


def records_of(*bodies: str) -> list[dict[str, Any]]:
    return [raw_record(body) for body in bodies]


def test_a_batch_that_is_handled_reports_nothing() -> None:
    assert deploy(fail_on_bad)(event_of(*records_of("good", "good"))) == {"batchItemFailures": []}


def test_a_bad_record_fails_alone() -> None:
    good, bad, other = records_of("good", "bad", "good")
    assert deploy(fail_on_bad).failed(good, bad, other) == ids(bad)


def test_failures_are_reported_in_the_order_of_the_event_whichever_failed_first() -> None:
    async def function(record: Record) -> None:
        await asyncio.sleep(record.json)
        raise ValueError("it is bad")

    records = records_of("0.02", "0.01", "0")
    assert deploy(function).failed(*records) == ids(*records)


def test_a_batch_may_be_empty() -> None:
    assert deploy(fail_on_bad)(event_of()) == {"batchItemFailures": []}


ERRORS = [
    SystemExit(1),
    KeyboardInterrupt(),
    GeneratorExit(),
    asyncio.CancelledError(),
    StopIteration(),
    Reject("never"),
]


@pytest.mark.parametrize("before", [0, 1], ids=["at once", "later"])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_whatever_is_raised_is_the_failure_of_one_record(error: BaseException, before: int) -> None:
    async def function(record: Record) -> None:
        for _ in range(before):
            await asyncio.sleep(0)
        if record.body == "bad":
            raise error

    good, bad, other = records_of("good", "bad", "good")
    assert deploy(function).failed(good, bad, other) == ids(bad)


def test_a_function_that_cancels_its_own_task_touches_no_other() -> None:
    async def function(record: Record) -> None:
        if record.body == "bad":
            task = asyncio.current_task()
            assert task
            task.cancel()
            await asyncio.sleep(0)

    good, bad, other = records_of("good", "bad", "good")
    assert deploy(function, concurrency=1).failed(good, bad, other) == ids(bad)


def test_a_function_that_cancels_its_own_task_and_returns_has_succeeded_and_touches_no_other() -> None:
    async def function(record: Record) -> None:
        task = asyncio.current_task()
        assert task
        task.cancel()

    assert deploy(function, concurrency=1).failed(*records_of("1", "2", "3")) == []


def test_a_context_variable_of_one_record_is_not_seen_by_the_next() -> None:
    variable = contextvars.ContextVar("variable", default="unset")
    seen: list[str] = []

    async def function(record: Record) -> None:
        seen.append(variable.get())
        variable.set(record.body)

    deploy(function, concurrency=1).failed(*records_of("1", "2"))
    assert seen == ["unset", "unset"]


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt()], ids=repr)
def test_a_background_task_that_exits_does_not_end_the_batch(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    async def exit_soon() -> None:
        raise error

    tasks: set[asyncio.Task[None]] = set()

    async def function(record: Record) -> None:
        tasks.add(asyncio.create_task(exit_soon()))
        await asyncio.sleep(0.001)
        if record.body == "bad":
            raise ValueError("it is bad")

    records = records_of("good", "bad", "good")
    assert deploy(function).failed(*records) == ids(records[1])
    assert [task.exception() for task in tasks] == [error] * 3
    assert f"a background task ended with {type(error).__name__}" in caplog.text


def test_an_async_function_that_returns_a_coroutine_has_failed() -> None:
    async def function(record: Record) -> Any:
        return fail_on_bad(record)

    (good,) = records_of("good")
    assert deploy(function).failed(good) == ids(good)


# How many at once


class Crowd:
    """Remembers how many records were in it at once."""

    def __init__(self) -> None:
        self.now = self.most = 0

    async def __call__(self, record: Record) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.001)
        self.now -= 1


@pytest.mark.parametrize(("concurrency", "most"), [(None, 10), (1, 1), (3, 3), (1000, 25)])
def test_so_many_records_are_handled_at_once(concurrency: int | None, most: int) -> None:
    crowd = Crowd()
    assert deploy(crowd, concurrency=concurrency).failed(*records_of(*"x" * 25)) == []
    assert crowd.most == most


@pytest.mark.parametrize("concurrency", [0, -1, 2.5, "3", True])
def test_a_concurrency_that_is_no_number_of_records_is_refused(concurrency: Any) -> None:
    with pytest.raises(ValueError, match=f"concurrency must be a whole number of at least 1, got {concurrency!r}"):
        deploy(fail_on_bad, concurrency=concurrency)


def test_a_thousand_records_are_each_handled_once() -> None:
    seen: list[str] = []

    async def function(record: Record) -> None:
        await asyncio.sleep(0)
        seen.append(record.message_id)

    records = records_of(*"x" * 1000)
    assert deploy(function, concurrency=100).failed(*records) == []
    assert sorted(seen) == ids(*records)


def test_a_group_of_a_fifo_queue_is_handled_in_order_and_beside_other_groups() -> None:
    done: list[str] = []
    crowd = Crowd()

    async def function(record: Record) -> None:
        await crowd(record)
        done.append(record.message_id)

    records = [fifo_record(group=group) for group in "aabbaccb"]
    assert deploy(function).failed(*records) == []
    for group in "abc":
        members = [raw["messageId"] for raw in records if raw["attributes"]["MessageGroupId"] == group]
        assert [message_id for message_id in done if message_id in members] == members
    assert crowd.most == 3


# What counts as async


async def with_prefix(prefix: str, record: Record) -> None:
    await fail_on_bad(record)


def decorated(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(record: Record) -> Any:
        return function(record)

    return wrapper


class CallableObject:
    async def __call__(self, record: Record) -> None:
        await fail_on_bad(record)

    async def method(self, record: Record) -> None:
        await fail_on_bad(record)


FUNCTIONS: list[Any] = [
    functools.partial(with_prefix, "x"),
    functools.partial(functools.partial(with_prefix), "x"),
    decorated(fail_on_bad),
    decorated(functools.partial(with_prefix, "x")),
    CallableObject(),
    CallableObject().method,
]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: type(function).__name__)
def test_a_coroutine_function_is_known_behind_what_wraps_it(function: Any) -> None:
    good, bad = records_of("good", "bad")
    assert deploy(function, concurrency=2).failed(good, bad) == ids(bad)


# One event loop


def test_all_invocations_have_one_event_loop_so_that_clients_live_on() -> None:
    loops: set[asyncio.AbstractEventLoop] = set()

    async def function(record: Record) -> None:
        loops.add(asyncio.get_running_loop())

    handle = deploy(function)
    handle.failed(*records_of("1", "2"))
    handle.failed(*records_of("3"))
    deploy(function).failed(*records_of("4"))
    assert len(loops) == 1


def test_within_another_event_loop_it_says_so_and_handles_nothing() -> None:
    seen: list[str] = []

    async def function(record: Record) -> None:
        seen.append(record.body)

    handle = deploy(function)

    async def main() -> None:
        handle(event_of(*records_of("1")))

    with pytest.raises(RuntimeError, match="Cannot run the event loop while another loop is running"):
        asyncio.run(main())
    assert handle.failed(*records_of("2")) == []
    assert seen == ["2"]


# The deadline: what Lambda allows is real time here, in which the loop's timers go off


def within(seconds: float, function: Any, *records: dict[str, Any], **settings: Any) -> list[str]:
    """What comes back from an invocation that may take so long; a third of that is left at its end."""
    with stopped_clock():
        return deploy(function, **settings).failed(*records, context=Context(seconds))


def test_at_the_deadline_what_runs_is_cancelled_and_comes_back(caplog: pytest.LogCaptureFixture) -> None:
    async def function(record: Record) -> None:
        await asyncio.sleep(record.json)

    quick, slow = records_of("0", "600")
    assert within(0.3, function, quick, slow) == ids(slow)
    assert "reason=TimeoutError: cancelled, the time of the invocation is up" in caplog.text


def test_a_cancelled_function_can_clean_up() -> None:
    cleaned: list[str] = []

    async def function(record: Record) -> None:
        try:
            await asyncio.sleep(600)
        finally:
            await asyncio.sleep(0)
            cleaned.append(record.message_id)

    records = records_of("1", "2")
    assert within(0.3, function, *records) == cleaned == ids(*records)


@pytest.mark.parametrize("ends", ["returns", "raises"])
def test_a_cancelled_record_is_reported_once_however_it_ends(ends: str, caplog: pytest.LogCaptureFixture) -> None:
    async def function(record: Record) -> None:
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            if ends == "raises":
                raise ValueError("it is bad") from None

    (slow,) = records_of("x")
    assert within(0.3, function, slow) == ids(slow)
    assert caplog.text.count("FAIL message_id=") == 1


def test_a_function_that_swallows_its_cancellation_cannot_hang_the_invocation() -> None:
    cancelled: list[str] = []
    ended: list[str] = []
    may_end = False

    async def function(record: Record) -> None:
        while not may_end:
            try:
                await asyncio.sleep(0.001)
            except asyncio.CancelledError:
                cancelled.append(record.body)
        ended.append(record.body)
        if record.body == "stubborn":
            raise ValueError("of an invocation that is over")

    (stubborn,) = records_of("stubborn")
    assert within(0.3, function, stubborn) == ids(stubborn)
    assert (cancelled, ended) == (["stubborn"], [])
    may_end = True  # within the next invocation, of which it is no failure
    assert deploy(function).failed(*records_of("other")) == []
    asyncio_loop = sqs_batch.event_loop()
    asyncio_loop.run_until_complete(asyncio.sleep(0.01))
    assert sorted(ended) == ["other", "stubborn"]


def test_what_was_not_started_comes_back_too_and_at_once() -> None:
    started: list[str] = []

    async def function(record: Record) -> None:
        started.append(record.message_id)
        await asyncio.sleep(600)

    records, sqs = records_of(*"x" * 5), FakeSqs()
    assert within(0.3, function, *records, sqs=sqs, concurrency=2, retry_base_delay_seconds=1) == ids(*records)
    assert started == ids(*records[:2])
    assert [sqs.timeouts()[raw["receiptHandle"]] for raw in records] == [1, 1, 0, 0, 0]


@pytest.mark.parametrize("awaits", [0, 1, 3])
def test_records_that_block_the_event_loop_are_looked_at_by_the_clock_as_each_starts(awaits: int) -> None:
    started: list[str] = []
    with stopped_clock() as clock:

        async def function(record: Record) -> None:
            started.append(record.message_id)
            clock.now += 3
            for _ in range(awaits):
                await asyncio.sleep(0)

        records = records_of(*"x" * 10)
        back = deploy(function).failed(*records, context=Context(10))
    assert started + back == ids(*records)
    assert clock.now <= 10
    assert len(started) >= 2


def test_a_record_that_runs_long_holds_back_others_that_might_take_as_long() -> None:
    with stopped_clock() as clock:

        async def function(record: Record) -> None:
            if record.body == "long":
                await asyncio.sleep(0.01)
            else:
                clock.now += 1

        records = records_of("long", *"x" * 12)
        assert deploy(function, concurrency=2).failed(*records, context=Context(10)) == ids(*records[6:])


def test_the_first_record_is_started_even_when_the_event_loop_is_late() -> None:
    with stopped_clock() as clock:

        async def function(record: Record) -> None:
            clock.now += 20

        first, second = records_of("1", "2")
        assert deploy(function).failed(first, second, context=Context(10)) == ids(second)


def test_tasks_that_a_function_cancels_before_they_begin_come_back() -> None:
    started: list[str] = []

    async def function(record: Record) -> None:
        started.append(record.message_id)
        for task in asyncio.all_tasks():
            if task is not asyncio.current_task() and "attempt" in repr(task):
                task.cancel()

    records = records_of(*"123")
    assert deploy(function).failed(*records) == ids(*records[1:])
    assert started == ids(records[0])


def test_no_record_is_started_that_would_not_fit_if_it_were_like_the_slowest() -> None:
    with stopped_clock() as clock:

        async def function(record: Record) -> None:
            clock.now += record.json

        records = records_of("4", "1", "1", "1")
        assert deploy(function, concurrency=1).failed(*records, context=Context(10)) == ids(records[3])


def test_what_ends_in_the_very_moment_of_the_deadline_is_handled() -> None:
    async def function(record: Record) -> None:
        if record.body == "blocks":
            time.sleep(0.3)  # so that the loop finds the deadline passed together with the other's sleep
        else:
            await asyncio.sleep(0.01)

    assert within(0.3, function, *records_of("sleeps", "blocks")) == []


def test_at_the_deadline_a_group_comes_back_whole_and_nothing_is_given_up_for_dead() -> None:
    async def function(record: Record) -> None:
        await asyncio.sleep(600)

    sqs, records = FakeSqs(), [fifo_record(receives=3), fifo_record(receives=3)]
    settings: dict[str, Any] = {"max_receive_count": 3, "dead_letter_queue_url": FIFO_DLQ_URL}
    assert within(0.3, function, *records, sqs=sqs, **settings) == ids(*records)
    assert sqs.sent() == []


def test_rejects_of_one_batch_are_each_sent_once() -> None:
    async def function(record: Record) -> None:
        await asyncio.sleep(0)
        raise Reject("never")

    sqs, records = FakeSqs(), records_of(*"x" * 30)
    handle: Deployed = deploy(function, sqs, dead_letter_queue_url=DLQ_URL)
    assert handle.failed(*records) == []
    assert (len(sqs.sent()), handle.clients_made) == (30, 1)


def test_the_plain_coroutine_function_is_there_for_unit_tests() -> None:
    handler = batch_handler(concurrency=2)(fail_on_bad)
    pending: Coroutine[Any, Any, None] = handler.__wrapped__(Record({"body": "bad"}))
    with pytest.raises(ValueError, match="it is bad"):
        asyncio.run(pending)
