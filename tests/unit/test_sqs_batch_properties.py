"""Whatever the event and whatever fails: the reply names exactly the failed and the unreached, in the event's order."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqs_batch import Record, Reject
from sqs_events import ARN, DLQ_URL, FIFO_ARN, FIFO_DLQ_URL, FakeSqs, Raw, deploy, raw_record

# In a body: how the function ends for it.
ENDS: dict[str, BaseException | None] = {
    "good": None,
    "bad": ValueError("it is bad"),
    "exit": SystemExit(1),
    "cancelled": asyncio.CancelledError(),
    "reject": Reject("never"),
}


def function(record: Record) -> None:
    if error := ENDS[record.body]:
        raise error


async def function_later(record: Record) -> None:
    await asyncio.sleep(0)
    function(record)


def events(arn: str) -> st.SearchStrategy[list[Raw]]:
    records = st.builds(
        raw_record,
        st.sampled_from(sorted(ENDS)),
        id=st.text(min_size=1, max_size=8),
        group=st.sampled_from([None, "a", "b", "c"]),
        receives=st.integers(1, 4),
        eventSourceARN=st.just(arn),
        messageAttributes=st.sampled_from([None, {}, {"a": {"dataType": "String", "stringValue": "b"}}]),
    )
    return st.lists(records, max_size=12, unique_by=lambda raw: raw["messageId"])


settings_of_all_kinds: Any = st.fixed_dictionaries(
    {},
    optional={
        "max_receive_count": st.integers(1, 4),
        "retry_base_delay_seconds": st.integers(1, 100),
        "retry_maximum_delay_seconds": st.integers(1, 100),
    },
)
functions = st.sampled_from([function, function_later])


@given(events(ARN), settings_of_all_kinds, functions)
def test_on_a_standard_queue_exactly_what_failed_comes_back(raws: list[Raw], settings: Any, function: Any) -> None:
    failed = [raw["messageId"] for raw in raws if ENDS[raw["body"]]]
    assert deploy(function, **settings).failed(*raws) == failed


@given(events(ARN), settings_of_all_kinds, functions)
def test_with_a_dead_letter_queue_the_rejected_do_not_come_back(raws: list[Raw], settings: Any, function: Any) -> None:
    sqs = FakeSqs()
    failed = [raw["messageId"] for raw in raws if ENDS[raw["body"]] and raw["body"] != "reject"]
    assert deploy(function, sqs, **settings, dead_letter_queue_url=DLQ_URL).failed(*raws) == failed
    assert len(sqs.sent()) == sum(raw["body"] == "reject" for raw in raws)


@given(events(FIFO_ARN), functions)
def test_on_a_fifo_queue_a_group_comes_back_from_its_first_failure_on(raws: list[Raw], function: Any) -> None:
    failed: list[str] = []
    groups: set[str | None] = set()
    for raw in raws:
        group = Record(raw).group_id
        if ENDS[raw["body"]] or group in groups:
            groups.add(group)
            failed.append(raw["messageId"])
    assert deploy(function).failed(*raws) == failed


@given(events(FIFO_ARN), settings_of_all_kinds, functions, st.booleans())
def test_on_a_fifo_queue_each_record_is_handled_or_dead_or_comes_back(
    raws: list[Raw], settings: Any, function: Any, is_broken: bool
) -> None:
    sqs = FakeSqs(send_message=OSError("no route")) if is_broken else FakeSqs()
    failed = deploy(function, sqs, **settings, dead_letter_queue_url=FIFO_DLQ_URL).failed(*raws)
    dead = [] if is_broken else [sent["MessageDeduplicationId"] for sent in sqs.sent()]
    rest = [raw for raw in raws if raw["messageId"] not in failed + dead]
    assert len(failed + dead + rest) == len(raws)
    assert all(raw["body"] == "good" for raw in rest)


any_json: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(any_json)
def test_anything_else_than_an_sqs_event_is_a_value_error(event: Any) -> None:
    handled: list[str] = []
    try:
        reply = deploy(lambda record: handled.append(record.message_id))(event)
    except ValueError:
        assert handled == []
    else:
        assert event["Records"] == []
        assert reply == {"batchItemFailures": []}


@given(
    st.lists(any_json | st.dictionaries(st.sampled_from(["messageId", "eventSource", "body"]), any_json), max_size=4)
)
def test_records_that_are_none_are_a_value_error_before_any_is_handled(records: list[Any]) -> None:
    handled: list[str] = []
    handle = deploy(lambda record: handled.append(record.message_id))
    with pytest.raises(ValueError, match=r"^not an SQS event|has no messageId"):
        handle({"Records": [raw_record(), *records, {"messageId": "", "eventSource": "aws:sqs"}]})
    assert handled == []
