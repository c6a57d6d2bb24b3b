"""Redriving with an SQS that fails: no letter is deleted that SQS has not confirmed, none is sent twice on purpose."""

import dataclasses
import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.operations.dead_letters import confirming
from consumers.operations.dead_letters.edits import Edit
from consumers.operations.dead_letters.holding import SECONDS, Held, Hold
from consumers.operations.dead_letters.letters import DeadLetter
from consumers.operations.dead_letters.receipts import Receipts
from consumers.operations.dead_letters.redriving import BEHIND, LOST, Outcome, Pace, Queues, Redrive, waves
from consumers.operations.message_lines import MAX_BYTES
from consumers.operations.sending import Destination
from sqs_fakes import FakeSqs, client_error, letter, no_answer

STANDARD = Destination("url", fifo=False, content_based_deduplication=False, max_bytes=MAX_BYTES)
FIFO = Destination("url.fifo", fifo=True, content_based_deduplication=False, max_bytes=MAX_BYTES)
BUSY = {"Code": "ServiceUnavailable", "Message": "busy", "SenderFault": False}
WRONG = {"Code": "Invalid", "Message": "wrong", "SenderFault": True}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirming, "FIRST_PAUSE", 0)


@pytest.fixture
def receipts(tmp_path: Path) -> Iterator[Receipts]:
    with Receipts(tmp_path / "receipts.jsonl") as file:
        yield file


class NoReceipts:
    def write(self, *_: object) -> None: ...


def holding(sqs: Any, letters: list[DeadLetter], seconds: float = SECONDS) -> Hold:
    """A hold that has received the letters."""
    hold = Hold(sqs, "dead")
    hold._held = {each.id: Held(each.receipt, time.time() + seconds, each.group) for each in letters}  # pyright: ignore[reportPrivateUsage]
    return hold


def redrive(
    sqs: FakeSqs, letters: list[DeadLetter], to: Destination = STANDARD, receipts: Any = None, **options: Any
) -> Outcome:
    hold = options.pop("hold", None) or holding(sqs, letters)
    queues = Queues(sqs, "dead", to, sqs)
    edit = options.pop("edit", Edit())
    file: Any = receipts or NoReceipts()
    return Redrive(queues, hold, file, edit, **options).send(iter([letters]))


def letters_of(count: int, groups: int = 0) -> list[DeadLetter]:
    return [letter(f"m{n}", f"g{n % groups}" if groups else None) for n in range(count)]


def test_an_entry_that_sqs_fails_for_good_stays_and_the_others_go() -> None:
    sqs = FakeSqs(lambda entry: WRONG if entry["MessageBody"] == "m3" else None)
    outcome = redrive(sqs, letters_of(10))
    assert (outcome.done, outcome.failed) == (9, {"id m3": "wrong"})
    assert "receipt m3" not in sqs.deleted
    assert sqs.calls == 1


def test_an_entry_that_sqs_fails_for_now_is_sent_again_and_the_others_are_not() -> None:
    failures = [BUSY, BUSY]
    sqs = FakeSqs(lambda entry: failures.pop() if entry["MessageBody"] == "m3" and failures else None)
    # The fake asks twice for each call.
    assert redrive(sqs, letters_of(10)).done == 10
    assert sorted(sqs.bodies()) == sorted(f"m{n}" for n in range(10))


def test_an_entry_without_an_answer_may_be_sent_and_is_not_deleted() -> None:
    class Forgetful(FakeSqs):
        def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
            answer = super().send_message_batch(QueueUrl, Entries)
            return {"Successful": answer["Successful"][1:]}

    sqs = Forgetful()
    outcome = redrive(sqs, letters_of(3))
    assert outcome.failed == {"id m0": "perhaps sent: SQS has not confirmed it"}
    assert sorted(sqs.deleted) == ["receipt m1", "receipt m2"]


@pytest.mark.parametrize("error", [no_answer(), client_error("InternalError", 500), OSError("broken")], ids=repr)
def test_after_a_lost_answer_a_standard_queue_gets_no_second_copy(error: Exception) -> None:
    sqs = FakeSqs(before=[error])
    outcome = redrive(sqs, letters_of(3))
    assert (sqs.calls, outcome.done, sqs.deleted) == (1, 0, [])
    assert all(why.startswith("perhaps sent") for why in outcome.failed.values())
    assert outcome.refusal is None


def test_after_a_lost_answer_a_fifo_queue_drops_the_second_copy() -> None:
    sqs = FakeSqs(lose=[1])
    outcome = redrive(sqs, letters_of(3, groups=3), FIFO)
    assert (sqs.calls, outcome.done) == (2, 3)
    assert sqs.bodies() == ["m0", "m1", "m2"]


@pytest.mark.parametrize("error", [client_error("ThrottlingException"), client_error("Busy", 503)], ids=repr)
def test_a_call_that_was_throttled_is_made_again(error: Exception) -> None:
    sqs = FakeSqs(before=[error, error])
    assert redrive(sqs, letters_of(3)).done == 3
    assert sqs.calls == 3
    sqs = FakeSqs(before=[error] * 5)
    outcome = redrive(sqs, letters_of(3))
    assert (sqs.calls, outcome.done, len(outcome.failed)) == (5, 0, 3)


def test_after_a_refused_call_nothing_more_is_sent() -> None:
    sqs = FakeSqs(before=[client_error("AccessDenied", 403)] * 1_000)
    outcome = redrive(sqs, letters_of(10_000))
    assert "AccessDenied" in str(outcome.refusal)
    assert len(outcome.failed) <= 80
    assert sqs.calls <= 8
    assert sqs.deleted == []


def test_a_deletion_that_fails_leaves_the_letter_in_both_queues_and_says_so(receipts: Receipts) -> None:
    sqs = FakeSqs()
    sqs.judge_delete = lambda entry: WRONG if entry["ReceiptHandle"] == "receipt m1" else None
    outcome = redrive(sqs, letters_of(3), receipts=receipts)
    assert (outcome.done, outcome.twice, outcome.failed) == (2, {"id m1": "wrong"}, {})
    lines = [json.loads(line) for line in receipts.path.read_text().splitlines()]
    steps = [(line["outcome"], line["new_id"]) for line in lines if line["old_id"] == "id m1"]
    assert steps == [("sent", "new m1"), ("twice", "new m1")]


def test_a_deletion_that_fails_for_now_is_repeated() -> None:
    sqs = FakeSqs()
    failures = [BUSY, BUSY]
    sqs.judge_delete = lambda entry: failures.pop() if failures and entry["ReceiptHandle"] == "receipt m1" else None
    outcome = redrive(sqs, letters_of(3))
    assert (outcome.done, outcome.twice) == (3, {})
    assert sorted(sqs.deleted) == ["receipt m0", "receipt m1", "receipt m2"]


def test_without_the_permission_to_delete_it_stops_before_everything_is_in_both_queues() -> None:
    def refuse(entry: dict[str, Any]) -> None:
        raise client_error("AccessDenied", 403)

    sqs = FakeSqs()
    sqs.judge_delete = refuse
    outcome = redrive(sqs, letters_of(10_000))
    assert "AccessDenied" in str(outcome.refusal)
    assert 10 <= len(sqs.sent) == len(outcome.twice) <= 90


# What is held


def test_a_letter_that_is_no_longer_held_is_not_sent() -> None:
    letters = letters_of(3)
    sqs = FakeSqs()
    sqs.lost_receipts = {"receipt m1"}
    outcome = redrive(sqs, letters, hold=holding(sqs, letters, seconds=1))
    assert outcome.failed == {"id m1": LOST}
    assert sorted(sqs.renewed) == ["receipt m0", "receipt m2"]
    assert sorted(sqs.bodies()) == ["m0", "m2"]


def test_what_is_held_for_long_enough_is_not_renewed_before_it_is_sent() -> None:
    sqs = FakeSqs()
    assert redrive(sqs, letters_of(3)).done == 3
    assert sqs.renewed == []


# FIFO


def test_no_letter_passes_one_of_its_group_that_failed() -> None:
    sqs = FakeSqs(lambda entry: WRONG if entry["MessageBody"] == "m2" else None)
    outcome = redrive(sqs, letters_of(8, groups=2), FIFO)
    assert outcome.failed == {"id m2": "wrong", "id m4": BEHIND, "id m6": BEHIND}
    assert sqs.bodies() == ["m0", "m1", "m3", "m5", "m7"]


def test_a_letter_that_an_edit_does_not_fit_stops_its_group() -> None:
    sqs = FakeSqs()
    letters = [letter('{"n":1}', "a"), letter("no JSON", "a"), letter('{"n":3}', "a"), letter('{"n":4}', "b")]
    outcome = redrive(sqs, letters, FIFO, edit=Edit.read(["m=1"], None))
    assert (outcome.done, len(outcome.failed)) == (2, 2)
    assert sorted(sqs.bodies()) == ['{"n":1,"m":1}', '{"n":4,"m":1}']


def test_a_list_is_finished_before_the_next_one_is_asked_for() -> None:
    sqs = FakeSqs()
    letters = letters_of(9, groups=2)

    def lists() -> Iterator[list[DeadLetter]]:
        for start in (0, 3, 6):
            assert len(sqs.deleted) == start
            yield letters[start : start + 3]

    queues = Queues(sqs, "dead", FIFO, sqs)
    receipts: Any = NoReceipts()
    assert Redrive(queues, holding(sqs, letters), receipts, Edit()).send(lists()).done == 9


def test_a_letter_that_fails_again_meanwhile_is_not_sent_for_ever() -> None:
    sqs = FakeSqs()
    why = {"Rejected": {"DataType": "String", "StringValue": '{"reason": "bad", "messageId": "new m0"}'}}
    moved_by_sqs = dataclasses.replace(letter("m1", "g0"), id="new m1")
    sent_by_the_runtime = letter("m0", "g0", attributes=why)

    def lists() -> Iterator[list[DeadLetter]]:
        yield letters_of(2, groups=1)
        assert sqs.bodies() == ["m0", "m1"]
        yield [sent_by_the_runtime, moved_by_sqs]

    receipts: Any = NoReceipts()
    queues, hold = Queues(sqs, "dead", FIFO, sqs), holding(sqs, letters_of(2, groups=1))
    outcome = Redrive(queues, hold, receipts, Edit()).send(lists())
    assert (outcome.done, outcome.returned, sqs.bodies()) == (2, 2, ["m0", "m1"])


fates = st.lists(st.sampled_from(["taken", "wrong", "unknown"]), max_size=60)


@settings(max_examples=50)
@given(fates, st.integers(1, 5))
def test_in_each_group_what_is_sent_is_a_beginning_of_what_was_selected(given_fates: list[str], groups: int) -> None:
    letters = letters_of(len(given_fates), groups)
    fate = {f"m{n}": each for n, each in enumerate(given_fates)}
    sqs = FakeSqs(lambda entry: None if fate[entry["MessageBody"]] == "taken" else WRONG)
    outcome = redrive(sqs, letters, FIFO)
    selected, sent = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
    for each in letters:
        selected[each.group or ""].append(each.body)
    for entry in sqs.sent:
        sent[entry["MessageGroupId"]].append(entry["MessageBody"])
    for group, bodies in selected.items():
        good = next((n for n, body in enumerate(bodies) if fate[body] != "taken"), len(bodies))
        assert sent[group] == bodies[:good]
    assert sorted(sqs.deleted) == sorted(f"receipt {body}" for body in sqs.bodies())
    assert outcome.done + len(outcome.failed) == len(letters)


@given(st.lists(st.lists(st.sampled_from("abcde"), max_size=30), max_size=5))
def test_a_wave_has_one_letter_of_a_group_and_waves_keep_the_order(lists: list[list[str]]) -> None:
    numbered = [[letter(f"{m} {n}", group) for n, group in enumerate(each)] for m, each in enumerate(lists)]
    made = [list(wave) for wave in waves(numbered, fifo=True)]
    for wave in made:
        assert len({each.group for each in wave}) == len(wave)
    for group in "abcde":
        before = [each for chunk in numbered for each in chunk if each.group == group]
        assert [each for wave in made for each in wave if each.group == group] == before


# When it ends


def test_after_stop_no_further_batch_is_sent_and_the_rest_is_neither_done_nor_failed() -> None:
    stop = threading.Event()

    def judge(entry: dict[str, Any]) -> None:
        stop.set()

    sqs = FakeSqs(judge)
    outcome = redrive(sqs, letters_of(10_000), stop=stop)
    assert outcome.done == len(sqs.sent) == len(sqs.deleted) <= 90
    assert outcome.failed == {}


def test_the_pace_is_kept() -> None:
    pace, began = Pace(100), time.monotonic()
    for _ in range(4):
        pace.wait(10, threading.Event())
    assert 0.3 <= time.monotonic() - began < 5


def test_progress_counts_every_letter() -> None:
    done: list[int] = []
    redrive(FakeSqs(), letters_of(35), on_progress=done.append)
    assert sum(done) == 35
