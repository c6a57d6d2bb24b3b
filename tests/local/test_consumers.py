"""Consumers of other kinds on the local AWS: bad bodies, FIFO with a poison message, loads, permissions."""

import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from consumers.evaluate.program import deploy
from consumers.local.emulator import LocalAws
from consumers.operations import logs, queues

ROOT = Path(__file__).parents[2]
HANDLER = """
import logging
from sqs_batch import Record, Reject, batch_handler

log = logging.getLogger()
log.setLevel(logging.INFO)

@batch_handler
def handle(record):
    hand = record.json
    if hand["kind"] == "poison":
        raise ValueError("poison")
    if hand["kind"] == "reject":
        raise Reject("no such player")
    log.info("did %s", hand["id"])
"""


class Consumer:
    """A consumer that is deployed for one test."""

    def __init__(self, aws: LocalAws, exports: dict[str, Any]) -> None:
        self.aws, self.exports, self.sqs = aws, exports, aws.client("sqs")

    def send(self, *bodies: str) -> None:
        queues.send(self.sqs, self.exports["queue"], bodies)

    def send_in_group(self, bodies: list[str], group: str) -> None:
        for number, body in enumerate(bodies):
            self.sqs.send_message(
                QueueUrl=self.exports["queue"],
                MessageBody=body,
                MessageGroupId=group,
                MessageDeduplicationId=f"{group}-{number}",
            )

    def lines(self, containing: str) -> list[str]:
        lines = logs.lines(self.aws.client("logs"), self.exports["logs"])
        return [line.partition(containing)[2] for line in lines if containing in line]

    def dead_letters(self) -> list[dict[str, Any]]:
        """Take every dead letter: peeking gives ten at the most."""
        letters: list[dict[str, Any]] = []
        while True:
            reply = self.sqs.receive_message(
                QueueUrl=self.exports["dlq"], MaxNumberOfMessages=10, MessageAttributeNames=["All"], WaitTimeSeconds=0
            )
            if not reply.get("Messages"):
                return letters
            letters += reply["Messages"]

    def is_empty(self) -> bool:
        return queues.depth(self.sqs, self.exports["queue"]).total == 0


def wait_until(done: Callable[[], Any], seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def consumer(aws: LocalAws, tmp_path: Path, name: str) -> Iterator[Callable[..., Consumer]]:
    """Deploys a consumer of HANDLER, or of another one, with these arguments."""
    deployed: list[Any] = []

    def make(handler: str = HANDLER, **args: Any) -> Consumer:
        (tmp_path / "function").mkdir()
        (tmp_path / "function" / "handler.py").write_text(handler)
        (tmp_path / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
        (tmp_path / "__main__.py").write_text(
            "import pulumi\nfrom components import QueueConsumer\n"
            f"c = QueueConsumer({name[:20] + name[-9:]!r}, {{'source': 'function', 'timeout': 10, **{args!r}}})\n"
            "pulumi.export('queue', c.queue_url)\npulumi.export('dlq', c.dead_letter_queue_url)\n"
            "pulumi.export('logs', c.log_group_name)\npulumi.export('mapping', c.mapping_id)\n"
        )
        exports = deploy(tmp_path, aws, stack="test").exports
        deployed.append(exports)
        return Consumer(aws, exports)

    yield make
    for exports in deployed:  # a poller that goes on would slow down the tests after this one
        with suppress(Exception):
            aws.client("lambda").delete_event_source_mapping(UUID=exports["mapping"])


def message(number: int, kind: str = "good") -> str:
    return json.dumps({"id": number, "kind": kind})


FAST = {"retry": {"base_delay_seconds": 1, "maximum_delay_seconds": 1}, "max_receive_count": 3}


def test_bad_bodies_of_every_kind_fail_alone_and_end_in_the_dead_letter_queue(
    consumer: Callable[..., Consumer],
) -> None:
    bad = ["not json", "{", "[]", "null", "7", '"text"', "{}", "\u00e9\U0001f0a1", '{"kind": null', " "]
    hands = consumer(**FAST)
    hands.send(*bad, *(message(number) for number in range(10)))
    wait_until(lambda: queues.depth(hands.sqs, hands.exports["dlq"]).total == len(bad))
    assert sorted(letter["Body"] for letter in hands.dead_letters()) == sorted(bad)
    assert sorted(int(line) for line in hands.lines("did ")) == list(range(10))
    assert hands.is_empty()


def test_one_poison_and_nine_good_messages_in_a_fifo_group_are_nine_handled_in_order_and_one_dead(
    consumer: Callable[..., Consumer],
) -> None:
    hands = consumer(fifo=True, **FAST)
    bodies = [message(0, "poison"), *(message(number) for number in range(1, 10))]
    hands.send_in_group(bodies, "table-1")
    wait_until(lambda: len(hands.lines("did ")) >= 9 and queues.depth(hands.sqs, hands.exports["dlq"]).total == 1)
    assert [int(line) for line in hands.lines("did ")] == list(range(1, 10))
    (letter,) = hands.dead_letters()
    assert letter["Body"] == bodies[0]
    assert json.loads(letter["MessageAttributes"]["Rejected"]["StringValue"])["reason"] == "poison"
    wait_until(hands.is_empty)


def test_a_rejected_message_is_dead_at_once_with_the_reason(consumer: Callable[..., Consumer]) -> None:
    hands = consumer()  # without retries a failure would come back after a minute
    hands.send(message(1), message(2, "reject"))
    wait_until(lambda: queues.depth(hands.sqs, hands.exports["dlq"]).total == 1, seconds=15)
    (letter,) = hands.dead_letters()
    told = json.loads(letter["MessageAttributes"]["Rejected"]["StringValue"])
    assert (letter["Body"], told["reason"], told["receiveCount"]) == (message(2, "reject"), "no such player", 1)
    wait_until(hands.is_empty)


def test_records_are_counted_in_log_lines_that_cloudwatch_can_read(consumer: Callable[..., Consumer]) -> None:
    hands = consumer(function={"record_metrics": True}, **FAST)
    hands.send(message(1), message(2, "poison"), message(3, "reject"), message(4))
    wait_until(lambda: queues.depth(hands.sqs, hands.exports["dlq"]).total == 2)
    lines = logs.lines(hands.aws.client("logs"), hands.exports["logs"])
    counted = [json.loads(line) for line in lines if line.startswith('{"_aws":')]
    totals = {name: sum(one[name] for one in counted) for name in ("Handled", "Failed", "Rejected", "NotStarted")}
    assert totals == {"Handled": 2, "Failed": 3, "Rejected": 1, "NotStarted": 0}


def test_of_five_hundred_messages_nothing_is_lost_and_only_poison_is_dead(consumer: Callable[..., Consumer]) -> None:
    kinds = random.Random(7).choices(("good", "poison"), (95, 5), k=500)
    hands = consumer(**FAST)
    hands.send(*(message(number, kind) for number, kind in enumerate(kinds)))
    poison = {number for number, kind in enumerate(kinds) if kind == "poison"}
    wait_until(lambda: queues.depth(hands.sqs, hands.exports["dlq"]).total == len(poison))
    wait_until(hands.is_empty)
    dead = {json.loads(letter["Body"])["id"] for letter in hands.dead_letters()}
    handled = [int(line) for line in hands.lines("did ")]
    assert dead == poison
    assert set(handled) == set(range(500)) - poison


BOTO3 = """
import logging, os
import boto3
from sqs_batch import batch_handler

log = logging.getLogger()
log.setLevel(logging.INFO)

@batch_handler
def handle(record):
    sqs = boto3.client("sqs")
    try:
        sqs.{call}
        log.info("did it")
    except Exception as error:
        log.info("denied %s", error)
"""


@pytest.mark.parametrize(
    ("call", "allowed"),
    [
        ('send_message(QueueUrl=os.environ["SQS_BATCH_DEAD_LETTER_QUEUE_URL"], MessageBody="x")', True),
        ('send_message(QueueUrl=os.environ["QUEUE"], MessageBody="x")', False),
        ('purge_queue(QueueUrl=os.environ["SQS_BATCH_DEAD_LETTER_QUEUE_URL"])', False),
        ("list_queues()", False),
    ],
)
def test_a_function_may_do_what_its_consumer_needs_and_nothing_else(
    consumer: Callable[..., Consumer], aws: LocalAws, name: str, call: str, allowed: bool
) -> None:
    other = aws.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    hands = consumer(BOTO3.format(call=call), environment={"QUEUE": other})
    hands.send("{}")
    wait_until(lambda: hands.lines("did it") or hands.lines("denied "))
    assert bool(hands.lines("did it")) is allowed


def test_what_policy_statements_allow_the_function_may_do(
    consumer: Callable[..., Consumer], aws: LocalAws, name: str
) -> None:
    sqs = aws.client("sqs")
    other = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=other, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn}
    call = 'send_message(QueueUrl=os.environ["QUEUE"], MessageBody="x")'
    hands = consumer(BOTO3.format(call=call), environment={"QUEUE": other}, policy_statements=[statement])
    hands.send("{}")
    wait_until(lambda: hands.lines("did it") or hands.lines("denied "))
    assert hands.lines("did it") == [""]


def test_a_consumer_that_is_paused_reads_nothing(consumer: Callable[..., Consumer]) -> None:
    hands = consumer(mapping={"enabled": False})
    hands.send(message(1))
    time.sleep(1)
    assert queues.depth(hands.sqs, hands.exports["queue"]).visible == 1
    assert hands.lines("did ") == []
