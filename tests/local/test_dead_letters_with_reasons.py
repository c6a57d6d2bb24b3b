"""Dead letters of a standard queue that say why, on the local AWS."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from consumers.evaluate.program import Deployment
from consumers.local.emulator import LocalAws
from consumers.operations import logs, queues
from on_local_aws import short, wait_until

HANDLER = """
from sqs_batch import Reject, batch_handler

@batch_handler
def handle(record):
    if record.body == "reject":
        raise Reject("no such player")
    if record.body != "good":
        raise KeyError(record.body)
"""
PROGRAM = """
import pulumi
from components import QueueConsumer

made = QueueConsumer({name!r}, {args!r})
pulumi.export("queue", made.queue_url)
pulumi.export("dlq", made.dead_letter_queue_url)
pulumi.export("logs", made.log_group_name)
"""
ARGS: dict[str, Any] = {
    "source": "function",
    "timeout": 10,
    "max_receive_count": 2,
    "retry": {"base_delay_seconds": 1, "maximum_delay_seconds": 1},
    "dead_letter_queue": {"reasons": True},
}
NEVER_SEND = {"Effect": "Deny", "Action": "sqs:SendMessage", "Resource": "*"}


class Hands:
    """A consumer with reasons."""

    def __init__(self, aws: LocalAws, exports: dict[str, Any]) -> None:
        self.sqs, self.logs = aws.client("sqs"), aws.client("logs")
        self.queue, self.dlq, self.log_group = (exports[part] for part in ("queue", "dlq", "logs"))

    def dead(self, count: int) -> list[dict[str, Any]]:
        """Wait for so many dead letters, and an empty queue; return them in the order of their bodies."""
        wait_until(lambda: self.depth(self.dlq) == count and not self.depth(self.queue))
        letters: list[dict[str, Any]] = []
        while len(letters) < count:
            received = self.sqs.receive_message(
                QueueUrl=self.dlq, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
            )
            letters += received["Messages"]
        return sorted(letters, key=lambda letter: letter["Body"])

    def depth(self, url: str) -> int:
        return queues.depth(self.sqs, url).total


Deploy = Callable[..., Hands]


@pytest.fixture
def hands(aws: LocalAws, deployed: Callable[..., Deployment], name: str) -> Deploy:
    def deploy(**args: Any) -> Hands:
        return Hands(aws, deployed(PROGRAM.format(name=short(name), args={**ARGS, **args}), HANDLER).exports)

    return deploy


def why(letter: dict[str, Any]) -> dict[str, Any]:
    return json.loads(letter["MessageAttributes"]["Rejected"]["StringValue"])


def test_a_poison_message_is_dead_with_its_reason_and_unchanged(hands: Deploy) -> None:
    made = hands()
    attributes = {
        "tenant": {"DataType": "String", "StringValue": "acmé"},
        "pot": {"DataType": "Number.chips", "StringValue": "12.50"},
        "card": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    body = '{"♠": "\U0001f0a1",  "b":1}\r\n'
    sent = made.sqs.send_message(QueueUrl=made.queue, MessageBody=body, MessageAttributes=attributes)
    queues.send(made.sqs, made.queue, ["good", "reject"])
    poison, rejected = sorted(made.dead(2), key=lambda letter: letter["Body"] == "reject")
    assert why(rejected)["type"] == "Reject"
    said = why(poison)
    assert poison["Body"] == body
    assert {name: poison["MessageAttributes"][name] for name in attributes} == attributes
    assert said["reason"].startswith("KeyError: ")
    assert said["reason"].endswith(" at handler.py:9")
    assert (said["type"], said["place"], said["receiveCount"]) == ("KeyError", "handler.py:9", 2)
    assert said["messageId"] == sent["MessageId"] != poison["MessageId"]
    assert all(said[name] for name in ("function", "version", "requestId", "logStream"))


def test_the_log_gives_the_same_reasons_by_the_ids_of_the_messages(hands: Deploy) -> None:
    made = hands()
    queues.send(made.sqs, made.queue, ["a", "b", "reject"])
    said = [why(letter) for letter in made.dead(3)]
    lines = logs.lines(made.logs, made.log_group)
    for verb, one in zip(("FAIL", "FAIL", "REJECT"), said, strict=True):
        text = f"{verb} message_id={one['messageId']} receive_count={one['receiveCount']} reason={one['reason']}"
        assert any(line.endswith(text) for line in lines), text


def test_if_the_function_may_not_send_sqs_moves_the_message_itself(hands: Deploy) -> None:
    made = hands(policy_statements=[NEVER_SEND])
    (sent,) = made.sqs.send_message_batch(QueueUrl=made.queue, Entries=[{"Id": "0", "MessageBody": "a"}])["Successful"]
    (letter,) = made.dead(1)
    assert letter["MessageId"] == sent["MessageId"]
    assert "MessageAttributes" not in letter
    lines = logs.lines(made.logs, made.log_group)
    assert any("not sent to the dead-letter queue" in line and "AccessDenied" in line for line in lines)


def test_a_message_that_leaves_no_room_for_the_reason_is_moved_by_sqs(hands: Deploy) -> None:
    made = hands()
    attributes = {f"a{number}": {"DataType": "String", "StringValue": "x"} for number in range(10)}
    full = made.sqs.send_message(QueueUrl=made.queue, MessageBody="a", MessageAttributes=attributes)
    large = made.sqs.send_message(QueueUrl=made.queue, MessageBody="b" * 1_048_576)
    first, second = made.dead(2)
    assert [first["MessageId"], second["MessageId"]] == [full["MessageId"], large["MessageId"]]
    assert first["MessageAttributes"] == attributes
    assert "MessageAttributes" not in second


def test_of_sixty_messages_each_poison_is_dead_once_with_its_reason(hands: Deploy) -> None:
    made = hands()
    bodies = [f"{number:02}" if number % 3 else "good" for number in range(60)]
    queues.send(made.sqs, made.queue, bodies)
    letters = made.dead(40)
    assert [letter["Body"] for letter in letters] == sorted(body for body in bodies if body != "good")
    for letter in letters:
        assert why(letter)["reason"].startswith(f"KeyError: '{letter['Body']}'")
