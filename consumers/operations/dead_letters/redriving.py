"""Sends chosen dead letters back: each copy is confirmed before its letter is deleted."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from consumers.operations.dead_letters.confirming import delete, send
from consumers.operations.dead_letters.edits import Edit, EditError
from consumers.operations.dead_letters.entries import Copy, batches, copy_of
from consumers.operations.dead_letters.holding import LANES, Hold
from consumers.operations.dead_letters.letters import DeadLetter
from consumers.operations.dead_letters.receipts import Line, Receipts
from consumers.operations.sending import Destination

LOST = "it was held too long: it is visible again, and somebody else may have received it"
BEHIND = "an earlier message of its group was not sent"


@dataclass
class Outcome:
    """What became of the letters. Those that it does not name are in the dead-letter queue as before."""

    done: int = 0
    failed: dict[str, str] = field(default_factory=dict[str, str])
    """By the letter's id: why it is still in the dead-letter queue."""
    twice: dict[str, str] = field(default_factory=dict[str, str])
    """By the letter's id, which was sent: why it may still be in the dead-letter queue too."""
    returned: int = 0
    """On a FIFO queue: letters that were sent, and failed again before the end. They are not sent again."""
    refusal: Exception | None = None
    """Why the rest was not tried."""


@dataclass(frozen=True)
class Queues:
    """The queue to read, the queue to send to, and the clients for both."""

    sqs: Any
    dead_letter_url: str
    to: Destination
    sender: Any
    """A client that does not retry by itself: a retry after a lost answer would be a duplicate."""


class Redrive:
    """Sends letters of one dead-letter queue to one queue."""

    def __init__(
        self,
        queues: Queues,
        hold: Hold,
        receipts: Receipts,
        edit: Edit,
        *,
        rate: int | None = None,
        stop: threading.Event | None = None,
        on_progress: Callable[[int], None] = lambda done: None,
    ) -> None:
        """Send at most `rate` letters a second. After `stop` is set, no further batch is sent."""
        self._queues, self._hold, self._receipts, self._edit = queues, hold, receipts, edit
        self._pace, self._stop, self._on_progress = Pace(rate), stop or threading.Event(), on_progress
        self._stopped_groups: set[str | None] = set()
        self._new_ids: set[str] = set()
        self._lock = threading.Lock()
        self.outcome = Outcome()

    def send(self, letters: Iterable[Sequence[DeadLetter]]) -> Outcome:
        """Send the letters of each list; of a FIFO group in their order, and none after one that failed.

        On a FIFO queue a list is finished before the next one is asked for.
        """
        with ThreadPoolExecutor(LANES) as pool:
            for wave in waves(letters, self._queues.to.fifo):
                self._send_wave(pool, wave)
                if self._is_over():
                    break
        return self.outcome

    def _is_over(self) -> bool:
        return self._stop.is_set() or self.outcome.refusal is not None

    def _send_wave(self, pool: ThreadPoolExecutor, letters: Iterable[DeadLetter]) -> None:
        running: set[Future[None]] = set()
        for batch in batches(self._copies(letters)):
            self._pace.wait(len(batch), self._stop)
            if self._is_over():
                break
            running.add(pool.submit(self._send_batch, batch))
            if len(running) >= LANES:
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                _raise_errors(finished)
        _raise_errors(running)

    def _copies(self, letters: Iterable[DeadLetter]) -> Iterator[Copy]:
        to = self._queues.to
        for letter in letters:
            if not self._new_ids.isdisjoint({letter.id, letter.original_id}):
                self.outcome.returned += 1
                continue
            if to.fifo and letter.group in self._stopped_groups:
                self._fail([(letter, BEHIND)])
                continue
            try:
                copy = copy_of(letter, self._edit.apply(letter.body), fifo=to.fifo, max_bytes=to.max_bytes)
            except EditError as error:
                self._fail([(letter, str(error))])
                continue
            if why := copy.refusal(to.max_bytes):
                self._fail([(letter, why)])
            else:
                yield copy

    def _send_batch(self, batch: Sequence[Copy]) -> None:
        copies = self._still_held(batch)
        to = self._queues.to
        sending = send(self._queues.sender, to.url, copies, fifo=to.fifo, stop=self._stop)
        results = list(zip((copy.letter for copy in copies), sending.results, strict=True))
        sent = {letter.id: result.new_id for letter, result in results if result.new_id}
        self._receipts.write(Line(old_id, new_id, "sent") for old_id, new_id in sent.items())
        if to.fifo:  # a standard queue is read before the first letter is sent
            self._new_ids.update(sent.values())
        self._fail([(letter, result.failure) for letter, result in results if not result.new_id])
        self._delete([letter for letter, result in results if result.new_id], sent)
        with self._lock:
            self.outcome.refusal = self.outcome.refusal or sending.refusal
            self._on_progress(len(batch))

    def _still_held(self, batch: Sequence[Copy]) -> list[Copy]:
        held = {letter.id for letter in self._hold.still_held([copy.letter for copy in batch])}
        self._fail([(copy.letter, LOST) for copy in batch if copy.letter.id not in held])
        return [copy for copy in batch if copy.letter.id in held]

    def _delete(self, letters: Sequence[DeadLetter], new_ids: dict[str, str]) -> None:
        deleting = delete(self._queues.sqs, self._queues.dead_letter_url, self._hold, letters)
        left = deleting.failures
        with self._lock:
            self.outcome.twice |= left
            self.outcome.done += len(letters) - len(left)
            # Without this, a missing permission to delete would send every letter twice.
            self.outcome.refusal = self.outcome.refusal or deleting.refusal
        self._receipts.write(
            Line(letter.id, new_ids[letter.id], "twice" if letter.id in left else "done", left.get(letter.id))
            for letter in letters
        )

    def _fail(self, failures: Sequence[tuple[DeadLetter, str]]) -> None:
        with self._lock:
            self.outcome.failed |= {letter.id: why for letter, why in failures}
            self._stopped_groups |= {letter.group for letter, _ in failures}
        self._receipts.write(Line(letter.id, None, "failed", why) for letter, why in failures)


class Pace:
    """Keeps to a number of letters a second."""

    def __init__(self, rate: int | None) -> None:
        self._rate, self._next = rate, time.monotonic()

    def wait(self, count: int, stop: threading.Event) -> None:
        """Wait until `count` more may go."""
        if self._rate is None:
            return
        now = time.monotonic()
        stop.wait(max(0.0, self._next - now))
        self._next = max(self._next, now) + count / self._rate


def waves(letters: Iterable[Sequence[DeadLetter]], fifo: bool) -> Iterator[Iterable[DeadLetter]]:
    """Yield what may be sent at a time: of a FIFO group one letter, so that none passes an earlier one."""
    if not fifo:
        yield chain.from_iterable(letters)
        return
    for chunk in letters:
        layers: list[list[DeadLetter]] = []
        depths: dict[str | None, int] = defaultdict(int)
        for letter in chunk:
            depth = depths[letter.group]
            depths[letter.group] += 1
            if depth == len(layers):
                layers.append([])
            layers[depth].append(letter)
        yield from layers


def _raise_errors(futures: Iterable[Future[None]]) -> None:
    for future in futures:
        future.result()
