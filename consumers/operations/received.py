"""Messages that this process has received, which stay invisible to others while it works on them."""

import threading
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError  # pyright: ignore[reportMissingTypeStubs]

from consumers.operations.queues import change_visibility, in_batches

Message = Mapping[str, Any]
"""As ReceiveMessage returns it, with all of its attributes."""
LONGEST = 12 * 3600
"""Seconds after its receive when SQS makes a message visible again, no matter what it is asked.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
"""


@dataclass
class _Held:
    receipt: str
    since: float
    """Seconds since 1970, as `until`: a monotonic clock may stand still while a laptop sleeps, and SQS does not."""
    until: float


class Received:
    """Extends the visibility timeout of each message until it is released, in a thread of its own."""

    def __init__(self, sqs: Any, url: str, seconds: int) -> None:
        """`seconds` is the queue's visibility timeout. A third of it before its end, a message gets as much again."""
        self._sqs, self._url, self._seconds = sqs, url, max(1, seconds)
        self._held: dict[str, _Held] = {}
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._extend_until_left, daemon=True)

    def __enter__(self) -> "Received":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._left.set()

    def add(self, messages: Sequence[Message], since: float) -> None:
        """Hold messages that were asked for at the time `since`, or later."""
        # A long poll can be longer than a short visibility timeout, which begins with the answer.
        since = max(since, time.time() - self._seconds / 3)
        for message in messages:
            self._held[message["MessageId"]] = _Held(message["ReceiptHandle"], since, since + self._seconds)

    def release(self, ids: Collection[str]) -> None:
        """Stop extending these: they were deleted, or are to become visible again when their time is up."""
        for each in ids:
            self._held.pop(each, None)

    def still_held(self, messages: Sequence[Message]) -> list[Message]:
        """Return those that nobody else can have received, and release the others: a laptop slept, for example."""
        now = time.time()
        late = {each for each, held in list(self._held.items()) if held.until <= now}
        self.release(late)
        return [message for message in messages if message["MessageId"] in self._held]

    def give_back(self, messages: Sequence[Message]) -> None:
        """Make messages visible again at once. If that fails, they become visible when their time is up."""
        self.release([message["MessageId"] for message in messages])
        receipts = {message["MessageId"]: message["ReceiptHandle"] for message in messages}
        with suppress(BotoCoreError, ClientError):
            for batch in in_batches(receipts):
                change_visibility(self._sqs, self._url, batch, 0)

    def _extend_until_left(self) -> None:
        while not self._left.wait(min(self._seconds / 12, 5)):
            with suppress(BotoCoreError, ClientError):  # the next round tries again
                self.extend_due(time.time())

    def extend_due(self, now: float) -> None:
        """Extend the visibility of messages of which a third or less is left at the time `now`."""
        due = {each: held for each, held in list(self._held.items()) if held.until - now < self._seconds / 3}
        left = min((LONGEST - 60 - (now - held.since) for held in due.values()), default=0)
        seconds = int(min(self._seconds, left))
        if seconds <= 0:
            return
        for batch in in_batches({each: held.receipt for each, held in due.items()}):
            _, failed = change_visibility(self._sqs, self._url, batch, seconds)
            self.release([each for each, is_final in failed.items() if is_final])
            for each in batch.keys() - failed.keys():
                due[each].until = now + seconds
