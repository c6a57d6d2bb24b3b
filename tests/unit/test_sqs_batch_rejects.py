"""Reject: to the dead-letter queue at once, whole, and handled only when SQS has confirmed it."""

import base64
import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqs_batch import Record, Reject
from sqs_events import DLQ_URL, FIFO_DLQ_URL, FakeSqs, Raw, deploy, fifo_record, raw_record


def reject(record: Record) -> None:
    if record.body != "good":
        raise Reject("no such player")


async def reject_later(record: Record) -> None:
    reject(record)


def sent_for(raw: Raw, url: str = DLQ_URL) -> dict[str, Any]:
    """What goes to SQS when this record is rejected."""
    sqs = FakeSqs()
    assert deploy(reject, sqs, dead_letter_queue_url=url).failed(raw) == []
    (sent,) = sqs.sent()
    return sent


@pytest.mark.parametrize("function", [reject, reject_later])
def test_a_rejected_message_goes_to_the_dead_letter_queue_and_counts_as_handled(function: Any) -> None:
    sqs = FakeSqs()
    records = raw_record("good"), raw_record("bad"), raw_record("good")
    assert deploy(function, sqs, dead_letter_queue_url=DLQ_URL).failed(*records) == []
    assert [(sent["QueueUrl"], sent["MessageBody"]) for sent in sqs.sent()] == [(DLQ_URL, "bad")]


def test_it_carries_one_attribute_that_says_why() -> None:
    attribute = sent_for(raw_record("bad", id="x", receives=2))["MessageAttributes"]["Rejected"]
    assert attribute == {
        "DataType": "String",
        "StringValue": '{"reason":"no such player","function":"hands-consumer","receiveCount":2,"messageId":"x"}',
    }


def test_it_keeps_its_own_attributes() -> None:
    attributes: dict[str, Any] = {
        "trace": {"stringValue": "t-1", "stringListValues": [], "binaryListValues": [], "dataType": "String"},
        "pot": {"stringValue": "120", "stringListValues": [], "binaryListValues": [], "dataType": "Number.int"},
        "card": {"binaryValue": base64.b64encode(b"\x00\xff").decode(), "dataType": "Binary.png"},
    }
    sent = sent_for(raw_record("bad", messageAttributes=attributes))["MessageAttributes"]
    del sent["Rejected"]
    assert sent == {
        "trace": {"DataType": "String", "StringValue": "t-1"},
        "pot": {"DataType": "Number.int", "StringValue": "120"},
        "card": {"DataType": "Binary.png", "BinaryValue": b"\x00\xff"},
    }


def attributes_of(*names: str) -> dict[str, Any]:
    return {name: {"stringValue": "x", "dataType": "String"} for name in names}


def test_a_message_that_has_ten_attributes_is_sent_without_ours() -> None:
    sent = sent_for(raw_record("bad", messageAttributes=attributes_of(*"abcdefghij")))
    assert sorted(sent["MessageAttributes"]) == list("abcdefghij")


def test_a_message_that_has_nine_attributes_gets_ours() -> None:
    sent = sent_for(raw_record("bad", messageAttributes=attributes_of(*"abcdefghi")))
    assert sorted(sent["MessageAttributes"]) == ["Rejected", *"abcdefghi"]


def test_a_message_that_was_rejected_before_has_the_new_reason() -> None:
    sent = sent_for(raw_record("bad", messageAttributes=attributes_of("Rejected", *"abcdefghi")))
    assert json.loads(sent["MessageAttributes"]["Rejected"]["StringValue"])["reason"] == "no such player"
    assert len(sent["MessageAttributes"]) == 10


def test_a_message_of_a_standard_queue_keeps_its_group_for_fair_queues() -> None:
    sent = sent_for(raw_record("bad", group="tenant-7"))
    assert sent["MessageGroupId"] == "tenant-7"
    assert "MessageDeduplicationId" not in sent


def test_a_message_without_a_group_gets_none() -> None:
    assert "MessageGroupId" not in sent_for(raw_record("bad"))


def test_on_a_fifo_queue_a_repeated_send_is_no_second_message() -> None:
    sent = sent_for(fifo_record("bad", "table-1", id="x"), FIFO_DLQ_URL)
    assert (sent["MessageGroupId"], sent["MessageDeduplicationId"]) == ("table-1", "x")


def test_it_keeps_its_trace() -> None:
    raw = raw_record("bad")
    raw["attributes"]["AWSTraceHeader"] = "Root=1-5759e988-bd862e3fe1be46a994272793"
    assert sent_for(raw)["MessageSystemAttributes"] == {
        "AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}
    }


def test_what_a_function_does_to_its_copies_does_not_change_what_is_sent() -> None:
    def vandal(record: Record) -> None:
        record.raw.update(body="other", messageAttributes={})
        record.message_attributes["pot"]["stringValue"] = "0"
        raise Reject("never")

    sqs, raw = FakeSqs(), raw_record("bad", messageAttributes={"pot": {"stringValue": "120", "dataType": "Number"}})
    assert deploy(vandal, sqs, dead_letter_queue_url=DLQ_URL).failed(raw) == []
    (sent,) = sqs.sent()
    assert (sent["MessageBody"], sent["MessageAttributes"]["pot"]["StringValue"]) == ("bad", "120")


def test_without_a_trace_there_is_no_system_attribute() -> None:
    assert "MessageSystemAttributes" not in sent_for(raw_record("bad"))


@given(st.text())
def test_the_attribute_is_ascii_and_short_whatever_the_reason(reason: str) -> None:
    def function(record: Record) -> None:
        raise Reject(reason * 50)

    sqs = FakeSqs()
    assert deploy(function, sqs, dead_letter_queue_url=DLQ_URL).failed(raw_record()) == []
    value = sqs.sent()[0]["MessageAttributes"]["Rejected"]["StringValue"]
    assert value.isascii()
    assert value.isprintable()
    assert len(value) < 8_000
    assert json.loads(value).keys() == {"reason", "function", "receiveCount", "messageId"}


@pytest.mark.parametrize("failure", [OSError("no route"), {}], ids=["raises", "does not confirm"])
def test_a_reject_that_sqs_has_not_confirmed_is_a_failure(failure: Any, caplog: pytest.LogCaptureFixture) -> None:
    bad = raw_record("bad", id="x")
    assert deploy(reject, FakeSqs(send_message=failure), dead_letter_queue_url=DLQ_URL).failed(bad) == ["x"]
    assert "not sent to the dead-letter queue: message_id=x reason=" in caplog.text


@pytest.mark.parametrize("attribute", [{}, {"dataType": "Binary", "binaryValue": "!"}, {"dataType": "String"}])
def test_a_message_that_cannot_be_sent_as_it_is_is_a_failure_of_its_own(attribute: dict[str, str]) -> None:
    sqs, bad, other = FakeSqs(), raw_record("bad", messageAttributes={"a": attribute}), raw_record("bad")
    assert deploy(reject, sqs, dead_letter_queue_url=DLQ_URL).failed(bad, other) == [bad["messageId"]]
    assert len(sqs.sent()) == 1


def test_without_a_dead_letter_queue_a_reject_is_a_failure_like_any_other(caplog: pytest.LogCaptureFixture) -> None:
    handle = deploy(reject)
    assert handle.failed(raw_record("bad", id="x")) == ["x"]
    assert handle.clients_made == 0
    assert "FAIL message_id=x receive_count=1 reason=no such player" in caplog.text


def test_the_log_tells_a_reject_from_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "sqs_batch"):
        sent_for(raw_record("bad", id="x"))
    assert [record.getMessage() for record in caplog.records][1:] == [
        "REJECT message_id=x receive_count=1 reason=no such player",
        "sent to the dead-letter queue: message_id=x as=new-0",
    ]
    assert caplog.records[1].levelno == logging.WARNING


def test_a_client_is_made_once_for_all_invocations() -> None:
    handle = deploy(reject, dead_letter_queue_url=DLQ_URL)
    assert handle.failed(raw_record("bad"), raw_record("bad")) == []
    assert handle.failed(raw_record("bad")) == []
    assert (handle.clients_made, len(handle.sqs.sent())) == (1, 3)
