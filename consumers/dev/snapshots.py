"""What the local AWS says about the consumers, about once a second."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from http.client import HTTPException
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError  # pyright: ignore[reportMissingTypeStubs]

from consumers.dev.letters import Letters, counted
from consumers.local import emulator
from consumers.local.emulator import LocalAws
from consumers.operations import discovery, status
from consumers.operations.dead_letters.reasons import Explained
from consumers.operations.discovery import Consumer
from consumers.operations.status import Status

INTERVAL = 1.0
"""Seconds between two polls; more where a poll takes long, so that polls take at most half of the time."""
TIMEOUT = 10.0
"""Seconds that the local AWS has to answer."""
OLD = 4.0
"""Seconds after which counts are marked as old."""


@dataclass(frozen=True)
class Row:
    """One consumer. A count is None where its queue is gone."""

    name: str
    visible: int | None = None
    in_flight: int | None = None
    delayed: int | None = None
    dead: int | None = None
    state: str = ""
    """`Enabled`, `paused`, another state of the mapping, or what is wrong with the function."""
    letters: Sequence[Explained] = ()
    """Its own dead letters, the newest first."""
    reasons: Sequence[tuple[str, int]] = ()
    consumer: Consumer | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Snapshot:
    """All consumers of the stack, as they were at a time."""

    rows: Sequence[Row] = ()
    taken: float = 0.0
    """By the monotonic clock."""
    problem: str = ""
    """Why there is no newer one."""


class Poller:
    """Polls from `start` to `stop`. Counts and dead letters have a thread each: the reasons of many letters take long,
    where they are in a large log."""

    def __init__(self, aws: LocalAws, stack: str, on_snapshot: Callable[[Snapshot], None]) -> None:
        self._aws, self._stack, self._on_snapshot = aws, stack, on_snapshot
        self._letters = Letters(aws)
        self._stopped = threading.Event()
        self._now, self._counted = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._newest = Snapshot()

    def start(self) -> None:
        threading.Thread(target=self._run, daemon=True, name="counts").start()
        threading.Thread(target=self._run_letters, daemon=True, name="letters").start()

    def stop(self) -> None:
        """End it after the poll that is under way."""
        self._stopped.set()
        self._now.set()
        self._counted.set()

    def hurry(self) -> None:
        """Poll again at once, because something has changed."""
        self._now.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._now.clear()
            began = time.monotonic()
            self._newest = self._polled()
            self._publish()
            self._counted.set()
            self._now.wait(max(INTERVAL, time.monotonic() - began))

    def _run_letters(self) -> None:
        while self._counted.wait() and not self._stopped.is_set():
            self._counted.clear()
            changes = [self._has_other_letters(row) for row in self._newest.rows]
            if any(changes):
                self._publish()

    def _has_other_letters(self, row: Row) -> bool:
        try:
            return bool(row.consumer) and self._letters.update(row.consumer, row.dead or 0)
        except Exception:  # the counts say what is wrong; the letters from before stay
            return False

    def _publish(self) -> None:
        with self._lock:
            if not self._stopped.is_set():
                self._on_snapshot(replace(self._newest, rows=list(map(self._with_letters, self._newest.rows))))

    def _with_letters(self, row: Row) -> Row:
        letters = self._letters.known(row.name) if row.dead else []
        return replace(row, letters=letters, reasons=counted(letters)) if letters else row

    def _polled(self) -> Snapshot:
        before = self._newest
        try:
            return Snapshot(self._read(), time.monotonic())
        except (BotoCoreError, HTTPException, OSError):
            problem = f"The local AWS at {self._aws.endpoint_url} does not answer."
        except (ClientError, discovery.DiscoveryError) as error:
            problem = str(error)
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
        return Snapshot(before.rows, before.taken, problem)

    def _read(self) -> list[Row]:
        client = self._aws.client
        # boto3 would try again for many seconds before it says that nothing listens.
        emulator.health(urlsplit(self._aws.endpoint_url).port or 80, self._aws.access_key_id, TIMEOUT)
        found = [one for one in discovery.tagged(client) if one.is_in(self._stack)]
        consumers = discovery.complete(client, found)
        return [
            self._row(consumer, one) for consumer, one in zip(consumers, status.read(client, consumers), strict=True)
        ]

    def _row(self, consumer: Consumer, found: Status) -> Row:
        depth = found.queue
        return Row(
            found.name,
            visible=depth and depth.visible,
            in_flight=depth and depth.in_flight,
            delayed=depth and depth.delayed,
            dead=found.dead_letters,
            state=found.state,
            consumer=consumer,
        )
