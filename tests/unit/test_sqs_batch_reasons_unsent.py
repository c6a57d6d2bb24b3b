"""Dead letters that cannot say why: without a confirmation the message returns to the queue, and SQS moves it."""

import asyncio
import base64
import logging
from typing import Any

import pytest

from sqs_batch import Record
from sqs_events import (
    BOTH,
    Clock,
    Context,
    FakeSqs,
    Function,
    by_body,
    fifo_record,
    ids,
    last,
    stopped_clock,
    why,
    with_reasons,
)

DOWN = OSError("no route")
MIB = 1_048_576


ANSWERS: dict[str, Any] = {
    "the call fails": DOWN,
    "an empty answer": {},
    "an answer that is no object": [],
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
    assert with_reasons(function, FakeSqs(send_message_batch=answer)).failed(*raws) == ids(*raws)
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
    room = MIB - reason
    fits, full = last("é" * (room // 2) + "x" * (room % 2), "x" * (room + 1))
    binary = {"b": {"dataType": "Binary", "binaryValue": base64.b64encode(b"\0" * 1_000).decode()}}
    fits_too, full_too = last(*("x" * (room - 1_007 + more) for more in (0, 1)), messageAttributes=binary)
    handle = with_reasons(fail_all)
    assert handle.failed(fits, full, fits_too, full_too) == ids(full, full_too)
    assert [len(batch) for batch in handle.sqs.batches()] == [1, 1]


def test_messages_that_are_too_large_for_one_call_together_are_sent_in_several() -> None:
    handle = with_reasons(fail_all)
    assert handle.failed(*last(*["x" * (MIB // 3)] * 5)) == []
    assert [len(batch) for batch in handle.sqs.batches()] == [2, 2, 1]


def test_what_could_not_be_sent_at_once_is_not_sent_again_with_the_batch() -> None:
    (reject,) = last("reject")
    for raw in (fifo_record("bad", receives=3), reject):
        handle = with_reasons(sqs=FakeSqs(send_message=DOWN))
        assert handle.failed(raw) == ids(raw)
        assert [operation for operation, _ in handle.sqs.calls if operation.startswith("send")] == ["send_message"]


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


# Time


def test_records_that_are_cancelled_at_the_deadline_on_their_last_receive_are_sent() -> None:
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
