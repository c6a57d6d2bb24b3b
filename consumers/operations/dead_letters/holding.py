"""Holds messages for a short time to look at them, and gives them back.

SQS has no way to look without receiving. A held message is invisible to others until it is given back, deleted or its
visibility timeout ends, which is the worst that a kill at any moment leaves behind.
"""

import math
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from types import TracebackType
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError  # pyright: ignore[reportMissingTypeStubs]

from consumers.operations import queues
from consumers.operations.dead_letters.letters import DeadLetter

SECONDS = 120
"""Visibility timeout of what is held; it is renewed at half of that."""
ENTRIES = 10  # messages in one call
LANES = 8  # calls at a time
MOST_LOOKS = 100  # groups of a FIFO queue that are received alone
WAIT = 1  # seconds of a long poll, the shortest
MOST_IN_FLIGHT = 120_000
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html"""
MOST_HELD = MOST_IN_FLIGHT * 9 // 10
"""The rest is left to others, such as a move task."""


@dataclass(frozen=True)
class Held:
    """A message that is held."""

    receipt: str
    until: float
    """Seconds since 1970: a monotonic clock may stand still while a laptop sleeps, and SQS does not."""
    group: str | None


class Hold:
    """Messages of one queue that are held. On leaving the context, those that are still held are given back."""

    def __init__(self, sqs: Any, url: str, most: int = MOST_HELD) -> None:
        """Hold at most about `most` messages; together with what others hold, at most `MOST_HELD`."""
        self._sqs, self._url, self._most = sqs, url, most
        self._held: dict[str, Held] = {}
        self._seen: set[str] = set()
        self._pool = ThreadPoolExecutor(LANES)
        self._left = threading.Event()
        self._others = 0
        self.is_full = False
        """Whether reading ended because the queue's in-flight quota is nearly used up."""
        self.missing = 0
        """How many more visible messages a standard queue counted than it returned, after reading to its end."""

    def __enter__(self) -> "Hold":
        threading.Thread(target=self._renew, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._left.set()
        # Wait for the calls that are under way: what they receive is to be given back too.
        self._pool.shutdown(cancel_futures=True)
        # What fails here comes back by itself, and must not hide the first error.
        with ThreadPoolExecutor(LANES) as pool, suppress(BotoCoreError, ClientError):
            self._change(pool, self._taken(list(self._held)), 0)

    def rounds(self) -> Iterator[list[DeadLetter]]:
        """Yield each visible message once, a few at a time, until there are no more or too many are held.

        Of a FIFO group SQS returns no further message while earlier ones are held: those that are deleted before the
        next round make room. Ten of a group can be held at a time, because a call returns ten.
        """
        looked: set[str | None] = set()
        while True:
            for letters in self._visible():
                looked -= {letter.group for letter in letters}
                yield letters
            if not self._url.endswith(".fifo") or len(self._held) >= self._most or not (deeper := self._deeper(looked)):
                return
            yield deeper

    def _visible(self) -> Iterator[list[DeadLetter]]:
        depth = queues.depth(self._sqs, self._url)
        self._others = max(0, depth.in_flight - len(self._held))
        left = min(self._most, depth.visible)
        while not self._is_full() and len(self._held) < self._most:
            # A long poll asks all servers of the queue: if it is empty, the queue is.
            lanes = min(LANES, max(1, math.ceil(left / ENTRIES)))
            received = [letter for batch in self._pool.map(self._receive, range(lanes)) for letter in batch]
            if not received:
                self.missing = max(0, left)
                return
            left -= len(received)
            if new := self._new(received):
                yield new

    def _deeper(self, looked: set[str | None]) -> list[DeadLetter]:
        """Return letters that are behind the held ones of a FIFO group of which a call returned fewer than ten.

        Such a call returned other groups too. A call for the group alone returns more of it.
        """
        counts = Counter(held.group for held in list(self._held.values()))
        groups = [group for group, count in counts.most_common() if count < ENTRIES and group not in looked]
        for group in groups[: max(0, MOST_LOOKS - len(looked))]:
            if not queues.depth(self._sqs, self._url).visible:
                return []
            looked.add(group)
            self.give_back_groups({group})
            if new := self._new(self._receive(0)):
                return new
        return []

    def _new(self, received: Sequence[DeadLetter]) -> list[DeadLetter]:
        new = {letter.id: letter for letter in received if letter.id not in self._seen}
        self._seen.update(new)
        return list(new.values())

    def receipt(self, letter: DeadLetter) -> str:
        """Return the newest receipt handle."""
        held = self._held.get(letter.id)
        return held.receipt if held else letter.receipt

    def still_held(self, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
        """Return those that nobody else can have received, and that are held for half a minute more at least.

        A renewal can have failed, or come too late: a laptop slept, the network was away.
        """
        late = {letter.id: self.receipt(letter) for letter in letters if not self._is_held(letter)}
        with suppress(BotoCoreError, ClientError):
            for batch in queues.in_batches(late):
                self._change_batch(SECONDS, batch)
        return [letter for letter in letters if self._is_held(letter)]

    def release(self, letters: Sequence[DeadLetter]) -> None:
        """Stop holding letters that were deleted."""
        for letter in letters:
            self._held.pop(letter.id, None)

    def give_back(self, letters: Sequence[DeadLetter]) -> None:
        """Make letters visible again at once."""
        self._change(self._pool, self._taken([letter.id for letter in letters]), 0)

    def give_back_all_but(self, ids: Collection[str]) -> None:
        """Make every other letter visible again at once."""
        self._change(self._pool, self._taken([each for each in list(self._held) if each not in ids]), 0)

    def give_back_groups(self, groups: Collection[str | None]) -> None:
        """Make the letters of FIFO groups visible again at once, so that those behind them come too."""
        ids = [each for each, held in list(self._held.items()) if held.group in groups]
        self._change(self._pool, self._taken(ids), 0)

    def _is_full(self) -> bool:
        self.is_full = self.is_full or len(self._held) + self._others >= MOST_HELD
        return self.is_full

    def _is_held(self, letter: DeadLetter) -> bool:
        held = self._held.get(letter.id)
        return held is not None and held.until - time.time() >= SECONDS / 4

    def _taken(self, ids: Sequence[str]) -> dict[str, str]:
        """Stop holding messages; return their receipt handles by their ids."""
        taken = {each: self._held.pop(each, None) for each in ids}
        return {each: held.receipt for each, held in taken.items() if held}

    def _receive(self, lane: int) -> list[DeadLetter]:
        """Return up to ten messages."""
        until = time.time() + SECONDS
        try:
            reply = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=ENTRIES,
                VisibilityTimeout=SECONDS,
                WaitTimeSeconds=WAIT,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            )
        except self._sqs.exceptions.OverLimit:
            self.is_full = True
            return []
        letters = [DeadLetter.of(message) for message in reply.get("Messages", [])]
        for letter in letters:  # at once, for Ctrl-C
            self._held[letter.id] = Held(letter.receipt, until, letter.group)
        return letters

    def _renew(self) -> None:
        while not self._left.wait(SECONDS / 8):
            soon = time.time() + SECONDS / 2
            due = {each: held.receipt for each, held in list(self._held.items()) if held.until < soon}
            with suppress(BotoCoreError, ClientError, RuntimeError):  # RuntimeError: the pool is shut down
                self._change(self._pool, due, SECONDS)

    def _change(self, pool: ThreadPoolExecutor, receipts: Mapping[str, str], seconds: int) -> None:
        list(pool.map(partial(self._change_batch, seconds), queues.in_batches(receipts)))

    def _change_batch(self, seconds: int, batch: Mapping[str, str]) -> None:
        until = time.time() + seconds
        # Entries that fail come back by themselves when their visibility timeout ends.
        changed, _ = queues.change_visibility(self._sqs, self._url, batch, seconds)
        for each in changed:
            if held := self._held.get(each):
                self._held[each] = replace(held, until=until)
