"""The index of a local queue's messages changes no answer: the same calls to ministack itself are the measure."""

# pyright: reportMissingTypeStubs=false

import importlib.util
import inspect
import itertools
import json
import random
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from consumers.local import queue_index
from consumers.local.queue_index import IndexedQueues, Message, Messages

DEAD, LIVE = 3, 3600  # maxReceiveCount; retention in seconds
RUN = 1000  # steps


class Clock:
    """Stands in for the module `time`."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def time(self) -> float:
        return self.now


class Side:
    """One copy of ministack's SQS, with a queue and its dead-letter queue. Its ids are numbers."""

    def __init__(self, clock: Clock, *, fifo: bool, index: bool) -> None:
        self.sqs: Any = copy_of_ministack()
        self.sqs.time, ids = clock, itertools.count()
        self.sqs.new_uuid = lambda: str(next(ids))
        if index:
            IndexedQueues(self.sqs).install()
        self.fifo, self.suffix = fifo, ".fifo" if fifo else ""
        kind = {"FifoQueue": "true"} if fifo else {}
        self.dead = self.call("CreateQueue", QueueName=f"dead{self.suffix}", Attributes=kind)["QueueUrl"]
        arn = f"arn:aws:sqs:us-east-1:000000000000:dead{self.suffix}"
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": DEAD})
        attributes = {"RedrivePolicy": policy, "MessageRetentionPeriod": str(LIVE), **kind}
        self.live = self.call("CreateQueue", QueueName=f"live{self.suffix}", Attributes=attributes)["QueueUrl"]

    def call(self, action: str, **data: Any) -> Any:
        """Return the answer, or the error's code."""
        try:
            answer = self.sqs._HANDLERS[action](data, data.get("QueueUrl", ""))
            return answer.send(None) if inspect.iscoroutine(answer) else answer
        except StopIteration as done:  # a receive without waiting never waits
            return done.value
        except self.sqs._Err as error:
            return error.code

    def send(self, number: int, group: str, delay: int) -> Any:
        body = {"QueueUrl": self.live, "MessageBody": str(number), "MessageGroupId": group}
        if self.fifo:
            return self.call("SendMessage", **body, MessageDeduplicationId=str(number))
        return self.call("SendMessage", **body, DelaySeconds=delay)


def copy_of_ministack() -> ModuleType:
    spec = importlib.util.find_spec("ministack.services.sqs")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


STEPS = (
    *("send", "send", "wait", "ReceiveMessage", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch"),
    *("ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "mapping", "GetQueueAttributes"),
)
RARE = ("PurgeQueue", "redrive")


def steps(seed: int) -> Iterator[tuple[Any, ...]]:
    """Yield random steps. Receipt handles are numbers, as message ids are: many exist, and some are old."""
    at = random.Random(seed)
    for number in range(RUN):
        name, handle = at.choice(["live", "live", "dead"]), at.randrange(max(1, 2 * number // 3 - 40), number + 2)
        handles = [str(handle + more) for more in range(at.randint(1, 6))]
        seconds = at.choice([0, 1, 30])
        match at.choice(RARE) if at.random() < 1 / 60 else at.choice(STEPS):
            case "send":
                yield "send", number, at.choice("abc"), at.choice([0, 0, 5])
            case "wait":
                yield "wait", at.choice([0.5, 0.5, 1, 5, 31, LIVE / 2 if at.random() < 0.2 else 2])
            case "ReceiveMessage":
                yield "ReceiveMessage", name, at.choice([1, 2, 10]), seconds
            case ("DeleteMessage" | "ChangeMessageVisibility") as one:
                yield one, name, handles[0], seconds
            case ("DeleteMessageBatch" | "ChangeMessageVisibilityBatch") as batch:
                yield batch, name, handles, seconds
            case "mapping":
                yield "mapping", handles
            case "redrive":
                yield "redrive", at.randint(1, 4)
            case action:
                yield action, name


def take(side: Side, step: Any) -> Any:
    """Take one step on one side; return what it answers."""
    action, *rest = step
    match action, rest:
        case "send", [number, group, delay]:
            return side.send(number, group, delay)
        case "mapping", [handles]:
            return side.sqs._delete_messages_for_esm(side.live, set(handles))
        case "redrive", [count]:
            policy = {"deadLetterTargetArn": f"arn:aws:sqs:us-east-1:000000000000:dead{side.suffix}"}
            attributes = {"RedrivePolicy": json.dumps({**policy, "maxReceiveCount": count})}
            return side.call("SetQueueAttributes", QueueUrl=side.live, Attributes=attributes)
        case _, [name, *rest]:
            return side.call(action, QueueUrl=getattr(side, name), **parameters(action, rest))
        case _:
            raise ValueError(step)


def parameters(action: str, rest: list[Any]) -> dict[str, Any]:
    match action, rest:
        case "ReceiveMessage", [most, visibility]:
            return {"MaxNumberOfMessages": most, "VisibilityTimeout": visibility, "AttributeNames": ["All"]}
        case (("DeleteMessage" | "ChangeMessageVisibility"), [handle, *timeout]):
            return {"ReceiptHandle": handle, **({"VisibilityTimeout": timeout[0]} if timeout else {})}
        case (("DeleteMessageBatch" | "ChangeMessageVisibilityBatch"), [handles, *timeout]):
            visibility = {"VisibilityTimeout": timeout[0]} if timeout else {}
            entries = [{"Id": str(n), "ReceiptHandle": handle, **visibility} for n, handle in enumerate(handles)]
            return {"Entries": entries}
        case _:
            return {}


@pytest.mark.parametrize("fifo", [False, True], ids=["standard", "fifo"])
@pytest.mark.parametrize("seed", range(6))
def test_an_indexed_queue_answers_as_ministack_does(seed: int, fifo: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(queue_index, "time", clock)
    plain, indexed = Side(clock, fifo=fifo, index=False), Side(clock, fifo=fifo, index=True)
    received = 0
    for number, step in enumerate(steps(seed)):
        if step[0] == "wait":
            clock.now += step[1]
            continue
        answer = take(indexed, step)
        assert answer == take(plain, step), (number, step)
        received += isinstance(answer, dict) and "Messages" in answer
    assert received > RUN / 20, "the run is too quiet to compare anything"


class Watched(dict[str, Any]):
    """A message that notes in `seen` that it was looked at."""

    seen: set[int]

    def __getitem__(self, key: str) -> Any:
        self.seen.add(id(self))
        return super().__getitem__(key)


class WatchedMessages(Messages):
    def __init__(self, seen: set[int], *, fifo: bool) -> None:
        super().__init__(fifo=fifo)
        self.seen = seen

    def append(self, message: Message) -> None:
        watched = Watched(message)
        watched.seen = self.seen
        super().append(watched)


@pytest.mark.parametrize("fifo", [False, True], ids=["standard", "fifo"])
def test_a_mapping_looks_at_the_messages_that_it_takes_not_at_those_that_wait(
    fifo: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(queue_index, "time", clock)
    side = Side(clock, fifo=fifo, index=True)
    seen = set[int]()
    side.sqs._queues[side.live]["messages"] = WatchedMessages(seen, fifo=fifo)
    for number in range(500):
        side.send(number, str(number % 50), 0)
    side.sqs._receive_messages_for_esm(side.live, 10)  # all of them become visible
    seen.clear()
    batch = side.sqs._receive_messages_for_esm(side.live, 10)
    side.sqs._delete_messages_for_esm(side.live, {message["receipt_handle"] for message in batch})
    assert len(batch) == 10
    assert seen == {id(message) for message in batch}
