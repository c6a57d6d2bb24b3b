"""The documentation's idempotent handler on the local AWS, with real Powertools: what happens once, and what twice."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from consumers.evaluate.program import deploy
from consumers.local.emulator import LocalAws
from consumers.operations import queues
from pages import files_of

# `then` says what the first try runs into. Each try and each payment is counted in a table of the test's own.
LEDGER = """
import os, time
import boto3

accounts = boto3.client("dynamodb")

def count(hand, what):
    answer = accounts.update_item(
        TableName=os.environ["ACCOUNTS"], Key={"id": {"S": hand["hand_id"]}}, ReturnValues="UPDATED_NEW",
        UpdateExpression=f"ADD {what} :one", ExpressionAttributeValues={":one": {"N": "1"}},
    )
    return int(answer["Attributes"][what]["N"])

def pay_once(hand):
    try:
        accounts.update_item(
            TableName=os.environ["ACCOUNTS"], Key={"id": {"S": hand["hand_id"]}},
            UpdateExpression="SET payments = :one", ConditionExpression="attribute_not_exists(payments)",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
    except accounts.exceptions.ConditionalCheckFailedException:
        pass  # an earlier try has paid it

def pay(hand):
    is_first, then = count(hand, "tries") == 1, hand.get("then")
    if is_first and then == "raise":
        raise OSError("the bank is closed")
    if is_first and then == "time out":
        time.sleep(60)
    pay_once(hand) if hand.get("conditional") else count(hand, "payments")
    if is_first and then == "crash":
        os._exit(1)
"""


class Ledger:
    """A consumer of hands, and the accounts that they are paid to."""

    def __init__(self, aws: LocalAws, exports: dict[str, Any], accounts: str) -> None:
        self.aws, self.exports, self.accounts, self.sqs = aws, exports, accounts, aws.client("sqs")

    def send(self, *hands: dict[str, Any]) -> None:
        queues.send(self.sqs, self.exports["queue"], [json.dumps(hand) for hand in hands])

    def paid(self, hand_id: str) -> tuple[int, int]:
        """How often it was tried, and how often it was paid."""
        key = {"id": {"S": hand_id}}
        item = self.aws.client("dynamodb").get_item(TableName=self.accounts, Key=key).get("Item", {})
        return int(item.get("tries", {}).get("N", 0)), int(item.get("payments", {}).get("N", 0))

    def read(self, enabled: bool) -> None:
        self.aws.client("lambda").update_event_source_mapping(UUID=self.exports["mapping"], Enabled=enabled)

    def redrive(self) -> None:
        """Move the dead letters back, as new messages."""
        for letter in self.sqs.receive_message(QueueUrl=self.exports["dlq"], MaxNumberOfMessages=10)["Messages"]:
            self.sqs.send_message(QueueUrl=self.exports["queue"], MessageBody=letter["Body"])
            self.sqs.delete_message(QueueUrl=self.exports["dlq"], ReceiptHandle=letter["ReceiptHandle"])

    def depth(self, queue: str) -> int:
        return queues.depth(self.sqs, self.exports[queue]).total

    def wait_until_empty(self) -> None:
        wait_until(lambda: self.depth("queue") == 0)


def wait_until(done: Callable[[], Any], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def ledger(aws: LocalAws, tmp_path: Path, name: str) -> Iterator[Callable[..., Ledger]]:
    """Deploys a consumer of the page's handler; the arguments are the consumer's."""
    deployed: list[Ledger] = []
    dynamodb = aws.client("dynamodb")

    def make(**args: Any) -> Ledger:
        (tmp_path / "function").mkdir()
        (tmp_path / "function" / "handler.py").write_text(files_of(Path("docs/handlers.md"))["payments/handler.py"])
        (tmp_path / "function" / "ledger.py").write_text(LEDGER)
        (tmp_path / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
        accounts = dynamodb.create_table(
            TableName=f"{name}-accounts",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )["TableDescription"]
        statement = {"Effect": "Allow", "Action": "dynamodb:UpdateItem", "Resource": accounts["TableArn"]}
        given = {
            # A message that was interrupted comes back after the visibility timeout: short, and above the timeout.
            "source": "function",
            "timeout": 3,
            "queue": {"visibility_timeout_seconds": 4},
            "idempotency": {},
            "environment": {"ACCOUNTS": accounts["TableName"]},
            "policy_statements": [statement],
            **args,
        }
        (tmp_path / "__main__.py").write_text(
            "import pulumi\nfrom components import QueueConsumer\n"
            f"c = QueueConsumer({name[:20] + name[-9:]!r}, {given!r})\n"
            "pulumi.export('queue', c.queue_url)\npulumi.export('dlq', c.dead_letter_queue_url)\n"
            "pulumi.export('mapping', c.mapping_id)\n"
        )
        deployed.append(Ledger(aws, deploy(tmp_path, aws, stack="test").exports, accounts["TableName"]))
        return deployed[-1]

    yield make
    for one in deployed:
        with suppress(Exception):
            aws.client("lambda").delete_event_source_mapping(UUID=one.exports["mapping"])


def test_a_hand_that_is_sent_five_times_is_paid_once(ledger: Callable[..., Ledger]) -> None:
    hands = ledger()
    hands.send(*[{"hand_id": "a"}, {"hand_id": "b"}] * 5)
    hands.wait_until_empty()
    assert hands.paid("a") == hands.paid("b") == (1, 1)
    assert hands.depth("dlq") == 0


def test_a_hand_that_was_paid_and_is_redriven_is_not_paid_again(ledger: Callable[..., Ledger]) -> None:
    hands = ledger(max_receive_count=1, mapping={"enabled": False})
    # One batch: the first is paid, then the second ends the process, and both are dead letters.
    hands.send({"hand_id": "paid"}, {"hand_id": "crashed", "then": "crash", "conditional": True})
    hands.read(enabled=True)
    wait_until(lambda: hands.depth("dlq") == 2)
    assert hands.paid("paid") == (1, 1)
    hands.redrive()
    hands.wait_until_empty()
    assert hands.paid("paid") == (1, 1)
    assert hands.paid("crashed") == (2, 1)
    assert hands.depth("dlq") == 0


def test_what_raises_before_its_effect_is_tried_again(ledger: Callable[..., Ledger]) -> None:
    hands = ledger()
    hands.send({"hand_id": "a", "then": "raise"})
    hands.wait_until_empty()
    assert hands.paid("a") == (2, 1)


def test_a_timeout_in_mid_flight_is_paid_once_by_the_next_try(ledger: Callable[..., Ledger]) -> None:
    hands = ledger()
    hands.send({"hand_id": "a", "then": "time out"})
    hands.wait_until_empty()
    assert hands.paid("a") == (2, 1)
    assert hands.depth("dlq") == 0


@pytest.mark.parametrize(("conditional", "payments"), [(False, 2), (True, 1)])
def test_after_a_crash_between_effect_and_note_only_a_conditional_effect_happens_once(
    ledger: Callable[..., Ledger], conditional: bool, payments: int
) -> None:
    hands = ledger()
    hands.send({"hand_id": "a", "then": "crash", "conditional": conditional})
    hands.wait_until_empty()
    assert hands.paid("a") == (2, payments)
    assert hands.depth("dlq") == 0


def test_a_hand_without_its_key_fails_and_is_paid_to_nobody(ledger: Callable[..., Ledger], aws: LocalAws) -> None:
    hands = ledger(max_receive_count=1)
    hands.send({"user_id": "aarit"})
    wait_until(lambda: hands.depth("dlq") == 1)
    assert aws.client("dynamodb").scan(TableName=hands.accounts)["Items"] == []
