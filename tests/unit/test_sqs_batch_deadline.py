"""The deadline: an invocation ends by itself, before Lambda ends it and everything comes back."""

import threading
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sqs_batch
from sqs_batch import Record
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
    raw_record,
    stopped_clock,
)


@pytest.fixture
def clock() -> Iterator[Clock]:
    with stopped_clock() as clock:
        yield clock


class Worker:
    """Takes the time that stands in the record's body, in seconds."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.started: list[str] = []

    def __call__(self, record: Record) -> None:
        self.started.append(record.message_id)
        self.clock.now += record.json

    def handles(self, records: list[Raw], seconds: float = 10, memory_mb: int = 1769, **settings: Any) -> int:
        """How many of the records were handled, when Lambda allows so many seconds."""
        context = Context(seconds, self.clock, str(memory_mb))
        failed = deploy(self, **settings).failed(*records, context=context)
        assert failed == [raw["messageId"] for raw in records[len(self.started) :]]
        assert self.clock.now <= seconds
        return len(self.started)


def records_of(*seconds: float) -> list[dict[str, Any]]:
    return [raw_record(str(each)) for each in seconds]


def test_it_stops_when_another_record_would_not_fit(clock: Clock) -> None:
    assert Worker(clock).handles(records_of(*[1] * 20)) == 9


def test_it_goes_by_the_slowest_record_so_far(clock: Clock) -> None:
    # After 6 s there are 4 s left, but there was a record that took 4 s.
    assert Worker(clock).handles(records_of(4, 1, 1, 1)) == 3


def test_all_are_handled_where_the_time_suffices(clock: Clock) -> None:
    assert Worker(clock).handles(records_of(*[0.9] * 10)) == 10


def test_the_first_record_is_always_started_so_that_every_invocation_gets_on(clock: Clock) -> None:
    assert Worker(clock).handles(records_of(0.001, 0), seconds=0.001) == 1


def test_a_failure_counts_with_the_time_it_took(clock: Clock) -> None:
    def function(record: Record) -> None:
        clock.now += 4
        raise ValueError("slow and bad")

    records = records_of(1, 1, 1, 1)
    assert len(deploy(function).failed(*records, context=Context(10, clock))) == 4
    assert clock.now == 8


def test_time_that_passed_before_the_invocation_does_not_count(clock: Clock) -> None:
    worker = Worker(clock)
    clock.now = 1_000_000
    context = Context(10, lambda: clock.now - 1_000_000)
    assert deploy(worker).failed(*records_of(1, 1), context=context) == []


@pytest.mark.parametrize("context", [None, {}, object(), mock.MagicMock(), mock.Mock()], ids=lambda c: type(c).__name__)
def test_without_a_lambda_context_there_is_no_deadline(context: Any, clock: Clock) -> None:
    assert deploy(Worker(clock)).failed(*records_of(*[10_000] * 5), context=context) == []


def test_each_invocation_has_a_time_of_its_own(clock: Clock) -> None:
    worker = Worker(clock)
    handle = deploy(worker)
    for invocation in (1, 2, 3):
        handle.failed(*records_of(4, 4, 4), context=Context(10))
        assert len(worker.started) == 2 * invocation


def test_what_was_not_reached_is_one_line_of_the_log(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    records = records_of(*[3] * 5)
    Worker(clock).handles(records)
    ids = ",".join(raw["messageId"] for raw in records[3:])
    assert [record.getMessage() for record in caplog.records][1:] == [f"NOT STARTED records=2 message_ids={ids}"]


def test_the_line_does_not_grow_with_the_batch(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    Worker(clock).handles(records_of(*[9] * 10_000))
    assert "NOT STARTED records=9999 message_ids=" in caplog.text
    assert len(caplog.messages[-1]) < 500


# What has to be left for SQS


def test_without_calls_to_sqs_a_fifth_of_a_second_is_left(clock: Clock) -> None:
    assert Worker(clock).handles(records_of(*[0.125] * 200)) == 78


SQS_SETTINGS: list[dict[str, Any]] = [{"retry_base_delay_seconds": 1}, {"dead_letter_queue_url": DLQ_URL}]


@pytest.mark.parametrize("settings", SQS_SETTINGS, ids=["retry", "rejects"])
def test_more_is_left_where_sqs_may_have_to_be_called(settings: dict[str, Any], clock: Clock) -> None:
    assert Worker(clock).handles(records_of(*[0.5] * 40), **settings) == 16


def test_more_is_left_where_little_memory_makes_the_client_slow(clock: Clock) -> None:
    # 0.2 s on a whole CPU are 0.7 s at 512 MB.
    settings: dict[str, Any] = {"retry_base_delay_seconds": 1, "memory_mb": 512}
    assert Worker(clock).handles(records_of(*[0.5] * 40), **settings) == 15


def test_not_more_than_a_third_is_left(clock: Clock) -> None:
    settings: dict[str, Any] = {"retry_base_delay_seconds": 1, "memory_mb": 128}
    assert Worker(clock).handles(records_of(*[0.125] * 40), seconds=3, **settings) == 16


def test_less_is_left_once_there_is_a_client(clock: Clock) -> None:
    def first_fails(record: Record) -> None:
        worker(record)
        if record.body == "0.5" and handle.clients_made == 0:
            raise sqs_batch.Reject("never")

    worker = Worker(clock)
    handle: Deployed = deploy(first_fails, dead_letter_queue_url=DLQ_URL)
    handle.failed(*records_of(*[0.5] * 40), context=Context(10, clock, "512"))
    assert len(worker.started) == 17  # without a client, they are 15


# What SQS is told


def test_what_was_not_reached_may_be_received_again_at_once(clock: Clock) -> None:
    sqs, records = FakeSqs(), records_of(5, 5)
    deploy(Worker(clock), sqs, retry_base_delay_seconds=1).failed(*records, context=Context(10, clock))
    assert sqs.timeouts() == {records[1]["receiptHandle"]: 0}


def test_without_the_permission_what_was_not_reached_waits_for_its_visibility_timeout(clock: Clock) -> None:
    handle = deploy(Worker(clock), dead_letter_queue_url=DLQ_URL)
    assert len(handle.failed(*records_of(5, 5), context=Context(10, clock))) == 1
    assert handle.clients_made == 0


def test_on_a_fifo_queue_no_group_goes_on_after_the_deadline(clock: Clock) -> None:
    sqs, worker = FakeSqs(), Worker(clock)
    records = [fifo_record("5", "a"), fifo_record("5", "b"), fifo_record("0", "c"), fifo_record("0", "a")]
    failed = deploy(worker, sqs, dead_letter_queue_url=FIFO_DLQ_URL).failed(*records, context=Context(10, clock))
    assert failed == [raw["messageId"] for raw in records[1:]]
    assert sqs.timeouts() == {raw["receiptHandle"]: 0 for raw in records[1:]}


def test_a_call_that_failed_slowly_is_the_last_of_its_invocation(clock: Clock) -> None:
    def reject(record: Record) -> None:
        raise sqs_batch.Reject("never")

    def hang(parameters: dict[str, Any]) -> Any:
        clock.now += 3
        raise OSError("timed out")

    handle = deploy(reject, FakeSqs(send_message=hang), dead_letter_queue_url=DLQ_URL, retry_base_delay_seconds=1)
    assert len(handle.failed(*records_of(1, 1, 1), context=Context(60, clock))) == 3
    assert [operation for operation, _ in handle.sqs.calls] == ["send_message"]
    handle.failed(*records_of(1), context=Context(60, clock))
    assert len(handle.sqs.calls) == 2


def test_a_call_that_failed_fast_is_not(clock: Clock) -> None:
    def reject(record: Record) -> None:
        raise sqs_batch.Reject("never")

    handle = deploy(reject, FakeSqs(send_message=OSError("refused")), dead_letter_queue_url=DLQ_URL)
    assert len(handle.failed(*records_of(1, 1, 1), context=Context(60, clock))) == 3
    assert len(handle.sqs.sent()) == 3


class Never(FakeSqs):
    """An SQS that does not answer: each call takes until the test ends."""

    def __init__(self) -> None:
        super().__init__()
        self.over = threading.Event()

    def _answer(self, operation: str, parameters: dict[str, Any], answer: Any) -> Any:
        self.calls.append((operation, parameters))
        self.over.wait(60)


@pytest.fixture
def never() -> Iterator[Never]:
    sqs = Never()
    yield sqs
    sqs.over.set()


def reject(record: Record) -> None:
    raise sqs_batch.Reject("never")


@pytest.fixture
def joins() -> Iterator[list[float]]:
    """How long each call to SQS may take; none is waited for."""
    seconds: list[float] = []

    def join(thread: threading.Thread, timeout: float) -> None:
        seconds.append(timeout)

    with mock.patch.object(sqs_batch.Thread, "join", join):
        yield seconds


SETTINGS: dict[str, Any] = {"dead_letter_queue_url": DLQ_URL, "retry_base_delay_seconds": 1}


def test_a_call_without_an_answer_is_given_up_and_is_the_last_of_its_invocation(
    clock: Clock, never: Never, joins: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    handle = deploy(reject, never, **SETTINGS)
    assert len(handle.failed(*records_of(1, 1, 1), context=Context(60, clock))) == 3
    assert len(joins) == 1
    assert "reason=TimeoutError: SQS has not answered in time at " in caplog.text
    assert "records=3 reason=TimeoutError: an earlier call of this invocation failed slowly at " in caplog.text


@pytest.mark.parametrize(
    ("seconds", "spent", "memory_mb", "allowed"),
    [
        (60, 1, 1769, 3.2),  # three seconds, and what it takes to make the client
        (60, 1, 128, 3 + 0.2 * 1769 / 128),
        (15, 13.5, 1769, 1.0),  # half a second is left for the reply
        (3, 2, 128, 0.5),
        (0.6, 0.1, 1769, 0.4),  # a sixth, where the invocation is that short
    ],
)
def test_a_call_gets_no_more_time_than_leaves_some_for_the_reply(
    seconds: float, spent: float, memory_mb: int, allowed: float, clock: Clock, never: Never, joins: list[float]
) -> None:
    def function(record: Record) -> None:
        clock.now += spent
        reject(record)

    deploy(function, never, **SETTINGS).failed(*records_of(1), context=Context(seconds, clock, str(memory_mb)))
    assert joins == [pytest.approx(allowed)]


def test_making_the_client_is_part_of_the_call(
    clock: Clock, never: Never, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # Where the environment has no credentials, botocore asks an endpoint for them, which may hang, too.
    handle = deploy(reject, **SETTINGS)
    monkeypatch.setattr(handle, "_new_client", lambda queue_arn: never.over.wait(60))  # type: ignore[misc]
    assert len(handle.failed(*records_of(1), context=Context(0.3))) == 1
    assert "reason=TimeoutError: SQS has not answered in time at " in caplog.text


def test_slow_answers_end_when_the_time_is_up(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    def slow(parameters: dict[str, Any]) -> Any:
        clock.now += 1.5
        return {}

    def fail(record: Record) -> None:
        raise ValueError("it is bad")

    sqs = FakeSqs(change_message_visibility_batch=slow)
    deploy(fail, sqs, retry_base_delay_seconds=1).failed(*records_of(*[1] * 100), context=Context(5, clock))
    assert len(sqs.calls) == 3
    assert "records=70 reason=TimeoutError: no time left for it" in caplog.text


def test_sqs_is_not_called_when_the_time_is_up(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    def function(record: Record) -> None:
        clock.now += 9.95
        raise ValueError("late")

    handle = deploy(function, retry_base_delay_seconds=1)
    assert len(handle.failed(*records_of(1), context=Context(10, clock))) == 1
    assert handle.sqs.calls == []
    assert "visibility timeout not changed: records=1 reason=TimeoutError: no time left for it" in caplog.text


@given(
    seconds=st.lists(st.floats(0, 5), min_size=1, max_size=30),
    allowed=st.floats(0.1, 30),
    retry=st.sampled_from([{}, {"retry_base_delay_seconds": 1}]),
)
def test_exactly_what_was_not_started_comes_back_and_the_rest_fits(
    seconds: list[float], allowed: float, retry: dict[str, Any]
) -> None:
    with stopped_clock() as clock:
        worker, records = Worker(clock), records_of(*seconds)
        failed = deploy(worker, **retry).failed(*records, context=Context(allowed, clock))
    assert worker.started + failed == [raw["messageId"] for raw in records]
    assert worker.started
    # No record begins when one like the slowest before it would not fit.
    spent, slowest = 0.0, 0.0
    for each in seconds[: len(worker.started)]:
        assert not slowest or spent + slowest <= allowed
        spent, slowest = spent + each, max(slowest, each)
