"""What becomes of each message of one invocation: handled, retried and when, dead."""

from types import SimpleNamespace
from typing import Any

import pytest

from consumers.working_copy import events
from consumers.working_copy.invocation import Invocation
from consumers.working_copy.outcomes import MessageOutcome, filtered, outcomes

QUEUE = "arn:aws:sqs:eu-central-1:123456789012:orders"
RETRY = SimpleNamespace(base_delay_seconds=60, maximum_delay_seconds=100)


def settings(**changed: Any) -> Any:
    """A consumer of three receives, with a visibility timeout of 90 s."""
    queue = SimpleNamespace(arn=changed.pop("arn", None), visibility_timeout_seconds=90)
    dead_letter_queue = SimpleNamespace(allow_rejects=True)
    usual = {"receives": 3, "retry": None, "fifo": False, "has_runtime": True}
    return SimpleNamespace(**{**usual, "queue": queue, "dead_letter_queue": dead_letter_queue, **changed})


def event(receive: int = 1) -> dict[str, Any]:
    attributes = {"ApproximateReceiveCount": str(receive)}
    messages = ({"MessageId": each, "Body": "{}", "Attributes": attributes} for each in ("a", "b"))
    return events.event(events.record(message, QUEUE) for message in messages)


def failing(*ids: str, log: tuple[str, ...] = (), **more: Any) -> Invocation:
    """An invocation whose reply reports these messages."""
    return Invocation("1", {"batchItemFailures": [{"itemIdentifier": each} for each in ids]}, log=[*log], **more)


def logged(each: str, reason: str, verb: str = "FAIL") -> str:
    return f"[ERROR]\t{verb} message_id={each} receive_count=1 reason={reason}"


def of_a(found: list[MessageOutcome]) -> MessageOutcome:
    return next(one for one in found if one.id == "a")


def test_a_message_that_is_not_reported_is_handled_and_deleted() -> None:
    found = outcomes(settings(), event(), failing("a", log=(logged("a", "no card"),)))
    assert [(one.id, one.outcome, one.reason) for one in found] == [("a", "retried", "no card"), ("b", "handled", "")]
    assert found[1].then == "Lambda deletes it"
    assert [one.is_failure for one in found] == [True, False]


RETRIES: dict[str, tuple[dict[str, Any], int, Any, str]] = {
    "by the visibility timeout": ({}, 1, (90, 90), "after 90 s it is received again, as receive 2 of 3"),
    "by the delay": ({"retry": RETRY}, 1, (30, 60), "after 30 s to 60 s it is received again, as receive 2 of 3"),
    "by the longest delay": (
        {"retry": RETRY},
        2,
        (50, 100),
        "after 50 s to 100 s it is received again, as receive 3 of 3",
    ),
    "of a queue of others": (
        {"arn": QUEUE, "receives": None},
        7,
        None,
        "after the visibility timeout of its queue it is received again, or dead: the redrive policy of its queue is "
        "not in the program",
    ),
}


@pytest.mark.parametrize(("changed", "receive", "seconds", "then"), RETRIES.values(), ids=RETRIES)
def test_a_failed_message_is_retried(changed: dict[str, Any], receive: int, seconds: Any, then: str) -> None:
    one = of_a(outcomes(settings(**changed), event(receive), failing("a", log=(logged("a", "no card"),))))
    assert (one.outcome, one.retry_seconds, one.then) == ("retried", seconds, then)


LAST: dict[str, tuple[dict[str, Any], str]] = {
    "plain": ({}, "after 90 s"),
    "with delays": ({"retry": RETRY}, "at once"),
    "FIFO": ({"fifo": True}, "at once"),
    "without sqs_batch": ({"has_runtime": False, "retry": RETRY}, "after 90 s"),
}


@pytest.mark.parametrize(("changed", "when"), LAST.values(), ids=LAST)
def test_a_message_that_fails_on_its_last_receive_is_dead(changed: dict[str, Any], when: str) -> None:
    one = of_a(outcomes(settings(**changed), event(3), failing("a", log=(logged("a", "no card"),))))
    assert (one.outcome, one.retry_seconds) == ("dead", None)
    assert one.then == f"this was receive 3 of 3: {when} SQS moves it to the dead-letter queue"


def test_what_sqs_batch_has_sent_to_the_dead_letter_queue_is_dead_though_it_is_not_reported() -> None:
    one = of_a(outcomes(settings(), event(), failing(log=(logged("a", "no player", "REJECT"),))))
    assert (one.outcome, one.reason) == ("dead", "no player")
    assert one.then == "sqs_batch sends it to the dead-letter queue at once"


def test_a_line_that_looks_like_one_of_sqs_batch_means_nothing_without_it() -> None:
    invocation = failing(log=(logged("a", "no player"),))
    assert of_a(outcomes(settings(has_runtime=False), event(), invocation)).outcome == "handled"


def test_a_message_behind_a_failed_one_of_its_group_is_retried_at_once() -> None:
    found = outcomes(settings(fifo=True), event(), failing("a", "b", log=(logged("a", "no card"),)))
    assert [one.retry_seconds for one in found] == [(90, 90), (0, 0)]
    assert found[1].reason == ""


def test_an_error_returns_the_whole_batch_after_the_visibility_timeout_whatever_was_logged() -> None:
    invocation = Invocation("1", None, "Task timed out after 3.00 seconds", [logged("a", "no card")])
    found = outcomes(settings(retry=RETRY), event(), invocation)
    assert {(one.reason, one.retry_seconds) for one in found} == {("Task timed out after 3.00 seconds", (90, 90))}


def test_an_invalid_reply_returns_the_whole_batch() -> None:
    found = outcomes(settings(), event(), failing("c"))
    assert [one.outcome for one in found] == ["retried", "retried"]
    assert found[0].reason == "the itemIdentifier 'c' is no message of this batch"


def test_a_message_that_no_filter_matches_is_no_failure() -> None:
    one = filtered(event()["Records"][0])
    assert (one.id, one.outcome, one.is_failure) == ("a", "filtered", False)
    assert one.as_data()["then"].startswith("no filter matches it: Lambda deletes it without a trace")
