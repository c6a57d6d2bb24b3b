"""Standard queues: whose failure is whose, what is an SQS event, and what the reply says."""

import asyncio
import functools
import json
from collections.abc import Callable
from typing import Any

import pytest

from sqs_batch import Record, Reject, batch_handler
from sqs_events import Deployed, deploy, event_of, failed_ids, raw_record


def fail_on_bad(record: Record) -> None:
    if record.body == "bad":
        raise ValueError("it is bad")


def records(*bodies: str) -> list[dict[str, Any]]:
    return [raw_record(body) for body in bodies]


@pytest.fixture
def handle() -> Deployed:
    return deploy(fail_on_bad)


def test_a_batch_that_is_handled_reports_nothing(handle: Deployed) -> None:
    assert handle(event_of(*records("good", "good"))) == {"batchItemFailures": []}


def test_a_bad_record_fails_alone(handle: Deployed) -> None:
    good, bad, other = records("good", "bad", "good")
    assert handle.failed(good, bad, other) == [bad["messageId"]]


def test_failures_are_reported_in_the_order_of_the_event(handle: Deployed) -> None:
    batch = records("bad", "good", "bad", "bad")
    assert handle.failed(*batch) == [batch[0]["messageId"], batch[2]["messageId"], batch[3]["messageId"]]


def test_a_batch_that_fails_entirely_is_reported_record_by_record(handle: Deployed) -> None:
    batch = records("bad", "bad")
    assert handle.failed(*batch) == [raw["messageId"] for raw in batch]


def test_an_invocation_knows_nothing_of_the_one_before(handle: Deployed) -> None:
    (bad,) = records("bad")
    assert handle.failed(bad) == [bad["messageId"]]
    assert handle.failed(*records("good")) == []


def test_a_batch_may_be_empty(handle: Deployed) -> None:
    assert handle(event_of()) == {"batchItemFailures": []}


def test_a_batch_may_have_thousands_of_records(handle: Deployed) -> None:
    batch = [raw_record("bad" if number % 7 == 0 else "good") for number in range(10_000)]
    assert handle.failed(*batch) == [raw["messageId"] for raw in batch[::7]]


def test_every_record_is_handled_once_and_in_turn() -> None:
    seen: list[str] = []
    handle = deploy(lambda record: seen.append(record.body))
    assert handle.failed(*records("1", "2", "3")) == []
    assert seen == ["1", "2", "3"]


def test_an_id_that_comes_twice_is_reported_once(handle: Deployed) -> None:
    assert handle.failed(raw_record("bad", id="x"), raw_record("good", id="y"), raw_record("bad", id="x")) == ["x"]


def test_an_id_that_comes_twice_and_fails_once_is_reported(handle: Deployed) -> None:
    assert handle.failed(raw_record("bad", id="x"), raw_record("good", id="x")) == ["x"]


def test_a_function_that_changes_its_record_does_not_change_what_is_reported() -> None:
    def vandal(record: Record) -> None:
        record.raw.clear()
        record.attributes.clear()
        raise KeyError("gone")

    handle = deploy(vandal, max_receive_count=3, retry_base_delay_seconds=1)
    assert handle.failed(raw_record(id="x"), raw_record(id="y")) == ["x", "y"]
    assert len(handle.sqs.timeouts()) == 2


@pytest.mark.parametrize("name", ["message_id", "raw", "body", "json"])
def test_a_function_that_assigns_to_its_record_has_failed(name: str) -> None:
    handle = deploy(lambda record: setattr(record, name, "other"))
    assert handle.failed(raw_record(id="x"), raw_record(id="y")) == ["x", "y"]


def test_a_function_that_takes_records_out_of_the_event_loses_none() -> None:
    event = event_of(*records("1", "2", "3"))
    seen: list[str] = []

    def vandal(record: Record) -> None:
        event["Records"].clear()
        seen.append(record.body)

    assert deploy(vandal)(event) == {"batchItemFailures": []}
    assert seen == ["1", "2", "3"]


def overflow(record: Record) -> None:
    overflow(record)


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


class OnlyABaseException(BaseException):
    pass


def raising(error: BaseException) -> Callable[[Record], None]:
    def function(record: Record) -> None:
        raise error

    return function


ERRORS = [
    Exception("x"),
    SystemExit(1),
    KeyboardInterrupt(),
    GeneratorExit(),
    asyncio.CancelledError(),
    StopIteration(),
    MemoryError(),
    OnlyABaseException(),
    Unprintable(),
    Reject("never"),
    ExceptionGroup("several", [ValueError("one"), SystemError("two")]),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_whatever_is_raised_is_the_failure_of_one_record(error: BaseException) -> None:
    def function(record: Record) -> None:
        if record.body == "bad":
            raise error

    good, bad, other = records("good", "bad", "good")
    assert deploy(function).failed(good, bad, other) == [bad["messageId"]]


def test_too_deep_a_recursion_is_the_failure_of_one_record() -> None:
    def function(record: Record) -> None:
        if record.body == "bad":
            overflow(record)

    good, bad, other = records("good", "bad", "good")
    assert deploy(function).failed(good, bad, other) == [bad["messageId"]]


@pytest.mark.parametrize("body", ["", " ", "{", "no json", "{'a': 1}", "1 2", "\ufeff{}", "[" * 100_000, "1" * 5000])
def test_a_body_that_is_no_json_is_the_failure_of_one_record(body: str) -> None:
    good, bad, other = records("{}", body, "[]")
    assert deploy(lambda record: record.json).failed(good, bad, other) == [bad["messageId"]]


def test_a_record_without_a_body_fails_alone_where_the_body_is_asked_for() -> None:
    good, bad = records("{}", "{}")
    del bad["body"]
    assert deploy(lambda record: record.json).failed(good, bad) == [bad["messageId"]]


# What is decorated


def test_the_plain_function_is_still_there_for_unit_tests() -> None:
    handler = batch_handler(fail_on_bad)
    assert handler.__wrapped__ is fail_on_bad
    with pytest.raises(ValueError, match="it is bad"):
        handler.__wrapped__(Record({"body": "bad"}))


def test_the_handler_has_the_name_and_the_docstring_of_the_function() -> None:
    def named(record: Record) -> None:
        """What it does."""

    handler: Any = batch_handler(named)
    assert (handler.__name__, handler.__doc__) == ("named", "What it does.")


def test_the_decorator_may_be_written_with_empty_parentheses() -> None:
    decorator: Any = batch_handler()
    assert decorator(fail_on_bad)(event_of()) == {"batchItemFailures": []}


def with_prefix(prefix: str, record: Record) -> None:
    fail_on_bad(record)


class CallableObject:
    def __call__(self, record: Record) -> None:
        fail_on_bad(record)

    def method(self, record: Record) -> None:
        fail_on_bad(record)


@pytest.mark.parametrize(
    "function",
    [functools.partial(with_prefix, "x"), CallableObject(), CallableObject().method],
    ids=["partial", "object", "method"],
)
def test_anything_that_can_be_called_is_a_function(function: Any) -> None:
    good, bad = records("good", "bad")
    assert deploy(function).failed(good, bad) == [bad["messageId"]]


def test_a_builtin_is_a_function_too() -> None:
    assert deploy(id).failed(raw_record()) == []


def generator(record: Record) -> Any:
    yield record


async def async_generator(record: Record) -> Any:
    yield record


@pytest.mark.parametrize("function", [generator, async_generator, functools.partial(generator)])
def test_a_generator_is_refused_because_calling_it_runs_nothing(function: Any) -> None:
    with pytest.raises(TypeError, match="has a `yield`: calling it would run nothing"):
        batch_handler(function)


def test_concurrency_is_refused_for_a_plain_function() -> None:
    with pytest.raises(TypeError, match="concurrency is for `async def`: fail_on_bad is a plain function"):
        deploy(fail_on_bad, concurrency=5)


# What is an SQS event

NO_RECORDS: list[Any] = [
    None,
    1,
    "text",
    [],
    False,
    object,
    {},
    {"Records": None},
    {"Records": {}},
    {"Records": "aws:sqs"},
    {"a": 1},
]


@pytest.mark.parametrize("event", NO_RECORDS, ids=repr)
def test_what_has_no_list_of_records_is_no_sqs_event(event: Any, handle: Deployed) -> None:
    with pytest.raises(ValueError, match=r"^not an SQS event: there is no list of Records\."):
        handle(event)


def seen_by(event: Any) -> tuple[list[str], str]:
    """Which bodies were handled before the event was refused, and how it was."""
    seen: list[str] = []
    with pytest.raises(ValueError, match=r".") as refused:
        deploy(lambda record: seen.append(record.body))(event)
    return seen, str(refused.value)


@pytest.mark.parametrize("source", ["aws:kinesis", "aws:s3", None, "", 7])
def test_records_of_another_source_are_refused_before_any_is_handled(source: Any) -> None:
    seen, error = seen_by(event_of(raw_record(), raw_record(eventSource=source)))
    assert error == f"not an SQS event: the eventSource of Records[1] must be aws:sqs, got {source!r}"
    assert seen == []


def test_an_s3_event_is_refused() -> None:
    _, error = seen_by({"Records": [{"eventSource": "aws:s3", "s3": {"bucket": {"name": "b"}}}]})
    assert error == "not an SQS event: the eventSource of Records[0] must be aws:sqs, got 'aws:s3'"


@pytest.mark.parametrize("record", [None, 1, "text", []])
def test_a_record_that_is_no_object_is_refused(record: Any) -> None:
    _, error = seen_by(event_of(raw_record(), record))
    assert error == "not an SQS event: the eventSource of Records[1] must be aws:sqs, got None"


@pytest.mark.parametrize("message_id", [None, "", 5, ["x"], b"x"])
def test_a_record_without_a_message_id_fails_the_batch_before_any_is_handled(message_id: Any) -> None:
    seen, error = seen_by(event_of(raw_record(), raw_record(messageId=message_id)))
    assert error == f"Records[1] has no messageId to report it by, so the whole batch fails: got {message_id!r}"
    assert seen == []


def test_a_record_whose_message_id_is_missing_fails_the_batch() -> None:
    record = raw_record()
    del record["messageId"]
    assert seen_by(event_of(record))[0] == []


def test_the_reply_is_json_that_lambda_takes(handle: Deployed) -> None:
    reply = handle(event_of(raw_record("bad", id="x")))
    assert json.dumps(reply) == '{"batchItemFailures": [{"itemIdentifier": "x"}]}'
    assert failed_ids(reply) == ["x"]
