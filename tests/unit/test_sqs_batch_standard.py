"""Standard queues: which records are reported, which functions are accepted, and which events are rejected."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqs_batch import Record, Reject, batch_handler
from sqs_events import DLQ_URL, FakeSqs, by_body, by_body_later, deploy, event_of, ids, later, raw_record, records_of


@pytest.mark.parametrize("second", ["bad", "good"])
def test_a_duplicate_id_is_reported_once(second: str) -> None:
    records = raw_record("bad", id="x"), raw_record("good", id="y"), raw_record(second, id="x")
    assert deploy(by_body).failed(*records) == ["x"]


def test_a_function_that_changes_its_record_or_the_event_does_not_change_the_report() -> None:
    event = event_of(*records_of("1", "2", "3"))
    expected = ids(*event["Records"])

    def vandal(record: Record) -> None:
        event["Records"].clear()
        record.raw.clear()
        record.attributes.clear()
        record.body = "other"  # type: ignore[misc]  # pyright: ignore

    handle = deploy(vandal, max_receive_count=3, retry_base_delay_seconds=1)
    assert [entry["itemIdentifier"] for entry in handle(event)["batchItemFailures"]] == expected
    assert [*handle.sqs.timeouts()] == expected


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


RAISED: dict[str, BaseException] = {
    type(error).__name__: error
    for error in (
        *(ValueError("it is bad"), SystemExit(1), KeyboardInterrupt(), GeneratorExit(), asyncio.CancelledError()),
        *(StopIteration(), MemoryError(), RecursionError(), BaseException(), Unprintable(), Reject("never")),
    )
}


def raise_by_body(record: Record) -> None:
    if record.body in RAISED:
        raise RAISED[record.body]


async def raise_at_once(record: Record) -> None:
    raise_by_body(record)


details = st.tuples(st.sampled_from(["good", *RAISED]), st.sampled_from([None, "a", "b"]), st.integers(1, 4))
settings_of_retries: Any = st.fixed_dictionaries(
    {},
    optional={
        "max_receive_count": st.integers(1, 4),
        "retry_base_delay_seconds": st.integers(1, 100),
        "retry_maximum_delay_seconds": st.integers(1, 100),
    },
)
functions = st.sampled_from([raise_by_body, raise_at_once, later(raise_by_body)])


@given(st.lists(details, max_size=12), settings_of_retries, functions, st.booleans())
def test_on_a_standard_queue_exactly_the_failed_records_are_reported(
    records: list[tuple[str, str | None, int]], settings: Any, function: Any, has_queue: bool
) -> None:
    raws = [raw_record(body, group=group, receives=receives) for body, group, receives in records]
    sqs, rejects = FakeSqs(), [raw for raw in raws if has_queue and raw["body"] == "Reject"]
    settings |= {"dead_letter_queue_url": DLQ_URL} if has_queue else {}
    failed = [raw for raw in raws if raw["body"] in RAISED and raw not in rejects]
    assert deploy(function, sqs, **settings).failed(*raws) == ids(*failed)
    assert len(sqs.sent()) == len(rejects)


def test_a_missing_body_or_one_that_is_not_json_fails_one_record() -> None:
    bodies = ["", " ", "{", "no json", "{'a': 1}", "1 2", "\ufeff{}", "[" * 100_000, "1" * 5000]
    bad, good, missing = records_of(*bodies), records_of("{}", " [] "), raw_record()
    del missing["body"]
    assert deploy(lambda record: record.json).failed(good[0], missing, *bad, good[1]) == ids(missing, *bad)


# The decorator


def test_the_handler_wraps_the_function_which_remains_available_for_unit_tests() -> None:
    asynchronous = batch_handler(concurrency=2)(by_body_later)
    for handler, function in ((batch_handler(by_body), by_body), (asynchronous, by_body_later)):
        assert (handler.__wrapped__, getattr(handler, "__name__", "")) == (function, function.__name__)
    decorator: Any = batch_handler()
    assert decorator(by_body)(event_of()) == {"batchItemFailures": []}


def generator(record: Record) -> Any:
    yield record


async def async_generator(record: Record) -> Any:
    yield record


@pytest.mark.parametrize("function", [generator, async_generator])
def test_a_generator_function_is_rejected(function: Any) -> None:
    with pytest.raises(TypeError) as caught:
        batch_handler(function)
    name = function.__name__
    assert str(caught.value) == f"{name} is a generator function: calling it would not run it. Remove the `yield`"


def test_concurrency_requires_an_async_function() -> None:
    with pytest.raises(TypeError) as caught:
        deploy(by_body, concurrency=5)
    assert str(caught.value) == "concurrency requires `async def`: by_body is a plain function"


@pytest.mark.parametrize("concurrency", [0, -1, 2.5, "3", True])
def test_concurrency_must_be_a_positive_integer(concurrency: Any) -> None:
    with pytest.raises(ValueError) as caught:
        deploy(by_body_later, concurrency=concurrency)
    assert str(caught.value) == f"concurrency must be a whole number of at least 1, got {concurrency!r}"


# Events


def rejection(event: Any) -> str:
    handled: list[str] = []
    with pytest.raises(ValueError) as caught:
        deploy(lambda record: handled.append(record.body))(event)
    assert handled == []
    return str(caught.value)


def test_an_event_without_a_list_of_records_is_rejected() -> None:
    events: list[Any] = [None, 1, "text", [], object, {}, {"Records": None}, {"Records": {}}, {"Records": "aws:sqs"}]
    text = "not an SQS event: it has no list of Records. Does SQS invoke this function?"
    assert {rejection(event) for event in events} == {text}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in raw_record().items() if key != name}


WRONG_SOURCE = "not an SQS event: the eventSource of Records[1] must be aws:sqs, got {!r}"
NO_ID = "Records[1] has no messageId to report it by, so the whole batch fails: got {!r}"
INVALID: list[tuple[Any, str, Any]] = [
    *((raw_record(eventSource=source), WRONG_SOURCE, source) for source in ("aws:kinesis", None, "", 7)),
    *((record, WRONG_SOURCE, None) for record in (None, 1, "text", [1], without("eventSource"))),
    *((raw_record(messageId=id), NO_ID, id) for id in (None, "", 5, ["x"], b"x")),
    (without("messageId"), NO_ID, None),
]


def test_an_event_with_an_invalid_record_is_rejected() -> None:
    texts = [rejection(event_of(raw_record(), raw)) for raw, _, _ in INVALID]
    assert texts == [text.format(got) for _, text, got in INVALID]


any_json: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
records: Any = st.dictionaries(st.sampled_from(["messageId", "eventSource", "body"]), any_json)
lists: Any = st.lists(any_json | records, min_size=1, max_size=4)


@given(any_json | lists.map(lambda others: {"Records": [raw_record(), *others]}))  # pyright: ignore
def test_any_other_event_is_a_value_error_before_a_record_is_handled(event: Any) -> None:
    handled: list[str] = []
    with pytest.raises(ValueError, match=r"^not an SQS event|has no messageId"):
        deploy(lambda record: handled.append(record.message_id))(event)
    assert handled == []
