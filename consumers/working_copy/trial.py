"""Runs dead letters through a handler in whole batches, as they would come after a redrive."""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from consumers.operations.dead_letters.reasons import Explained
from consumers.operations.queues import MAX_EVENT_BYTES
from consumers.working_copy.events import Record, event, record_of_letter
from consumers.working_copy.invocation import Invocation, failures
from consumers.working_copy.trial_rows import Rows

NOT_STARTED = "NOT STARTED records="
"""What `sqs_batch` logs when the time of the invocation is up, of messages that return without having been tried."""


@dataclass(frozen=True)
class Tried:
    """A letter, and the record of it in an event."""

    one: Explained
    record: Record

    @property
    def id(self) -> str:
        return self.one.letter.id

    @cached_property
    def size(self) -> int:
        """In bytes of the event."""
        return len(json.dumps(self.record, ensure_ascii=False).encode("utf-8", "surrogatepass"))


@dataclass
class Outcome:
    """What became of the letters."""

    rows: Rows = field(default_factory=Rows)
    batches: int = 0
    passed: list[str] = field(default_factory=list[str])
    """The ids of the letters that pass."""
    failures: dict[str, str] = field(default_factory=dict[str, str])
    """Why each of the others fails, by its id; empty where the handler gives no reason."""
    cannot_start: str = ""
    """Why the handler could not be called at all, such as an error of its imports."""

    @property
    def tried(self) -> int:
        return sum(row.count for row in self.rows.all())

    @property
    def failed(self) -> int:
        return self.tried - len(self.passed)

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON shows it."""
        return {
            "tried": self.tried,
            "passed": len(self.passed),
            "failed": self.failed,
            "batches": self.batches,
            "rows": [row.as_data() for row in self.rows.all()],
            "passed_ids": self.passed,
            "failures": self.failures,
        }


class Trial:
    """One run of a handler on letters."""

    def __init__(
        self,
        invoke: Callable[[Mapping[str, Any]], Invocation],
        queue_arn: str,
        batch_size: int,
        *,
        stop: threading.Event | None = None,
        on_tried: Callable[[int], object] = lambda count: None,
    ) -> None:
        """Run batches of `batch_size` messages at most. `stop` ends it after the batch that runs."""
        self._invoke, self._arn, self._batch_size = invoke, queue_arn, batch_size
        self._fifo = queue_arn.endswith(".fifo")
        self._stop, self._on_tried = stop or threading.Event(), on_tried
        self._first: deque[Tried] = deque()
        """What comes before the letters that were not read yet."""
        self.outcome = Outcome()

    def run(self, letters: Iterable[Explained]) -> Outcome:
        """Try the letters in their order, and return what became of them."""
        source = (Tried(one, record_of_letter(one.letter, self._arn)) for one in letters)
        while not self._stop.is_set() and (batch := self._batch(source)):
            self._try(batch)
        return self.outcome

    def _batch(self, source: Iterator[Tried]) -> list[Tried]:
        batch: list[Tried] = []
        total = 0
        while len(batch) < self._batch_size:
            one = self._first.popleft() if self._first else next(source, None)
            if one is None:
                break
            total += one.size
            if batch and total > MAX_EVENT_BYTES:
                self._first.appendleft(one)
                break
            batch.append(one)
        return batch

    def _try(self, batch: Sequence[Tried]) -> None:
        failed, again = self._failures(batch)
        self._first.extendleft(reversed([one for one in batch if one.id in again]))
        for one in batch:
            if one.id in again:
                continue
            if one.id in failed:
                self.outcome.rows.fail(one.one, failed[one.id])
                self.outcome.failures[one.id] = failed[one.id]
            else:
                self.outcome.rows.succeed(one.one)
                self.outcome.passed.append(one.id)
        self._on_tried(len(batch) - len(again))

    def _failures(self, batch: Sequence[Tried]) -> tuple[dict[str, str], set[str]]:
        """Return the ids that failed, with their reasons, and the ids that are to be tried again."""
        if self.outcome.cannot_start:
            return dict.fromkeys((one.id for one in batch), self.outcome.cannot_start), set()
        events = event(one.record for one in batch)
        invocation = self._invoke(events)
        self.outcome.batches += 1
        if not invocation.started:  # the next batch would not start either
            self.outcome.cannot_start = invocation.error
        failed = failures(events, invocation)
        again = self._behind(batch, failed) | _not_started(failed, invocation)
        # One that is tried alone is never tried again.
        return failed, again if len(again) < len(batch) else set()

    def _behind(self, batch: Sequence[Tried], failed: Mapping[str, str]) -> set[str]:
        """Return those that were only reported because an earlier message of their FIFO group failed.

        They come again once that one is dead.
        """
        groups: set[str | None] = set()
        behind: set[str] = set()
        for one in batch if self._fifo else ():
            if one.one.letter.group in groups and failed.get(one.id) == "":
                behind.add(one.id)
            elif one.id in failed:
                groups.add(one.one.letter.group)
        return behind


def _not_started(failed: Mapping[str, str], invocation: Invocation) -> set[str]:
    is_late = any(NOT_STARTED in line for line in invocation.log)
    return {each for each, reason in failed.items() if not reason} if is_late else set()
