"""The deadline: an invocation ends before Lambda's timeout, which would return all of its messages."""

import threading
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sqs_batch
from sqs_batch import Record, Reject
from sqs_events import (
    DLQ_URL,
    FIFO_DLQ_URL,
    Clock,
    Context,
    Deployed,
    FakeSqs,
    Raw,
    deploy,
    fifo_record,
    ids,
    records_of,
    stopped_clock,
)

RETRY: dict[str, Any] = {"retry_base_delay_seconds": 1}
REJECTS: dict[str, Any] = {"dead_letter_queue_url": DLQ_URL}


@pytest.fixture
def clock() -> Iterator[Clock]:
    with stopped_clock() as clock:
        yield clock


class Worker:
    """Takes as many seconds for a record as its body contains."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.started: list[str] = []

    def __call__(self, record: Record) -> None:
        self.started.append(record.message_id)
        self.clock.now += record.json

    def handles(self, records: list[Raw], seconds: float = 10, memory_mb: int = 1769, **settings: Any) -> int:
        """Return how many of the records are handled."""
        context = Context(seconds, self.clock, str(memory_mb))
        failed = deploy(self, **settings).failed(*records, context=context)
        assert failed == ids(*records[len(self.started) :])
        assert self.clock.now <= seconds
        return len(self.started)


@pytest.mark.parametrize(
    ("durations", "handled", "arguments"),
    [
        pytest.param([1] * 20, 9, {}, id="stops when another record would not fit"),
        pytest.param([4, 1, 1, 1], 3, {}, id="expects the slowest duration so far"),
        pytest.param([0.9] * 10, 10, {}, id="handles all if there is time"),
        pytest.param([0.001, 0], 1, {"seconds": 0.001}, id="always starts the first record"),
        pytest.param([0.125] * 200, 78, {}, id="reserves 0.2 s for the reply"),
        pytest.param([0.5] * 40, 16, RETRY, id="reserves time to change visibility timeouts"),
        pytest.param([0.5] * 40, 16, REJECTS, id="reserves time to send rejects"),
        pytest.param([0.125] * 160, 62, RETRY, id="reserves 50 ms for each ten records"),
        pytest.param([0.5] * 40, 15, {**RETRY, "memory_mb": 512}, id="reserves 0.7 s for the client at 512 MB"),
        pytest.param([0.125] * 40, 16, {**RETRY, "seconds": 3, "memory_mb": 128}, id="reserves at most a third"),
    ],
)
def test_handling_stops_before_the_deadline(
    durations: list[float], handled: int, arguments: dict[str, Any], clock: Clock
) -> None:
    assert Worker(clock).handles(records_of(*durations), **arguments) == handled


def test_once_there_is_a_client_less_time_is_reserved(clock: Clock) -> None:
    def first_is_rejected(record: Record) -> None:
        worker(record)
        if handle.clients_made == 0:
            raise Reject("never")

    worker = Worker(clock)
    handle: Deployed = deploy(first_is_rejected, **REJECTS)
    handle.failed(*records_of(*[0.5] * 40), context=Context(10, clock, "512"))
    assert len(worker.started) == 17  # 15 without a client


def test_the_duration_of_a_failure_counts(clock: Clock) -> None:
    def function(record: Record) -> None:
        clock.now += 4
        raise ValueError("slow and bad")

    assert len(deploy(function).failed(*records_of(1, 1, 1, 1), context=Context(10, clock))) == 4
    assert clock.now == 8


def test_each_invocation_has_its_own_deadline(clock: Clock) -> None:
    worker = Worker(clock)
    handle = deploy(worker)
    clock.now = 1_000_000
    for invocation in (1, 2, 3):
        handle.failed(*records_of(4, 4, 4), context=Context(10))
        assert len(worker.started) == 2 * invocation


@pytest.mark.parametrize("context", [None, {}, object(), mock.MagicMock(), mock.Mock()], ids=lambda c: type(c).__name__)
def test_without_a_lambda_context_there_is_no_deadline(context: Any, clock: Clock) -> None:
    assert deploy(Worker(clock)).failed(*records_of(*[10_000] * 5), context=context) == []


def test_records_that_were_not_started_are_one_short_log_line(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    records = records_of(*[3] * 5)
    Worker(clock).handles(records)
    assert caplog.messages[1:] == [f"NOT STARTED records=2 message_ids={','.join(ids(*records[3:]))}"]
    clock.now = 0
    records = records_of(*[9] * 1_000)
    Worker(clock).handles(records)
    assert caplog.messages[-1] == f"NOT STARTED records=999 message_ids={','.join(ids(*records[1:11]))}"


# Records that were not started


@pytest.mark.parametrize(("settings", "is_visible"), [(RETRY, True), (REJECTS, False)])
def test_they_are_visible_at_once_if_the_function_has_the_permission(
    settings: dict[str, Any], is_visible: bool, clock: Clock
) -> None:
    handle, records = deploy(Worker(clock), **settings), records_of(5, 5)
    assert handle.failed(*records, context=Context(10, clock)) == ids(records[1])
    assert handle.sqs.timeouts() == ({records[1]["messageId"]: 0} if is_visible else {})


def test_on_a_fifo_queue_no_group_continues_after_the_deadline(clock: Clock) -> None:
    sqs, worker = FakeSqs(), Worker(clock)
    records = [fifo_record("5", "a"), fifo_record("5", "b"), fifo_record("0", "c"), fifo_record("0", "a")]
    failed = deploy(worker, sqs, dead_letter_queue_url=FIFO_DLQ_URL).failed(*records, context=Context(10, clock))
    assert failed == ids(*records[1:])
    assert sqs.timeouts() == dict.fromkeys(failed, 0)


# Slow calls to SQS


def reject(record: Record) -> None:
    raise Reject("never")


@pytest.mark.parametrize(("seconds", "calls"), [(0, 4), (1, 4), (1.1, 1)])
def test_after_a_call_that_failed_slowly_the_invocation_makes_no_other(
    seconds: float, calls: int, clock: Clock
) -> None:
    def fail(parameters: dict[str, Any]) -> Any:
        clock.now += seconds
        raise OSError("timed out")

    handle = deploy(reject, FakeSqs(send_message=fail), **REJECTS, **RETRY)
    for invocation in (1, 2):
        assert len(handle.failed(*records_of(1, 1, 1), context=Context(60, clock))) == 3
        assert len(handle.sqs.calls) == calls * invocation


class NoAnswer:
    """Replaces Thread, and never makes its call to SQS."""

    waits: list[float]

    def __init__(self, **arguments: Any) -> None: ...

    def start(self) -> None: ...

    def join(self, timeout: float) -> None:
        self.waits.append(timeout)


@pytest.fixture
def waits() -> Iterator[list[float]]:
    """Let SQS never answer; return the timeouts of the calls."""
    NoAnswer.waits = []
    with mock.patch.object(sqs_batch, "Thread", NoAnswer):
        yield NoAnswer.waits


def test_a_call_without_an_answer_is_abandoned_and_is_the_last_of_its_invocation(
    clock: Clock, waits: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    handle = deploy(reject, **REJECTS, **RETRY)
    assert len(handle.failed(*records_of(1, 1, 1), context=Context(60, clock))) == 3
    assert len(waits) == 1
    assert "reason=TimeoutError: SQS has not answered in time at " in caplog.text
    assert "records=3 reason=TimeoutError: an earlier call of this invocation failed slowly at " in caplog.text


@pytest.mark.parametrize(
    ("seconds", "spent", "memory_mb", "allowed"),
    [
        (60, 1, 1769, 3.2),  # three seconds, and the time to make the client
        (60, 1, 128, 3 + 0.2 * 1769 / 128),
        (3, 2, 128, 0.5),
        (0.6, 0.1, 1769, 0.4),  # a sixth, because the invocation is that short
        (10, 9.46, 1769, None),
    ],
)
def test_the_timeout_of_a_call_leaves_time_for_the_reply(
    seconds: float, spent: float, memory_mb: int, allowed: float | None, clock: Clock, waits: list[float]
) -> None:
    def function(record: Record) -> None:
        clock.now += spent
        reject(record)

    deploy(function, **REJECTS, **RETRY).failed(*records_of(1), context=Context(seconds, clock, str(memory_mb)))
    assert waits == ([pytest.approx(allowed)] if allowed else [])


def test_making_the_client_is_part_of_the_call(caplog: pytest.LogCaptureFixture) -> None:
    # Without credentials in the environment, botocore requests them from an endpoint, which may hang, too.
    handle, is_over = deploy(reject, **REJECTS), threading.Event()

    def hang(queue_arn: str) -> None:
        is_over.wait(60)

    with mock.patch.object(handle, "_new_client", hang):
        assert len(handle.failed(*records_of(1), context=Context(0.1))) == 1
    is_over.set()
    assert "reason=TimeoutError: SQS has not answered in time at " in caplog.text


@given(
    seconds=st.lists(st.floats(0, 5), min_size=1, max_size=30),
    allowed=st.floats(0.1, 30),
    retry=st.sampled_from([{}, RETRY]),
)
def test_exactly_the_records_that_were_not_started_are_reported(
    seconds: list[float], allowed: float, retry: dict[str, Any]
) -> None:
    with stopped_clock() as clock:
        worker, records = Worker(clock), records_of(*seconds)
        failed = deploy(worker, **retry).failed(*records, context=Context(allowed, clock))
    assert worker.started + failed == ids(*records)
    assert worker.started
    # No record starts if one as slow as the slowest before it would not fit.
    spent, slowest = 0.0, 0.0
    for each in seconds[: len(worker.started)]:
        assert not slowest or spent + slowest <= allowed
        spent, slowest = spent + each, max(slowest, each)
