"""The group `idempotency`: a table for Powertools, the permissions on it, and the function's environment variables."""

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
NAME = "hands-idempotency"


def consumer(folder: Path, preview: bool = False, **args: Any) -> Run:
    all_args: Any = {"source": str(folder), **args}
    result = run(lambda: QueueConsumer("hands", all_args) and None, preview=preview)
    assert result.error is None, result.error
    return result


def table_inputs(folder: Path, **args: Any) -> dict[str, Any]:
    return consumer(folder, **args).resources[NAME].inputs


def statement(result: Run, service: str) -> dict[str, Any]:
    """Return the one statement of the role's policy on a service."""
    policy = json.loads(result.resources["hands-policy"].inputs["policy"])
    (found,) = [statement for statement in policy["Statement"] if service in str(statement["Action"])]
    return found


def test_without_the_group_there_is_no_table(folder: Path) -> None:
    result = consumer(folder)
    assert result.of_type("table:Table") == []
    assert "dynamodb" not in result.resources["hands-policy"].inputs["policy"]


def test_the_table_has_powertools_default_attributes(folder: Path) -> None:
    table = table_inputs(folder, idempotency={})
    expected = inspect.signature(DynamoDBPersistenceLayer).parameters
    assert table["hashKey"] == expected["key_attr"].default
    assert table["attributes"] == [{"name": table["hashKey"], "type": "S"}]
    assert table["ttl"] == {"attributeName": expected["expiry_attr"].default, "enabled": True}
    assert expected["sort_key_attr"].default is None
    assert table["billingMode"] == "PAY_PER_REQUEST"
    assert table["pointInTimeRecovery"] == {"enabled": True}
    # Always set: the provider never resets a removed attribute.
    assert table["serverSideEncryption"] == {"enabled": False}


def test_the_function_may_use_that_table_only_and_gets_its_name(folder: Path) -> None:
    result = consumer(folder, idempotency={}, environment={"A_B": "c"})
    assert statement(result, "dynamodb") == {
        "Sid": "Remember",
        "Effect": "Allow",
        "Action": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"],
        "Resource": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/hands-idempotency-1a2b3c4",
    }
    assert "kms" not in result.resources["hands-policy"].inputs["policy"]
    function = result.resources["hands-function"]
    assert function.inputs["environment"]["variables"] == {
        "A_B": "c",
        "IDEMPOTENCY_TABLE": "hands-idempotency-1a2b3c4",
        "IDEMPOTENCY_EXPIRES_AFTER_SECONDS": str(18 * DAY),
    }
    assert NAME in function.depends_on


@pytest.mark.parametrize(
    ("args", "seconds"),
    [
        ({}, 18 * DAY),
        ({"queue": {"message_retention_seconds": 3_600}}, 14 * DAY + 3_600),
        ({"dead_letter_queue": {"message_retention_seconds": 5 * DAY}}, 9 * DAY),
        ({"idempotency": {"expires_after_seconds": 40 * DAY}}, 40 * DAY),
    ],
)
def test_entries_expire_after_the_retention_of_both_queues(folder: Path, args: dict[str, Any], seconds: int) -> None:
    accepted, _ = validation.examine("hands", {"source": str(folder), "idempotency": {}, **args})
    assert accepted.idempotency is not None
    assert accepted.idempotency.expires_after_seconds == seconds


@pytest.mark.parametrize("protect", [False, True])
def test_the_table_is_protected_like_the_queues(folder: Path, protect: bool) -> None:
    table = consumer(folder, idempotency={}, queue={"protect": protect}).resources[NAME]
    assert (bool(table.protect), table.inputs["deletionProtectionEnabled"]) == (protect, protect)


def test_name_and_recovery_can_be_set(folder: Path) -> None:
    table = table_inputs(folder, idempotency={"name": "Hands", "point_in_time_recovery": False})
    assert (table["name"], table["pointInTimeRecovery"]) == ("Hands", {"enabled": False})


def test_a_key_encrypts_the_table_and_the_role_may_use_it(folder: Path) -> None:
    result = consumer(folder, idempotency={"kms_key_arn": KEY})
    assert result.resources[NAME].inputs["serverSideEncryption"] == {"enabled": True, "kmsKeyArn": KEY}
    assert statement(result, "kms") == {
        "Sid": "UseTableKey",
        "Effect": "Allow",
        "Action": [
            *("kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo"),
            *("kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:DescribeKey"),
        ],
        "Resource": KEY,
    }


def test_a_key_must_be_a_key_arn(folder: Path) -> None:
    alias = "arn:aws:kms:eu-central-1:123456789012:alias/hands"
    _, findings = validation.examine("hands", {"source": str(folder), "idempotency": {"kms_key_arn": alias}})
    (finding,) = map(str, findings)
    assert finding.startswith(f"idempotency.kms_key_arn: got {alias!r}; allowed: an ARN like arn:aws:kms:")


def test_a_key_that_is_an_output_is_validated_when_it_resolves(folder: Path) -> None:
    def with_key(arn: str) -> Run:
        def program() -> None:
            group: Any = {"kms_key_arn": pulumi.Output.from_input(arn)}
            QueueConsumer("hands", QueueConsumerArgs(source=str(folder), idempotency=group))

        return run(program)

    assert with_key(KEY).resources[NAME].inputs["serverSideEncryption"]["kmsKeyArn"] == KEY
    assert str(with_key("k").error).count("- idempotency.kms_key_arn: got 'k'; allowed: an ARN like ") == 1


def test_the_table_is_tagged_and_an_attribute_of_the_consumer(folder: Path) -> None:
    def program() -> pulumi.Output[str] | None:
        table = QueueConsumer("hands", QueueConsumerArgs(source=str(folder), idempotency={})).idempotency_table
        return table.name if table else None

    result = run(program)
    assert result.value == "hands-idempotency-1a2b3c4"
    tags = result.resources[NAME].inputs["tags"]
    assert (tags["queue-consumer:consumer"], tags["queue-consumer:part"]) == ("hands", "idempotency")


def test_a_preview_with_an_unknown_name_has_the_table(folder: Path) -> None:
    assert NAME in consumer(folder, preview=True, idempotency={}, environment={"A_B": "c"}).resources
