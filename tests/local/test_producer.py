"""A producer on the local AWS: a function that sends to another consumer's queue with `sqs_send`."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from consumers.local.emulator import LocalAws
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


class Producer(DeployedProgram):
    """A producer, and a consumer of hands that does not poll its queue."""

    def order(self, **order: Any) -> str:
        body = json.dumps(order)
        self.send(body)
        return body

    def sent(self, number: int) -> list[tuple[str, int]]:
        """Wait for this many hands, and a second for more; return each with its group."""
        messages = list(self._take("hands", number))
        return [(one["Attributes"]["MessageGroupId"], json.loads(one["Body"])["hand"]) for one in messages]

    def dead(self) -> list[str]:
        return [message["Body"] for message in self._take("dlq", 1)]

    def _take(self, queue: str, number: int) -> Iterator[dict[str, Any]]:
        end, url, left = time.monotonic() + 40, self.exports[queue], number
        while True:
            messages = self.sqs.receive_message(
                QueueUrl=url, WaitTimeSeconds=1, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
            ).get("Messages", [])
            if not messages and left <= 0:
                return
            assert messages or time.monotonic() < end, f"{left} of {number} messages did not arrive in time"
            left -= len(messages)
            for message in messages:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                yield message


@pytest.fixture
def deploy(aws: LocalAws, tmp_path: Path, name: str) -> Iterator[Callable[..., Producer]]:
    """Deploys a producer, and the consumer to which it sends, with these arguments."""
    producer = Producer(aws, tmp_path, name)

    def with_consumer(**args: Any) -> Producer:
        producer.write("hands/handler.py", "def handle(event, context): ...\n")
        producer.write("producer/handler.py", PRODUCER)
        args = {"source": "hands", "mapping": {"enabled": False}, **args}
        hands = f"hands = QueueConsumer({producer.name + 'h'!r}, {args!r})\npulumi.export('hands', hands.queue_url)"
        producer.write_consumer(RETRIED_ONCE, hands)
        producer.deploy()
        return producer

    yield with_consumer
    producer.stop_polling()


def test_a_standard_queue_receives_each_hand_once_with_its_group(deploy: Callable[..., Producer]) -> None:
    made = deploy()
    made.order(hands=HANDS)
    assert sorted(made.sent(25)) == sorted((hand["table"], hand["hand"]) for hand in HANDS)


def test_a_fifo_queue_receives_each_hand_once_and_in_order_although_the_producer_is_retried(
    deploy: Callable[..., Producer],
) -> None:
    made = deploy(fifo=True)
    again = made.order(hands=HANDS, failures=2)
    assert made.dead() == [again]  # so the producer has sent the hands twice
    sent = made.sent(25)
    for table in {hand["table"] for hand in HANDS}:
        assert [hand for group, hand in sent if group == table] == [
            hand["hand"] for hand in HANDS if hand["table"] == table
        ]
    assert len(sent) == 25
