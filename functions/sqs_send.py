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
    """Messages that were not sent: `failed` has each with the reason. All others were."""

    def __init__(self, failed: list[tuple[Message, str]], sent: int) -> None:
        super().__init__(f"{len(failed)} of {len(failed) + sent} messages were not sent, the first: {failed[0][1]}")
        self.failed, self.sent = failed, sent


def send(queue_url: str, messages: Iterable[Any], client: Any = None) -> int:
    """Send each message, and return how many there were.

    :param messages: `Message`s, or bodies. They are taken as they are needed, so a generator may be long.
    :param client: an SQS client; by default one for all calls, which repeats a call that has no answer.
    :raises NotSent: when all others are sent, for those that are empty or above 1 MiB, or that SQS has refused, as
        above the queue's own maximum size, or has failed to take five times. On a FIFO queue no batch is sent after
        them, so that nothing but the rest of their batch overtakes them.
    :raises botocore.exceptions.ClientError: where a whole call is refused, as without permission.
    """
    failed, sent = list[tuple[Message, str]](), 0
    fifo = queue_url.endswith(".fifo")
    for batch in batches(one if isinstance(one, Message) else Message(one) for one in messages):
        wrong = _send(client or default_client(), queue_url, batch, fifo)
        failed += wrong
        sent += len(batch) - len(wrong)
        if fifo and failed:
            break
    if failed:
        raise NotSent(failed, sent)
    return sent


@cache
def default_client() -> Any:
    import boto3  # pyright: ignore[reportMissingTypeStubs]  # slow to import, so not before it is needed

    return boto3.client("sqs")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def batches(messages: Iterable[Message]) -> Iterator[list[Message]]:
    """Yield the messages in batches of ten and of a mebibyte at the most, but for a message that is larger itself."""
    batch, size = list[Message](), 0
    for message in messages:
        bytes_ = len(message.text.encode())
        if batch and (len(batch) == ENTRIES or size + bytes_ > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += bytes_
    if batch:
        yield batch


def _send(client: Any, queue_url: str, batch: list[Message], fifo: bool) -> list[tuple[Message, str]]:
    """Send a batch, what fails again and again; return what was not sent, with reasons."""
    # Asked to take one of these, SQS refuses the whole call, and a caller would not learn which of them it was.
    failed = [(message, reason) for message in batch if (reason := _impossible(message))]
    left = {str(number): message for number, message in enumerate(batch) if not _impossible(message)}
    reason = ""
    for attempt in range(ATTEMPTS if left else 0):
        if attempt:
            time.sleep(FIRST_PAUSE * 2 ** (attempt - 1) * random.uniform(0.5, 1))
        entries = [_entry(id, message, fifo) for id, message in left.items()]
        answers = client.send_message_batch(QueueUrl=queue_url, Entries=entries)
        for entry in answers.get("Failed", []):
            reason = f"{entry['Code']}: {entry.get('Message', '')}".rstrip(": ")
            if entry.get("SenderFault"):  # as above the queue's own limit, which SQS answers for that entry only
                failed.append((left.pop(entry["Id"]), reason))
        for entry in answers.get("Successful", []):
            left.pop(entry["Id"])
        if not left or (fifo and failed):
            break
    return failed + [(message, reason or "SQS gave no answer for it") for message in left.values()]


def _impossible(message: Message) -> str:
    """Return why no queue takes this message; nothing where it may."""
    size = len(message.text.encode())
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
