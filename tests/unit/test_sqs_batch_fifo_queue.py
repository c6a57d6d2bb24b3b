"""FIFO over many invocations, on a queue that counts receives: every message is handled once, in order, or dead."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqs_batch import Record, Reject
from sqs_events import FIFO_DLQ_URL, Deployed, FakeSqs, Raw, deploy, event_of, failed_ids, fifo_record


@dataclass(eq=False)
class Message:
    name: str
    group: str
    receives: int = 0
    visible_at: int = 0

    def received(self) -> Raw:
        return fifo_record(self.name, self.group, id=self.name, receives=self.receives)


class FifoQueue(FakeSqs):
    """A FIFO queue with its redrive policy, its dead-letter queue, and the Lambda poller that reads it.

    As SQS does it: a group of which a message is in flight gives out no other; a message that was received
    `max_receive_count` times is not received again but moved.
    """

    def __init__(self, messages: list[Message], max_receive_count: int, broken: bool = False) -> None:
        super().__init__()
        self.messages: list[Message] = list(messages)
        self.max_receive_count = max_receive_count
        self.broken = broken
        self.now: int = 0
        self.moved: list[str] = []  # by SQS
        self.sent_by_runtime: list[str] = []

    def receive(self) -> list[Message]:
        batch: list[Message] = []
        blocked: set[str] = set()
        for message in list(self.messages):
            if message.group in blocked or message.visible_at > self.now:
                blocked.add(message.group)
            elif message.receives >= self.max_receive_count:
                self.messages.remove(message)
                self.moved.append(message.name)
            elif len(batch) < 10:
                message.receives += 1
                batch.append(message)
        for message in batch:
            message.visible_at = self.now + 60
        return batch

    def drain(self, handle: Deployed) -> None:
        """Poll, invoke, and delete what the reply does not report, until the queue is empty."""
        for _ in range(1000):
            if not self.messages:
                return
            batch = self.receive()
            if batch:
                failed = failed_ids(handle(event_of(*(message.received() for message in batch))))
                handled = [message for message in batch if message.name not in failed]
                self.messages = [message for message in self.messages if message not in handled]
            elif self.messages:
                self.now = min(message.visible_at for message in self.messages if message.visible_at > self.now)
        raise AssertionError(f"the queue never became empty: {self.messages}")

    def send_message(self, **parameters: Any) -> Any:
        if self.broken:
            raise OSError("no route")
        self.sent_by_runtime.append(parameters["MessageDeduplicationId"])
        return super().send_message(**parameters)

    def change_message_visibility_batch(self, **parameters: Any) -> Any:
        by_handle = {message.received()["receiptHandle"]: message for message in self.messages}
        for entry in parameters["Entries"]:
            by_handle[entry["ReceiptHandle"]].visible_at = self.now + entry["VisibilityTimeout"]
        return super().change_message_visibility_batch(**parameters)

    def dead(self) -> list[str]:
        return self.moved + self.sent_by_runtime


class Function:
    """Fails where `failures` says so, for the first so many tries; remembers what it tried and what it handled."""

    def __init__(self, failures: dict[str, int] | None = None, rejects: frozenset[str] = frozenset()) -> None:
        self.failures = failures or {}
        self.rejects = rejects
        self.tries: Counter[str] = Counter()
        self.handled: list[str] = []

    def __call__(self, record: Record) -> None:
        self.tries[record.body] += 1
        if record.body in self.rejects:
            raise Reject("never")
        if self.tries[record.body] <= self.failures.get(record.body, 0):
            raise ValueError("it is bad")
        self.handled.append(record.body)

    async def later(self, record: Record) -> None:
        self(record)


POISON = 1000
HANDS = [Message(f"hand-{number}", "table") for number in range(10)]


def fresh(messages: list[Message]) -> list[Message]:
    return [Message(message.name, message.group) for message in messages]


@pytest.mark.parametrize("poison", range(10))
@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("retry", [{}, {"retry_base_delay_seconds": 1, "retry_maximum_delay_seconds": 9}])
def test_ten_messages_one_poison_nine_are_handled_in_order_and_one_is_dead(
    poison: int, is_async: bool, retry: dict[str, int]
) -> None:
    function, queue = Function({f"hand-{poison}": POISON}), FifoQueue(fresh(HANDS), 3)
    code = function.later if is_async else function
    queue.drain(deploy(code, queue, max_receive_count=3, dead_letter_queue_url=FIFO_DLQ_URL, **retry))
    assert function.handled == [f"hand-{number}" for number in range(10) if number != poison]
    assert (queue.sent_by_runtime, queue.moved) == ([f"hand-{poison}"], [])


def test_by_the_plain_rule_of_aws_all_ten_would_be_dead() -> None:
    """Why the runtime sends the poison itself; it shows, too, that this queue counts as SQS does."""
    function, queue = Function({"hand-0": POISON}), FifoQueue(fresh(HANDS), 3)
    queue.drain(deploy(function, queue))
    assert function.handled == []
    assert len(queue.moved) == 10


def test_where_the_dead_letter_queue_cannot_be_reached_the_nine_are_handled_all_the_same() -> None:
    function, queue = Function({"hand-0": POISON}), FifoQueue(fresh(HANDS), 3, broken=True)
    queue.drain(deploy(function, queue, max_receive_count=3, dead_letter_queue_url=FIFO_DLQ_URL))
    assert function.handled == [f"hand-{number}" for number in range(1, 10)]
    assert queue.moved == ["hand-0"]


def test_without_the_permission_to_send_the_nine_are_handled_all_the_same() -> None:
    function, queue = Function({"hand-0": POISON}), FifoQueue(fresh(HANDS), 3)
    queue.drain(deploy(function, queue, max_receive_count=3))
    assert function.handled == [f"hand-{number}" for number in range(1, 10)]
    assert (queue.moved, queue.sent_by_runtime) == (["hand-0"], [])


def test_a_message_that_succeeds_on_its_last_receive_is_handled_in_order() -> None:
    function, queue = Function({"hand-4": 2}), FifoQueue(fresh(HANDS), 3)
    queue.drain(deploy(function, queue, max_receive_count=3, dead_letter_queue_url=FIFO_DLQ_URL))
    assert function.handled == [f"hand-{number}" for number in range(10)]
    assert queue.dead() == []


groups = st.lists(st.sampled_from("abc"), min_size=1, max_size=25)


@given(data=st.data(), groups=groups, max_receive_count=st.integers(1, 5))
def test_every_message_is_handled_once_and_in_order_or_dead_and_none_is_dead_untried(
    data: st.DataObject, groups: str, max_receive_count: int
) -> None:
    messages = [Message(f"{group}-{number:02}", group) for number, group in enumerate(groups)]
    names = st.sampled_from([message.name for message in messages])
    failures = data.draw(st.dictionaries(names, st.sampled_from([1, 2, 3, POISON])))
    function = Function(failures, rejects=data.draw(st.frozensets(names, max_size=3)))
    queue = FifoQueue(messages, max_receive_count, broken=data.draw(st.booleans()))
    retry = data.draw(st.sampled_from([{}, {"retry_base_delay_seconds": 1, "retry_maximum_delay_seconds": 30}]))
    code = function.later if data.draw(st.booleans()) else function
    settings = {"max_receive_count": max_receive_count, "dead_letter_queue_url": FIFO_DLQ_URL}
    queue.drain(deploy(code, queue, **settings, **retry))

    assert sorted(function.handled + queue.dead()) == sorted(message.name for message in messages)
    for group in "abc":
        in_order = [name for name in function.handled if name.startswith(group)]
        assert in_order == sorted(in_order)
    assert all(function.tries[name] for name in queue.dead())
    assert all(name in function.rejects or name in function.failures for name in queue.dead())
