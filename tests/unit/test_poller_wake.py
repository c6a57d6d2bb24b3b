"""The poller of the local AWS goes on at once when a batch ends, and rests when messages lead to nothing.

ministack's own loop runs here, with rounds and waits that are written down; nothing really waits.
"""

# pyright: reportMissingTypeStubs=false

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from ministack.services import lambda_svc

from consumers.local import poller_wake
from consumers.local.ministack_patches import poll_in_time
from consumers.local.poller_wake import PAUSE, POLL_INTERVAL

SERVICE: Any = lambda_svc


@dataclass
class Poller:
    """A run of ministack's loop: at each wait the next of `meanwhile` happens."""

    meanwhile: list[Callable[[], object]] = field(default_factory=list[Callable[[], object]])
    found: list[bool] = field(default_factory=list[bool])
    """What the first rounds find; the others find nothing."""
    log: list[str | float] = field(default_factory=list[str | float])
    """`round`, the seconds of a wait, or ministack's own `sleep`."""

    def round(self) -> bool:
        self.log.append("round")
        return self.found.pop(0) if self.found else False

    def sleep(self, seconds: float) -> None:
        self.log.append(f"sleep {seconds}")

    def wait(self, event: threading.Event, seconds: float) -> bool:
        if event.is_set():
            return True
        self.log.append(seconds)
        if not self.meanwhile:
            raise SystemExit  # which ministack's loop does not catch
        self.meanwhile.pop(0)()
        return event.is_set()


@dataclass
class Run:
    poller: Poller
    message: Callable[[], None]
    """A message arrives in any queue."""
    batch_ends: Callable[[], None]

    def start(self, *meanwhile: Callable[[], object], found: tuple[bool, ...] = ()) -> list[str | float]:
        """Run until nothing happens any more; return what the poller did."""
        self.poller.meanwhile, self.poller.found = list(meanwhile), list(found)
        with pytest.raises(SystemExit):
            SERVICE._poll_loop()
        return self.poller.log


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    poller = Poller()

    class Event(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            assert timeout is not None
            return poller.wait(self, timeout)

    monkeypatch.setattr(poller_wake, "Event", Event)
    work = Event()
    monkeypatch.setattr(lambda_svc, "_esm_wake", work)
    poll_in_time()
    monkeypatch.setattr(lambda_svc, "_poll_sqs", poller.round)
    for other in ("_poll_kinesis", "_poll_dynamodb_streams"):
        monkeypatch.setattr(lambda_svc, other, lambda: False)
    monkeypatch.setattr(lambda_svc, "time", SimpleNamespace(sleep=poller.sleep))
    return Run(poller, work.set, SERVICE._esm_wake.set)


def nothing() -> None: ...


def test_a_message_is_looked_for_at_once(run: Run) -> None:
    assert run.start(run.message)[:3] == ["round", POLL_INTERVAL, "round"]


def test_messages_that_become_visible_again_are_looked_for_ten_times_a_second(run: Run) -> None:
    assert run.start(nothing, nothing) == ["round", POLL_INTERVAL, "round", POLL_INTERVAL, "round", POLL_INTERVAL]


def test_after_a_message_that_led_to_nothing_the_next_ones_wait(run: Run) -> None:
    log = run.start(run.message, run.message)
    assert log == ["round", POLL_INTERVAL, "round", PAUSE, "round", PAUSE]


def test_the_end_of_a_batch_ends_that_wait(run: Run) -> None:
    log = run.start(run.message, run.batch_ends)
    assert log == ["round", POLL_INTERVAL, "round", PAUSE, "round", POLL_INTERVAL]


def test_after_a_message_that_led_to_a_batch_nothing_waits(run: Run) -> None:
    log = run.start(run.message, run.message, found=(False, True))
    assert log[:6] == ["round", POLL_INTERVAL, "round", "round", POLL_INTERVAL, "round"]


def test_ends_of_batches_are_never_made_to_wait(run: Run) -> None:
    log = run.start(run.batch_ends, run.batch_ends)
    assert log == ["round", POLL_INTERVAL, "round", POLL_INTERVAL, "round", POLL_INTERVAL]


def test_after_the_end_of_a_batch_messages_that_lead_to_nothing_wait_again(run: Run) -> None:
    assert run.start(run.batch_ends, run.message) == ["round", POLL_INTERVAL, "round", POLL_INTERVAL, "round", PAUSE]


def test_a_batch_that_ends_during_a_round_starts_the_next(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = iter([run.batch_ends])

    def round_() -> bool:
        next(rounds, nothing)()
        return run.poller.round()

    monkeypatch.setattr(lambda_svc, "_poll_sqs", round_)
    assert run.start() == ["round", "round", POLL_INTERVAL]
