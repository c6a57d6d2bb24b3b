"""A producer on the local AWS: a function that sends to another consumer's queue with `sqs_send`."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from deployed_program import DeployedProgram

PRODUCER = """
import os
from sqs_batch import batch_handler
from sqs_send import Message, send

@batch_handler
def handle(record):
    order = record.json
    send(os.environ["QUEUE_URL"], (Message(hand, hand["table"]) for hand in order["hands"]))
    if record.receive_count <= order.get("failures", 0):
        raise RuntimeError("after it has sent")
"""
RETRIED_ONCE = """{
    "source": "producer",
    "environment": {"QUEUE_URL": hands.queue_url},
    "policy_statements": hands.send_statements(),
    "max_receive_count": 2,
    "retry": {"base_delay_seconds": 1, "maximum_delay_seconds": 1},
}"""
HANDS = [{"table": f"table-{number % 3}", "hand": number} for number in range(25)]


Sent = Callable[..., list[tuple[str, int]]]


@pytest.fixture
def sent(program: DeployedProgram) -> Sent:
    """Deploys a producer and the consumer to which it sends, with these arguments; orders the hands once.

    Returns each hand that arrives with its group. An order that fails is sent twice, and then a dead letter.
    """

    def order(failures: int = 0, **args: Any) -> list[tuple[str, int]]:
        program.write("hands/handler.py", "def handle(event, context): ...\n")
        program.write("producer/handler.py", PRODUCER)
        args = {"source": "hands", "mapping": {"enabled": False}, **args}
        hands = f"hands = QueueConsumer({program.name + 'h'!r}, {args!r})\npulumi.export('hands', hands.queue_url)"
        program.write_consumer(RETRIED_ONCE, hands)
        program.deploy()
        program.send(json.dumps({"hands": HANDS, "failures": failures}))
        if failures:
            assert len(program.take("dlq", 20)) == 1
        arrived = program.take("hands", 20, 1)
        return [(one["Attributes"]["MessageGroupId"], json.loads(one["Body"])["hand"]) for one in arrived]

    return order


def test_a_standard_queue_receives_each_hand_once_with_its_group(sent: Sent) -> None:
    assert sorted(sent()) == sorted((hand["table"], hand["hand"]) for hand in HANDS)


def test_a_fifo_queue_receives_each_hand_once_and_in_order_although_the_producer_is_retried(sent: Sent) -> None:
    arrived = sent(failures=2, fifo=True)
    for table in {hand["table"] for hand in HANDS}:
        expected = [hand["hand"] for hand in HANDS if hand["table"] == table]
        assert [hand for group, hand in arrived if group == table] == expected
    assert len(arrived) == 25
