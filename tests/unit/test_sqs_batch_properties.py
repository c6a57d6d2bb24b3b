"""Any event, any failures and any settings of a standard queue. For FIFO see test_sqs_batch_fifo_queue.py."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqs_batch import Record, Reject
from sqs_events import DLQ_URL, FakeSqs, deploy, ids, later, raw_record

# What the function raises, by body.
RAISES: dict[str, BaseException | None] = {
    "good": None,
    "bad": ValueError("it is bad"),
    "exit": SystemExit(1),
    "cancelled": asyncio.CancelledError(),
    "reject": Reject("never"),
}


def function(record: Record) -> None:
    if error := RAISES[record.body]:
        raise error


details = st.tuples(st.sampled_from(sorted(RAISES)), st.sampled_from([None, "a", "b"]), st.integers(1, 4))
some_settings: Any = st.fixed_dictionaries(
    {},
    optional={
        "max_receive_count": st.integers(1, 4),
        "retry_base_delay_seconds": st.integers(1, 100),
        "retry_maximum_delay_seconds": st.integers(1, 100),
    },
)
functions = st.sampled_from([function, later(function)])


@given(st.lists(details, max_size=12), some_settings, functions, st.booleans())
def test_on_a_standard_queue_exactly_the_failed_records_are_reported(
    records: list[tuple[str, str | None, int]], settings: Any, function: Any, has_queue: bool
) -> None:
    raws = [raw_record(body, group=group, receives=receives) for body, group, receives in records]
    sqs, rejects = FakeSqs(), [raw for raw in raws if has_queue and raw["body"] == "reject"]
    settings |= {"dead_letter_queue_url": DLQ_URL} if has_queue else {}
    failed = [raw for raw in raws if RAISES[raw["body"]] and raw not in rejects]
    assert deploy(function, sqs, **settings).failed(*raws) == ids(*failed)
    assert len(sqs.sent()) == len(rejects)


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
