"""`async def`: several records at the same time, FIFO groups in order, and cancellation at the deadline."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest

from sqs_batch import Record
from sqs_events import (
    FIFO_DLQ_URL,
    Clock,
    Context,
    FakeSqs,
    Raw,
    by_body_later,
    deploy,
    event_of,
    fifo_record,
    ids,
    records_of,
    stopped_clock,
)


def test_a_function_that_cancels_its_own_task_affects_no_other_record() -> None:
    async def function(record: Record) -> None:
        task = asyncio.current_task()
        assert task
        task.cancel()
        if record.body == "cancelled":
            await asyncio.sleep(0)

    records = records_of("returns", "cancelled", "returns")
    assert deploy(function, concurrency=1).failed(*records) == ids(records[1])


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
        await by_body_later(record)

    records = records_of("good", "bad", "good")
    assert deploy(function).failed(*records) == ids(records[1])
    assert [task.exception() for task in tasks] == [error] * 3
    line = rf"a background task ended with {type(error).__name__}.* at test_sqs_batch_async\.py:\d+"
    assert sum(re.fullmatch(line, text) is not None for text in caplog.messages) == 3


class Crowd:
    """Counts the records that it handles at the same time."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.done: list[str] = []

    async def __call__(self, record: Record) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.001)
        self.now -= 1
        self.done.append(record.message_id)


@pytest.mark.parametrize(("concurrency", "most"), [(None, 10), (1, 1), (3, 3), (1000, 25)])
def test_concurrency_limits_the_records_that_are_handled_at_the_same_time(concurrency: Any, most: int) -> None:
    crowd, records = Crowd(), records_of(*range(25))
    assert deploy(crowd, concurrency=concurrency).failed(*records) == []
    assert crowd.most == most
    assert sorted(crowd.done) == ids(*records)


def test_a_fifo_group_is_handled_in_order_and_concurrently_with_other_groups() -> None:
    crowd, records = Crowd(), [fifo_record(group=group) for group in "aabbaccb"]
    assert deploy(crowd).failed(*records) == []
    for group in "abc":
        members = ids(*(raw for raw in records if raw["attributes"]["MessageGroupId"] == group))
        assert [message_id for message_id in crowd.done if message_id in members] == members
    assert crowd.most == 3


# The event loop


def test_all_invocations_share_one_event_loop() -> None:
    loops: set[asyncio.AbstractEventLoop] = set()

    async def function(record: Record) -> None:
        loops.add(asyncio.get_running_loop())

    handle = deploy(function)
    handle.failed(*records_of("1", "2"))
    handle.failed(*records_of("3"))
    deploy(function).failed(*records_of("4"))
    assert len(loops) == 1


def test_within_a_running_event_loop_it_raises_and_handles_nothing() -> None:
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


def test_tasks_that_a_function_cancels_before_they_start_are_reported() -> None:
    started: list[str] = []

    async def function(record: Record) -> None:
        started.append(record.message_id)
        for task in asyncio.all_tasks():
            if task is not asyncio.current_task() and "attempt" in repr(task):
                task.cancel()

    records = records_of(1, 2, 3)
    assert deploy(function).failed(*records) == ids(*records[1:])
    assert started == ids(records[0])


# The deadline


@pytest.fixture
def clock() -> Iterator[Clock]:
    with stopped_clock() as clock:
        yield clock


async def sleep_seconds(record: Record) -> None:
    await asyncio.sleep(record.json)


def within_10_seconds(function: Any, *records: Raw, **settings: Any) -> list[str]:
    return deploy(function, **settings).failed(*records, context=Context(10))


def test_running_records_are_cancelled_and_reported_at_the_deadline(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    records = records_of(0, 9.29, 9.31, 600)
    assert within_10_seconds(sleep_seconds, *records) == ids(*records[2:])
    assert clock.now == pytest.approx(9.3)
    assert caplog.text.count("reason=TimeoutError: cancelled, the time of the invocation is up") == 2


@pytest.mark.parametrize("ends", ["cancelled", "returns", "raises"])
def test_a_cancelled_function_can_clean_up_and_is_reported_once(
    ends: str, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    cleaned: list[str] = []

    async def function(record: Record) -> None:
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            await asyncio.sleep(0.3)
            cleaned.append(record.message_id)
            if ends == "cancelled":
                raise
            if ends == "raises":
                raise ValueError("it is bad") from None

    records = records_of(1, 2)
    assert within_10_seconds(function, *records) == cleaned == ids(*records)
    assert caplog.text.count("FAIL message_id=") == 2


@pytest.mark.parametrize(("settings", "ends_at"), [({}, 9.65), ({"retry_base_delay_seconds": 1}, 8.595)])
def test_a_function_that_ignores_its_cancellation_does_not_block_the_invocation(
    settings: dict[str, Any], ends_at: float, clock: Clock
) -> None:
    cancelled: list[str] = []
    ended: list[str] = []
    may_end = False

    async def function(record: Record) -> None:
        while not may_end:
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                cancelled.append(record.body)
        ended.append(record.body)
        raise ValueError("of an earlier invocation")

    (stubborn,) = records_of("stubborn")
    context = Context(10, memory_limit_in_mb="1769")
    assert deploy(function, **settings).failed(stubborn, context=context) == ids(stubborn)
    assert (cancelled, ended) == (["stubborn"], [])
    assert clock.now == pytest.approx(ends_at)
    may_end = True  # during the next invocation, which must not report it
    assert deploy(sleep_seconds).failed(*records_of(1)) == []
    assert ended == ["stubborn"]


def test_records_that_were_not_started_are_reported_and_visible_at_once(clock: Clock) -> None:
    records, sqs = records_of(*[600] * 5), FakeSqs()
    settings: Any = {"sqs": sqs, "concurrency": 2, "retry_base_delay_seconds": 1}
    assert within_10_seconds(sleep_seconds, *records, **settings) == ids(*records)
    assert sqs.timeouts() == dict(zip(ids(*records), [1, 1, 0, 0, 0], strict=True))


@pytest.mark.parametrize("awaits", [0, 1, 3])
def test_each_start_checks_the_clock_even_if_records_block_the_event_loop(awaits: int, clock: Clock) -> None:
    started: list[str] = []

    async def function(record: Record) -> None:
        started.append(record.message_id)
        clock.now += 3
        for _ in range(awaits):
            await asyncio.sleep(0)

    records = records_of(*range(10))
    assert started + within_10_seconds(function, *records) == ids(*records)
    assert clock.now <= 10
    assert len(started) >= 2


def test_no_record_starts_that_would_exceed_the_deadline_if_it_took_as_long_as_a_running_one(clock: Clock) -> None:
    async def function(record: Record) -> None:
        if record.body == "long":
            await asyncio.sleep(600)
        clock.now += 1

    records = records_of("long", *range(12))
    failed = deploy(function, concurrency=2).failed(*records, context=Context(10))
    assert failed == ids(records[0], *records[6:])


@pytest.mark.parametrize(("durations", "started"), [([4, 1, 1, 1], 3), ([20, 0], 1)])
def test_records_start_if_one_like_the_slowest_would_fit_and_the_first_always_does(
    durations: list[int], started: int, clock: Clock
) -> None:
    async def function(record: Record) -> None:
        clock.now += record.json

    records = records_of(*durations)
    assert within_10_seconds(function, *records, concurrency=1) == ids(*records[started:])


def test_a_record_that_ends_exactly_at_the_deadline_is_handled(clock: Clock) -> None:
    async def function(record: Record) -> None:
        if record.body == "blocks":
            clock.now += 9.5  # the event loop finds the deadline and the other's sleep expired together
        else:
            await asyncio.sleep(0.01)

    assert within_10_seconds(function, *records_of("sleeps", "blocks")) == []


def test_at_the_deadline_a_fifo_group_is_reported_and_nothing_is_dead_lettered(clock: Clock) -> None:
    sqs, records = FakeSqs(), [fifo_record("600", receives=3), fifo_record("600", receives=3)]
    settings: Any = {"sqs": sqs, "max_receive_count": 3, "dead_letter_queue_url": FIFO_DLQ_URL}
    assert within_10_seconds(sleep_seconds, *records, **settings) == ids(*records)
    assert sqs.sent() == []
