"""A trial of dead letters: whole batches, in order, and what counts as passed."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from consumers.operations.dead_letters.letters import DeadLetter
from consumers.operations.dead_letters.reasons import Explained, Reason
from consumers.operations.queues import MAX_EVENT_BYTES
from consumers.working_copy.invocation import Invocation
from consumers.working_copy.trial import Outcome, Trial
from consumers.working_copy.trial_letters import TrialLetters
from consumers.working_copy.trial_rows import NO_REASON

ARN = "arn:aws:sqs:eu-west-1:123456789012:hands"
FIFO_ARN = f"{ARN}.fifo"
Reasons = dict[str, str]


def dead(body: str, group: str | None = None, reason: str = "it was bad", sent: int = 0) -> Explained:
    """Return a letter: its id is `id-BODY`."""
    system = {"SentTimestamp": str(sent * 1000)} | ({"MessageGroupId": group} if group else {})
    return Explained(DeadLetter(f"id-{body[:9]}", body, {}, system, "receipt"), Reason(reason, "log"))


class Handler:
    """Records the bodies of each batch; `fail` returns the reasons of its failures by body, "" for none."""

    def __init__(self, fail: Callable[[list[str]], Reasons] = lambda bodies: {}, **rest: Any) -> None:
        self.batches: list[list[str]] = []
        self._fail, self._rest = fail, rest

    def __call__(self, event: Mapping[str, Any]) -> Invocation:
        bodies = [record["body"] for record in event["Records"]]
        self.batches.append(bodies)
        failed = self._fail(bodies)
        lines = [
            f"[ERROR]\ttime\trequest\tFAIL message_id=id-{body} receive_count=1 reason={why}"
            for body, why in failed.items()
            if why
        ]
        items = [{"itemIdentifier": f"id-{body}"} for body in failed]
        return Invocation("request", {"batchItemFailures": items}, log=lines, **self._rest)


def run(handler: Any, letters: Sequence[Explained], arn: str = ARN, size: int = 10, **options: Any) -> Outcome:
    return Trial(handler, arn, size, **options).run(letters)


def ordered(groups: Mapping[str, str]) -> list[Explained]:
    return [dead(body, group) for body, group in groups.items()]


def bad(*names: str) -> Callable[[list[str]], Reasons]:
    return lambda bodies: {body: "it is bad" for body in bodies if body in names}


def bad_and_behind(*names: str) -> Callable[[list[str]], Reasons]:
    """Fail these, and report those behind them in their group, which is the first letter of a body."""

    def fail(bodies: list[str]) -> Reasons:
        failed: Reasons = {}
        for body in bodies:
            if any(other[0] == body[0] for other in failed):
                failed[body] = ""
            elif body in names:
                failed[body] = "it is bad"
        return failed

    return fail


def test_letters_come_in_whole_batches_and_each_passes_or_fails_by_its_own() -> None:
    handler = Handler(bad("3", "7"))
    outcome = run(handler, [dead(str(n)) for n in range(12)], size=5)
    assert handler.batches == [list("01234"), list("56789"), ["10", "11"]]
    assert (outcome.tried, outcome.failed, outcome.batches) == (12, 2, 3)
    assert outcome.passed == [f"id-{n}" for n in range(12) if n not in (3, 7)]


def test_a_batch_has_at_most_6_mb() -> None:
    half = "x" * (MAX_EVENT_BYTES // 2)
    handler = Handler()
    assert run(handler, [dead(f"{n}{half}") for n in range(3)]).passed[0].startswith("id-0")
    assert [len(batch) for batch in handler.batches] == [1, 1, 1]
    third = "x" * (MAX_EVENT_BYTES // 3 - 2_000)
    handler = Handler()
    run(handler, [dead(f"{n}{third}") for n in range(4)])
    assert [[body[0] for body in batch] for batch in handler.batches] == [["0", "1", "2"], ["3"]]


def test_those_behind_a_failed_one_of_a_fifo_group_are_tried_again_without_it() -> None:
    handler = Handler(bad_and_behind("a1"))
    letters = ordered({"a1": "a", "a2": "a", "b1": "b", "a3": "a", "c1": "c", "a4": "a"})
    outcome = run(handler, letters, FIFO_ARN, 4)
    assert handler.batches == [["a1", "a2", "b1", "a3"], ["a2", "a3", "c1", "a4"]]
    assert outcome.passed == ["id-b1", "id-a2", "id-a3", "id-c1", "id-a4"]
    assert outcome.failed == 1


def test_every_bad_one_of_a_fifo_group_is_found_in_turn() -> None:
    handler = Handler(bad_and_behind("a1", "a2", "a4"))
    outcome = run(handler, ordered({f"a{n}": "a" for n in range(6)}), FIFO_ARN)
    assert outcome.passed == ["id-a0", "id-a3", "id-a5"]
    assert handler.batches[1:] == [["a2", "a3", "a4", "a5"], ["a3", "a4", "a5"], ["a5"]]


def test_a_fifo_handler_that_gives_no_reasons_fails_the_first_of_each_group() -> None:
    handler = Handler(lambda bodies: dict.fromkeys((body for body in bodies if body[0] == "a"), ""))
    outcome = run(handler, ordered({"a1": "a", "b1": "b", "a2": "a"}), FIFO_ARN)
    assert (outcome.passed, handler.batches) == (["id-b1"], [["a1", "b1", "a2"], ["a2"]])
    (row,) = outcome.rows.all()
    assert [(after.reason, after.count) for after in row.after] == [(NO_REASON, 2)]


def test_on_a_standard_queue_those_without_a_reason_fail() -> None:
    handler = Handler(lambda bodies: dict.fromkeys(bodies, ""))
    outcome = run(handler, [dead("a", "g"), dead("b", "g")])
    assert (outcome.failed, len(handler.batches)) == (2, 1)


def test_messages_for_which_an_invocation_had_no_time_are_tried_again() -> None:
    def invoke(event: Mapping[str, Any]) -> Invocation:
        ids = [record["messageId"] for record in event["Records"]]
        reply = {"batchItemFailures": [{"itemIdentifier": each} for each in ids[1:]]}
        log = [f"[WARNING]\tNOT STARTED records={len(ids) - 1}"] if ids[1:] else []
        return Invocation("request", reply, log=log)

    outcome = run(invoke, [dead(str(n)) for n in range(4)])
    assert (len(outcome.passed), outcome.batches) == (4, 4)


def test_an_invocation_that_starts_nothing_ends_all_the_same() -> None:
    def invoke(event: Mapping[str, Any]) -> Invocation:
        reply = {"batchItemFailures": [{"itemIdentifier": each["messageId"]} for each in event["Records"]]}
        return Invocation("request", reply, log=["NOT STARTED records=2"])

    assert run(invoke, [dead("a"), dead("b")]).failed == 2


@pytest.mark.parametrize("arn", [ARN, FIFO_ARN])
def test_an_error_fails_the_whole_batch_once(arn: str) -> None:
    calls: list[Any] = []

    def invoke(event: Mapping[str, Any]) -> Invocation:
        calls.append(event)
        return Invocation("request", error="Task timed out after 3.00 seconds")

    outcome = run(invoke, [dead("a", "g"), dead("b", "g")], arn)
    assert (outcome.failed, len(calls)) == (2, 1)
    (row,) = outcome.rows.all()
    assert [after.text for after in row.after] == ["Task timed out after 3.00 seconds"]


def test_a_handler_that_cannot_be_imported_is_started_once() -> None:
    calls: list[Any] = []

    def invoke(event: Mapping[str, Any]) -> Invocation:
        calls.append(event)
        return Invocation("request", error="Runtime.ImportModuleError: no", started=False)

    outcome = run(invoke, [dead(str(n)) for n in range(5)], size=2)
    assert (outcome.failed, len(calls), outcome.cannot_start) == (5, 1, "Runtime.ImportModuleError: no")


def test_a_stop_ends_it_after_the_batch_that_runs() -> None:
    stop = threading.Event()
    handler = Handler(lambda bodies: stop.set() or {})
    outcome = run(handler, [dead(str(n)) for n in range(5)], size=2, stop=stop)
    assert (outcome.passed, handler.batches) == (["id-0", "id-1"], [["0", "1"]])


def test_progress_counts_each_letter_once() -> None:
    counts: list[int] = []
    handler = Handler(bad_and_behind("a1"))
    run(handler, ordered({"a1": "a", "a2": "a", "b1": "b"}), FIFO_ARN, on_tried=counts.append)
    assert (sum(counts), counts) == (3, [2, 1])


def test_rows_show_each_reason_before_and_after_with_the_newest_as_example() -> None:
    def fail(bodies: list[str]) -> Reasons:
        reasons = {"1": "no card 12", "2": "no card 'x'", "3": "other"}
        return {body: reasons[body] for body in bodies if body in reasons}

    letters = [dead(str(n), reason="KeyError: 'n'", sent=10 - n) for n in range(5)] + [dead("9", reason="rare")]
    data = run(Handler(fail), letters).as_data()
    assert data == {
        "tried": 6,
        "passed": 3,
        "failed": 3,
        "batches": 1,
        "rows": [
            {
                "reason": "KeyError: …",
                "count": 5,
                "passed": 2,
                "after": [
                    {"reason": "no card <n>", "count": 1, "example": "id-1"},
                    {"reason": "no card …", "count": 1, "example": "id-2"},
                    {"reason": "other", "count": 1, "example": "id-3"},
                ],
            },
            {"reason": "rare", "count": 1, "passed": 1, "after": []},
        ],
        "passed_ids": ["id-0", "id-4", "id-9"],
        "failures": {"id-1": "no card 12", "id-2": "no card 'x'", "id-3": "other"},
    }
    letters = [dead("a", sent=1), dead("b", sent=3), dead("c", sent=2)]
    (row,) = run(Handler(bad("a", "b", "c")), letters).rows.all()
    assert [(after.count, after.example) for after in row.after] == [(3, "id-b")]


def test_a_row_is_as_before_only_where_all_that_fail_have_the_same_reason() -> None:
    outcome = run(Handler(bad("a", "b")), [dead("a", reason="it is bad"), dead("b"), dead("c", reason="it is bad")])
    assert {row.reason: row.is_as_before for row in outcome.rows.all()} == {"it is bad": True, "it was bad": False}


def test_letters_of_a_standard_queue_come_in_the_order_of_sending_and_those_of_a_fifo_queue_as_they_are_read() -> None:
    letters = [dead("late", sent=9), dead("early", sent=1), dead("middle", sent=5)]
    for fifo, expected in ((False, ["early", "middle", "late"]), (True, ["late", "early", "middle"])):
        with TrialLetters(fifo=fifo) as waiting:
            waiting.add(letters[:2])
            waiting.add(letters[2:])
            assert waiting.count == 3
            assert [one.letter.body for one in waiting.all()] == expected
            assert [one.letter.body for one in waiting.all({"id-late"})] == ["late"]


def test_more_letters_than_fit_in_memory_wait_on_the_disk() -> None:
    body = "x" * 2**20
    with TrialLetters(fifo=False) as waiting:
        for number in range(40):
            waiting.add([dead(f"{number}{body}", sent=number)])
        assert [one.letter.body[:2] for one in waiting.all()][-2:] == ["38", "39"]
