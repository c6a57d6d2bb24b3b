"""Purging with a disk and an SQS that fail: only what is written down is deleted."""

import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest

from consumers.operations.dead_letters import confirming
from consumers.operations.dead_letters.holding import SECONDS, Held, Hold
from consumers.operations.dead_letters.purging import purge
from consumers.operations.dead_letters.reasons import UNKNOWN, Explained
from consumers.operations.dead_letters.redriving import LOST, Outcome
from sqs_fakes import FakeSqs, client_error, letter


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirming, "FIRST_PAUSE", 0)


class Disk:
    """Keeps bodies, up to a number of lists."""

    def __init__(self, sqs: FakeSqs, room: int = 1_000) -> None:
        self.sqs, self.room = sqs, room
        self.kept: list[str] = []

    def keep(self, found: Sequence[Explained]) -> None:
        if not self.room:
            raise OSError(28, "No space left on device")
        self.room -= 1
        self.kept += [one.letter.body for one in found]
        assert not {f"receipt {one.letter.body}" for one in found} & set(self.sqs.deleted)


def run(sqs: FakeSqs, disk: Disk, lists: list[list[str]], stop: threading.Event | None = None) -> Outcome:
    found = [[Explained(letter(body), UNKNOWN) for body in bodies] for bodies in lists]
    letters = [one.letter for each in found for one in each]
    hold = Hold(sqs, "dead")
    until = time.time() + SECONDS
    hold._held = {each.id: Held(each.receipt, until if each.id != "id lost" else 0, None) for each in letters}  # pyright: ignore[reportPrivateUsage]
    return purge(sqs, "dead", hold, found, disk.keep, stop=stop or threading.Event())


LISTS = [[f"{first} {n}" for n in range(25)] for first in "abc"]


def test_everything_is_kept_before_it_is_deleted() -> None:
    sqs = FakeSqs()
    disk = Disk(sqs)
    outcome = run(sqs, disk, LISTS)
    assert (outcome.done, outcome.failed, outcome.refusal) == (75, {}, None)
    assert disk.kept == [body for bodies in LISTS for body in bodies]
    assert sorted(sqs.deleted) == sorted(f"receipt {body}" for body in disk.kept)


def test_after_the_disk_is_full_nothing_more_is_deleted() -> None:
    sqs = FakeSqs()
    outcome = run(sqs, Disk(sqs, room=1), LISTS)
    assert (outcome.done, len(sqs.deleted)) == (25, 25)
    assert isinstance(outcome.refusal, OSError)


def test_a_letter_that_is_no_longer_held_is_neither_kept_nor_deleted() -> None:
    sqs = FakeSqs()
    sqs.lost_receipts = {"receipt lost"}
    disk = Disk(sqs)
    outcome = run(sqs, disk, [["a", "lost", "b"]])
    assert (outcome.done, outcome.failed, disk.kept) == (2, {"id lost": LOST}, ["a", "b"])
    assert "receipt lost" not in sqs.deleted


def test_a_deletion_that_is_not_confirmed_is_a_failure() -> None:
    sqs = FakeSqs()
    sqs.judge_delete = lambda entry: {"Code": "Gone", "SenderFault": True} if "b 7" in entry["ReceiptHandle"] else None
    outcome = run(sqs, Disk(sqs), LISTS)
    assert (outcome.done, outcome.failed) == (74, {"id b 7": "the deletion is not confirmed: Gone"})


def test_after_a_refused_deletion_it_stops() -> None:
    def refuse(entry: dict[str, Any]) -> None:
        raise client_error("AccessDenied", 403)

    sqs = FakeSqs()
    sqs.judge_delete = refuse
    disk = Disk(sqs)
    outcome = run(sqs, disk, LISTS)
    assert (outcome.done, len(outcome.failed), len(disk.kept)) == (0, 25, 25)
    assert "AccessDenied" in str(outcome.refusal)


def test_after_stop_nothing_more_is_kept_or_deleted() -> None:
    sqs, stop = FakeSqs(), threading.Event()
    stop.set()
    assert run(sqs, Disk(sqs, room=0), LISTS, stop).done == 0
