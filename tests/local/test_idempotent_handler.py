"""The documentation's idempotent handler on the local AWS, with Powertools: every hand is paid once."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from consumers.local.emulator import LocalAws
from deployed_program import DeployedProgram
from on_local_aws import wait_until
from pages import files_of

# `then` makes the first try of a hand fail. The test's own table counts tries and payments.
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

def pay(hand):
    is_first, then = count(hand, "tries") == 1, hand.get("then")
    if is_first and then == "raise":
        raise OSError("the bank is closed")
    if is_first and then == "time out":
        time.sleep(60)
    count(hand, "payments")
    if is_first and then == "crash":
        os._exit(1)
"""


class Payments(DeployedProgram):
    """The page's consumer of hands, and the accounts to which they are paid."""

    accounts = ""

    def send_hands(self, *hands: dict[str, Any]) -> None:
        self.send(*map(json.dumps, hands))

    def paid(self, hand_id: str) -> tuple[int, int]:
        """Return how often a hand was tried, and how often it was paid."""
        key = {"id": {"S": hand_id}}
        item = self.aws.client("dynamodb").get_item(TableName=self.accounts, Key=key).get("Item", {})
        return int(item.get("tries", {}).get("N", 0)), int(item.get("payments", {}).get("N", 0))

    def redrive(self) -> None:
        """Send the dead letters again, as new messages."""
        self.send(*(letter["Body"] for letter in self.take("dlq")))


@pytest.fixture
def deploy(aws: LocalAws, tmp_path: Path, name: str) -> Iterator[Callable[..., Payments]]:
    """Deploys the page's handler; the arguments are the consumer's."""
    payments = Payments(aws, tmp_path, name)

    def with_args(**args: Any) -> Payments:
        payments.write("function/ledger.py", LEDGER)
        accounts = aws.client("dynamodb").create_table(
            TableName=f"{name}-accounts",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )["TableDescription"]
        payments.accounts = accounts["TableName"]
        statement = {"Effect": "Allow", "Action": "dynamodb:UpdateItem", "Resource": accounts["TableArn"]}
        # After an interruption a message returns when its visibility timeout ends: short, and above the timeout.
        group, variables = {"visibility_timeout_seconds": 4}, {"ACCOUNTS": payments.accounts}
        defaults = {"timeout": 3, "queue": group, "idempotency": {}, "environment": variables}
        handler = files_of(Path("docs/handlers.md"))["payments/handler.py"]
        payments.consume(handler, **{**defaults, "policy_statements": [statement], **args})
        return payments

    yield with_args
    payments.stop_polling()


def test_a_hand_that_is_sent_five_times_is_paid_once(deploy: Callable[..., Payments]) -> None:
    hands = deploy()
    hands.send_hands(*[{"hand_id": "a"}, {"hand_id": "b"}] * 5)
    hands.wait_until_empty()
    assert hands.paid("a") == hands.paid("b") == (1, 1)
    assert hands.depth("dlq") == 0


def test_a_redriven_hand_is_not_paid_again(deploy: Callable[..., Payments], aws: LocalAws) -> None:
    hands = deploy(max_receive_count=1, mapping={"enabled": False})
    # In one batch, the first is paid, the second ends the process, and both become dead letters.
    hands.send_hands({"hand_id": "paid"}, {"hand_id": "crashed", "then": "crash"})
    aws.client("lambda").update_event_source_mapping(UUID=hands.exports["mapping"], Enabled=True)
    wait_until(lambda: hands.depth("dlq") == 2)
    assert hands.paid("paid") == (1, 1)
    hands.redrive()
    hands.wait_until_empty()
    assert hands.paid("paid") == (1, 1)
    assert hands.paid("crashed") == (2, 2)
    assert hands.depth("dlq") == 0


INTERRUPTED: dict[str, tuple[dict[str, Any], int]] = {
    "fails before its payment": ({"then": "raise"}, 1),
    "times out before its payment": ({"then": "time out"}, 1),
    "crashes after its payment": ({"then": "crash"}, 2),
}
"""Hands whose first try is interrupted, and how often each is paid."""


def test_only_a_crash_between_payment_and_record_repeats_a_payment(deploy: Callable[..., Payments]) -> None:
    hands = deploy(batch_size=1)
    hands.send_hands(*({"hand_id": name, **hand} for name, (hand, _) in INTERRUPTED.items()))
    hands.wait_until_empty()
    assert {name: hands.paid(name) for name in INTERRUPTED} == {
        name: (2, payments) for name, (_, payments) in INTERRUPTED.items()
    }
    assert hands.depth("dlq") == 0


def test_a_hand_without_its_key_fails_and_is_not_paid(deploy: Callable[..., Payments], aws: LocalAws) -> None:
    hands = deploy(max_receive_count=1)
    hands.send_hands({"user_id": "aarit"})
    wait_until(lambda: hands.depth("dlq") == 1)
    assert aws.client("dynamodb").scan(TableName=hands.accounts)["Items"] == []
