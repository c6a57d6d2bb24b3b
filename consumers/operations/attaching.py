"""Consumes the real queue of a consumer in this process, in place of its function, while its mapping is paused.

What Lambda's pollers do is done here: batches by the mapping's settings, filters, and partial-batch replies. A message
is deleted only after it was handled. Whatever ends this process, the others become visible again by themselves.
https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

import json
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from consumers.operations.discovery import Client, Consumer
from consumers.operations.errors import OperationError
from consumers.operations.held_lease import HeldLease
from consumers.operations.lasting_calls import LastingCalls
from consumers.operations.pausing import Wait
from consumers.operations.queues import MAX_ENTRIES, MAX_EVENT_BYTES
from consumers.operations.received import Message, Received

RECORD_BYTES = 1024  # what an event adds to a message
LONG_POLL = 2
"""Seconds of a receive, and so until Ctrl-C takes effect. Lambda has 20."""

Handle = Callable[[Sequence[Message]], dict[str, str]]
"""Handles a batch; returns the ids of the messages that failed, with their reasons. It raises AttachError to end."""


class AttachError(OperationError):
    """A queue cannot be consumed here, or no longer. The text says why, and what to do."""


@dataclass(frozen=True)
class Mapping:
    """The deployed event source mapping."""

    batch_size: int = 10
    window: float = 0
    """Seconds in which a batch may become full."""
    filters: tuple[dict[str, Any], ...] = ()

    @staticmethod
    def of(consumer: Consumer) -> "Mapping":
        deployed = consumer.mappings[0] if consumer.mappings else {}
        patterns = (each.get("Pattern") for each in deployed.get("FilterCriteria", {}).get("Filters", []))
        window = deployed.get("MaximumBatchingWindowInSeconds") or 0
        return Mapping(deployed.get("BatchSize") or 10, window, tuple(json.loads(each) for each in patterns if each))


@dataclass(frozen=True)
class Batch:
    """A batch that has been through the handler."""

    ids: list[str]
    failed: dict[str, str]
    """The reason of each message that returns to the queue."""
    seconds: float


@dataclass
class Counts:
    """Messages by their outcome."""

    handled: int = 0
    failed: int = 0
    """Receives that failed: the same message may fail several times."""
    excluded: int = 0
    """Messages that were deleted because the mapping's filters exclude them."""
    undeleted: int = 0
    """Messages that were handled and could not be deleted: they will be handled again."""


@dataclass(frozen=True)
class Listener:
    """Where events go. All are called in the thread that runs `attach`."""

    on_attached: Callable[[], None] = lambda: None
    on_batch: Callable[[Batch], None] = lambda batch: None
    tell: Callable[[str], None] = lambda text: None
    """Gets one line about each unusual event: excluded messages, a lost connection."""


@dataclass(frozen=True)
class Work:
    """How to handle the messages of a queue."""

    handle: Handle
    passes: Callable[[Message], bool | None] = lambda message: True
    """Whether the mapping's filters let a message through. None: unknown, so it is handled."""
    listener: Listener = field(default_factory=Listener)


def attach(
    client: Client,
    consumer: Consumer,
    work: Work,
    *,
    by: str,
    stop: threading.Event,
    wait: Wait,
    once: Client | None = None,
) -> Counts:
    """Pause the consumer, handle its messages here until `stop` is set, and resume it.

    `by` is `user@host`; `wait` is how long its mapping may take. The clients of `once` do not retry.

    Raises:
        PauseError: the consumer cannot be paused, or somebody else holds it.
        AttachError: the pause was ended by somebody else or could not be renewed, or the handler cannot be run.
    """
    once = once or client
    with HeldLease(client, consumer, by, wait, once=once) as lease:
        work.listener.on_attached()
        counts = Counts()
        _Poller(once("sqs"), consumer, work, stop, lease, counts).run()
        if lease.problem:
            raise AttachError(f"{consumer.name} is no longer attached. {lease.problem} {summary(counts)}")
        return counts


def summary(counts: Counts) -> str:
    """Return the counts as a sentence."""
    texts = {
        f"{counts.handled:,} handled": True,
        f"{counts.failed:,} failed": counts.failed,
        f"{counts.excluded:,} deleted that its filters exclude": counts.excluded,
        f"{counts.undeleted:,} handled but not deleted, which will come again": counts.undeleted,
    }
    return f"Messages: {', '.join(text for text, is_shown in texts.items() if is_shown)}."


def with_filters(client: Client, consumer: Consumer) -> Consumer:
    """Return the consumer with the filters of its mappings, which a list of mappings leaves out if they are encrypted.

    Raises:
        AttachError: Lambda cannot decrypt them for you.
    """
    lambda_ = client("lambda")
    mappings = [lambda_.get_event_source_mapping(UUID=uuid) for uuid in consumer.mapping_ids]
    for mapping in mappings:
        if (error := mapping.get("FilterCriteriaError")) is not None:
            code, text = error.get("ErrorCode", "an error"), error.get("Message", "no reason").rstrip(".")
            raise AttachError(
                f"Lambda cannot decrypt the filters of {consumer.name} for you ({code}: {text}), so the handler here "
                "would get messages that the function never gets. You need kms:Decrypt on the key "
                f"{mapping.get('KMSKeyArn', 'of its mapping')}, which `grant_operate` includes."
            )
    return replace(consumer, mappings=mappings)


def others(client: Client, consumer: Consumer) -> list[str]:
    """Return the functions that read the same queue through enabled mappings of their own: they go on."""
    pages = client("lambda").get_paginator("list_event_source_mappings").paginate(EventSourceArn=consumer.queue_arn)
    mappings = [mapping for page in pages for mapping in page["EventSourceMappings"]]
    mine = {*consumer.mapping_ids}
    return sorted(m["FunctionArn"] for m in mappings if m["UUID"] not in mine and m["State"] != "Disabled")


def size(message: Message) -> int:
    """Return about how many bytes a message has in an event."""
    return len(json.dumps(message, default=str)) + RECORD_BYTES


class _Poller:
    def __init__(
        self, sqs: Any, consumer: Consumer, work: Work, stop: threading.Event, lease: HeldLease, counts: Counts
    ) -> None:
        self._sqs, self._url, self._work, self._counts = sqs, consumer.existing_queue_url, work, counts
        self._stop, self._lease, self._mapping = stop, lease, Mapping.of(consumer)
        self._calls = LastingCalls(work.listener.tell)

    def run(self) -> None:
        with Received(self._sqs, self._url, self._visibility_timeout()) as received:
            self._received = received
            while self._goes_on():
                batch = self._collect()
                if not self._goes_on():
                    received.give_back(batch)
                elif batch:
                    self._finish(batch)

    def _goes_on(self) -> bool:
        return not self._stop.is_set() and not self._lease.problem

    def _visibility_timeout(self) -> int:
        names = ["VisibilityTimeout"]
        reply = self._calls.call(
            lambda: self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=names), self._goes_on
        )
        return int(reply["Attributes"]["VisibilityTimeout"]) if reply else 30

    def _collect(self) -> list[Message]:
        """Return the messages of the next batch: when it is full, or at the end of the window."""
        batch, end = list[Message](), 0.0
        while self._goes_on() and len(batch) < self._mapping.batch_size and sum(map(size, batch)) < MAX_EVENT_BYTES:
            if batch and time.monotonic() >= end:
                break
            wait = min(LONG_POLL, max(0, end - time.monotonic())) if batch else LONG_POLL
            new = self._receive(self._mapping.batch_size - len(batch), math.ceil(wait))
            if new and not batch:
                end = time.monotonic() + self._mapping.window
            batch += self._not_excluded(new)
        return self._fitting(self._received.still_held(batch))

    def _receive(self, most: int, wait: int) -> list[Message]:
        since = time.time()
        reply = self._calls.call(
            lambda: self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(most, MAX_ENTRIES),
                WaitTimeSeconds=wait,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            ),
            self._goes_on,
        )
        messages: list[Message] = reply.get("Messages", []) if reply else []
        self._received.add(messages, since)
        return messages

    def _not_excluded(self, messages: Sequence[Message]) -> list[Message]:
        """Delete what the mapping's filters exclude, as Lambda does; return the others."""
        excluded = [message for message in messages if self._work.passes(message) is False]
        if excluded:
            deleted = len(excluded) - self._delete(excluded)
            self._counts.excluded += deleted
            self._work.listener.tell(f"deleted {deleted:,} that the filters of the mapping exclude, as Lambda does")
        return [message for message in messages if message not in excluded]

    def _fitting(self, messages: list[Message]) -> list[Message]:
        """Return the messages that an event has room for, and give back the others."""
        total, count = 0, 0
        for message in messages:
            total += size(message)
            if count and total > MAX_EVENT_BYTES:
                break
            count += 1
        if messages[count:]:
            self._received.give_back(messages[count:])
        return messages[:count]

    def _finish(self, batch: list[Message]) -> None:
        """Handle a batch, and delete what was handled."""
        start = time.perf_counter()
        ids = [message["MessageId"] for message in batch]
        try:
            failed = self._work.handle(batch)
        except Exception:
            self._received.give_back(batch)
            raise
        self._received.release(failed)
        undeleted = self._delete([message for message in batch if message["MessageId"] not in failed])
        self._counts.failed += len(failed)
        self._counts.handled += len(batch) - len(failed)
        self._counts.undeleted += undeleted
        self._work.listener.on_batch(Batch(ids, failed, time.perf_counter() - start))

    def _delete(self, messages: Sequence[Message]) -> int:
        """Delete messages, which are held until that has succeeded; return the number of those that are not deleted.

        Goes on after Ctrl-C: handled messages must be deleted, as long as the lease lasts.
        """
        undeleted = 0
        for start in range(0, len(messages), MAX_ENTRIES):
            chunk = {str(number): each for number, each in enumerate(messages[start : start + MAX_ENTRIES])}
            left = self._calls.delete(self._delete_once, chunk, lambda: not self._lease.problem)
            undeleted += len(left)
        self._received.release([message["MessageId"] for message in messages])
        return undeleted

    def _delete_once(self, chunk: dict[str, Message]) -> list[dict[str, Any]]:
        entries = [{"Id": number, "ReceiptHandle": message["ReceiptHandle"]} for number, message in chunk.items()]
        return self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries).get("Failed", [])
