"""Runs under mocks close their event loops, or Python would warn when the process ends."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from consumers.evaluate import dry_run
from consumers.testing import run


@pytest.mark.parametrize(
    "evaluate",
    [
        lambda: dry_run.check(Path(), "dev", lambda message: None),
        lambda: run(lambda: pulumi.ComponentResource("a:b:C", "one") and None).resources,
    ],
    ids=["check", "the test kit"],
)
def test_every_event_loop_is_closed(evaluate: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    loops: list[asyncio.AbstractEventLoop] = []
    new_event_loop = asyncio.new_event_loop

    def record() -> asyncio.AbstractEventLoop:
        loops.append(new_event_loop())
        return loops[-1]

    monkeypatch.setattr(asyncio, "new_event_loop", record)
    assert evaluate()
    assert len(loops) > 1
    assert all(loop.is_closed() for loop in loops)
