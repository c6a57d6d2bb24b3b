"""The group `idempotency`: a table as Powertools has it, permissions on it alone, and its name for the handler."""

import inspect
import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer

from components import QueueConsumer, QueueConsumerArgs, validation
from pulumi_run import ACCOUNT, REGION, Run, run

DAY = 86_400
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k"


def consumer(folder: Path, preview: bool = False, **args: Any) -> Run:
    given: Any = {"source": str(folder), **args}
    result = run(lambda: QueueConsumer("hands", given) and None, preview=preview)
    assert result.error is None, result.error
    return result


def test_without_the_group_there_is_no_table(folder: Path) -> None:
    result = consumer(folder)
    assert result.of_type("table:Table") == []
    assert "dynamodb" not in result.resources["hands-policy"].inputs["policy"]


def test_the_table_is_keyed_as_powertools_expects_it_by_default(folder: Path) -> None:
    table = consumer(folder, idempotency={}).resources["hands-idempotency"].inputs
    expected = inspect.signature(DynamoDBPersistenceLayer).parameters
    assert table["hashKey"] == expected["key_attr"].default
    assert table["attributes"] == [{"name": table["hashKey"], "type": "S"}]
    assert table["ttl"] == {"attributeName": expected["expiry_attr"].default, "enabled": True}
    assert expected["sort_key_attr"].default is None
    assert table["billingMode"] == "PAY_PER_REQUEST"
    assert table["pointInTimeRecovery"] == {"enabled": True}


def test_the_function_may_use_exactly_that_table(folder: Path) -> None:
    policy = json.loads(consumer(folder, idempotency={}).resources["hands-policy"].inputs["policy"])
    (statement,) = [s for s in policy["Statement"] if "dynamodb" in str(s["Action"])]
    assert statement == {
        "Sid": "Remember",
        "Effect": "Allow",
        "Action": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"],
        "Resource": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/hands-idempotency-1a2b3c4",
    }


def test_the_function_is_told_which_table_and_how_long(folder: Path) -> None:
    function = consumer(folder, idempotency={}, environment={"A_B": "c"}).resources["hands-function"]
    assert function.inputs["environment"]["variables"] == {
        "A_B": "c",
        "IDEMPOTENCY_TABLE": "hands-idempotency-1a2b3c4",
        "IDEMPOTENCY_EXPIRES_AFTER_SECONDS": str(18 * DAY),
    }
    assert "hands-idempotency" in function.depends_on


@pytest.mark.parametrize(
    ("args", "seconds"),
    [
        ({}, 18 * DAY),
        ({"queue": {"message_retention_seconds": 3_600}}, 14 * DAY + 3_600),
        ({"dead_letter_queue": {"message_retention_seconds": 5 * DAY}}, 9 * DAY),
        ({"idempotency": {"expires_after_seconds": 40 * DAY}}, 40 * DAY),
    ],
)
def test_it_remembers_as_long_as_a_message_can_come_again(folder: Path, args: dict[str, Any], seconds: int) -> None:
    accepted, _ = validation.examine("hands", {"source": str(folder), "idempotency": {}, **args})
    assert accepted.idempotency is not None
    assert accepted.idempotency.expires_after_seconds == seconds


def test_the_table_is_protected_with_the_queues(folder: Path) -> None:
    free, held = (consumer(folder, idempotency={}, queue={"protect": protect}) for protect in (False, True))
    assert not free.resources["hands-idempotency"].protect
    assert held.resources["hands-idempotency"].protect
    assert [r.resources["hands-idempotency"].inputs["deletionProtectionEnabled"] for r in (free, held)] == [False, True]


def test_name_and_recovery_can_be_chosen(folder: Path) -> None:
    group = {"name": "Hands", "point_in_time_recovery": False}
    table = consumer(folder, idempotency=group).resources["hands-idempotency"].inputs
    assert (table["name"], table["pointInTimeRecovery"]) == ("Hands", {"enabled": False})


def test_the_tables_key_encrypts_it_and_the_role_may_use_that_key_alone(folder: Path) -> None:
    resources = consumer(folder, idempotency={"kms_key_arn": KEY}).resources
    assert resources["hands-idempotency"].inputs["serverSideEncryption"] == {"enabled": True, "kmsKeyArn": KEY}
    policy = json.loads(resources["hands-policy"].inputs["policy"])
    (statement,) = [s for s in policy["Statement"] if "kms" in str(s["Action"])]
    assert statement == {
        "Sid": "UseTableKey",
        "Effect": "Allow",
        "Action": [
            *("kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo"),
            *("kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:DescribeKey"),
        ],
        "Resource": KEY,
    }


def test_without_a_key_the_table_is_told_so_lest_it_keeps_one_that_was_taken_away(folder: Path) -> None:
    resources = consumer(folder, idempotency={}).resources
    assert resources["hands-idempotency"].inputs["serverSideEncryption"] == {"enabled": False}
    assert "kms" not in resources["hands-policy"].inputs["policy"]


def test_the_tables_key_is_named_by_its_arn(folder: Path) -> None:
    alias = "arn:aws:kms:eu-central-1:123456789012:alias/hands"
    _, findings = validation.examine("hands", {"source": str(folder), "idempotency": {"kms_key_arn": alias}})
    assert [str(finding).partition(" [")[0] for finding in findings] == [
        f"idempotency.kms_key_arn: got {alias!r}; allowed: an ARN like arn:aws:kms:<region>:<account>:key/<id>. "
        "The role is allowed to use this key, and permissions name keys, not their aliases. "
        "Give an ARN like arn:aws:kms:<region>:<account>:key/<id>, or leave the argument out."
    ]


def test_a_key_that_is_known_later_is_checked_once_then(folder: Path) -> None:
    def with_key(arn: str) -> Run:
        def program() -> None:
            group: Any = {"kms_key_arn": pulumi.Output.from_input(arn)}
            QueueConsumer("hands", QueueConsumerArgs(source=str(folder), idempotency=group))

        return run(program)

    assert with_key(KEY).resources["hands-idempotency"].inputs["serverSideEncryption"]["kmsKeyArn"] == KEY
    assert str(with_key("k").error).count("- idempotency.kms_key_arn: got 'k'; allowed: an ARN like ") == 1


def test_the_table_is_tagged_as_a_part_and_is_an_attribute(folder: Path) -> None:
    def program() -> pulumi.Output[str] | None:
        args = QueueConsumerArgs(source=str(folder), idempotency={})
        table = QueueConsumer("hands", args).idempotency_table
        return table.name if table else None

    result = run(program)
    assert result.value == "hands-idempotency-1a2b3c4"
    tags = result.resources["hands-idempotency"].inputs["tags"]
    assert (tags["queue-consumer:consumer"], tags["queue-consumer:part"]) == ("hands", "idempotency")


def test_a_preview_shows_the_table_though_no_name_is_known(folder: Path) -> None:
    result = consumer(folder, preview=True, idempotency={}, environment={"A_B": "c"})
    assert "hands-idempotency" in result.resources
