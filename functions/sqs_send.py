"""Sends messages to a queue from a producer: in batches, with every entry's answer checked.

    from sqs_send import Message, send

    send(os.environ["QUEUE_URL"], (Message(hand, group_id=hand["table"]) for hand in hands))

The function gets the queue's URL in its environment, and may send there by the consumer's `grant_send`.
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

ENTRIES = 10  # in one batch
MAX_BYTES = 1_048_576  # of a message, and of a batch
ATTEMPTS = 5
FIRST_PAUSE = 0.2  # seconds before the second attempt; twice as long before each further one


class Message(NamedTuple):
    """One message. `body` is text, or what becomes JSON."""

    body: Any
    group_id: str | None = None
    """The message group: needed on FIFO queues; on standard ones it keeps a busy group from delaying the others."""
    deduplication_id: str | None = None
    """On FIFO queues; by default a hash of group and body: what is sent again within 5 minutes is one message."""

    @property
    def text(self) -> str:
        return self.body if isinstance(self.body, str) else json.dumps(self.body, separators=(",", ":"))


class NotSent(Exception):
    """Some messages were not sent. `failed` has each of them with the reason, in order; `sent` is how many were sent.

    Where a call got no answer, its messages are in `failed` and SQS may have them all the same.
    """

    def __init__(self, failed: list[tuple[Message, str]], sent: int) -> None:
        super().__init__(f"{len(failed)} of {len(failed) + sent} messages were not sent, the first: {failed[0][1]}")
        self.failed, self.sent = failed, sent


def send(queue_url: str, messages: Iterable[Any], client: Any = None) -> int:
    """Send each message, and return how many there were. A FIFO queue gets the messages of a group in their order.

    A FIFO queue gets at most one message of a group in a call. SQS may fail any entry of a call and take the others, so
    a later message of the group could overtake the failed one. Thus the messages of a single group take a call each.

    :param messages: `Message`s, or bodies. They are taken as they are needed, so a generator may be long. Where it
        raises, the messages before are sent; its exception has a note that says how many.
    :param client: an SQS client; by default one for all calls, which repeats a call that has no answer.
    :raises NotSent: at the end, if any message was not sent. It is empty, above 1 MiB or cannot become JSON; SQS has
        refused it, as above the queue's own maximum size, or has failed to take it five times; on a FIFO queue, an
        earlier message of its group was not sent; or a whole call failed, as without permission, and then nothing more
        is sent. The error of the call, or of `messages`, is its `__cause__`.
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
    """Yield the messages; an exception ends them and is kept, so that those before it are still sent."""
    try:
        for one in messages:
            yield one if isinstance(one, Message) else Message(one)
    except Exception as error:
        errors.append(error)


@cache
def default_client() -> Any:
    import boto3  # pyright: ignore[reportMissingTypeStubs]  # slow to import, so not before it is needed

    return boto3.client("sqs")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def batches(messages: Iterable[Message], fifo: bool = False) -> Iterator[list[Message]]:
    """Yield the messages in batches of ten and of a mebibyte at the most, but for a message that is larger itself.

    On a FIFO queue, a batch ends before a second message of a group.
    """
    batch, size = list[Message](), 0
    for message in messages:
        bytes_ = _size(message) or 0
        is_full = len(batch) == ENTRIES or size + bytes_ > MAX_BYTES
        if batch and (is_full or (fifo and any(message.group_id == other.group_id for other in batch))):
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += bytes_
    if batch:
        yield batch


class _Sender:
    """Sends batches, and keeps what became of their messages."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self.client, self.queue_url, self.fifo = client, queue_url, queue_url.endswith(".fifo")
        self.sent, self.failed = 0, list[tuple[Message, str]]()
        self.error: Exception | None = None
        """Why a whole call failed. Later ones would fail too, and each could take a minute."""
        self._failed_groups = set[str | None]()

    def send(self, batch: list[Message]) -> None:
        """Send a batch; what fails, again and again."""
        left, reasons = dict[str, Message](), dict[str, str]()
        for number, message in enumerate(batch):
            # Asked to take an impossible one, SQS refuses the whole call.
            if reason := self._untried(message) or _impossible(message):
                self._fail(message, reason)
            else:
                left[str(number)] = message
        for attempt in range(ATTEMPTS):
            if not left or self.error:
                break
            if attempt:
                time.sleep(FIRST_PAUSE * 2 ** (attempt - 1) * random.uniform(0.5, 1))
            reasons = self._call(left)
        for id, message in left.items():
            self._fail(message, reasons.get(id, "SQS gave no answer for it"))

    def _call(self, left: dict[str, Message]) -> dict[str, str]:
        """Send these once, and take out those that are done. Return why the others were not sent."""
        try:
            entries = [_entry(id, message, self.fifo) for id, message in left.items()]
            answers = self.client.send_message_batch(QueueUrl=self.queue_url, Entries=entries)
        except Exception as error:
            self.error = error
            return dict.fromkeys(left, str(error))
        reasons = dict[str, str]()
        for entry in answers.get("Failed", []):
            reasons[entry["Id"]] = f"{entry['Code']}: {entry.get('Message', '')}".rstrip(": ")
            if entry.get("SenderFault"):  # as above the queue's own limit, which SQS answers for that entry only
                self._fail(left.pop(entry["Id"]), reasons[entry["Id"]])
        for entry in answers.get("Successful", []):
            left.pop(entry["Id"])
            self.sent += 1
        return reasons

    def _untried(self, message: Message) -> str:
        """Return why this message is not even tried; nothing where it is."""
        if self.error:
            return f"it was not tried, since a call failed before: {self.error}"
        is_late = self.fifo and message.group_id in self._failed_groups
        return "it was not tried, since an earlier message of its group was not sent" if is_late else ""

    def _fail(self, message: Message, reason: str) -> None:
        self.failed.append((message, reason))
        self._failed_groups.add(message.group_id)


def _size(message: Message) -> int | None:
    """Return the bytes of the message; None where it is no text and cannot become JSON."""
    try:
        return len(message.text.encode())
    except (TypeError, ValueError, RecursionError):
        return None


def _impossible(message: Message) -> str:
    """Return why no queue takes this message; nothing where it may."""
    size = _size(message)
    if size is None:
        return "it cannot be written as JSON in UTF-8"
    if size > MAX_BYTES:
        return f"it has {size:,} bytes, and SQS takes {MAX_BYTES:,}"
    return "" if size else "it is empty, and SQS takes no empty message"


def _entry(id: str, message: Message, fifo: bool) -> dict[str, str]:
    entry = {"Id": id, "MessageBody": message.text}
    if message.group_id is not None:
        entry["MessageGroupId"] = message.group_id
    if fifo:
        content = json.dumps([message.group_id, message.text]).encode()
        entry["MessageDeduplicationId"] = message.deduplication_id or hashlib.sha256(content).hexdigest()
    return entry
