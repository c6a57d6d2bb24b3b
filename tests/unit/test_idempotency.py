"""The group `idempotency`: a table for Powertools, the permissions on it, and the function's environment variables."""

import inspect
from pathlib import Path
from typing import Any

import pulumi
import pytest
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer

from components import QueueConsumer, QueueConsumerArgs, policies, validation
from consumer_run import KEY_ARN, Later, attempt, permissions, registered, variables
from pulumi_run import ACCOUNT, REGION, run

DAY = 86_400
NAME = "hands-idempotency"


def table_inputs(folder: Path, **args: Any) -> dict[str, Any]:
    return registered(folder, **args).resources[NAME].inputs


def test_without_the_group_there_is_no_table(folder: Path) -> None:
    result = registered(folder)
    assert result.of_type("table:Table") == []
    assert "Remember" not in permissions(result)


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
    tags = table["tags"]
    assert (tags["queue-consumer:consumer"], tags["queue-consumer:part"]) == ("hands", "idempotency")


def test_the_function_may_use_that_table_only_and_gets_its_name(folder: Path) -> None:
    result = registered(folder, idempotency={}, environment={"A_B": "c"})
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/hands-idempotency-1a2b3c4"
    assert permissions(result)["Remember"] == policies.remember(table)
    assert "UseTableKey" not in permissions(result)
    assert variables(result) == {
        "A_B": "c",
        "IDEMPOTENCY_TABLE": "hands-idempotency-1a2b3c4",
        "IDEMPOTENCY_EXPIRES_AFTER_SECONDS": str(18 * DAY),
    }
    assert NAME in result.resources["hands-function"].depends_on
    assert NAME in registered(folder, preview=True, idempotency={}, environment={"A_B": "c"}).resources


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
    settings, _ = validation.examine("hands", {"source": str(folder), "idempotency": {}, **args})
    assert settings.idempotency is not None
    assert settings.idempotency.expires_after_seconds == seconds


@pytest.mark.parametrize("protect", [False, True])
def test_the_table_is_protected_like_the_queues(folder: Path, protect: bool) -> None:
    table = registered(folder, idempotency={}, queue={"protect": protect}).resources[NAME]
    assert (bool(table.protect), table.inputs["deletionProtectionEnabled"]) == (protect, protect)


def test_name_and_recovery_can_be_set(folder: Path) -> None:
    table = table_inputs(folder, idempotency={"name": "Hands", "point_in_time_recovery": False})
    assert (table["name"], table["pointInTimeRecovery"]) == ("Hands", {"enabled": False})


def test_a_key_encrypts_the_table_and_the_role_may_use_it(folder: Path) -> None:
    result = registered(folder, idempotency={"kms_key_arn": Later(KEY_ARN)})
    assert result.resources[NAME].inputs["serverSideEncryption"] == {"enabled": True, "kmsKeyArn": KEY_ARN}
    assert permissions(result)["UseTableKey"] == policies.use_table_key(KEY_ARN)


@pytest.mark.parametrize("key", [KEY_ARN.replace("key/", "alias/"), Later("k")], ids=["now", "when it resolves"])
def test_a_key_must_be_a_key_arn(folder: Path, key: str | Later) -> None:
    text = key.value if isinstance(key, Later) else key
    error = str(attempt(folder, idempotency={"kms_key_arn": key}).error)
    assert error.count(f"- idempotency.kms_key_arn: got {text!r}; allowed: an ARN like arn:aws:kms:") == 1


def test_the_table_is_an_attribute_of_the_consumer(folder: Path) -> None:
    def program() -> pulumi.Output[str] | None:
        table = QueueConsumer("hands", QueueConsumerArgs(source=str(folder), idempotency={})).idempotency_table
        return table.name if table else None

    assert run(program).value == "hands-idempotency-1a2b3c4"
