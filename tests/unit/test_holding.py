"""Holding messages for a moment, with a queue that counts what happens to it."""

import itertools
import threading
from typing import Any

import pytest

from consumers.operations.dead_letters import holding
from consumers.operations.dead_letters.holding import Hold
from consumers.operations.dead_letters.logged import Logged
from consumers.operations.dead_letters.reasons import UNKNOWN
from consumers.operations.dead_letters.scanning import Spool, explained


class Queue:
    """A standard queue: what is received is invisible until its visibility is changed to 0."""

    class exceptions:  # noqa: N801
        class OverLimit(Exception):
            pass

    def __init__(self, count: int, in_flight: int = 0) -> None:
        self.visible = [str(number) for number in range(count)]
        self.held: dict[str, str] = {}
        self.others, self.most = in_flight, 10**9
        self.renewals = 0
        self._lock, self._handles = threading.Lock(), itertools.count()

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        counts = {"": len(self.visible), "NotVisible": self.others, "Delayed": 0}
        return {"Attributes": {f"ApproximateNumberOfMessages{state}": str(n) for state, n in counts.items()}}

    def receive_message(self, MaxNumberOfMessages: int, **_: Any) -> dict[str, Any]:  # noqa: N803
        with self._lock:
            if len(self.held) >= self.most:
                raise self.exceptions.OverLimit
            taken, self.visible = self.visible[:MaxNumberOfMessages], self.visible[MaxNumberOfMessages:]
            handles = {id: f"handle {next(self._handles)}" for id in taken}
            self.held |= {handle: id for id, handle in handles.items()}
        messages = [{"MessageId": id, "Body": "", "ReceiptHandle": handles[id]} for id in taken]
        return {"Messages": messages} if messages else {}

    def change_message_visibility_batch(self, Entries: Any, **_: Any) -> dict[str, Any]:  # noqa: N803
        with self._lock:
            for entry in Entries:
                if entry["VisibilityTimeout"]:
                    self.renewals += 1
                else:
                    self.visible.append(self.held.pop(entry["ReceiptHandle"]))
        return {}


def test_each_message_comes_once_and_all_are_given_back() -> None:
    queue = Queue(205)
    with Hold(queue, "url") as hold:
        ids = [letter.id for letters in hold.rounds() for letter in letters]
        assert len(queue.held) == 205
    assert sorted(ids, key=int) == [str(number) for number in range(205)]
    assert (len(queue.visible), queue.held) == (205, {})


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_what_is_held_is_given_back_after_ctrl_c_and_errors(error: type[BaseException]) -> None:
    def read_one_round() -> None:
        with Hold(queue, "url") as hold:
            next(hold.rounds())
            raise error

    queue = Queue(100)
    with pytest.raises(error):
        read_one_round()
    assert (len(queue.visible), queue.held) == (100, {})


def test_reading_ends_near_the_in_flight_quota_which_others_use_too() -> None:
    queue = Queue(1_000, in_flight=holding.MOST_HELD - 100)
    with Hold(queue, "url") as hold:
        count = sum(len(letters) for letters in hold.rounds())
        assert hold.is_full
    assert 100 <= count < 200


def test_reading_ends_where_sqs_says_that_the_quota_is_used_up() -> None:
    queue = Queue(1_000)
    queue.most = 50
    with Hold(queue, "url") as hold:
        assert sum(len(letters) for letters in hold.rounds()) >= 50
        assert hold.is_full


def test_what_is_held_for_long_is_held_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "SECONDS", 0.02)
    queue = Queue(10)
    with Hold(queue, "url") as hold:
        next(hold.rounds())
        while queue.renewals < 10:
            threading.Event().wait(0.005)
    assert len(queue.visible) == 10


def test_a_letter_that_was_deleted_is_not_given_back() -> None:
    queue = Queue(2)
    with Hold(queue, "url") as hold:
        letters = next(hold.rounds())
        queue.held.pop(hold.receipt(letters[0]))
        hold.release(letters[:1])
    assert queue.visible == [letters[1].id]


def test_only_letters_without_a_written_reason_need_the_log_which_is_read_once() -> None:
    queue, reads = Queue(250), list[int]()

    def read_log(ids: Any, start: float) -> Logged:
        reads.append(len(ids))
        return Logged()

    with Hold(queue, "url") as hold:
        found = [one for letters in explained(hold, read_log, fifo=False) for one in letters]
    assert (len(found), reads) == (250, [250])
    assert {one.reason for one in found} == {UNKNOWN}


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 20_000])
def test_what_is_put_aside_comes_back_in_its_order(count: int) -> None:
    with Spool[tuple[int, str]]() as spool:
        items = [(number, "x" * 2_000) for number in range(count)]
        spool.add(items)
        assert [item for chunk in spool.chunks() for item in chunk] == items
