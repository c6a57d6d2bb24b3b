"""Files as the batch of one invocation: lines, and whole events."""

import json
from typing import Any

import pytest

from consumers.operations.message_lines import Message
from consumers.working_copy.batches import InvalidEvent, event_records, line_records, received

QUEUE = "arn:aws:sqs:eu-central-1:123456789012:orders"


def document(*records: Any) -> bytes:
    return json.dumps({"Records": records}, indent=2).encode()


def a_record(**changed: Any) -> dict[str, Any]:
    return {"messageId": "a", "body": "{}", "eventSource": "aws:sqs", **changed}


def test_lines_are_messages_at_their_first_receive() -> None:
    first, second = line_records([Message(1, "{}", 2), Message(3, "[]", 2)], QUEUE)
    assert [(one["messageId"], one["body"]) for one in (first, second)] == [("line-1", "{}"), ("line-3", "[]")]
    assert first["attributes"]["ApproximateReceiveCount"] == "1"
    assert (first["eventSource"], first["eventSourceARN"], first["awsRegion"]) == ("aws:sqs", QUEUE, "eu-central-1")
    assert "MessageGroupId" not in first["attributes"]
    assert first["receiptHandle"] != second["receiptHandle"]


def test_on_a_fifo_queue_lines_without_a_group_are_one_group_in_their_order() -> None:
    lines = [Message(1, "{}", 2), Message(2, "{}", 2), Message(3, "{}", 2, "other")]
    attributes = [one["attributes"] for one in line_records(lines, f"{QUEUE}.fifo")]
    assert [one["MessageGroupId"] for one in attributes] == ["lines", "lines", "other"]
    assert len({one["MessageDeduplicationId"] for one in attributes}) == 3
    numbers = [one["SequenceNumber"] for one in attributes]
    assert numbers == sorted(numbers)


def test_an_event_of_sqs_is_taken_as_it_is() -> None:
    one = a_record(attributes={"ApproximateReceiveCount": "4"}, more=7)
    assert event_records(document(one)) == [one]
    assert event_records(document(a_record())) == [a_record(attributes={})]


NO_EVENTS = {
    "lines": b'{"a": 1}\n{"a": 2}\n',
    "an object": b'{"a": 1}',
    "an event of S3": document(a_record(eventSource="aws:s3")),
    "no records": document(),
    "records of text": document("a"),
    "not UTF-8": b"\xff",
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize("content", NO_EVENTS.values(), ids=NO_EVENTS)
def test_anything_else_is_no_event(content: bytes) -> None:
    assert event_records(content) is None


BROKEN = {
    "no id": ([a_record(messageId=None)], "Records[0].messageId must be a text, got None"),
    "an empty id": ([a_record(messageId="")], "Records[0].messageId must be a text, got ''"),
    "no body": ([a_record(), a_record(body=7, messageId="b")], "Records[1].body must be a text, got 7"),
    "attributes": ([a_record(attributes=[])], "Records[0].attributes must be an object, got []"),
    "a count": (
        [a_record(attributes={"ApproximateReceiveCount": 1})],
        "Records[0].attributes.ApproximateReceiveCount must be digits, got 1",
    ),
    "an id twice": ([a_record(), a_record()], "two records have the messageId 'a'"),
}


@pytest.mark.parametrize(("records", "text"), BROKEN.values(), ids=BROKEN)
def test_an_event_that_sqs_cannot_cause_is_an_error(records: list[Any], text: str) -> None:
    with pytest.raises(InvalidEvent) as caught:
        event_records(document(*records))
    assert str(caught.value) == text


def test_another_receive_changes_only_the_count() -> None:
    records = line_records([Message(1, "{}", 2)], QUEUE)
    (later,) = received(records, 3)
    assert later["attributes"] == {**records[0]["attributes"], "ApproximateReceiveCount": "3"}
    assert records[0]["attributes"]["ApproximateReceiveCount"] == "1"
