"""FIFO queues: the order within a group, after failures too; one invocation, and many with a simulated queue."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqs_batch import Record, Reject
from sqs_events import BOTH, FIFO_DLQ_URL, Deployed, FakeSqs, Raw, deploy, event_of, failed_ids, fifo_record, later

LAST: dict[str, Any] = {"max_receive_count": 3}
SEND: dict[str, Any] = {"dead_letter_queue_url": FIFO_DLQ_URL}
DOWN = OSError("no route")


class Case(NamedTuple):
    messages: str
    """Body, group, and receive count if it is not 1: `bad:a:3`."""
    settings: dict[str, Any]
    failed: list[int] = []  # noqa: RUF012
    """Indices of the messages that are reported."""
    sent: list[int] = []  # noqa: RUF012
    visible: list[int] = []  # noqa: RUF012
    """Indices of the messages whose visibility timeout becomes 0."""
    answer: Any = None
    """Replaces the answer to SendMessage."""


CASES = {
    "a handled group": Case("good:a good:a", LAST | SEND),
    "the rest of a failed group returns": Case("good:a bad:a good:a good:a", LAST | SEND, [1, 2, 3], visible=[2, 3]),
    "without permissions no visibility timeout is changed": Case("bad:a good:a", LAST, [0, 1]),
    "other groups continue": Case("good:a good:a bad:b good:b good:a bad:c", LAST, [2, 3, 5]),
    "the last receive is dead-lettered and its group continues": Case("bad:a:3 good:a:3", LAST | SEND, sent=[0]),
    "one receive too many is dead-lettered too": Case("bad:a:4", LAST | SEND, sent=[0]),
    "before the last receive the group returns": Case("bad:a:2 good:a:2", LAST | SEND, [0, 1], visible=[1]),
    "without a receive count no receive is the last": Case("bad:a:3 good:a:3", SEND, [0, 1], visible=[1]),
    "without the queue SQS moves the poison": Case("bad:a:3 good:a:3", LAST, [0]),
    "a failed send": Case("bad:a:3 good:a:3", LAST | SEND, [0], [0], [0], DOWN),
    "an unconfirmed send": Case("bad:a:3 good:a:3", LAST | SEND, [0], [0], [0], {}),
    "a reject is dead-lettered and its group continues": Case("reject:a good:a", LAST | SEND, sent=[0]),
    "a reject whose send fails blocks its group": Case("reject:a good:a", LAST | SEND, [0, 1], [0], [1], DOWN),
}


def message(text: str) -> Raw:
    body, group, receives = [*text.split(":"), "1"][:3]
    return fifo_record(body, group, receives=int(receives))


@BOTH
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_failure_in_a_fifo_group(case: Case, function: Any) -> None:
    raws = [message(text) for text in case.messages.split()]
    sqs = FakeSqs() if case.answer is None else FakeSqs(send_message=case.answer)
    assert deploy(function, sqs, **case.settings).failed(*raws) == [raws[index]["messageId"] for index in case.failed]
    expected = [(raws[index]["messageId"], raws[index]["body"], "a", FIFO_DLQ_URL) for index in case.sent]
    fields = ("MessageDeduplicationId", "MessageBody", "MessageGroupId", "QueueUrl")
    assert [tuple(sent[field] for field in fields) for sent in sqs.sent()] == expected
    assert sqs.timeouts() == {raws[index]["messageId"]: 0 for index in case.visible}
    urls = {parameters["QueueUrl"] for _, parameters in sqs.calls if "Entries" in parameters}
    assert urls == ({FIFO_DLQ_URL.replace("-dlq", "")} if case.visible else set())


# A simulated queue


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
