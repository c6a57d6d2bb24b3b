"""What the keys of `consumers dev` do, without an AWS."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from consumers.dev import actions, samples
from consumers.dev.board import Board
from consumers.dev.controls import Controls
from consumers.dev.samples import Sample
from consumers.operations.discovery import Consumer
from dev_letters import HANDS, SLOW, snapshot


class Keyboard:
    """Presses keys, and waits for the actions that they start."""

    def __init__(self, project: Path) -> None:
        self.board = Board()
        self.board.show(snapshot(HANDS, SLOW))
        self._lock = threading.RLock()
        self.controls = Controls(self.board, self._lock, project, lambda: None)
        self.controls.aws = object()  # pyright: ignore[reportAttributeAccessIssue]

    def press(self, *keys: str) -> bool:
        goes_on = True
        for key in keys:
            with self._lock:
                goes_on = self.controls.press(key)
        return goes_on

    def notice(self) -> tuple[str, bool]:
        for thread in threading.enumerate():
            if thread.name in ("action", "log of a letter"):
                thread.join(10)
        return self.board.notice, self.board.is_bad_notice


@pytest.fixture
def keyboard(tmp_path: Path) -> Keyboard:
    return Keyboard(tmp_path)


@pytest.fixture
def redriven(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    calls: list[set[str]] = []

    def redrive(aws: Any, consumer: Any, ids: set[str], *rest: Any) -> str:
        calls.append(ids)
        return f"Redriven: {len(ids)}"

    monkeypatch.setattr(actions, "redrive", redrive)
    return calls


def test_redrive_asks_first_and_sends_what_was_counted(keyboard: Keyboard, redriven: list[set[str]]) -> None:
    keyboard.press("r")
    assert keyboard.board.question == "Send 3 dead letters back?"
    keyboard.press("y")
    assert (keyboard.notice(), keyboard.board.question) == (("Redriven: 3", False), "")
    keyboard.press("down", "down", "r")
    assert keyboard.board.question == "Send 1 dead letter back (no card: 11h)?"
    keyboard.press("y")
    keyboard.notice()
    assert redriven == [{"00000001-aaaa", "00000002-aaaa", "00000003-aaaa"}, {"00000003-aaaa"}]


def sent(aws: object, consumer: Consumer, sample: Sample) -> str:
    return f"Sent {sample.body}"


@pytest.mark.parametrize("answer", ["n", "q", "escape"])
def test_another_answer_changes_nothing(keyboard: Keyboard, redriven: list[set[str]], answer: str) -> None:
    assert keyboard.press("r", "x", "enter", answer)
    assert (keyboard.board.question, keyboard.notice()[0], redriven) == ("", "Nothing is changed.", [])


def test_in_an_open_letter_redrive_means_its_reason(keyboard: Keyboard, redriven: list[set[str]]) -> None:
    keyboard.press("enter", "n", "r", "y")
    keyboard.notice()
    assert (redriven, keyboard.board.reading) == ([{"00000001-aaaa", "00000002-aaaa"}], None)


def test_a_letter_opens_and_closes_and_the_cursor_stays(keyboard: Keyboard) -> None:
    keyboard.press("j", "d")
    assert keyboard.board.reading
    assert len(keyboard.board.reading.letters) == 2
    keyboard.press("down", "page down", "n", "p", "escape")
    assert (keyboard.board.reading, keyboard.board.choice[1]) == (None, "no such player: …")


def test_help_opens_scrolls_and_closes(keyboard: Keyboard) -> None:
    keyboard.press("?", "j")
    assert keyboard.board.has_help
    keyboard.press("q")
    assert not keyboard.board.has_help
    assert not keyboard.press("q")


@pytest.mark.parametrize("key", ["r", "d", "enter"])
def test_without_dead_letters_nothing_opens(keyboard: Keyboard, key: str) -> None:
    keyboard.press("page down", key)
    assert (keyboard.notice()[0], keyboard.board.question) == ("slow-hands has no dead letters.", "")


def test_pause_resumes_what_is_paused(keyboard: Keyboard, monkeypatch: pytest.MonkeyPatch) -> None:
    def action(name: str) -> Callable[..., str]:
        def run(aws: object, consumer: Consumer, tell: object) -> str:
            return f"{name} {consumer.name}"

        return run

    monkeypatch.setattr(actions, "pause", action("pause"))
    monkeypatch.setattr(actions, "resume", action("resume"))
    keyboard.press("p")
    assert keyboard.notice()[0] == "pause poker-hands"
    keyboard.press("page down", "p")
    assert keyboard.notice()[0] == "resume slow-hands"


def test_an_action_that_fails_is_a_line_and_the_next_one_works(
    keyboard: Keyboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyboard.press("page down", "s")
    text, is_bad = keyboard.notice()
    assert text.startswith("sending a sample to slow-hands: There is no sample message")
    assert is_bad
    monkeypatch.setattr(samples, "send", sent)
    keyboard.press("page up", "s")
    assert keyboard.notice() == ('Sent {"id": 2}', False)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Holds a pause back."""
    event = threading.Event()

    def pause(aws: object, consumer: Consumer, tell: object) -> str:
        return f"{consumer.name} is paused" if event.wait(10) else ""

    monkeypatch.setattr(actions, "pause", pause)
    yield event
    event.set()


def test_an_action_does_not_block_the_keys_and_no_second_one_begins(keyboard: Keyboard, gate: threading.Event) -> None:
    keyboard.press("p", "s", "j")
    assert keyboard.board.notice == "Not done, because it is still pausing poker-hands."
    assert keyboard.board.choice[1] == "no such player: …"
    gate.set()
    assert keyboard.notice() == ("poker-hands is paused", False)


def test_before_anything_is_deployed_keys_do_nothing(keyboard: Keyboard) -> None:
    keyboard.controls.aws = None
    keyboard.press("s")
    assert keyboard.notice() == ("Nothing is deployed yet.", True)
    keyboard.board.show(snapshot())
    assert keyboard.press("s", "d", "r", "p", "l", "j", "enter")


def test_the_log_of_one_consumer_is_chosen_and_left(keyboard: Keyboard) -> None:
    keyboard.press("page down", "l")
    assert keyboard.board.log_of == "slow-hands"
    keyboard.press("l")
    assert keyboard.board.log_of == ""
