"""Sends messages to a queue, in batches, and checks the result of every message.

    from sqs_send import Message, send

    send(os.environ["QUEUE_URL"], (Message(hand, group_id=hand["table"]) for hand in hands))

Pass the queue's URL in the function's environment, and permit sending with the consumer's `grant_send`.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
"""

import hashlib
import json
import random
import time
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

__all__ = ["Message", "NotSent", "send"]

ENTRIES = 10  # SQS's maximum for a batch
MAX_BYTES = 1_048_576  # SQS's maximum for a message, and for a batch
ATTEMPTS = 5
FIRST_PAUSE = 0.2  # seconds before the second attempt; doubles with each attempt


class Message(NamedTuple):
    """One message. `body` is text, or a value to be serialized as JSON."""

    body: Any
    group_id: str | None = None
    """The message group. Required on FIFO queues; on standard queues it enables fair queues."""
    deduplication_id: str | None = None
    """Used on FIFO queues only; defaults to a hash of group and body, so SQS drops a repetition within 5 minutes."""

    @property
    def text(self) -> str:
        return self.body if isinstance(self.body, str) else json.dumps(self.body, separators=(",", ":"))


class NotSent(Exception):
    """Some messages were not sent. `failed` has each of them with the reason, in order; `sent` is the number sent.

    If a call got no answer, its messages are in `failed`, although SQS may have received them.
    """

    def __init__(self, failed: list[tuple[Message, str]], sent: int) -> None:
        super().__init__(f"{len(failed)} of {len(failed) + sent} messages were not sent, the first: {failed[0][1]}")
        self.failed, self.sent = failed, sent


def send(queue_url: str, messages: Iterable[Any], client: Any = None) -> int:
    """Send all messages and return their number. On a FIFO queue, the messages of a group stay in order.

    SQS may fail any entry of a call and accept the others. So that no message overtakes a failed one, a call to a FIFO
    queue has at most one message of each group: the messages of a single group need one call each.

    :param messages: `Message`s, or bodies. A generator is consumed as messages are sent, so it may be long. If it
        raises, the messages before are sent, and a note on its exception has their number.
    :param client: an SQS client; defaults to one that all calls share.
    :raises NotSent: at the end, if any message was not sent. Reasons: it is empty, above 1 MiB or not serializable; SQS
        rejected it, or failed to accept it five times; an earlier message of its FIFO group was not sent; a whole call
        failed, for example without permission, after which nothing more is sent. The exception that the call or
        `messages` raised is its `__cause__`.
    """
    sender, errors = _Sender(client or default_client(), queue_url), list[Exception]()
    for batch in batches(_read(messages, errors), sender.fifo):
        sender.send(batch)
    error = sender.error or (errors[0] if errors else None)
    if sender.failed:
        raise NotSent(sender.failed, sender.sent) from error
    if error:
        error.add_note(f"sqs_send sent the messages before this error: {sender.sent}")
        raise error
    return sender.sent


def _read(messages: Iterable[Any], errors: list[Exception]) -> Iterator[Message]:
    """Yield the messages up to an exception, and keep that, so that those before it are sent."""
    try:
        for message in messages:
            yield message if isinstance(message, Message) else Message(message)
    except Exception as error:
        errors.append(error)


@cache
def default_client() -> Any:
    import boto3  # pyright: ignore[reportMissingTypeStubs]  # here, because it is slow to import

    return boto3.client("sqs")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def batches(messages: Iterable[Message], fifo: bool = False) -> Iterator[list[Message]]:
    """Yield batches of at most 10 messages and 1 MiB; on a FIFO queue, with at most one message of each group.

    A message above 1 MiB is a batch of its own.
    """
    batch, size = list[Message](), 0
    for message in messages:
        message_size = _size(message) or 0
        is_full = len(batch) == ENTRIES or size + message_size > MAX_BYTES
        if batch and (is_full or (fifo and any(message.group_id == other.group_id for other in batch))):
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += message_size
    if batch:
        yield batch


class _Sender:
    """Sends batches and collects the results."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self.client, self.queue_url, self.fifo = client, queue_url, queue_url.endswith(".fifo")
        self.sent, self.failed = 0, list[tuple[Message, str]]()
        self.error: Exception | None = None
        """Why a whole call failed. Later calls would fail too, and could take a minute each."""
        self._failed_groups = set[str | None]()

    def send(self, batch: list[Message]) -> None:
        """Send a batch, with retries of the entries that failed."""
        pending, reasons = dict[str, Message](), dict[str, str]()
        for number, message in enumerate(batch):
            # One invalid entry makes SQS reject the whole call.
            if reason := self._skip_reason(message) or _invalid_reason(message):
                self._fail(message, reason)
            else:
                pending[str(number)] = message
        for attempt in range(ATTEMPTS):
            if not pending or self.error:
                break
            if attempt:
                time.sleep(FIRST_PAUSE * 2 ** (attempt - 1) * random.uniform(0.5, 1))
            reasons = self._send_once(pending)
        for id, message in pending.items():
            self._fail(message, reasons.get(id, "SQS returned no result for it"))

    def _send_once(self, pending: dict[str, Message]) -> dict[str, str]:
        """Make one call, remove the messages that need no retry, and return the reasons of the failed ones."""
        try:
            entries = [_entry(id, message, self.fifo) for id, message in pending.items()]
            answer = self.client.send_message_batch(QueueUrl=self.queue_url, Entries=entries)
        except Exception as error:
            self.error = error
            return dict.fromkeys(pending, str(error))
        reasons = dict[str, str]()
        for entry in answer.get("Failed", []):
            reasons[entry["Id"]] = f"{entry['Code']}: {entry.get('Message', '')}".rstrip(": ")
            if entry.get("SenderFault"):  # a retry would fail too, for example above the queue's own maximum size
                self._fail(pending.pop(entry["Id"]), reasons[entry["Id"]])
        for entry in answer.get("Successful", []):
            pending.pop(entry["Id"])
            self.sent += 1
        return reasons

    def _skip_reason(self, message: Message) -> str:
        if self.error:
            return f"not tried, because an earlier call failed: {self.error}"
        is_late = self.fifo and message.group_id in self._failed_groups
        return "not tried, because an earlier message of its group was not sent" if is_late else ""

    def _fail(self, message: Message, reason: str) -> None:
        self.failed.append((message, reason))
        self._failed_groups.add(message.group_id)


def _size(message: Message) -> int | None:
    """Return the message's size in bytes; None if it cannot be serialized."""
    try:
        return len(message.text.encode())
    except (TypeError, ValueError, RecursionError):
        return None


def _invalid_reason(message: Message) -> str:
    size = _size(message)
    if size is None:
        return "it cannot be serialized as JSON in UTF-8"
    if size > MAX_BYTES:
        return f"it has {size:,} bytes; the maximum is {MAX_BYTES:,}"
    return "" if size else "it is empty; SQS requires a body"


def _entry(id: str, message: Message, fifo: bool) -> dict[str, str]:
    entry = {"Id": id, "MessageBody": message.text}
    if message.group_id is not None:
        entry["MessageGroupId"] = message.group_id
    if fifo:
        content = json.dumps([message.group_id, message.text]).encode()
        entry["MessageDeduplicationId"] = message.deduplication_id or hashlib.sha256(content).hexdigest()
    return entry
