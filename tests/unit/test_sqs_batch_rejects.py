"""Reject: the message goes to the dead-letter queue unchanged, and is handled once SQS has confirmed it."""

import json
import logging
import re
from typing import Any

import pytest

from sqs_batch import Record, Reject
from sqs_events import BOTH, DLQ_URL, FakeSqs, Raw, by_body, deploy, raw_record, records_of

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793"


def sent_for(raw: Raw, url: str = DLQ_URL) -> dict[str, Any]:
    """Return SendMessage's parameters for a rejected record."""
    sqs = FakeSqs()
    assert deploy(by_body, sqs, dead_letter_queue_url=url).failed({**raw, "body": "reject"}) == []
    (sent,) = sqs.sent()
    return sent


@BOTH
def test_a_rejected_message_is_dead_lettered_and_counts_as_handled(function: Any) -> None:
    handle = deploy(function, dead_letter_queue_url=DLQ_URL)
    assert handle.failed(*records_of("good", "reject", "reject")) == []
    assert handle.failed(*records_of("reject")) == []
    assert [(sent["QueueUrl"], sent["MessageBody"]) for sent in handle.sqs.sent()] == [(DLQ_URL, "reject")] * 3
    assert handle.clients_made == 1


def test_it_has_an_attribute_with_the_reason() -> None:
    sent = sent_for(raw_record(id="x", receives=2))
    said = json.loads(sent.pop("MessageAttributes")["Rejected"]["StringValue"])
    assert sent == {"QueueUrl": DLQ_URL, "MessageBody": "reject"}
    assert re.fullmatch(r"sqs_events\.py:\d+", said.pop("place"))
    assert said == {
        "reason": "no such player",
        "function": "hands-consumer",
        "receiveCount": 2,
        "messageId": "x",
        "type": "Reject",
    }


def test_a_message_without_room_for_the_reason_is_sent_without_it() -> None:
    old = {"Rejected": {"stringValue": "{}", "dataType": "String"}}
    for body, room in (("x" * 1_048_000, True), ("x" * 1_048_500, False)):
        sqs = FakeSqs()

        def reject(record: Record) -> None:
            raise Reject("a" * 200)

        raw = raw_record(body, messageAttributes=old)
        assert deploy(reject, sqs, dead_letter_queue_url=DLQ_URL).failed(raw) == []
        (sent,) = sqs.sent()
        assert sent["MessageBody"] == body
        assert ("Rejected" in sent["MessageAttributes"]) == room


@pytest.mark.parametrize(
    ("names", "reason"),
    [("abcdefghij", None), ("abcdefghi", "no such player"), (["Rejected", *"abcdefghi"], "no such player")],
)
def test_the_reason_is_added_or_replaced_unless_there_are_ten_other_attributes(names: Any, reason: str | None) -> None:
    attributes = {name: {"stringValue": "{}", "dataType": "String"} for name in names}
    sent = sent_for(raw_record(messageAttributes=attributes))["MessageAttributes"]
    assert sent.keys() == {*names} | ({"Rejected"} if reason else set[str]())
    assert json.loads(sent.get("Rejected", {}).get("StringValue", "{}")).get("reason") == reason


def test_a_message_of_a_standard_queue_keeps_its_group_and_its_trace() -> None:
    raw = raw_record(group="tenant-7")
    raw["attributes"]["AWSTraceHeader"] = TRACE
    sent = sent_for(raw)
    assert sent["MessageGroupId"] == "tenant-7"
    assert "MessageDeduplicationId" not in sent
    assert sent["MessageSystemAttributes"] == {"AWSTraceHeader": {"DataType": "String", "StringValue": TRACE}}


def test_a_function_that_changes_its_copies_does_not_change_the_message() -> None:
    def vandal(record: Record) -> None:
        record.raw.update(body="other", messageAttributes={})
        record.message_attributes["pot"]["stringValue"] = "0"
        raise Reject("never")

    sqs, raw = FakeSqs(), raw_record("bad", messageAttributes={"pot": {"stringValue": "120", "dataType": "Number"}})
    assert deploy(vandal, sqs, dead_letter_queue_url=DLQ_URL).failed(raw) == []
    (sent,) = sqs.sent()
    assert (sent["MessageBody"], sent["MessageAttributes"]["pot"]["StringValue"]) == ("bad", "120")


@pytest.mark.parametrize("answer", [OSError("no route"), {}], ids=["raises", "does not confirm"])
def test_an_unconfirmed_reject_is_a_failure(answer: Any, caplog: pytest.LogCaptureFixture) -> None:
    bad, sqs = raw_record("reject", id="x"), FakeSqs(send_message=answer)
    assert deploy(by_body, sqs, dead_letter_queue_url=DLQ_URL).failed(bad) == ["x"]
    error = "OSError: no route" if answer else "KeyError: 'MessageId'"
    assert caplog.messages[-1].startswith(f"not sent to the dead-letter queue: message_id=x reason={error}")


@pytest.mark.parametrize("attribute", [{}, {"dataType": "Binary", "binaryValue": "!"}, {"dataType": "String"}])
def test_a_message_with_invalid_attributes_fails_alone(attribute: dict[str, str]) -> None:
    sqs, bad, other = FakeSqs(), raw_record("reject", messageAttributes={"a": attribute}), raw_record("reject")
    assert deploy(by_body, sqs, dead_letter_queue_url=DLQ_URL).failed(bad, other) == [bad["messageId"]]
    assert len(sqs.sent()) == 1


def test_without_a_dead_letter_queue_a_reject_is_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    handle = deploy(by_body)
    assert handle.failed(raw_record("reject", id="x")) == ["x"]
    assert handle.clients_made == 0
    assert "FAIL message_id=x receive_count=1 reason=no such player" in caplog.text


def test_the_log_distinguishes_a_reject_from_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "sqs_batch"):
        sent_for(raw_record(id="x"))
    assert [(record.levelname, record.getMessage()) for record in caplog.records][1:] == [
        ("WARNING", "REJECT message_id=x receive_count=1 reason=no such player"),
        ("INFO", "sent to the dead-letter queue: message_id=x as=new-0"),
    ]
