"""Sending many messages to a fake SQS that fails in every way."""

import threading
from itertools import pairwise
from typing import Any
from unittest import mock

import pytest
from botocore import exceptions  # pyright: ignore[reportMissingTypeStubs]
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_sqs import BatchSqs
from consumers.operations import sending
from consumers.operations.message_lines import MAX_BYTES, InvalidLine, Message
from consumers.operations.sending import Destination, Failure, Outcome, batches
from flaky_fifo import BUSY, WRONG, client_error

STANDARD = Destination("url", fifo=False, content_based_deduplication=False, max_bytes=MAX_BYTES)
FIFO = Destination("url", fifo=True, content_based_deduplication=False, max_bytes=MAX_BYTES)

exact_parts = st.sampled_from([MAX_BYTES // 4, MAX_BYTES // 2, MAX_BYTES])
sizes = st.lists(st.one_of(st.integers(1, 50), st.integers(1, MAX_BYTES), exact_parts), max_size=60)


def messages(count: int, groups: int = 0) -> list[Message]:
    return [Message(n, f"m{n}", 4, f"g{n % groups}" if groups else None) for n in range(1, count + 1)]


@given(sizes)
def test_batches_hold_every_message_once_in_order_ten_and_one_mebibyte_at_most(lengths: list[int]) -> None:
    lines = [Message(number, "", size) for number, size in enumerate(lengths, 1)]
    made = list(batches(iter(lines)))
    assert [message for batch in made for message in batch] == lines
    assert all(1 <= len(batch) <= 10 and sum(message.size for message in batch) <= MAX_BYTES for batch in made)
    # None could have gone into the batch before it.
    for before, after in pairwise(made):
        assert len(before) == 10 or sum(message.size for message in before) + after[0].size > MAX_BYTES


def test_on_a_fifo_queue_a_batch_ends_before_a_second_message_of_a_group() -> None:
    lines = [Message(number, "", 1, group) for number, group in enumerate("abcbaa", 1)]
    assert [[message.line for message in batch] for batch in batches(lines, fifo=True)] == [[1, 2, 3], [4, 5], [6]]


def send(sqs: Any, to: Destination, lines: list[Any], **options: Any) -> Outcome:
    return sending.send(sqs, to, iter(lines), **options)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "FIRST_PAUSE", 0)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, STANDARD),
        ({"FifoQueue": "true"}, FIFO),
        ({"FifoQueue": "false", "ContentBasedDeduplication": "false", "MaximumMessageSize": "2000000"}, STANDARD),
        (
            {"FifoQueue": "true", "ContentBasedDeduplication": "true", "MaximumMessageSize": "1024"},
            Destination("url", fifo=True, content_based_deduplication=True, max_bytes=1024),
        ),
    ],
)
def test_the_destination_has_the_queues_attributes(attributes: dict[str, str], expected: Destination) -> None:
    sqs = mock.Mock()
    sqs.get_queue_attributes.return_value = {"Attributes": attributes}
    assert sending.destination(sqs, "url") == expected
    sqs.get_queue_attributes.assert_called_once_with(QueueUrl="url", AttributeNames=["All"])


class Pauses(threading.Event):
    """A `stop` that records the waits, and does not wait."""

    def __init__(self, stop_after: int = 99) -> None:
        super().__init__()
        self.seconds, self._stop_after = list[float](), stop_after

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout or 0)
        if len(self.seconds) >= self._stop_after:
            self.set()
        return self.is_set()


def test_each_pause_before_a_repeated_call_is_twice_as_long_as_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # the fixture without pauses
    pauses = Pauses()
    outcome = send(BatchSqs(m1=[BUSY] * 99), STANDARD, messages(1), stop=pauses)
    assert outcome.failed == [Failure(1, "SQS failed 5 times: try again")]
    assert pauses.seconds == [0.2, 0.4, 0.8, 1.6]


def test_a_message_is_not_retried_after_a_stop_in_the_pause() -> None:
    sqs = BatchSqs(m1=[BUSY] * 99)
    assert send(sqs, STANDARD, messages(2), stop=Pauses(2)) == Outcome(1, [Failure(1, "interrupted")])
    assert len(sqs.calls) == 2


@settings(max_examples=25)
@given(st.integers(0, 300))
def test_every_message_is_sent_once(count: int) -> None:
    sqs, finished = BatchSqs(), list[int]()
    assert send(sqs, STANDARD, messages(count), on_finished=finished.append) == Outcome(count, [])
    assert sorted(sqs.bodies()) == sorted(message.body for message in messages(count))
    assert sum(finished) == count
    assert all("MessageGroupId" not in entry and "MessageDeduplicationId" not in entry for entry in sqs.accepted)


def test_several_batches_are_under_way_at_a_time() -> None:
    together = threading.Barrier(2, timeout=10)  # breaks, and fails the call, unless two come

    class Both(BatchSqs):
        def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
            together.wait()
            return super().send_message_batch(QueueUrl, Entries)

    assert send(Both(), STANDARD, messages(20)) == Outcome(20, [])


def test_equal_lines_are_different_messages_and_the_same_file_sent_again_is_not() -> None:
    same = [Message(1, "x", 1, "g"), Message(2, "x", 1, "g")]
    first, again = BatchSqs(), BatchSqs()
    send(first, FIFO, same)
    send(again, FIFO, same)
    ids = [entry["MessageDeduplicationId"] for entry in first.accepted]
    assert len(set(ids)) == 2
    assert ids == [entry["MessageDeduplicationId"] for entry in again.accepted]


def test_a_queue_that_deduplicates_by_content_is_left_to_do_so() -> None:
    sqs = BatchSqs()
    send(sqs, Destination("url", True, True, MAX_BYTES), messages(3, 1))
    assert all("MessageDeduplicationId" not in entry for entry in sqs.accepted)


@pytest.mark.parametrize("to", [STANDARD, FIFO], ids=["standard", "fifo"])
def test_a_message_that_failed_on_the_server_is_retried_alone(to: Destination) -> None:
    sqs = BatchSqs(m7=[BUSY] * 2)
    assert send(sqs, to, messages(10, 10)) == Outcome(10, [])
    assert (sqs.url, [len(call) for call in sqs.calls]) == ("url", [10, 1, 1])
    assert sorted(sqs.bodies()) == sorted(message.body for message in messages(10))


@pytest.mark.parametrize(
    ("failure", "reason", "calls"),
    [
        (BUSY, "SQS failed 5 times: try again", 5),
        (WRONG, "bad character", 1),
        ({"Code": "Bad", "SenderFault": False}, "SQS failed 5 times: Bad", 5),
        ({"Code": "Bad", "SenderFault": True}, "Bad", 1),
        ({}, "SQS did not answer for it", 1),
    ],
)
def test_a_failed_message_has_the_reason_of_sqs_and_is_retried_unless_that_is_useless(
    failure: dict[str, Any], reason: str, calls: int
) -> None:
    sqs = BatchSqs(m7=[failure] * 99)
    assert send(sqs, STANDARD, messages(10)) == Outcome(9, [Failure(7, reason)])
    assert len(sqs.calls) == calls


def test_later_messages_of_a_failed_messages_group_do_not_overtake_it() -> None:
    sqs = BatchSqs(m7=[BUSY] * 99)
    outcome = send(sqs, FIFO, messages(25, 3))
    late = "an earlier message of its group was not sent"
    assert outcome.failed == [
        Failure(7, "SQS failed 5 times: try again"),
        *(Failure(n, late) for n in range(10, 26, 3)),
    ]
    assert outcome.sent == 18


def test_few_groups_share_a_lane_so_that_their_batches_are_full() -> None:
    sqs = BatchSqs()
    assert send(sqs, FIFO, messages(200, 20)) == Outcome(200, [])
    assert [len(call) for call in sqs.calls] == [10] * 20


def test_many_groups_are_spread_over_all_lanes_and_each_stays_in_its_own() -> None:
    by_thread: dict[int, set[str]] = {}

    class Watched(BatchSqs):
        def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
            groups = {entry["MessageGroupId"] for entry in Entries}
            with self.lock:
                by_thread.setdefault(threading.get_ident(), set()).update(groups)
            return super().send_message_batch(QueueUrl, Entries)

    assert send(Watched(), FIFO, messages(2000, 500)) == Outcome(2000, [])
    assert len(by_thread) == sending.LANES
    assert sum(map(len, by_thread.values())) == len(set[str]().union(*by_thread.values())) == 500


UNAVAILABLE = [
    *(client_error(code) for code in ("ThrottlingException", "RequestThrottled")),
    *(client_error("Busy", status) for status in (429, 500, 503)),
    exceptions.EndpointConnectionError(endpoint_url="u"),  # which has not arrived
]


@pytest.mark.parametrize("error", UNAVAILABLE, ids=str)
def test_a_call_that_aws_cannot_take_now_is_made_again(error: Exception) -> None:
    sqs = BatchSqs(m7=[error] * 3)
    assert send(sqs, STANDARD, messages(10)) == Outcome(10, [])
    assert len(sqs.accepted) == 10


def test_after_a_batch_without_any_answer_no_other_batch_is_tried() -> None:
    gone = exceptions.EndpointConnectionError(endpoint_url="http://gone")
    sqs = mock.Mock()
    sqs.send_message_batch.side_effect = gone
    failed = [Failure(line, f"SQS failed 5 times: {gone}") for line in range(1, 1_001)]
    assert send(sqs, STANDARD, messages(1_000)) == Outcome(0, failed)
    assert sqs.send_message_batch.call_count <= sending.LANES * sending.ATTEMPTS


def test_without_an_answer_a_fifo_queue_gets_the_batch_again_and_a_standard_queue_does_not() -> None:
    closed = exceptions.ConnectionClosedError(endpoint_url="u")
    assert send(BatchSqs(m7=[closed]), FIFO, messages(10, 1)) == Outcome(10, [])
    sqs = BatchSqs(m7=[closed])
    outcome = send(sqs, STANDARD, messages(10))
    reason = f"SQS did not answer, so it may have been sent or not: {closed}"
    assert outcome == Outcome(0, [Failure(line, reason) for line in range(1, 11)])
    assert len(sqs.calls) == 1


REFUSED = [client_error("AccessDenied", 403), client_error("Strange", 499), exceptions.NoCredentialsError()]


@pytest.mark.parametrize("error", REFUSED, ids=str)
def test_a_refused_call_is_the_last_and_every_line_is_sent_or_failed(error: Exception) -> None:
    sqs = BatchSqs(m11=[error])
    outcome = send(sqs, STANDARD, messages(2000))
    assert outcome.sent == len(sqs.accepted)
    sent = {int(body[1:]) for body in sqs.bodies()}
    assert sent | {failure.line for failure in outcome.failed} == set(range(1, 2001))
    assert len(sent) + len(outcome.failed) == 2000
    assert {failure.reason for failure in outcome.failed} == {str(error)}


def test_after_a_stop_the_lines_that_were_not_sent_have_failed() -> None:
    stop, sqs = threading.Event(), BatchSqs()

    def tell(_: int) -> None:
        stop.set()

    outcome = send(sqs, STANDARD, messages(2000), on_finished=tell, stop=stop)
    assert 0 < outcome.sent < 2000
    assert outcome.sent == len(sqs.accepted)
    assert {failure.reason for failure in outcome.failed} == {"interrupted"}
    assert outcome.sent + len(outcome.failed) == 2000


def test_a_line_that_became_invalid_after_the_check_has_failed() -> None:
    outcome = send(BatchSqs(), STANDARD, [*messages(3), InvalidLine(4, "not JSON")])
    assert outcome == Outcome(3, [Failure(4, "the file changed while it was read: not JSON")])


def test_on_a_fifo_queue_nothing_is_sent_after_a_line_whose_group_is_unknown() -> None:
    sqs, lines = BatchSqs(), messages(60, 60)
    outcome = send(sqs, FIFO, [*lines[:3], InvalidLine(4, "not JSON"), *lines[4:]])
    late = "an earlier line changed while it was read, so that its group is unknown"
    assert outcome.failed[-57:] == [
        Failure(4, "the file changed while it was read: not JSON"),
        *(Failure(line, late) for line in range(5, 61)),
    ]
    assert len(outcome.failed) == 60 - outcome.sent == 60 - len(sqs.accepted)


@pytest.mark.parametrize("to", [STANDARD, FIFO], ids=["standard", "fifo"])
def test_lines_before_a_read_error_are_sent_and_the_next_line_has_failed(to: Destination) -> None:
    def unreadable(after: int) -> Any:
        yield from messages(after, 15)
        raise OSError(5, "Input/output error")

    reason = "the file is unreadable from this line on: Input/output error"
    for after in (0, 15):
        assert sending.send(BatchSqs(), to, unreadable(after)) == Outcome(after, [Failure(after + 1, reason)])


def test_an_exception_of_the_callers_tell_is_raised_and_nothing_hangs() -> None:
    with pytest.raises(RuntimeError):
        send(BatchSqs(), STANDARD, messages(2000), on_finished=mock.Mock(side_effect=RuntimeError))


def test_any_other_exception_of_the_messages_is_raised_when_those_before_are_sent() -> None:
    def faulty() -> Any:
        yield from messages(15)
        raise RuntimeError("?")

    sqs = BatchSqs()
    with pytest.raises(RuntimeError):
        sending.send(sqs, STANDARD, faulty())
    assert len(sqs.accepted) == 15
