"""The dead letters that the page has read: groups, search, pages, and what was tried."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.operations.dead_letters.letters import DeadLetter
from consumers.operations.dead_letters.reasons import Explained, Reason
from consumers.operations.discovery import Consumer
from consumers.ui import letters as module
from consumers.ui.aws_site import Site
from consumers.ui.letters import PAGE, Choice, LetterStore


def dead(name: str, reason: str = "no card 12", sent: int = 0, body: str = "") -> Explained:
    system = {"SentTimestamp": str(sent * 1000), "ApproximateReceiveCount": "3"}
    return Explained(DeadLetter(name, body or f"body of {name}", {}, system, ""), Reason(reason, "log"))


def store(*letters: Explained) -> LetterStore:
    made = LetterStore()
    made.add(letters)
    return made


def ids(found: Sequence[object]) -> list[str]:
    return [str(vars(one)["id"]) for one in found]


def test_letters_are_grouped_by_reason_the_most_frequent_first() -> None:
    made = store(dead("a", "rare", sent=5), dead("b", "no card 1", sent=3), dead("c", "no card 22", sent=9))
    groups = [(group.reason, group.count, group.first, group.last) for group in made.groups()]
    assert groups == [("no card <n>", 2, 3.0, 9.0), ("rare", 1, 5.0, 5.0)]


def test_a_page_has_the_newest_letters_first_and_the_next_one_goes_on() -> None:
    made = store(*(dead(f"{number:03}", sent=number) for number in range(PAGE + 2)))
    first, second = made.page(Choice(), 1), made.page(Choice(), 2)
    assert (len(first), first[0].id, ids(second)) == (PAGE, f"{PAGE + 1:03}", ["001", "000"])


def test_a_choice_combines_reason_text_and_trial() -> None:
    made = store(dead("a", "x", body="Red card"), dead("b", "x", body="blue"), dead("c", "y", body="red"))
    made.note_trial(["a", "c"], {"b": "still bad"})
    assert made.ids(Choice(reason="x")) == ["a", "b"]
    assert made.ids(Choice(text="RED")) == ["a", "c"]
    assert made.ids(Choice(reason="x", text="red", passed=True)) == ["a"]
    assert made.ids(Choice(passed=False)) == ["b"]
    assert made.ids(Choice(ids=["c", "gone"])) == ["c"]
    assert made.count(Choice()) == 3


def test_a_text_is_searched_for_as_it_is() -> None:
    made = store(dead("a", body="100%"), dead("b", body="100 percent"), dead("c", body="it's"))
    assert made.ids(Choice(text="100%")) == ["a"]
    assert made.ids(Choice(text="it's")) == ["c"]
    assert made.ids(Choice(text="'; DROP TABLE letters; --")) == []


def test_what_was_tried_stands_by_reason_and_by_letter() -> None:
    made = store(dead("a", "x"), dead("b", "x"), dead("c", "y"))
    made.note_trial(["a"], {"b": "no user", "c": ""})
    assert made.tried(Choice(reason="x")) == (1, 1)
    assert made.tried(Choice()) == (1, 2)
    trials = made.trials(["a", "b"])
    assert [(trials[name].passed, trials[name].reason) for name in ("a", "b")] == [(True, ""), (False, "no user")]
    made.note_trial(["b"], {})
    assert made.trials(["b"])["b"].passed


def test_the_most_frequent_reasons_are_listed_and_all_are_counted() -> None:
    made = store(dead("a", "x"), dead("b", "y"), dead("c", "y"), dead("d", "z"))
    made.note_trial(["a", "b"], {"c": "no user"})
    assert [group.reason for group in made.groups(2)] == ["y", "x"]
    assert made.count_reasons() == 3
    assert made.trials_by_reason() == {"x": (1, 0), "y": (1, 1)}


class Reading:
    """Readings of a letterbox that wait until the test lets them end."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.goes_on = threading.Semaphore(0), threading.Semaphore(0)
        monkeypatch.setattr(module, "read", self._read)

    def _read(self, site: object, consumer: object) -> Iterator[list[Explained]]:
        self.begun.release()
        assert self.goes_on.acquire(timeout=60)
        yield []


def test_letters_that_change_while_they_are_read_are_read_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, ended = Reading(monkeypatch), threading.Semaphore(0)
    box = module.Letterbox(Site("", lambda service: None, (), Path()))
    consumer = Consumer("hands", "dev", "shop")
    box.read(consumer, ended.release)
    assert reading.begun.acquire(timeout=60)
    for _ in range(3):  # at the end of an action, in a second tab: one more is enough
        box.read(consumer, ended.release)
    for _ in range(2):
        reading.goes_on.release()
        assert ended.acquire(timeout=60)
    assert reading.begun.acquire(timeout=60)
    assert not box.is_reading


def test_a_new_reading_keeps_the_trials_of_letters_that_are_still_there() -> None:
    old = store(dead("a"), dead("b"))
    old.note_trial(["a", "b"], {})
    new = store(dead("b"), dead("c"))
    new.keep_trials(old)
    assert list(new.trials(["a", "b", "c"])) == ["b"]


def test_a_letter_is_given_back_as_it_was_read() -> None:
    one = dead("a", body="\ud800 lone")
    made = store(one)
    assert made.find("a") == one
    assert made.find("b") is None
    assert made.page(Choice(), 1)[0].excerpt == "? lone"


def test_examples_are_of_different_reasons_first() -> None:
    made = store(dead("a", "x"), dead("b", "x"), dead("c", "y"))
    assert {one.reason.text for one in made.some(Choice(), 2)} == {"x", "y"}


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), max_size=20), st.text(min_size=1, max_size=3))
def test_any_text_is_found_in_exactly_the_bodies_that_contain_it(letters: list[tuple[str, str]], text: str) -> None:
    made = store(*(dead(str(number), reason, body=f"-{body}") for number, (reason, body) in enumerate(letters)))
    as_stored = text.encode("utf-8", "replace").decode()
    expected = {
        str(number)
        for number, (_, body) in enumerate(letters)
        if _lower(as_stored) in _lower(f"-{body}".encode("utf-8", "replace").decode())
    }
    if "\0" not in text and not any("\0" in body for _, body in letters):
        assert set(made.ids(Choice(text=as_stored))) == expected
    assert sum(group.count for group in made.groups()) == len(letters)


def _lower(text: str) -> str:
    """As SQLite does it: ASCII only."""
    return "".join(char.lower() if char.isascii() else char for char in text)
