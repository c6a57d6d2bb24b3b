"""What other roles are granted on a consumer's queues."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components import QueueConsumer
from pulumi_run import ACCOUNT, REGION, Run, run

ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}"
QUEUE, DEAD = f"{ARN}:hands-queue-1a2b3c4", f"{ARN}:hands-dlq-1a2b3c4"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1a2b"
OTHER_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/3c4d"

SEND = {"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": QUEUE}
REDRIVE = [
    *("sqs:StartMessageMoveTask", "sqs:CancelMessageMoveTask", "sqs:ListMessageMoveTasks"),
    *("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ListDeadLetterSourceQueues"),
]


def with_consumer(folder: Path, use: Callable[[QueueConsumer], Any], **args: Any) -> Run:
    return run(lambda: use(QueueConsumer("hands", {"source": str(folder), **args})))  # pyright: ignore[reportArgumentType]


def statements(result: Run, name: str) -> list[dict[str, Any]]:
    assert result.error is None, result.error
    return json.loads(result.resources[name].inputs["policy"])["Statement"]


def test_a_producer_may_send_to_the_queue_and_nothing_else(folder: Path) -> None:
    def use(hands: QueueConsumer) -> Any:
        return hands.grant_send(aws.iam.Role("producer", assume_role_policy="{}")).role

    result = with_consumer(folder, use)
    assert statements(result, "hands-send-producer") == [SEND]
    granted = result.resources["hands-send-producer"]
    assert (granted.type, granted.parent) == ("aws:iam/rolePolicy:RolePolicy", "hands")
    assert granted.inputs["role"] == result.value == "producer-1a2b3c4"


def test_whoever_operates_the_dead_letters_may_move_them_back_and_nothing_else(folder: Path) -> None:
    result = with_consumer(folder, lambda hands: hands.grant_redrive("operators") and None)
    assert statements(result, "hands-redrive-operators") == [
        {"Effect": "Allow", "Action": REDRIVE, "Resource": DEAD},
        SEND,
    ]
    assert result.resources["hands-redrive-operators"].inputs["role"] == "operators"


def test_with_kms_keys_each_grant_has_what_it_needs_of_each_key(folder: Path) -> None:
    def use(hands: QueueConsumer) -> None:
        hands.grant_send("producer")
        hands.grant_redrive("operators")

    args = {
        "queue": {"kms_master_key_id": KEY},
        "dead_letter_queue": {"arn": f"{ARN}:dead", "kms_master_key_id": OTHER_KEY},
    }
    result = with_consumer(folder, use, **args)
    encrypt = {"Effect": "Allow", "Action": ["kms:GenerateDataKey", "kms:Decrypt"], "Resource": KEY}
    assert statements(result, "hands-send-producer") == [SEND, encrypt]
    assert statements(result, "hands-redrive-operators") == [
        {"Effect": "Allow", "Action": REDRIVE, "Resource": f"{ARN}:dead"},
        {"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": OTHER_KEY},
        *(SEND, encrypt),
    ]


def test_the_statements_go_into_another_consumers_policy_and_into_documents_of_ones_own(folder: Path) -> None:
    def use(hands: QueueConsumer) -> pulumi.Output[str]:
        both = hands.send_statements() + hands.redrive_statements()
        QueueConsumer("pots", {"source": str(folder), "policy_statements": both})
        return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": both})

    result = with_consumer(folder, use)
    own = json.loads(result.value)["Statement"]
    assert own == [SEND, {"Effect": "Allow", "Action": REDRIVE, "Resource": DEAD}, SEND]
    assert statements(result, "pots-policy")[-3:] == own


def test_a_role_whose_name_is_not_known_yet_needs_a_name_for_the_grant(folder: Path) -> None:
    def use(hands: QueueConsumer, **name: str) -> None:
        hands.grant_send(pulumi.Output.from_input("producer"), **name)

    result = with_consumer(folder, use)
    assert str(result.error) == (
        "QueueConsumer 'hands': grant_send got a role whose name is not known yet; the policy is named after the role. "
        "Give the grant a name of its own: grant_send(role, name='producer')."
    )
    result = with_consumer(folder, partial(use, name="shop"))
    assert statements(result, "hands-send-shop") == [SEND]
    assert result.resources["hands-send-shop"].inputs["role"] == "producer"


def ask_for_a_grant(hands: QueueConsumer) -> Any:
    return hands.grant_redrive("operators")


@pytest.mark.parametrize("ask", [QueueConsumer.redrive_statements, ask_for_a_grant])
def test_there_is_no_redrive_from_a_dead_letter_queue_that_is_not_known(
    folder: Path, ask: Callable[[QueueConsumer], Any]
) -> None:
    result = with_consumer(folder, lambda hands: ask(hands) and None, queue={"arn": f"{ARN}:hands"})
    assert str(result.error) == (
        "QueueConsumer 'hands': no dead-letter queue is known to redrive from. "
        "Name the one that the queue has in dead_letter_queue.arn."
    )


def test_who_sends_to_a_queue_that_exists_is_granted_it_by_its_arn(folder: Path) -> None:
    result = with_consumer(folder, lambda hands: hands.grant_send("shop") and None, queue={"arn": f"{ARN}:hands"})
    assert statements(result, "hands-send-shop") == [{**SEND, "Resource": f"{ARN}:hands"}]


@pytest.mark.parametrize("role", [None, "arn:aws:iam::123456789012:role/producer", {"name": "producer"}])
def test_what_is_no_role_is_refused_in_words(folder: Path, role: Any) -> None:
    result = with_consumer(folder, lambda hands: hands.grant_send(role) and None)
    assert isinstance(result.error, pulumi.RunError)
    assert str(result.error) == (
        f"QueueConsumer 'hands': grant_send got {role!r}; allowed: an aws.iam.Role, or the name of one. The grant is a "
        "policy of that role. Give the role; a consumer's is its attribute role."
    )


def test_a_consumer_is_no_role_and_its_attribute_is(folder: Path) -> None:
    result = with_consumer(folder, lambda hands: hands.grant_send(hands) and None)  # pyright: ignore[reportArgumentType]
    assert "got a value of type QueueConsumer; allowed: an aws.iam.Role" in str(result.error)
    assert with_consumer(folder, lambda hands: hands.grant_send(hands.role) and None).error is None
