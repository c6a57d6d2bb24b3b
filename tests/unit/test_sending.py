"""Sending many messages, to an SQS of the test's own that fails in every way."""

import threading
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from botocore import exceptions  # pyright: ignore[reportMissingTypeStubs]
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.operations import sending
from consumers.operations.message_lines import MAX_BYTES, InvalidLine, Message
from consumers.operations.sending import Destination, Failure, Outcome, batches
from flaky_fifo import BUSY, WRONG, client_error

STANDARD = Destination("url", fifo=False, content_based_deduplication=False, max_bytes=MAX_BYTES)
FIFO = Destination("url", fifo=True, content_based_deduplication=False, max_bytes=MAX_BYTES)

sizes = st.lists(st.one_of(st.integers(1, 50), st.integers(1, MAX_BYTES), st.just(MAX_BYTES)), max_size=60)


def messages(count: int, groups: int = 0) -> list[Message]:
    return [Message(n, f"m{n}", 4, f"g{n % groups}" if groups else None) for n in range(1, count + 1)]


@given(sizes)
def test_batches_hold_every_message_once_in_order_ten_and_one_mebibyte_at_most(lengths: list[int]) -> None:
    given_messages = [Message(number, "", size) for number, size in enumerate(lengths, 1)]
    made = list(batches(iter(given_messages)))
    assert [message for batch in made for message in batch] == given_messages
    assert all(1 <= len(batch) <= 10 and sum(message.size for message in batch) <= MAX_BYTES for batch in made)
    # None could have gone into the batch before it.
    for before, after in pairwise(made):
        assert len(before) == 10 or sum(message.size for message in before) + after[0].size > MAX_BYTES


def test_a_batch_may_have_exactly_a_mebibyte() -> None:
    quarter = MAX_BYTES // 4
    sizes = [quarter, quarter, 2 * quarter, quarter, 3 * quarter, quarter, quarter, 3 * quarter]
    lines = [Message(number, "", size) for number, size in enumerate(sizes, 1)]
    assert [[message.line for message in batch] for batch in batches(lines)] == [[1, 2, 3], [4, 5], [6, 7], [8]]


def test_on_a_fifo_queue_a_batch_ends_before_a_second_message_of_a_group() -> None:
    lines = [Message(number, "", 1, group) for number, group in enumerate("abcbaa", 1)]
    assert [[message.line for message in batch] for batch in batches(lines, fifo=True)] == [[1, 2, 3], [4, 5], [6]]


class Sqs:
    """Takes every entry, unless `judge` says otherwise: it returns a reason, or raises for the whole call."""

    def __init__(self, judge: Callable[[str], dict[str, Any] | None] = lambda body: None, delay: float = 0) -> None:
        self.judge, self.delay, self.lock = judge, delay, threading.Lock()
        self.calls: list[list[dict[str, str]]] = []
        self.taken: list[dict[str, str]] = []

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        assert QueueUrl == "url"
        time.sleep(self.delay)
        with self.lock:
            self.calls.append(Entries)
            judged = [(entry, self.judge(entry["MessageBody"])) for entry in Entries]
            self.taken += [entry for entry, failure in judged if failure is None]
        return {
            "Successful": [{"Id": entry["Id"]} for entry, failure in judged if failure is None],
            "Failed": [{"Id": entry["Id"], **failure} for entry, failure in judged if failure],
        }

    def bodies(self) -> list[str]:
        return [entry["MessageBody"] for entry in self.taken]


def send(sqs: Sqs, to: Destination, given_messages: list[Any], **options: Any) -> Outcome:
    return sending.send(sqs, to, iter(given_messages), **options)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "FIRST_PAUSE", 0)


def failing(
    times: int, failure: dict[str, Any] | Exception, body: str = "m7"
) -> Callable[[str], dict[str, Any] | None]:
    """Fails this message so many times."""
    left = [times]

    def judge(given_body: str) -> dict[str, Any] | None:
        if given_body != body or left[0] == 0:
            return None
        left[0] -= 1
        if isinstance(failure, Exception):
            raise failure
        return failure

    return judge


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, STANDARD),
        ({"FifoQueue": "true"}, FIFO),
        (
            {"FifoQueue": "true", "ContentBasedDeduplication": "true", "MaximumMessageSize": "1024"},
            Destination("url", fifo=True, content_based_deduplication=True, max_bytes=1024),
        ),
        (
            {"FifoQueue": "false", "ContentBasedDeduplication": "false", "MaximumMessageSize": str(MAX_BYTES + 1)},
            STANDARD,
        ),
    ],
)
def test_the_destination_is_what_the_queues_attributes_say(attributes: dict[str, str], expected: Destination) -> None:
    class Attributes:
        def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:  # noqa: N803
            assert (QueueUrl, AttributeNames) == ("url", ["All"])
            return {"Attributes": attributes}

    assert sending.destination(Attributes(), "url") == expected


class Pauses(threading.Event):
    """A `stop` that keeps how long it was waited for, and does not wait."""

    def __init__(self, stop_after: int = 99) -> None:
        super().__init__()
        self.seconds, self._stop_after = list[float](), stop_after

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout or 0)
        if len(self.seconds) >= self._stop_after:
            self.set()
        return self.is_set()


def test_each_pause_before_a_repeated_call_is_twice_as_long_as_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # of the fixture that leaves the pauses out
    pauses = Pauses()
    outcome = send(Sqs(failing(99, BUSY, "m1")), STANDARD, messages(1), stop=pauses)
    assert outcome.failed == [Failure(1, "SQS failed 5 times: try again")]
    assert pauses.seconds == [0.2, 0.4, 0.8, 1.6]


def test_a_message_is_not_retried_after_a_stop_in_the_pause() -> None:
    sqs = Sqs(failing(99, BUSY, "m1"))
    assert send(sqs, STANDARD, messages(2), stop=Pauses(2)) == Outcome(1, [Failure(1, "interrupted")])
    assert len(sqs.calls) == 2


@settings(max_examples=25)
@given(st.integers(0, 300))
def test_every_message_is_sent_once(count: int) -> None:
    sqs, told = Sqs(), list[int]()
    assert send(sqs, STANDARD, messages(count), on_finished=told.append) == Outcome(count, [])
    assert sorted(sqs.bodies()) == sorted(message.body for message in messages(count))
    assert sum(told) == count
    assert all("MessageGroupId" not in entry and "MessageDeduplicationId" not in entry for entry in sqs.taken)


def test_several_batches_are_under_way_at_a_time() -> None:
    together = threading.Barrier(2, timeout=10)  # breaks, and fails the call, unless two come

    class Both(Sqs):
        def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
            together.wait()
            return super().send_message_batch(QueueUrl, Entries)

    assert send(Both(), STANDARD, messages(20)) == Outcome(20, [])


@settings(max_examples=25)
@given(st.integers(0, 200), st.integers(1, 20))
def test_on_a_fifo_queue_the_order_within_each_group_is_kept(count: int, groups: int) -> None:
    sqs = Sqs()
    assert send(sqs, FIFO, messages(count, groups)).sent == count
    for group in {entry["MessageGroupId"] for entry in sqs.taken}:
        lines = [int(entry["MessageBody"][1:]) for entry in sqs.taken if entry["MessageGroupId"] == group]
        assert lines == sorted(lines)


def test_equal_lines_are_different_messages_and_the_same_file_sent_again_is_not() -> None:
    same = [Message(1, "x", 1, "g"), Message(2, "x", 1, "g")]
    first, again = Sqs(), Sqs()
    send(first, FIFO, same)
    send(again, FIFO, same)
    ids = [entry["MessageDeduplicationId"] for entry in first.taken]
    assert len(set(ids)) == 2
    assert ids == [entry["MessageDeduplicationId"] for entry in again.taken]


def test_a_queue_that_deduplicates_by_content_is_left_to_do_so() -> None:
    sqs = Sqs()
    send(sqs, Destination("url", True, True, MAX_BYTES), messages(3, 1))
    assert all("MessageDeduplicationId" not in entry for entry in sqs.taken)


@pytest.mark.parametrize("to", [STANDARD, FIFO], ids=["standard", "fifo"])
def test_a_message_that_failed_on_the_server_is_retried_alone(to: Destination) -> None:
    sqs = Sqs(failing(2, BUSY))
    assert send(sqs, to, messages(10, 10)) == Outcome(10, [])
    assert [len(call) for call in sqs.calls] == [10, 1, 1]
    assert sorted(sqs.bodies()) == sorted(message.body for message in messages(10))


def test_a_message_that_fails_at_each_attempt_has_failed_and_no_other() -> None:
    sqs = Sqs(failing(99, BUSY))
    assert send(sqs, STANDARD, messages(30)) == Outcome(29, [Failure(7, "SQS failed 5 times: try again")])


@pytest.mark.parametrize(("is_fault", "reason"), [(True, "Bad"), (False, "SQS failed 5 times: Bad")])
def test_a_failed_entry_without_a_message_has_its_code_as_the_reason(is_fault: bool, reason: str) -> None:
    class Terse(Sqs):
        def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
            return {"Failed": [{"Id": entry["Id"], "Code": "Bad", "SenderFault": is_fault} for entry in Entries]}

    assert send(Terse(), STANDARD, messages(1)) == Outcome(0, [Failure(1, reason)])


def test_a_message_that_is_the_senders_fault_is_not_retried() -> None:
    sqs = Sqs(failing(99, WRONG))
    assert send(sqs, STANDARD, messages(10)) == Outcome(9, [Failure(7, "bad character")])
    assert len(sqs.calls) == 1


def test_an_entry_without_an_answer_has_failed() -> None:
    class Forgetful(Sqs):
        def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
            return {"Successful": [{"Id": entry["Id"]} for entry in Entries if entry["MessageBody"] != "m7"]}

    assert send(Forgetful(), STANDARD, messages(10)) == Outcome(9, [Failure(7, "SQS did not answer for it")])


def test_later_messages_of_a_failed_messages_group_do_not_overtake_it() -> None:
    sqs = Sqs(failing(99, BUSY))
    outcome = send(sqs, FIFO, messages(25, 3))
    late = "an earlier message of its group was not sent"
    assert outcome.failed == [
        Failure(7, "SQS failed 5 times: try again"),
        *(Failure(n, late) for n in range(10, 26, 3)),
    ]
    assert outcome.sent == 18


def test_each_of_several_failed_groups_stays_behind_its_failed_message() -> None:
    sqs = Sqs(lambda body: WRONG if body in ("m1", "m5") else None)
    outcome = send(sqs, FIFO, messages(30, 3))
    assert [failure.line for failure in outcome.failed] == [1, *sorted([*range(4, 31, 3), *range(5, 31, 3)])]
    assert outcome.sent == 10 + 1


def test_few_groups_share_a_lane_so_that_their_batches_are_full() -> None:
    sqs = Sqs()
    assert send(sqs, FIFO, messages(200, 20)) == Outcome(200, [])
    assert [len(call) for call in sqs.calls] == [10] * 20


def test_many_groups_are_spread_over_all_lanes_and_each_stays_in_its_own() -> None:
    by_thread: dict[int, set[str]] = {}

    class Watched(Sqs):
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
    sqs = Sqs(failing(3, error))
    assert send(sqs, STANDARD, messages(10)) == Outcome(10, [])
    assert len(sqs.taken) == 10


def test_when_nobody_answers_any_more_the_next_batches_do_not_wait_for_it_too() -> None:
    gone = exceptions.EndpointConnectionError(endpoint_url="http://gone")

    def judge(body: str) -> None:
        raise gone

    sqs = Sqs(judge)
    outcome = send(sqs, STANDARD, messages(1_000))
    reason = f"SQS failed 5 times: {gone}"
    assert outcome == Outcome(0, [Failure(line, reason) for line in range(1, 1_001)])
    assert len(sqs.calls) <= sending.LANES * sending.ATTEMPTS


def test_without_an_answer_a_fifo_queue_gets_the_batch_again_and_a_standard_queue_does_not() -> None:
    closed = exceptions.ConnectionClosedError(endpoint_url="u")
    assert send(Sqs(failing(1, closed)), FIFO, messages(10, 1)) == Outcome(10, [])
    sqs = Sqs(failing(1, closed))
    outcome = send(sqs, STANDARD, messages(10))
    reason = f"SQS did not answer, so it may have been sent or not: {closed}"
    assert outcome == Outcome(0, [Failure(line, reason) for line in range(1, 11)])
    assert len(sqs.calls) == 1


@pytest.mark.parametrize(
    "error",
    [
        client_error("AccessDenied", 403),
        client_error("Strange", 499),
        exceptions.NoCredentialsError(),
        RuntimeError("?"),
    ],
    ids=str,
)
def test_a_refused_call_ends_it_and_every_line_is_accounted_for(error: Exception) -> None:
    sqs = Sqs(failing(1, error, "m11"))
    outcome = send(sqs, STANDARD, messages(2000))
    assert outcome.sent == len(sqs.taken)
    sent = {int(body[1:]) for body in sqs.bodies()}
    assert sent | {failure.line for failure in outcome.failed} == set(range(1, 2001))
    assert len(sent) + len(outcome.failed) == 2000
    assert {failure.reason for failure in outcome.failed} == {str(error)}


def test_when_it_is_stopped_the_lines_that_were_not_sent_have_failed() -> None:
    stop, sqs = threading.Event(), Sqs()

    def on_finished(_: int) -> None:
        stop.set()

    outcome = send(sqs, STANDARD, messages(2000), on_finished=on_finished, stop=stop)
    assert 0 < outcome.sent < 2000
    assert outcome.sent == len(sqs.taken)
    assert {failure.reason for failure in outcome.failed} == {"interrupted"}
    assert outcome.sent + len(outcome.failed) == 2000


def test_a_line_that_has_become_broken_since_it_was_checked_has_failed() -> None:
    given_messages = [*messages(3), InvalidLine(4, "not JSON")]
    outcome = send(Sqs(), STANDARD, given_messages)
    assert outcome == Outcome(3, [Failure(4, "the file changed while it was read: not JSON")])


def test_on_a_fifo_queue_nothing_is_sent_after_a_line_whose_group_is_unknown() -> None:
    sqs, lines = Sqs(), messages(60, 60)
    outcome = send(sqs, FIFO, [*lines[:3], InvalidLine(4, "not JSON"), *lines[4:]])
    late = "an earlier line changed while it was read, so that its group is unknown"
    assert outcome.failed[-57:] == [
        Failure(4, "the file changed while it was read: not JSON"),
        *(Failure(line, late) for line in range(5, 61)),
    ]
    assert len(outcome.failed) == 60 - outcome.sent == 60 - len(sqs.taken)


@pytest.mark.parametrize("to", [STANDARD, FIFO], ids=["standard", "fifo"])
def test_lines_before_a_read_error_are_sent_and_the_next_line_has_failed(to: Destination) -> None:
    def unreadable(after: int) -> Any:
        yield from messages(after, 15)
        raise OSError(5, "Input/output error")

    reason = "the file is unreadable from this line on: Input/output error"
    for after in (0, 15):
        assert sending.send(Sqs(), to, unreadable(after)) == Outcome(after, [Failure(after + 1, reason)])


def test_an_exception_of_the_callers_on_finished_is_raised_and_nothing_hangs() -> None:
    def on_finished(_: int) -> None:
        raise RuntimeError("?")

    with pytest.raises(RuntimeError):
        send(Sqs(), STANDARD, messages(2000), on_finished=on_finished)


def test_any_other_exception_of_the_messages_is_raised_when_those_before_are_sent() -> None:
    def faulty() -> Any:
        yield from messages(15)
        raise RuntimeError("?")

    sqs = Sqs()
    with pytest.raises(RuntimeError):
        sending.send(sqs, STANDARD, faulty())
    assert len(sqs.taken) == 15
