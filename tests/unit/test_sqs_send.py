"""The sender of producers: batches, answers, retries, order."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sqs_send
from sqs_send import Message, NotSent, send

URL, FIFO = "https://sqs.eu-central-1.amazonaws.com/123456789012/hands", "https://sqs/1/hands.fifo"


class Sqs:
    """Takes batches as SQS does. `faults` are the answers for bodies, one after the other, until none is left."""

    def __init__(self, **faults: list[dict[str, Any]]) -> None:
        self.faults, self.calls = faults, list[list[dict[str, str]]]()
        self.taken: list[str] = []

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        self.calls.append(Entries)
        answers: dict[str, Any] = {"Successful": [], "Failed": []}
        for entry in Entries:
            if faults := self.faults.get(entry["MessageBody"]):
                answers["Failed"].append({"Id": entry["Id"], **faults.pop(0)})
            else:
                answers["Successful"].append({"Id": entry["Id"]})
                self.taken.append(entry["MessageBody"])
        return answers


BUSY = {"Code": "InternalError", "SenderFault": False}
WRONG = {"Code": "InvalidMessageContents", "Message": "bad", "SenderFault": True}
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


def test_what_sqs_refuses_is_told_at_the_end_when_all_others_are_sent() -> None:
    sqs = Sqs(**{"3": [WRONG], "12": [BUSY] * 5})
    with pytest.raises(NotSent) as caught:
        send(URL, map(str, range(25)), sqs)
    assert str(caught.value) == "2 of 25 messages were not sent, the first: InvalidMessageContents: bad"
    assert caught.value.failed == [(Message("3"), "InvalidMessageContents: bad"), (Message("12"), "InternalError")]
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


@pytest.mark.parametrize("queue", [URL, FIFO])
def test_a_message_that_no_queue_takes_is_told_and_is_never_part_of_a_call(queue: str) -> None:
    sqs, large = Sqs(), "x" * (sqs_send.MAX_BYTES + 1)
    with pytest.raises(NotSent) as caught:
        send(queue, [Message("a", "g"), Message("", "g"), Message("b", "g")], sqs)
    assert caught.value.failed == [(Message("", "g"), "it is empty, and SQS takes no empty message")]
    assert sqs.taken == ["a", "b"]
    with pytest.raises(NotSent) as caught:
        send(queue, [Message("c", "g"), Message(large, "g"), Message("d", "g")], sqs)
    assert caught.value.failed == [(Message(large, "g"), "it has 1,048,577 bytes, and SQS takes 1,048,576")]
    assert sqs.taken == ["a", "b", "c", *([] if queue == FIFO else ["d"])]


def test_on_a_fifo_queue_nothing_overtakes_what_was_not_sent() -> None:
    sqs = Sqs(**{"3": [WRONG]})
    with pytest.raises(NotSent):
        send(FIFO, (Message(str(n), "table-1") for n in range(25)), sqs)
    assert len(sqs.calls) == 1


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
    first, again, other, own = (entry["MessageDeduplicationId"] for entry in sqs.calls[0])
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
