"""The sender: batches, results, retries, order."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sqs_send
from batch_sqs import BatchSqs
from flaky_fifo import BUSY, WRONG, client_error
from sqs_send import Message, NotSent, send

URL, FIFO = "https://sqs.eu-central-1.amazonaws.com/123456789012/hands", "https://sqs/1/hands.fifo"
WRONG_TEXT, BUSY_TEXT = "InvalidMessageContents: bad character", "InternalError: try again"
LATE = "not tried, because an earlier message of its group was not sent"


def calls(sqs: BatchSqs) -> list[list[str]]:
    return [[entry["MessageBody"] for entry in call] for call in sqs.calls]


def not_sent(queue: str, messages: Iterable[Any], sqs: BatchSqs) -> NotSent:
    with pytest.raises(NotSent) as caught:
        send(queue, messages, sqs)
    assert (caught.value.sent, sqs.url) == (len(sqs.accepted), queue)
    return caught.value


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr(sqs_send.time, "sleep", slept.append)
    return slept


@given(st.lists(st.integers(1, 500) | st.sampled_from([125, 250, 500]), max_size=40))
def test_batches_are_as_large_as_sqs_allows_in_utf_8_and_keep_the_order(sizes: list[int]) -> None:
    messages = [Message("ä" * size) for size in sizes]
    with mock.patch.object(sqs_send, "MAX_BYTES", 1_000):
        made = list(sqs_send.batches(iter(messages)))
    assert [message for batch in made for message in batch] == messages
    for batch in made:
        assert 1 <= len(batch) <= 10
        assert sum(len(message.body) for message in batch) <= 500
    for before, after in pairwise(made):  # no message would have fitted into the previous batch
        assert len(before) == 10 or sum(len(one.body) for one in [*before, after[0]]) > 500


def test_other_values_become_json_and_standard_queues_get_the_group_too() -> None:
    sqs = BatchSqs()
    assert send(URL, [{"chips": 5}, Message("hand", group_id="table-1")], sqs) == 2
    json, grouped = {"Id": "0", "MessageBody": '{"chips":5}'}, {"Id": "1", "MessageBody": "hand"}
    assert sqs.calls == [[json, grouped | {"MessageGroupId": "table-1"}]]


def test_only_failed_messages_are_retried() -> None:
    sqs = BatchSqs(b=[BUSY, BUSY])
    assert send(URL, ["a", "b", "c"], sqs) == 3
    assert calls(sqs) == [["a", "b", "c"], ["b"], ["b"]]


def test_the_pauses_double_and_half_of_each_is_random(pauses: list[float]) -> None:
    with mock.patch.object(sqs_send.random, "uniform", return_value=0.75) as uniform:
        not_sent(URL, ["a"], BatchSqs(a=[BUSY] * 9))
    assert pauses == pytest.approx([0.15, 0.3, 0.6, 1.2])
    assert uniform.call_args_list == [mock.call(0.5, 1)] * 4


def test_each_failed_message_is_reported_with_its_last_reason_after_all_others_are_sent() -> None:
    slow = {"Code": "RequestThrottled", "SenderFault": False}
    sqs = BatchSqs(a=[slow, *[BUSY] * 4], c=[BUSY, *[slow] * 4], d=[{}] * 5, m=[WRONG])
    error = not_sent(URL, [Message(body, "table-1") for body in "abcdefghijklm"], sqs)
    assert str(error) == f"4 of 13 messages were not sent, the first: {BUSY_TEXT}"
    assert error.failed == [
        (Message("a", "table-1"), BUSY_TEXT),
        (Message("c", "table-1"), "RequestThrottled"),
        (Message("d", "table-1"), "SQS returned no result for it"),
        (Message("m", "table-1"), WRONG_TEXT),
    ]
    assert (error.__cause__, sqs.bodies(), len(sqs.calls)) == (None, [*"befghijkl"], 6)


@pytest.mark.parametrize("queue", [URL, FIFO])
def test_an_invalid_message_is_never_part_of_a_call(queue: str) -> None:
    sqs, large = BatchSqs(), "x" * (sqs_send.MAX_BYTES + 1)
    messages = [Message("a", "1"), Message("", "2"), Message(large, "3"), Message({1, 2}, "4"), Message("\ud800")]
    assert not_sent(queue, messages, sqs).failed == [
        (messages[1], "it is empty; SQS requires a body"),
        (messages[2], "it has 1,048,577 bytes; the maximum is 1,048,576"),
        (messages[3], "it cannot be serialized as JSON in UTF-8"),
        (messages[4], "it cannot be serialized as JSON in UTF-8"),
    ]
    assert sqs.bodies() == ["a"]
    assert send(queue, [Message(large[1:], "1")], sqs) == 1


def test_on_a_fifo_queue_a_call_has_at_most_one_message_of_each_group() -> None:
    sqs = BatchSqs()
    assert send(FIFO, [Message(body, body[0]) for body in ("a1", "b1", "c1", "b2", "a2", "a3")], sqs) == 6
    assert calls(sqs) == [["a1", "b1", "c1"], ["b2", "a2"], ["a3"]]


def test_on_a_fifo_queue_messages_after_a_failed_one_of_their_group_are_not_tried() -> None:
    sqs = BatchSqs(**{"3": [WRONG], "5": [BUSY]})
    messages = [Message(str(number), f"table-{number % 2}") for number in range(10)]
    failed = [(messages[3], WRONG_TEXT), *((messages[number], LATE) for number in (5, 7, 9))]
    assert not_sent(FIFO, messages, sqs).failed == failed
    assert sqs.bodies() == ["0", "1", "2", "4", "6", "8"]


@pytest.mark.parametrize("queue", [URL, FIFO])
def test_after_a_failed_call_nothing_more_is_tried_and_each_message_is_reported(queue: str) -> None:
    denied, messages = client_error("AccessDenied", 403), [Message(str(number), str(number)) for number in range(25)]
    sqs = BatchSqs(**{"4": [BUSY], "12": [denied]})
    error = not_sent(queue, iter(messages), sqs)
    assert error.__cause__ is denied
    assert error.failed == [
        *((message, str(denied)) for message in messages[10:20]),
        *((message, f"not tried, because an earlier call failed: {denied}") for message in messages[20:]),
    ]
    assert (error.sent, len(sqs.calls)) == (10, 3)


def broken_after(count: int, error: Exception) -> Any:
    yield from map(str, range(count))
    raise error


def test_if_the_generator_raises_the_messages_before_are_sent_and_a_note_has_their_number() -> None:
    sqs, error = BatchSqs(), ValueError("line 13")
    with pytest.raises(ValueError, match="line 13") as caught:
        send(URL, broken_after(12, error), sqs)
    assert caught.value is error
    assert error.__notes__ == ["sqs_send sent the messages before this error: 12"]
    assert sqs.bodies() == list(map(str, range(12)))


def test_if_the_generator_raises_and_a_message_was_not_sent_both_are_reported() -> None:
    error = ValueError("line 13")
    raised = not_sent(URL, broken_after(12, error), BatchSqs(**{"3": [WRONG]}))
    assert raised.__cause__ is error
    assert not hasattr(error, "__notes__")
    assert (raised.failed, raised.sent) == ([(Message("3"), WRONG_TEXT)], 11)


def test_deduplication_ids_depend_on_body_and_group() -> None:
    sqs = BatchSqs()
    send(FIFO, [Message("a", "1"), Message("a", "1"), Message("a", "2"), Message("a", "1", "own")], sqs)
    first, again, other, own = (entry["MessageDeduplicationId"] for call in sqs.calls for entry in call)
    assert first == again != other
    assert own == "own"


def test_a_generator_is_read_no_further_than_messages_are_sent() -> None:
    sqs = BatchSqs()

    def messages() -> Any:
        for number in range(30):
            assert number - len(sqs.accepted) <= 10
            yield str(number)

    assert send(URL, messages(), sqs) == 30
