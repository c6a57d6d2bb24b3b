"""Holding messages of FIFO groups, and giving back a part of what is held."""

import itertools
import threading
import time
import types
from typing import Any

from consumers.operations.dead_letters.holding import Hold
from consumers.operations.dead_letters.letters import DeadLetter


class Queue:
    """A queue in memory, FIFO or not, which returns at most `most` messages in a call."""

    exceptions = types.SimpleNamespace(OverLimit=KeyError)

    def __init__(self, *groups: str | None, most: int = 10) -> None:
        self.groups, self.most = dict(enumerate(groups)), most
        self.visible_at = dict.fromkeys(self.groups, 0.0)
        self.receipts: dict[str, int] = {}
        self.changes: list[tuple[int, int]] = []
        self.lock, self.numbers = threading.Lock(), itertools.count()

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        held = sum(at > time.time() for at in self.visible_at.values())
        states = {"": len(self.groups) - held, "NotVisible": held, "Delayed": 0}
        return {"Attributes": {f"ApproximateNumberOfMessages{key}": str(value) for key, value in states.items()}}

    def receive_message(self, VisibilityTimeout: int, **_: Any) -> dict[str, Any]:  # noqa: N803
        with self.lock:
            now = time.time()
            blocked = {group for n, group in self.groups.items() if self.visible_at[n] > now} - {None}
            free = [n for n, group in self.groups.items() if self.visible_at[n] <= now and group not in blocked]
            return {"Messages": [self._message(n, now + VisibilityTimeout) for n in free[: self.most]]}

    def _message(self, n: int, until: float) -> dict[str, Any]:
        self.visible_at[n] = until
        receipt = f"{n} {next(self.numbers)}"
        self.receipts[receipt] = n
        group = self.groups[n]
        system = {"MessageGroupId": group} if group else {}
        return {"MessageId": f"{n}", "Body": f"{n}", "ReceiptHandle": receipt, "Attributes": system}

    def change_message_visibility_batch(self, Entries: list[dict[str, Any]], **_: Any) -> dict[str, Any]:  # noqa: N803
        for entry in Entries:
            n = self.receipts[entry["ReceiptHandle"]]
            self.visible_at[n] = time.time() + entry["VisibilityTimeout"]
            self.changes.append((n, entry["VisibilityTimeout"]))
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

    def delete(self, letters: list[DeadLetter]) -> None:
        for letter in letters:
            del self.groups[int(letter.id)]
            del self.visible_at[int(letter.id)]

    def visible(self) -> list[int]:
        return [n for n, at in self.visible_at.items() if at <= time.time()]


def numbers(letters: list[DeadLetter]) -> list[int]:
    return [int(letter.id) for letter in letters]


def seen(hold: Hold) -> list[int]:
    return [n for letters in hold.rounds() for n in numbers(letters)]


def test_what_is_given_back_is_not_seen_again() -> None:
    queue = Queue(*[None] * 30)
    with Hold(queue, "dead") as hold:
        seen(hold)
        hold.give_back_all_but({"3", "7"})
        assert queue.visible() == [n for n in range(30) if n not in (3, 7)]
        assert seen(hold) == []


def test_of_a_fifo_group_ten_are_seen_however_a_call_mixes_groups() -> None:
    queue = Queue(*"abc" * 12)
    with Hold(queue, "dead.fifo") as hold:
        found = seen(hold)
    for first in range(3):
        assert [n for n in found if n % 3 == first] == [first + 3 * n for n in range(10)]


def test_those_behind_come_when_those_before_them_are_deleted_or_given_back() -> None:
    queue = Queue(*"a" * 25)
    with Hold(queue, "dead.fifo") as hold:
        found: list[int] = []
        for letters in hold.rounds():
            found += numbers(letters)
            gone = [letter for letter in letters if int(letter.id) % 2]
            queue.delete(gone)
            hold.release(gone)
            hold.give_back_groups({"a"})
    assert found == list(range(len(found)))
    # Every second one stays, and ten of them fill a call.
    assert len(found) >= 19
    assert queue.visible() == [n for n in range(25) if n % 2 == 0 or n >= len(found)]
