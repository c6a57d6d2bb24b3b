"""A producer on the local AWS: a function that sends by `sqs_send` to the queue of another consumer."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from consumers.evaluate.program import deploy
from consumers.local.emulator import LocalAws
from consumers.operations import logs

PRODUCER = """
import os
from sqs_batch import batch_handler
from sqs_send import Message, send

@batch_handler
def handle(record):
    order = record.json
    for hand in order["hands"]:
        hand["cards"] = "x" * hand.get("bytes", 0)
    send(os.environ["QUEUE_URL"], (Message(hand, hand["table"]) for hand in order["hands"]))
    if record.receive_count <= order.get("failures", 0):
        raise RuntimeError("it has sent, and fails all the same")
"""
PROGRAM = """
import pulumi
from components import QueueConsumer

hands = QueueConsumer({name!r} + "-h", {{"source": "hands", "mapping": {{"enabled": False}}, **{hands!r}}})
producer = QueueConsumer({name!r} + "-p", {{
    "source": "producer",
    "environment": {{"QUEUE_URL": hands.queue_url}},
    "policy_statements": hands.send_statements() if {granted!r} else [],
    "max_receive_count": 2,
    "retry": {{"base_delay_seconds": 1, "maximum_delay_seconds": 1}},
}})
for key, value in {{"hands": hands.queue_url, "orders": producer.queue_url, "mapping": producer.mapping_id,
                   "dead": producer.dead_letter_queue_url, "logs": producer.log_group_name}}.items():
    pulumi.export(key, value)
"""
HANDS = [{"table": f"table-{number % 3}", "hand": number} for number in range(25)]


class Producer:
    """A producer that is deployed for one test, and the consumer that it sends to, which does not read."""

    def __init__(self, aws: LocalAws, exports: dict[str, str]) -> None:
        self.sqs, self.logs, self.exports = aws.client("sqs"), aws.client("logs"), exports

    def order(self, **order: Any) -> str:
        body = json.dumps(order)
        self.sqs.send_message(QueueUrl=self.exports["orders"], MessageBody=body)
        return body

    def sent(self, number: int) -> list[tuple[str, int]]:
        """Wait for this many hands, and look for a second whether more come: each with its group."""
        messages = list(self._take("hands", number))
        return [(one["Attributes"]["MessageGroupId"], json.loads(one["Body"])["hand"]) for one in messages]

    def dead(self) -> list[str]:
        return [message["Body"] for message in self._take("dead", 1)]

    def has_logged(self, text: str) -> bool:
        return any(text in line for line in logs.lines(self.logs, self.exports["logs"]))

    def _take(self, queue: str, number: int) -> Iterator[dict[str, Any]]:
        end, url, left = time.monotonic() + 40, self.exports[queue], number
        while True:
            messages = self.sqs.receive_message(
                QueueUrl=url, WaitTimeSeconds=1, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
            ).get("Messages", [])
            if not messages and left <= 0:
                return
            assert messages or time.monotonic() < end, f"{left} of {number} messages did not come in time"
            left -= len(messages)
            for message in messages:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                yield message


@pytest.fixture
def producer(aws: LocalAws, tmp_path: Path, name: str) -> Iterator[Callable[..., Producer]]:
    """Deploys a producer, and the consumer that it sends to, with these arguments."""
    deployed: list[Producer] = []

    def make(granted: bool = True, **hands: Any) -> Producer:
        for folder, code in (("hands", "def handle(event, context): ...\n"), ("producer", PRODUCER)):
            (tmp_path / folder).mkdir()
            (tmp_path / folder / "handler.py").write_text(code)
        (tmp_path / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
        program = PROGRAM.format(name=name[:20] + name[-9:], granted=granted, hands=hands)
        (tmp_path / "__main__.py").write_text(program)
        deployed.append(Producer(aws, deploy(tmp_path, aws, stack="test").exports))
        return deployed[0]

    yield make
    for one in deployed:  # a poller that goes on would slow down the tests after this one
        with suppress(Exception):
            aws.client("lambda").delete_event_source_mapping(UUID=one.exports["mapping"])


def test_hands_come_to_a_standard_queue_each_once_and_with_its_group(producer: Callable[..., Producer]) -> None:
    made = producer()
    made.order(hands=HANDS)
    assert sorted(made.sent(25)) == sorted((hand["table"], hand["hand"]) for hand in HANDS)


def test_a_fifo_queue_keeps_the_order_of_a_group_and_takes_each_hand_once_though_its_producer_is_tried_again(
    producer: Callable[..., Producer],
) -> None:
    made = producer(fifo=True)
    again = made.order(hands=HANDS, failures=2)
    assert made.dead() == [again]  # so it has sent twice
    sent = made.sent(25)
    for table in {hand["table"] for hand in HANDS}:
        assert [hand for group, hand in sent if group == table] == [
            hand["hand"] for hand in HANDS if hand["table"] == table
        ]
    assert len(sent) == 25


def test_without_the_grant_nothing_is_sent_and_the_producers_message_comes_back_and_is_kept(
    producer: Callable[..., Producer],
) -> None:
    made = producer(granted=False)
    refused = made.order(hands=HANDS)
    assert made.dead() == [refused]
    assert made.has_logged("AccessDenied")
    assert made.sent(0) == []


@pytest.mark.parametrize("largest", [2048, None], ids=["than-the-queue-takes", "than-any-queue-takes"])
def test_of_hands_one_of_which_is_too_large_all_others_are_sent_and_the_producer_is_told(
    producer: Callable[..., Producer], largest: int | None
) -> None:
    made = producer(queue={"max_message_size": largest} if largest else {})
    too_large = {"table": "table-1", "hand": 99, "bytes": largest or 1_048_576}
    refused = made.order(hands=[*HANDS[:5], too_large, *HANDS[5:]])
    assert made.dead() == [refused]
    assert made.has_logged("1 of 26 messages were not sent")
    assert {hand for _, hand in made.sent(50)} == {hand["hand"] for hand in HANDS}
