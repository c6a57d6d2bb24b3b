"""FIFO queues, one invocation: the order within a group, and what happens to the rest of it after a failure."""

from typing import Any, NamedTuple

import pytest

from sqs_events import BOTH, FIFO_DLQ_URL, FakeSqs, Raw, deploy, fifo_record

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
