"""A consumer of a test's own that can be attached to: a function, a queue and a mapping, without a program."""

import json
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from consumers.local.emulator import LocalAws
from consumers.operations import attaching, queues
from consumers.operations.attaching import Batch, Counts, Listener, Work
from consumers.operations.discovery import Client, Consumer
from consumers.operations.leases import TAG
from consumers.operations.pausing import Wait
from consumers.operations.received import Message
from on_local_aws import create_function

FUNCTION = "def handler(event, context): ..."
Handle = Callable[[Sequence[Message]], dict[str, str]]
MakeConsumer = Callable[..., Consumer]


@dataclass
class Attached:
    """An `attach` that runs in a thread, and what it has told."""

    consumer: Consumer
    batches: list[Batch] = field(default_factory=list[Batch])
    told: list[str] = field(default_factory=list[str])
    stop: threading.Event = field(default_factory=threading.Event)
    is_attached: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None
    counts: Counts | None = None
    thread: threading.Thread | None = None

    def end(self) -> Counts:
        """Press Ctrl-C; return the counts."""
        self.stop.set()
        assert self.thread
        self.thread.join(60)
        assert not self.thread.is_alive()
        if self.error:
            raise self.error
        assert self.counts
        return self.counts

    def fails(self) -> str:
        """Wait until it ends by itself, and return why."""
        assert self.thread
        self.thread.join(60)
        assert self.error, "it has not failed"
        return str(self.error)


def start(
    consumer: Consumer,
    client: Client,
    handle: Handle,
    passes: Callable[[Message], bool | None] = lambda message: True,
    *,
    by: str = "ann@laptop",
    attached: Attached | None = None,
) -> Attached:
    """Attach in a thread; return when it receives messages, or has failed."""
    new = attached or Attached(consumer)
    listener = Listener(new.is_attached.set, new.batches.append, new.told.append)

    def run() -> None:
        try:
            work = Work(handle, passes, listener)
            new.counts = attaching.attach(client, consumer, work, by=by, stop=new.stop, wait=Wait(60))
        except Exception as error:
            new.error = error
            new.is_attached.set()

    new.thread = threading.Thread(target=run, daemon=True)
    new.thread.start()
    assert new.is_attached.wait(60)
    return new


@contextmanager
def consumer(
    aws: LocalAws, name: str, *, visibility: int = 30, fifo: bool = False, receives: int = 100, **mapping: Any
) -> Generator[Consumer]:
    """Create it; at the end of the block it stops polling."""
    sqs, lambda_ = aws.client("sqs"), aws.client("lambda")
    create_function(aws, name, FUNCTION)
    function = lambda_.get_function_configuration(FunctionName=name)
    end, kind = (".fifo", {"FifoQueue": "true", "ContentBasedDeduplication": "true"}) if fifo else ("", {})
    dead = sqs.create_queue(QueueName=f"{name}-dlq{end}", Attributes=kind)["QueueUrl"]
    policy = json.dumps({"deadLetterTargetArn": _arn(sqs, dead), "maxReceiveCount": str(receives)})
    attributes = {**kind, "VisibilityTimeout": str(visibility), "RedrivePolicy": policy}
    url = sqs.create_queue(QueueName=f"{name}{end}", Attributes=attributes)["QueueUrl"]
    made = lambda_.create_event_source_mapping(FunctionName=name, EventSourceArn=_arn(sqs, url), **mapping)
    found = lambda_.get_event_source_mapping(UUID=made["UUID"])
    yield Consumer(name, "dev", "test", _arn(sqs, url), url, _arn(sqs, dead), dead, function, [found])
    with suppress(Exception):
        lambda_.delete_event_source_mapping(UUID=made["UUID"])


def _arn(sqs: Any, url: str) -> str:
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def state(aws: LocalAws, consumer: Consumer) -> tuple[str, bool]:
    """The state of the mapping, and whether there is a lease."""
    tags = aws.client("lambda").list_tags(Resource=consumer.function_arn)["Tags"]
    return aws.client("lambda").get_event_source_mapping(UUID=consumer.mapping_ids[0])["State"], TAG in tags


def send(aws: LocalAws, consumer: Consumer, *numbers: int, group: str = "g") -> None:
    fifo = {"MessageGroupId": group} if consumer.fifo else {}
    for start in range(0, len(numbers), 10):
        entries = [
            {"Id": str(number), "MessageBody": json.dumps({"id": number}), **fifo}
            for number in numbers[start : start + 10]
        ]
        reply = aws.client("sqs").send_message_batch(QueueUrl=consumer.queue_url, Entries=entries)
        assert not reply.get("Failed")


def depth(aws: LocalAws, consumer: Consumer) -> queues.Depth:
    return queues.depth(aws.client("sqs"), consumer.queue_url or "")


def numbers(messages: Sequence[Message]) -> list[int]:
    return [json.loads(message["Body"])["id"] for message in messages]


class Handler:
    """Records the batches, and reports some messages as failed."""

    def __init__(self, fails: Callable[[int, int], bool] = lambda number, time: False) -> None:
        self.batches: list[list[int]] = []
        self._fails = fails

    def __call__(self, messages: Sequence[Message]) -> dict[str, str]:
        seen = self.seen
        self.batches.append(numbers(messages))
        by_id = {message["MessageId"]: number for message, number in zip(messages, self.batches[-1], strict=True)}
        return {id: "no" for id, number in by_id.items() if self._fails(number, seen.count(number))}

    @property
    def seen(self) -> list[int]:
        return [number for batch in self.batches for number in batch]
