"""The sender of producers: batches, answers, retries, order."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sqs_send
from flaky_fifo import BUSY, WRONG, client_error
from sqs_send import Message, NotSent, send

URL, FIFO = "https://sqs.eu-central-1.amazonaws.com/123456789012/hands", "https://sqs/1/hands.fifo"


class Sqs:
    """Takes batches as SQS does. `faults` are the answers for bodies, one after the other, until none is left."""

    def __init__(self, **faults: list[dict[str, Any]]) -> None:
        self.faults, self.calls = faults, list[list[dict[str, str]]]()
        self.taken: list[str] = []

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        assert QueueUrl in (URL, FIFO)
        self.calls.append(Entries)
        answers: dict[str, Any] = {"Successful": [], "Failed": []}
        for entry in Entries:
            if faults := self.faults.get(entry["MessageBody"]):
                answers["Failed"].append({"Id": entry["Id"], **faults.pop(0)})
            else:
                answers["Successful"].append({"Id": entry["Id"]})
                self.taken.append(entry["MessageBody"])
        return {key: entries for key, entries in answers.items() if entries}


TOO_LARGE = {
    "Code": "InvalidParameterValue",
    "Message": "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.",
    "SenderFault": True,
}


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr(sqs_send.time, "sleep", slept.append)
    return slept


@given(st.lists(st.integers(1, sqs_send.MAX_BYTES), max_size=40))
def test_no_batch_is_larger_than_sqs_takes_and_no_message_is_lost_or_moved(sizes: list[int]) -> None:
    messages = [Message("x" * size) for size in sizes]
    made = list(sqs_send.batches(iter(messages)))
    assert [message for batch in made for message in batch] == messages
    for batch in made:
        assert 1 <= len(batch) <= 10
        assert sum(len(message.body) for message in batch) <= sqs_send.MAX_BYTES
    for before, after in pairwise(made):  # no message would have fitted into the batch before its own
        assert len(before) == 10 or sum(len(one.body) for one in [*before, after[0]]) > sqs_send.MAX_BYTES


def test_a_batch_may_have_exactly_a_mebibyte() -> None:
    quarter = sqs_send.MAX_BYTES // 4
    sizes = [1, 1, 2, 1, 3, 1, 1, 3]
    made = sqs_send.batches(Message("x" * (size * quarter)) for size in sizes)
    assert [[len(message.body) // quarter for message in batch] for batch in made] == [[1, 1, 2], [1, 3], [1, 1], [3]]


def test_size_is_counted_in_bytes_of_utf_8() -> None:
    assert [len(batch) for batch in sqs_send.batches(Message("ä" * 300_000) for _ in range(3))] == [1, 1, 1]


def test_what_is_no_text_becomes_json_and_a_group_goes_to_standard_queues_too() -> None:
    sqs = Sqs()
    assert send(URL, [{"chips": 5}, Message("hand", group_id="table-1")], sqs) == 2
    assert sqs.calls == [
        [
            {"Id": "0", "MessageBody": '{"chips":5}'},
            {"Id": "1", "MessageBody": "hand", "MessageGroupId": "table-1"},
        ]
    ]


def test_only_what_failed_is_sent_again_after_longer_and_longer_pauses(pauses: list[float]) -> None:
    sqs = Sqs(b=[BUSY, BUSY])
    assert send(URL, ["a", "b", "c"], sqs) == 3
    assert [[entry["MessageBody"] for entry in call] for call in sqs.calls] == [["a", "b", "c"], ["b"], ["b"]]
    assert sqs.taken == ["a", "c", "b"]
    assert [low <= pause <= 2 * low for pause, low in zip(pauses, (0.1, 0.2), strict=True)] == [True, True]


def test_the_pauses_double_and_are_spread_from_half_to_all_of_their_length(
    pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    spreads: list[tuple[float, float]] = []

    def longest(low: float, high: float) -> float:
        spreads.append((low, high))
        return high

    monkeypatch.setattr(sqs_send.random, "uniform", longest)
    with pytest.raises(NotSent):
        send(URL, ["a"], Sqs(a=[BUSY] * 9))
    assert pauses == [0.2, 0.4, 0.8, 1.6]
    assert spreads == [(0.5, 1)] * 4


def test_what_sqs_refuses_is_told_at_the_end_when_all_others_are_sent() -> None:
    sqs = Sqs(**{"3": [WRONG], "12": [BUSY] * 5})
    with pytest.raises(NotSent) as caught:
        send(URL, map(str, range(25)), sqs)
    wrong = "InvalidMessageContents: bad character"
    assert str(caught.value) == f"2 of 25 messages were not sent, the first: {wrong}"
    assert caught.value.failed == [(Message("3"), wrong), (Message("12"), "InternalError: try again")]
    assert caught.value.__cause__ is None
    assert caught.value.sent == len(set(sqs.taken)) == len(sqs.taken) == 23


def test_a_message_above_the_queues_own_limit_is_told_and_does_not_hold_back_the_others() -> None:
    sqs, large = Sqs(), "x" * 1_025
    sqs.faults[large] = [TOO_LARGE]
    with pytest.raises(NotSent) as caught:
        send(URL, ["a", large, "b"], sqs)
    reason = f"{TOO_LARGE['Code']}: {TOO_LARGE['Message']}"
    assert caught.value.failed == [(Message(large), reason)]
    assert sqs.taken == ["a", "b"]
    assert len(sqs.calls) == 1


def test_each_failed_message_has_its_own_reason_and_the_last_one() -> None:
    slow = {"Code": "RequestThrottled", "SenderFault": False}
    with pytest.raises(NotSent) as caught:
        send(URL, ["a", "b", "c"], Sqs(a=[slow, *[BUSY] * 4], c=[BUSY, *[slow] * 4]))
    assert caught.value.failed == [(Message("a"), "InternalError: try again"), (Message("c"), "RequestThrottled")]
    assert caught.value.sent == 1


@pytest.mark.parametrize("queue", [URL, FIFO])
def test_a_message_that_no_queue_takes_is_told_and_is_never_part_of_a_call(queue: str) -> None:
    sqs, large = Sqs(), "x" * (sqs_send.MAX_BYTES + 1)
    with pytest.raises(NotSent) as caught:
        send(queue, [Message("a", "1"), Message("", "2"), Message(large, "3"), Message({1, 2}, "4"), "\ud800"], sqs)
    assert caught.value.failed == [
        (Message("", "2"), "it is empty, and SQS takes no empty message"),
        (Message(large, "3"), "it has 1,048,577 bytes, and SQS takes 1,048,576"),
        (Message({1, 2}, "4"), "it cannot be written as JSON in UTF-8"),
        (Message("\ud800"), "it cannot be written as JSON in UTF-8"),
    ]
    assert (caught.value.sent, sqs.taken) == (1, ["a"])
    assert send(queue, [Message(large[1:], "1")], sqs) == 1


def test_on_a_fifo_queue_a_call_has_one_message_of_a_group_at_the_most() -> None:
    sqs = Sqs()
    assert send(FIFO, [Message(body, body[0]) for body in ("a1", "b1", "c1", "b2", "a2", "a3")], sqs) == 6
    assert [[entry["MessageBody"] for entry in call] for call in sqs.calls] == [
        ["a1", "b1", "c1"],
        ["b2", "a2"],
        ["a3"],
    ]


def test_on_a_fifo_queue_the_later_messages_of_a_failed_ones_group_are_not_tried_and_other_groups_are_sent() -> None:
    sqs = Sqs(**{"3": [WRONG], "5": [BUSY]})
    messages = [Message(str(number), f"table-{number % 2}") for number in range(10)]
    with pytest.raises(NotSent) as caught:
        send(FIFO, messages, sqs)
    late = "it was not tried, since an earlier message of its group was not sent"
    assert caught.value.failed == [
        (messages[3], "InvalidMessageContents: bad character"),
        (messages[5], late),
        (messages[7], late),
        (messages[9], late),
    ]
    assert sqs.taken == ["0", "1", "2", "4", "6", "8"]
    assert caught.value.sent == 6


def test_on_a_standard_queue_the_rest_of_a_failed_ones_group_is_sent() -> None:
    sqs = Sqs(**{"3": [WRONG]})
    with pytest.raises(NotSent) as caught:
        send(URL, [Message(str(number), "table-1") for number in range(30)], sqs)
    assert (len(caught.value.failed), caught.value.sent, len(sqs.calls)) == (1, 29, 3)


class Refusing(Sqs):
    """Refuses all calls from this one on, the first being 1."""

    def __init__(self, call: int, error: Exception, **faults: list[dict[str, Any]]) -> None:
        super().__init__(**faults)
        self.call, self.error = call, error

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        if len(self.calls) + 1 >= self.call:
            self.calls.append(Entries)
            raise self.error
        return super().send_message_batch(QueueUrl, Entries)


@pytest.mark.parametrize("queue", [URL, FIFO])
def test_after_a_call_that_fails_nothing_more_is_tried_and_each_message_is_reported(queue: str) -> None:
    denied = client_error("AccessDenied", 403)
    sqs, messages = Refusing(3, denied, **{"4": [BUSY]}), [Message(str(number), str(number)) for number in range(25)]
    with pytest.raises(NotSent) as caught:
        send(queue, iter(messages), sqs)
    assert caught.value.__cause__ is denied
    assert caught.value.failed == [
        *((message, str(denied)) for message in messages[10:20]),
        *((message, f"it was not tried, since a call failed before: {denied}") for message in messages[20:]),
    ]
    assert (caught.value.sent, len(sqs.calls)) == (10, 3)


def test_a_call_that_fails_when_a_message_is_repeated_counts_what_was_sent_before() -> None:
    sqs = Refusing(2, client_error("AccessDenied", 403), b=[BUSY])
    with pytest.raises(NotSent) as caught:
        send(URL, ["a", "b", "c"], sqs)
    assert caught.value.failed == [(Message("b"), str(sqs.error))]
    assert (caught.value.sent, len(sqs.calls)) == (2, 2)


def broken_after(count: int, error: Exception) -> Any:
    yield from map(str, range(count))
    raise error


def test_where_the_callers_generator_raises_what_came_before_is_sent_and_its_exception_says_so() -> None:
    sqs, error = Sqs(), ValueError("line 13")
    with pytest.raises(ValueError, match="line 13") as caught:
        send(URL, broken_after(12, error), sqs)
    assert caught.value is error
    assert error.__notes__ == ["sqs_send sent the messages before this error: 12"]
    assert sqs.taken == list(map(str, range(12)))


def test_where_the_callers_generator_raises_and_a_message_before_was_not_sent_both_are_told() -> None:
    error = ValueError("line 13")
    with pytest.raises(NotSent) as caught:
        send(URL, broken_after(12, error), Sqs(**{"3": [WRONG]}))
    assert caught.value.__cause__ is error
    assert not hasattr(error, "__notes__")
    assert (caught.value.failed, caught.value.sent) == ([(Message("3"), "InvalidMessageContents: bad character")], 11)


def test_an_entry_that_sqs_does_not_answer_for_counts_as_not_sent() -> None:
    class Silent(Sqs):
        def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
            answers = super().send_message_batch(QueueUrl, Entries)
            return {"Successful": [one for one in answers["Successful"] if one["Id"] != "1"]}

    with pytest.raises(NotSent) as caught:
        send(URL, ["a", "b"], Silent())
    assert caught.value.failed == [(Message("b"), "SQS gave no answer for it")]


def test_the_same_message_again_has_the_same_deduplication_id_and_another_group_another() -> None:
    sqs = Sqs()
    sent = [Message("a", "1"), Message("a", "1"), Message("a", "2"), Message("a", "1", "own")]
    send(FIFO, sent, sqs)
    first, again, other, own = (entry["MessageDeduplicationId"] for call in sqs.calls for entry in call)
    assert first == again != other
    assert own == "own"


def test_a_long_generator_is_not_read_ahead_of_what_is_sent() -> None:
    sqs, read = Sqs(), list[int]()

    def messages() -> Any:
        for number in range(30):
            assert number - len(sqs.taken) <= 10
            read.append(number)
            yield json.dumps(number)

    assert send(URL, messages(), sqs) == 30
    assert len(read) == 30
