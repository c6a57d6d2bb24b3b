"""Holds messages for a short time to look at them, and gives them back.

SQS has no way to look without receiving. A held message is invisible to others until it is given back, deleted or its
visibility timeout ends, which is the worst that a kill at any moment leaves behind.
"""

import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
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
WAIT = 1  # seconds of a long poll, the shortest
MOST_IN_FLIGHT = 120_000
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html"""
MOST_HELD = MOST_IN_FLIGHT * 9 // 10
"""The rest is left to others, such as a move task."""


class Hold:
    """Messages of one queue that are held. On leaving the context, those that are still held are given back."""

    def __init__(self, sqs: Any, url: str, most: int = MOST_HELD) -> None:
        """Hold at most about `most` messages; together with what others hold, at most `MOST_HELD`."""
        self._sqs, self._url, self._most = sqs, url, most
        self._receipts: dict[str, str] = {}
        self._seen: set[str] = set()
        self._pool = ThreadPoolExecutor(LANES)
        self._left = threading.Event()
        self._others = 0
        self.is_full = False
        """Whether reading ended because the queue's in-flight quota is nearly used up."""

    def __enter__(self) -> "Hold":
        threading.Thread(target=self._renew, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._left.set()
        # Wait for the calls that are under way: what they receive is to be given back too.
        self._pool.shutdown(cancel_futures=True)
        # What fails here comes back by itself, and must not hide the first error.
        with ThreadPoolExecutor(LANES) as pool, suppress(BotoCoreError, ClientError):
            self._change(pool, dict(self._receipts), 0)

    def rounds(self) -> Iterator[list[DeadLetter]]:
        """Yield each visible message once, a few at a time, until there are no more or too many are held.

        Of a FIFO group SQS returns no further message while earlier ones are held: those that are deleted before the
        next round make room.
        """
        depth = queues.depth(self._sqs, self._url)
        self._others = depth.in_flight
        while not self._is_full() and len(self._receipts) < self._most:
            # A long poll asks all servers of the queue: if it is empty, the queue is.
            lanes = math.ceil((min(self._most, depth.visible) - len(self._seen)) / ENTRIES)
            lanes = min(LANES, max(1, lanes))
            letters = [letter for batch in self._pool.map(self._receive, range(lanes)) for letter in batch]
            if not letters:
                return
            yield letters

    def receipt(self, letter: DeadLetter) -> str:
        """Return the newest receipt handle."""
        return self._receipts.get(letter.id, letter.receipt)

    def release(self, letters: Sequence[DeadLetter]) -> None:
        """Stop holding letters that were deleted."""
        for letter in letters:
            self._receipts.pop(letter.id, None)

    def give_back(self, letters: Sequence[DeadLetter]) -> None:
        """Make letters visible again at once."""
        receipts = {letter.id: self._receipts.pop(letter.id) for letter in letters if letter.id in self._receipts}
        self._change(self._pool, receipts, 0)

    def _is_full(self) -> bool:
        self.is_full = self.is_full or len(self._receipts) + self._others >= MOST_HELD
        return self.is_full

    def _receive(self, lane: int) -> list[DeadLetter]:
        """Return up to ten messages that were not returned before."""
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
        self._receipts |= {letter.id: letter.receipt for letter in letters}  # at once, for Ctrl-C
        new = [letter for letter in letters if letter.id not in self._seen]
        self._seen.update(letter.id for letter in new)
        return new

    def _renew(self) -> None:
        while not self._left.wait(SECONDS / 2):
            with suppress(BotoCoreError, ClientError, RuntimeError):  # RuntimeError: the pool is shut down
                self._change(self._pool, dict(self._receipts), SECONDS)

    def _change(self, pool: ThreadPoolExecutor, receipts: Mapping[str, str], seconds: int) -> None:
        handles = list(receipts.values())
        batches = [handles[start : start + ENTRIES] for start in range(0, len(handles), ENTRIES)]
        list(pool.map(partial(self._change_batch, seconds), batches))

    def _change_batch(self, seconds: int, handles: Sequence[str]) -> None:
        entries = [
            {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": seconds}
            for number, handle in enumerate(handles)
        ]
        # Entries that fail come back by themselves when their visibility timeout ends.
        self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)
