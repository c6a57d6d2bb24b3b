"""Dead letters that say why: on a standard queue the runtime sends what fails on its last receive, with the reason."""

import json
import logging
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
    Clock,
    Context,
    Deployed,
    FakeSqs,
    Function,
    Raw,
    by_body,
    deploy,
    ids,
    later,
    raw_record,
    stopped_clock,
)

REASONS: dict[str, Any] = {"dead_letter_queue_url": DLQ_URL, "dead_letter_reasons": 1, "max_receive_count": 3}
DOWN = OSError("no route")
MIB = 1_048_576


def last(*bodies: str, **changes: Any) -> list[Raw]:
    return [raw_record(body, receives=3, **changes) for body in bodies]


def with_reasons(function: Function = by_body, sqs: FakeSqs | None = None, **settings: Any) -> Deployed:
    return deploy(function, sqs, **REASONS | settings)


def why(letter: dict[str, Any]) -> dict[str, Any]:
    return json.loads(letter["MessageAttributes"]["Rejected"]["StringValue"])


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
        sqs.add_response("send_message_batch", answer, {"QueueUrl": DLQ_URL, "Entries": ANY})
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


# Left to SQS


ANSWERS: dict[str, Any] = {
    "the call fails": DOWN,
    "an empty answer": {},
    "an answer that is no object": None,
    "no message id": {"Successful": [{"Id": "0"}, {"Id": "1"}]},
    "an empty message id": {"Successful": [{"Id": "0", "MessageId": ""}, {"Id": "1", "MessageId": None}]},
    "other entries": {"Successful": [{"Id": "2", "MessageId": "new"}]},
    "refused": {"Failed": [{"Id": "0", "Code": "AccessDenied"}, {"Id": "1", "Code": "AccessDenied"}]},
    "refused without a code": {"Successful": [{"Id": "0", "MessageId": "new"}], "Failed": [{"Id": "1"}]},
    "confirmed and refused": {
        "Successful": [{"Id": "0", "MessageId": "new"}, {"Id": "1", "MessageId": "new"}],
        "Failed": [{"Id": "0", "Code": "InternalError"}, {"Id": "1", "Code": "InternalError"}],
    },
}


@BOTH
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_without_a_confirmation_the_message_returns_to_the_queue_and_sqs_moves_it(
    answer: Any, function: Any, caplog: pytest.LogCaptureFixture
) -> None:
    raws = last("bad", "bad")
    sqs = FakeSqs(send_message_batch=answer if isinstance(answer, Exception) else lambda _: answer)
    assert with_reasons(function, sqs).failed(*raws) == ids(*raws)
    assert caplog.text.count("not sent to the dead-letter queue: message_id=") == 2


def test_each_entry_is_confirmed_on_its_own(caplog: pytest.LogCaptureFixture) -> None:
    answer = {
        "Successful": [{"Id": "2", "MessageId": "new-2"}, {"Id": "0", "MessageId": "new-0"}],
        "Failed": [{"Id": "1", "Code": "InternalError", "SenderFault": False, "Message": "try later"}],
    }
    raws = last(*["bad"] * 4)
    with caplog.at_level(logging.INFO, "sqs_batch"):
        assert with_reasons(by_body, FakeSqs(send_message_batch=answer)).failed(*raws) == ids(raws[1], raws[3])
    messages = ids(*raws)
    assert caplog.messages[-4:] == [
        f"sent to the dead-letter queue: message_id={messages[0]} as=new-0",
        f"not sent to the dead-letter queue: message_id={messages[1]} reason=InternalError: try later",
        f"sent to the dead-letter queue: message_id={messages[2]} as=new-2",
        f"not sent to the dead-letter queue: message_id={messages[3]} reason=SQS has not confirmed it",
    ]


def test_what_is_not_sent_becomes_visible_at_once_with_retries_so_that_sqs_moves_it() -> None:
    handle, raws = with_reasons(sqs=FakeSqs(send_message_batch=DOWN), retry_base_delay_seconds=60), last("bad")
    assert handle.failed(*raws) == ids(*raws)
    assert handle.sqs.timeouts() == {raws[0]["messageId"]: 0}
    sent = with_reasons(retry_base_delay_seconds=60)
    assert sent.failed(*last("bad")) == []
    assert sent.sqs.timeouts() == {}


def test_a_message_with_ten_attributes_is_left_to_sqs_which_keeps_its_id(caplog: pytest.LogCaptureFixture) -> None:
    attributes = {name: {"stringValue": "1", "dataType": "String"} for name in "abcdefghij"}
    full, redriven, other = (
        *last("bad", messageAttributes=attributes),
        *last("bad", messageAttributes={**attributes, "Rejected": attributes["a"]}),
        *last("bad"),
    )
    del redriven["messageAttributes"]["j"]
    handle = with_reasons()
    assert handle.failed(full, redriven, other) == ids(full)
    assert [len(batch) for batch in handle.sqs.batches()] == [2]
    assert f"message_id={full['messageId']} reason=it leaves no room for the reason" in caplog.text


def test_a_message_without_room_for_the_reason_is_left_to_sqs() -> None:
    reason = len(with_the_size_of_its_reason())
    fits, full = last("é" * ((MIB - reason) // 2), "x" * (MIB - reason + 1))
    handle = with_reasons(fail_all)
    assert handle.failed(fits, full) == ids(full)
    assert len(handle.sqs.batches()) == 1


def test_messages_that_are_too_large_for_one_call_together_are_sent_in_several() -> None:
    handle = with_reasons(fail_all)
    assert handle.failed(*last(*["x" * (MIB // 3)] * 5)) == []
    assert [len(batch) for batch in handle.sqs.batches()] == [2, 2, 1]


def test_a_message_with_invalid_attributes_is_left_to_sqs_alone() -> None:
    broken, other = *last("bad", messageAttributes={"a": {"dataType": "Binary", "binaryValue": "!"}}), *last("bad")
    handle = with_reasons()
    assert handle.failed(broken, other) == ids(broken)


def fail_all(record: Record) -> None:
    raise ValueError("it is bad")


def with_the_size_of_its_reason() -> str:
    """Return as many characters as the attribute of a failed message adds bytes."""
    handle = with_reasons(fail_all)
    handle.failed(*last("x"))
    ((letter,),) = handle.sqs.batches()
    return "RejectedString" + letter["MessageAttributes"]["Rejected"]["StringValue"]


# The text


def test_a_long_text_is_cut_and_nothing_else_is() -> None:
    said = why_of(ValueError("♠" * 400), id="x" * 36)
    assert said["reason"].startswith("♠" * 200)
    assert said["reason"].endswith("♠…")
    assert (said["messageId"], said["type"]) == ("x" * 36, "ValueError")
    assert why_of(ValueError("a" * 500))["reason"] == "a" * 500


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


# Time


def test_records_that_are_cancelled_at_the_deadline_on_their_last_receive_are_sent() -> None:
    import asyncio

    async def hang(record: Record) -> None:
        await asyncio.sleep(1_000)

    with stopped_clock() as clock:
        handle = with_reasons(hang)
        assert handle.failed(*last("a", "b"), context=Context(10, clock)) == []
    (letters,) = handle.sqs.batches()
    assert {why(letter)["type"] for letter in letters} == {"TimeoutError"}
    assert {why(letter)["reason"] for letter in letters} == {
        "TimeoutError: cancelled, the time of the invocation is up"
    }


def test_what_was_not_started_is_not_sent_although_sqs_moves_it_at_its_next_receive() -> None:
    with stopped_clock() as clock:

        def slow(record: Record) -> None:
            clock.now += 6

        handle, raws = with_reasons(slow), last("a", "b")
        assert handle.failed(*raws, context=Context(10, clock)) == ids(raws[1])
    assert handle.sqs.calls == []


def test_after_a_call_that_failed_slowly_nothing_more_is_sent() -> None:
    with stopped_clock() as clock:

        def hang(parameters: dict[str, Any]) -> Any:
            clock.now += 3
            raise OSError("timed out")

        handle, raws = with_reasons(sqs=FakeSqs(send_message_batch=hang)), last(*["bad"] * 25)
        assert handle.failed(*raws, context=Context(60, clock)) == ids(*raws)
    assert len(handle.sqs.calls) == 1


def test_without_time_for_the_call_the_message_is_left_to_sqs(caplog: pytest.LogCaptureFixture) -> None:
    def too_slow(clock: Clock) -> Function:
        def fail(record: Record) -> None:
            clock.now += 9.6
            raise ValueError("slow and bad")

        return fail

    with stopped_clock() as clock:
        handle, raws = with_reasons(too_slow(clock)), last("a")
        assert handle.failed(*raws, context=Context(10, clock)) == ids(*raws)
    assert handle.sqs.calls == []
    assert "reason=TimeoutError: no time left for it" in caplog.text


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
