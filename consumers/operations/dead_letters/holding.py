"""Holds messages for a short time to look at them, and gives them back.

SQS has no way to look without receiving. A held message is invisible to others until it is given back, deleted or its
visibility timeout ends, which is the worst that a kill at any moment leaves behind.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import Any

from consumers.operations.dead_letters.letters import DeadLetter

SECONDS = 120
"""How long a message is held before it is held again, or comes back."""
RENEWED_AFTER = SECONDS / 2
ENTRIES = 10  # messages in one call
LANES = 8  # calls at a time
EMPTY_RECEIVES = 3
"""A standard queue is spread over servers, and a receive asks some of them: one without messages proves nothing."""
MOST_IN_FLIGHT = 120_000
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html"""
MOST_HELD = MOST_IN_FLIGHT * 9 // 10
"""The rest is left to others, such as a move task."""


class Hold:
    """Messages of one queue that are held. On leaving the context, those that are still held are given back."""

    def __init__(self, sqs: Any, url: str) -> None:
        self._sqs, self._url = sqs, url
        self._receipts: dict[str, str] = {}
        self._seen: set[str] = set()
        self._renewed = time.monotonic()
        self._pool = ThreadPoolExecutor(LANES)

    def __enter__(self) -> "Hold":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self.give_back(list(self._receipts))
        finally:
            self._pool.shutdown(cancel_futures=True)

    @property
    def is_full(self) -> bool:
        """Whether as many are held as the in-flight quota of a standard queue allows."""
        return len(self._receipts) >= MOST_HELD

    def letters(self) -> Iterator[DeadLetter]:
        """Yield each message once, until none is visible or too many are held.

        Of a FIFO group SQS returns no further message while earlier ones are held.
        """
        empty = 0
        while empty < EMPTY_RECEIVES and not self.is_full:
            self.renew()
            received = [letter for batch in self._pool.map(self._receive, range(LANES)) for letter in batch]
            new = [letter for letter in received if letter.id not in self._seen]
            self._receipts |= {letter.id: letter.receipt for letter in received}
            self._seen.update(letter.id for letter in new)
            yield from new
            empty = 0 if new else empty + 1

    def receipt(self, letter: DeadLetter) -> str:
        """Return the newest receipt handle."""
        return self._receipts.get(letter.id, letter.receipt)

    def release(self, letters: Sequence[DeadLetter]) -> None:
        """Stop holding letters that were deleted."""
        for letter in letters:
            self._receipts.pop(letter.id, None)

    def give_back(self, ids: Sequence[str]) -> None:
        """Make messages visible again at once."""
        self._change(ids, 0)
        for id in ids:
            self._receipts.pop(id, None)

    def renew(self) -> None:
        """Hold everything longer, when half of the time is over."""
        if time.monotonic() - self._renewed > RENEWED_AFTER:
            self._renewed = time.monotonic()
            self._change(list(self._receipts), SECONDS)

    def _receive(self, lane: int) -> list[DeadLetter]:
        reply = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=ENTRIES,
            VisibilityTimeout=SECONDS,
            WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        )
        return [DeadLetter.of(message) for message in reply.get("Messages", [])]

    def _change(self, ids: Sequence[str], seconds: int) -> None:
        batches = [ids[start : start + ENTRIES] for start in range(0, len(ids), ENTRIES)]
        list(self._pool.map(partial(self._change_batch, seconds), batches))

    def _change_batch(self, seconds: int, ids: Sequence[str]) -> None:
        entries = [
            {"Id": str(number), "ReceiptHandle": self._receipts[id], "VisibilityTimeout": seconds}
            for number, id in enumerate(ids)
        ]
        # Entries that fail come back by themselves when their visibility timeout ends.
        self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)
