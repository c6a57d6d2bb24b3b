"""What is sent of a dead letter: everything that it carries, in calls that SQS takes."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.operations.dead_letters.entries import Copy, batches, copy_of
from consumers.operations.message_lines import MAX_BYTES
from sqs_fakes import letter

REASON = {"DataType": "String", "StringValue": json.dumps({"reason": "bad", "function": "f", "messageId": "m"})}
COUNT = {"DataType": "Number", "StringValue": "1"}

names = st.text("abcXYZ019_-.", min_size=1, max_size=20).filter(lambda name: name not in ("Rejected", "Redriven"))


def value(kind: str, value: str | bytes) -> dict[str, Any]:
    return {"DataType": kind, "BinaryValue" if isinstance(value, bytes) else "StringValue": value}


values = st.one_of(
    st.builds(value, st.just("Binary.x"), st.binary(min_size=1, max_size=50)),
    st.builds(value, st.just("String"), st.text(min_size=1, max_size=50)),
    st.builds(value, st.just("Number"), st.integers().map(str)),
)


@given(st.text(min_size=1), st.dictionaries(names, values, max_size=10), st.booleans())
def test_a_copy_has_the_body_and_all_attributes_of_the_user(body: str, attributes: Any, is_rejected: bool) -> None:
    given_attributes = attributes | ({"Rejected": REASON} if is_rejected and len(attributes) < 10 else {})
    copy = copy_of(letter(body, attributes=given_attributes), body, fifo=False)
    sent = dict(copy.parameters["MessageAttributes"])
    assert sent.pop("Redriven", None) == (COUNT if len(attributes) < 10 else None)
    assert (copy.parameters["MessageBody"], sent) == (body, attributes)


def test_group_deduplication_id_and_trace_header_travel() -> None:
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793"
    dead = letter("body", "group", system={"AWSTraceHeader": trace, "MessageDeduplicationId": "of the first time"})
    standard, fifo = (copy_of(dead, "body", fifo=is_fifo).parameters for is_fifo in (False, True))
    assert standard["MessageGroupId"] == fifo["MessageGroupId"] == "group"
    assert "MessageDeduplicationId" not in standard
    assert fifo["MessageDeduplicationId"] == dead.id
    for each in (standard, fifo):
        assert each["MessageSystemAttributes"] == {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
    assert copy_of(letter("body"), "body", fifo=False).parameters.keys() == {"MessageBody", "MessageAttributes"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"Redriven": {"DataType": "Number", "StringValue": "41"}}, "42"),
        ({"Redriven": {"DataType": "String", "StringValue": "41"}}, "41"),
        ({"Redriven": {"DataType": "Number", "StringValue": "1.5"}}, "1.5"),
        ({"Rejected": {"DataType": "String", "StringValue": "yes"}}, "1"),
        ({}, "1"),
    ],
)
def test_only_our_own_attributes_are_replaced(before: Any, after: str) -> None:
    sent = copy_of(letter("body", attributes=before), "body", fifo=False).parameters["MessageAttributes"]
    assert sent["Redriven"]["StringValue"] == after
    assert ("Rejected" in sent) == ("Rejected" in before)


@pytest.mark.parametrize(("room", "has_count"), [(15, True), (14, False), (0, False)])
def test_without_room_the_count_is_left_out(room: int, has_count: bool) -> None:
    body = "x" * (MAX_BYTES - room)
    copy = copy_of(letter(body), body, fifo=False)
    assert ("Redriven" in copy.parameters["MessageAttributes"], copy.refusal(MAX_BYTES)) == (has_count, None)


@pytest.mark.parametrize(
    ("body", "max_bytes", "why"),
    [
        ("ä" * 513, 1024, "1,026 bytes with its attributes, but the queue takes at most 1,024 bytes"),
        ("\ud800", 1024, "SQS does not allow the character U+D800 (at 1)"),
        ("", 1024, "the body is empty, and SQS takes no empty message"),
        ("x" * 1024, 1024, None),
    ],
)
def test_what_the_queue_would_refuse_is_known_before(body: str, max_bytes: int, why: str | None) -> None:
    assert copy_of(letter("old"), body, fifo=False, max_bytes=max_bytes).refusal(max_bytes) == why


def copy(size: int) -> Copy:
    return Copy(letter("body"), {"MessageBody": "x" * (size - 6), "MessageAttributes": {"abc": _STRING}})


_STRING = {"DataType": "S", "StringValue": "12"}
sizes = st.lists(st.one_of(st.integers(6, 60), st.integers(MAX_BYTES // 3, MAX_BYTES), st.just(MAX_BYTES)), max_size=15)


@given(sizes)
def test_batches_hold_every_copy_once_in_order_ten_and_one_mebibyte_with_attributes(lengths: list[int]) -> None:
    copies = [copy(size) for size in lengths]
    made = list(batches(iter(copies)))
    assert [each for batch in made for each in batch] == copies
    assert [each.size for each in copies] == lengths
    assert all(1 <= len(batch) <= 10 and sum(each.size for each in batch) <= MAX_BYTES for batch in made)
    for before, after in pairwise(made):
        assert len(before) == 10 or sum(each.size for each in before) + after[0].size > MAX_BYTES
