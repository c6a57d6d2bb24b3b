"""Dead letters that say why: on a standard queue the runtime sends what fails on its last receive, with the reason."""

import json
import os
import re
import sys
from typing import Any
from unittest import mock

import pytest
from botocore.stub import ANY, Stubber  # pyright: ignore
from hypothesis import given
from hypothesis import strategies as st

import sqs_batch
from consumers.operations.dead_letters import logged
from sqs_batch import Record
from sqs_events import (
    ARN,
    BOTH,
    DLQ_URL,
    REASONS,
    Context,
    FakeSqs,
    by_body,
    deploy,
    ids,
    last,
    later,
    raw_record,
    why,
    with_reasons,
)

DOWN = OSError("no route")


def why_of(error: BaseException, **changes: Any) -> dict[str, Any]:
    """Return what the dead letter says about this error."""

    def fail(record: Record) -> None:
        raise error

    handle = with_reasons(fail)
    assert handle.failed(*last("", **changes)) == []
    ((letter,),) = handle.sqs.batches()
    assert len(letter["MessageAttributes"]["Rejected"]["StringValue"].encode()) <= 1024
    return why(letter)


@BOTH
def test_what_fails_on_its_last_receive_is_sent_and_counts_as_handled(function: Any) -> None:
    handle, raws = with_reasons(function), [*last("bad", "good"), raw_record("bad", receives=2)]
    assert handle.failed(*raws) == ids(raws[2])
    ((letter,),) = handle.sqs.batches()
    assert (letter["MessageBody"], why(letter)["messageId"]) == ("bad", raws[0]["messageId"])
    assert {parameters["QueueUrl"] for _, parameters in handle.sqs.calls} == {DLQ_URL}


@BOTH
def test_ten_that_fail_together_are_one_call_and_eleven_are_two(function: Any) -> None:
    handle = with_reasons(function)
    assert handle.failed(*last(*["bad"] * 10)) == []
    assert [len(batch) for batch in handle.sqs.batches()] == [10]
    assert handle.failed(*last(*["bad"] * 11)) == []
    assert [len(batch) for batch in handle.sqs.batches()] == [10, 10, 1]
    assert handle.clients_made == 1


def test_the_attribute_says_what_failed_and_where() -> None:
    handle = with_reasons()
    variables = {"AWS_LAMBDA_FUNCTION_VERSION": "7", "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/28/[7]0a1b"}
    handle.environment.update(variables)
    handle.failed(*last("bad", id="x"), context=Context())
    ((letter,),) = handle.sqs.batches()
    text = letter["MessageAttributes"]["Rejected"]["StringValue"]
    said = json.loads(text)
    assert re.fullmatch(r"sqs_events\.py:\d+", said.pop("place"))
    assert said == {
        "reason": "it is bad",
        "function": "hands-consumer",
        "receiveCount": 3,
        "messageId": "x",
        "type": "ValueError",
        "version": "7",
        "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        "logStream": "2026/11/28/[7]0a1b",
    }
    assert text == json.dumps(json.loads(text), separators=(",", ":"))


def test_the_letter_has_the_body_the_attributes_the_group_and_the_trace_of_the_message() -> None:
    attributes = {
        "pot": {"stringValue": "120", "dataType": "Number.chips"},
        "card": {"binaryValue": "AP8=", "dataType": "Binary"},
        "Rejected": {"stringValue": '{"reason":"long ago"}', "dataType": "String"},
    }
    raw = raw_record(' {"é": "♠"}\r\n', receives=3, group="tenant-7", messageAttributes=attributes)
    raw["attributes"]["AWSTraceHeader"] = "Root=1-5759e988-bd862e3fe1be46a994272793"

    def fail(record: Record) -> None:
        raise KeyError("pot")

    handle = with_reasons(fail)
    assert handle.failed(raw) == []
    ((letter,),) = handle.sqs.batches()
    assert why(letter)["reason"].startswith("KeyError: 'pot' at test_sqs_batch_reasons.py:")
    letter["MessageAttributes"].pop("Rejected")
    trace = {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}
    assert letter == {
        "Id": "0",
        "MessageBody": ' {"é": "♠"}\r\n',
        "MessageAttributes": {
            "pot": {"DataType": "Number.chips", "StringValue": "120"},
            "card": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
        },
        "MessageGroupId": "tenant-7",
        "MessageSystemAttributes": {"AWSTraceHeader": trace},
    }


def test_a_batch_is_valid_for_the_real_client(caplog: pytest.LogCaptureFixture) -> None:
    credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}
    with mock.patch.dict(os.environ, credentials, clear=True):
        client = sqs_batch.new_client(ARN)
    answer = {
        "Successful": [{"Id": "0", "MessageId": "new", "MD5OfMessageBody": ""}],
        "Failed": [{"Id": "1", "Code": "InternalError", "SenderFault": False, "Message": "try later"}],
    }
    raws = last("bad", "bad", group="a")
    with Stubber(client) as sqs:
        sqs.add_response(  # pyright: ignore
            "send_message_batch", answer, {"QueueUrl": DLQ_URL, "Entries": ANY}
        )
        assert with_reasons(by_body, client).failed(*raws) == ids(raws[1])
    assert f"message_id={raws[1]['messageId']} reason=InternalError: try later" in caplog.text


@pytest.mark.parametrize(
    ("settings", "calls"),
    [
        ({}, []),
        ({"max_receive_count": 3}, []),
        ({"max_receive_count": 3, "dead_letter_queue_url": DLQ_URL}, []),
        ({"max_receive_count": 3, "dead_letter_reasons": 1}, []),
        ({"dead_letter_queue_url": DLQ_URL, "dead_letter_reasons": 1}, []),
        (REASONS, ["send_message_batch"]),
    ],
)
def test_nothing_is_sent_without_reasons_a_queue_and_a_receive_count(
    settings: dict[str, Any], calls: list[str]
) -> None:
    handle = deploy(by_body, **settings)
    handle.failed(*last("bad"))
    assert [operation for operation, _ in handle.sqs.calls] == calls


def test_while_nothing_fails_for_good_no_client_is_made() -> None:
    handle = with_reasons()
    assert len(handle.failed(*last("good", "good"), raw_record("bad", receives=2))) == 1
    assert handle.clients_made == 0


def test_importing_and_running_the_runtime_with_reasons_imports_no_botocore() -> None:
    with mock.patch.dict(sys.modules):
        for name in [name for name in sys.modules if name.partition(".")[0] in ("botocore", "boto3")]:
            del sys.modules[name]
        with_reasons().failed(*last("good"), raw_record("bad"))
        assert "botocore" not in sys.modules


def test_a_reject_is_still_sent_at_once_and_on_its_own() -> None:
    handle = with_reasons()
    assert handle.failed(*last("reject", "bad", "reject")) == []
    assert [operation for operation, _ in handle.sqs.calls] == ["send_message", "send_message", "send_message_batch"]
    assert why(handle.sqs.sent()[0])["type"] == "Reject"


# The text


def test_a_long_text_is_cut_and_nothing_else_is() -> None:
    said = why_of(ValueError("♠" * 400), id="x" * 36)
    assert said["reason"].startswith("♠" * 200)
    assert said["reason"].endswith("♠…")
    assert (said["messageId"], said["type"]) == ("x" * 36, "ValueError")
    assert why_of(ValueError("a" * 500))["reason"] == "a" * 500
    assert len(why_of(ValueError("\U0001f0a1" * 500))["reason"]) > 190  # of four bytes each


@given(
    text=st.text(st.characters(categories=["L", "N", "S", "C", "P", "Z"]), max_size=600),
    name=st.text("aé♠😀", min_size=1, max_size=600),
)
def test_whatever_is_raised_the_attribute_has_at_most_a_kilobyte_and_is_valid_text(text: str, name: str) -> None:
    said = why_of(type(name, (Exception,), {})(text))
    assert said["reason"]
    assert all(value.isprintable() for value in said.values() if isinstance(value, str))


def test_the_log_says_the_same_and_is_found_by_the_message_s_id(caplog: pytest.LogCaptureFixture) -> None:
    raws = last("bad", "reject")
    handle = with_reasons()
    assert handle.failed(*raws) == []
    events = [{"timestamp": 0, "message": f"{record.getMessage()}\n"} for record in caplog.records]
    logs = mock.Mock()
    logs.get_paginator().paginate.return_value = [{"events": events}]
    found = logged.read(logs, "hands", ids(*raws), 0)
    letters = [*handle.sqs.batches()[0], *handle.sqs.sent()]
    assert {id: reason.text for id, reason in found.reasons.items()} == {
        why(letter)["messageId"]: why(letter)["reason"] for letter in letters
    }


# Nothing is lost


@given(
    outcomes=st.lists(
        st.tuples(st.sampled_from(["good", "bad", "reject"]), st.integers(1, 4), st.sampled_from(["ok", "no", "lost"])),
        min_size=1,
        max_size=25,
    ),
    is_async=st.booleans(),
    down=st.booleans(),
)
def test_every_message_is_handled_reported_or_confirmed_in_the_dead_letter_queue(
    outcomes: list[tuple[str, int, str]], is_async: bool, down: bool
) -> None:
    raws = [raw_record(body, receives=receives) for body, receives, _ in outcomes]
    answers = {raw["messageId"]: answer for raw, (_, _, answer) in zip(raws, outcomes, strict=True)}
    confirmed: list[str] = []

    def id_of(letter: dict[str, Any]) -> str:
        return why(letter)["messageId"]

    def send(parameters: dict[str, Any]) -> Any:
        if down or answers[id_of(parameters)] != "ok":
            raise DOWN
        confirmed.append(id_of(parameters))
        return {"MessageId": "new"}

    def send_batch(parameters: dict[str, Any]) -> Any:
        if down:
            raise DOWN
        entries = [(entry["Id"], id_of(entry)) for entry in parameters["Entries"]]
        confirmed.extend(id for _, id in entries if answers[id] == "ok")
        return {
            "Successful": [{"Id": entry, "MessageId": "new"} for entry, id in entries if answers[id] == "ok"],
            "Failed": [{"Id": entry, "Code": "InternalError"} for entry, id in entries if answers[id] == "no"],
        }

    sqs = FakeSqs(send_message=send, send_message_batch=send_batch)
    function = later(by_body) if is_async else by_body
    failed = with_reasons(function, sqs).failed(*raws)
    handled = ids(*(raw for raw in raws if raw["body"] == "good"))
    assert sorted([*handled, *failed, *confirmed]) == sorted(ids(*raws))
