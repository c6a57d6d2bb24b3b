"""A simulated FIFO queue and many invocations: every message is handled once and in order, or dead-lettered."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sqs_batch import Record, Reject
from sqs_events import FIFO_DLQ_URL, Deployed, FakeSqs, Raw, deploy, event_of, failed_ids, fifo_record, later


@dataclass(eq=False)
class Message:
    name: str
    group: str
    receives: int = 0
    visible_at: int = 0

    def received(self) -> Raw:
        return fifo_record(self.name, self.group, id=self.name, receives=self.receives)


class FifoQueue(FakeSqs):
    """A FIFO queue with its redrive policy and Lambda's poller.

    Like SQS, it delivers no message of a group while another is in flight, and at the next receive after
    `max_receive_count` it moves a message to the dead-letter queue.
    """

    def __init__(self, messages: list[Message], max_receive_count: int, broken: bool = False) -> None:
        super().__init__(**({"send_message": OSError("no route")} if broken else {}))
        self.messages: list[Message] = messages
        self.max_receive_count = max_receive_count
        self.broken = broken
        self.now: int = 0
        self.moved: list[str] = []  # by SQS

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
        """Poll, invoke, and delete the messages that are not reported, until the queue is empty."""
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

    def change_message_visibility_batch(self, **parameters: Any) -> Any:
        by_handle = {f"handle of {message.name}": message for message in self.messages}
        for entry in parameters["Entries"]:
            by_handle[entry["ReceiptHandle"]].visible_at = self.now + entry["VisibilityTimeout"]
        return super().change_message_visibility_batch(**parameters)

    def dead(self) -> list[str]:
        return self.moved + [sent["MessageDeduplicationId"] for sent in self.sent() if not self.broken]


class Function:
    """Fails the first attempts of some messages, rejects others, and records what it handled."""

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


POISON = 1000
RETRY: dict[str, Any] = {"retry_base_delay_seconds": 1, "retry_maximum_delay_seconds": 9}


def test_by_aws_s_plain_rule_ten_messages_with_one_poison_would_all_be_dead() -> None:
    """This is why the runtime sends poison messages itself. It also validates the simulated queue."""
    function, queue = Function({"0": POISON}), FifoQueue([Message(str(number), "table") for number in range(10)], 3)
    queue.drain(deploy(function, queue))
    assert (function.handled, len(queue.moved)) == ([], 10)


@given(
    data=st.data(),
    groups=st.lists(st.sampled_from("abc"), min_size=1, max_size=25),
    max_receive_count=st.integers(1, 5),
)
def test_every_message_is_handled_once_and_in_order_or_dead_and_none_is_dead_untried(
    data: st.DataObject, groups: str, max_receive_count: int
) -> None:
    messages = [Message(f"{group}-{number:02}", group) for number, group in enumerate(groups)]
    names = st.sampled_from([message.name for message in messages])
    failures = data.draw(st.dictionaries(names, st.sampled_from([1, 2, 3, POISON])))
    function = Function(failures, rejects=data.draw(st.frozensets(names, max_size=3)))
    queue = FifoQueue(messages, max_receive_count, broken=data.draw(st.booleans()))
    code = later(function.__call__) if data.draw(st.booleans()) else function
    optional: list[dict[str, Any]] = [{"dead_letter_queue_url": FIFO_DLQ_URL}, RETRY]
    some = {name: value for settings in optional if data.draw(st.booleans()) for name, value in settings.items()}
    queue.drain(deploy(code, queue, max_receive_count=max_receive_count, **some))

    assert sorted(function.handled + queue.dead()) == sorted(message.name for message in messages)
    for group in "abc":
        in_order = [name for name in function.handled if name.startswith(group)]
        assert in_order == sorted(in_order)
    assert all(function.tries[name] for name in queue.dead())
    assert all(name in function.rejects or name in function.failures for name in queue.dead())
    if "dead_letter_queue_url" in some and not queue.broken:
        assert queue.moved == []
