"""No run under mocks leaves an event loop open, of which Python would complain when the process ends."""

import asyncio
from pathlib import Path

import pulumi
import pytest

from consumers.evaluate import dry_run
from consumers.testing import run


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[asyncio.AbstractEventLoop]:
    """Every event loop that is opened from now on, in any thread."""
    loops: list[asyncio.AbstractEventLoop] = []
    open_one = asyncio.new_event_loop

    def note() -> asyncio.AbstractEventLoop:
        loops.append(open_one())
        return loops[-1]

    monkeypatch.setattr(asyncio, "new_event_loop", note)
    return loops


def test_a_check_closes_every_event_loop(opened: list[asyncio.AbstractEventLoop]) -> None:
    assert dry_run.check(Path(), "dev", lambda message: None)
    assert len(opened) > 1
    assert all(loop.is_closed() for loop in opened)


def test_the_test_kit_closes_every_event_loop(opened: list[asyncio.AbstractEventLoop]) -> None:
    assert run(lambda: pulumi.ComponentResource("a:b:C", "one") and None).resources
    assert len(opened) > 1
    assert all(loop.is_closed() for loop in opened)
