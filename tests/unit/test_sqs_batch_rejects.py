"""Reject: the message goes to the dead-letter queue unchanged, and is handled once SQS has confirmed it."""

import json
import logging
import re
from typing import Any

import pytest

from sqs_batch import Record, Reject
from sqs_events import BOTH, DLQ_URL, FakeSqs, Raw, by_body, deploy, raw_record, records_of


def sent_for(raw: Raw) -> dict[str, Any]:
    """Return SendMessage's parameters for a rejected record."""
    sqs = FakeSqs()
    assert deploy(by_body, sqs, dead_letter_queue_url=DLQ_URL).failed({**raw, "body": "reject"}) == []
    (sent,) = sqs.sent()
    return sent


@BOTH
def test_a_rejected_message_is_dead_lettered_and_counts_as_handled(function: Any) -> None:
    handle = deploy(function, dead_letter_queue_url=DLQ_URL)
    assert handle.failed(*records_of("good", "reject", "reject")) == []
    assert handle.failed(*records_of("reject")) == []
    assert [(sent["QueueUrl"], sent["MessageBody"]) for sent in handle.sqs.sent()] == [(DLQ_URL, "reject")] * 3
    assert handle.clients_made == 1


def test_it_keeps_its_group_and_has_an_attribute_with_the_reason() -> None:
    sent = sent_for(raw_record(id="x", receives=2, group="tenant-7"))
    said = json.loads(sent.pop("MessageAttributes")["Rejected"]["StringValue"])
    assert sent == {"QueueUrl": DLQ_URL, "MessageBody": "reject", "MessageGroupId": "tenant-7"}
    assert "MessageGroupId" not in sent_for(raw_record())
    assert re.fullmatch(r"sqs_events\.py:\d+", said.pop("place"))
    assert said == {
        "reason": "no such player",
        "function": "hands-consumer",
        "receiveCount": 2,
        "messageId": "x",
        "type": "Reject",
    }


def test_a_message_without_room_for_the_reason_is_sent_without_it() -> None:
    def reject(record: Record) -> None:
        raise Reject("a" * 200)

    old = {"Rejected": {"stringValue": "{}", "dataType": "String"}}
    for body, has_room in (("x" * 1_048_000, True), ("x" * 1_048_500, False)):
        handle = deploy(reject, dead_letter_queue_url=DLQ_URL)
        assert handle.failed(raw_record(body, messageAttributes=old)) == []
        (sent,) = handle.sqs.sent()
        assert (sent["MessageBody"], "Rejected" in sent["MessageAttributes"]) == (body, has_room)


@pytest.mark.parametrize(
    ("names", "reason"),
    [("abcdefghij", None), ("abcdefghi", "no such player"), (["Rejected", *"abcdefghi"], "no such player")],
)
def test_the_reason_is_added_or_replaced_unless_there_are_ten_other_attributes(names: Any, reason: str | None) -> None:
    attributes = {name: {"stringValue": "{}", "dataType": "String"} for name in names}
    sent = sent_for(raw_record(messageAttributes=attributes))["MessageAttributes"]
    assert sent.keys() == {*names} | ({"Rejected"} if reason else set[str]())
    assert json.loads(sent.get("Rejected", {}).get("StringValue", "{}")).get("reason") == reason


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


def test_the_log_distinguishes_a_reject_from_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "sqs_batch"):
        sent_for(raw_record(id="x"))
    assert [(record.levelname, record.getMessage()) for record in caplog.records][1:] == [
        ("WARNING", "REJECT message_id=x receive_count=1 reason=no such player"),
        ("INFO", "sent to the dead-letter queue: message_id=x as=new-0"),
    ]
