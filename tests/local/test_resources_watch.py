"""Alarms, dashboards and tables on the local AWS, compared with boto3's answers."""

from typing import Any

import pytest

from consumers.local.emulator import LocalAws
from consumers.resource_table import ResourceError, find
from error_texts import ErrorTexts
from resource_examples import ALARM, ALARM_INPUTS, DASHBOARD, TABLE, TABLE_INPUTS, Create

ON_CALL = "arn:aws:sns:us-east-1:000000000000:on-call"


def described(aws: LocalAws, name: str) -> dict[str, Any]:
    (found,) = aws.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return found


def test_an_alarm_is_created_and_changed_in_place_as_the_program_says(aws: LocalAws, create: Create, name: str) -> None:
    old = ALARM_INPUTS | {"name": name, "okActions": [ON_CALL], "alarmActions": [ON_CALL], "tags": {"a": "1"}}
    alarm_id, outputs = create(ALARM, old)
    found = described(aws, name)
    assert (alarm_id, outputs["arn"]) == (name, found["AlarmArn"])
    assert old.items() <= outputs.items()
    assert found["Dimensions"] == [{"Name": "QueueName", "Value": "hands"}]
    assert (found["EvaluationPeriods"], found["DatapointsToAlarm"], found["Threshold"]) == (5, 3, 0)
    assert (found["TreatMissingData"], found["AlarmActions"], found["ActionsEnabled"]) == ("ignore", [ON_CALL], True)
    kept = {key: value for key, value in old.items() if key not in ("statistic", "treatMissingData", "okActions")}
    new = kept | {"threshold": 7.0, "extendedStatistic": "p99", "tags": {"b": "2"}}
    outputs = find(ALARM, name).update(aws, name, old, new)
    found = described(aws, name)
    assert (found["Threshold"], found["ExtendedStatistic"], found["OKActions"]) == (7, "p99", [])
    assert found["TreatMissingData"] == "missing"
    assert ("statistic" in outputs, outputs["threshold"], outputs["tags"]) == (False, 7, {"b": "2"})


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [('{"a": 1, "b": 2}', '{"b":2,"a":1}', True), ("{}", '{"a":1}', False), ("no json", "no json", True)],
)
def test_two_bodies_that_are_written_differently_are_the_same_dashboard(one: str, other: str, same: bool) -> None:
    assert find(DASHBOARD, "d").properties["dashboardBody"].same(one, other) is same


def test_a_protected_table_is_deleted_only_when_unprotected(aws: LocalAws, create: Create, name: str) -> None:
    entry, old = find(TABLE, name), TABLE_INPUTS | {"name": name, "deletionProtectionEnabled": True}
    _, outputs = create(TABLE, old)
    with pytest.raises(ResourceError, match="protected against deletion"):
        entry.delete(aws, name, outputs)
    new = {key: value for key, value in old.items() if key != "ttl"}
    new |= {"deletionProtectionEnabled": False, "pointInTimeRecovery": {"enabled": False}}
    outputs = entry.update(aws, name, old, new)
    assert (outputs["ttl"]["enabled"], outputs["pointInTimeRecovery"]["enabled"]) == (False, False)
    entry.delete(aws, name, outputs)
    assert entry.read(aws, name) is None


def test_a_table_is_encrypted_with_a_key_while_it_has_one(aws: LocalAws, create: Create, name: str) -> None:
    key = "arn:aws:kms:us-east-1:000000000000:key/k"
    entry, off = find(TABLE, name), TABLE_INPUTS | {"name": name, "serverSideEncryption": {"enabled": False}}
    on = off | {"serverSideEncryption": {"enabled": True, "kmsKeyArn": key}}
    assert create(TABLE, on)[1]["serverSideEncryption"] == on["serverSideEncryption"]
    found = aws.client("dynamodb").describe_table(TableName=name)["Table"]["SSEDescription"]
    assert (found["SSEType"], found["KMSMasterKeyArn"]) == ("KMS", key)
    ttl = aws.client("dynamodb").describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert ttl == {"AttributeName": "expiration", "TimeToLiveStatus": "ENABLED"}
    assert entry.update(aws, name, on, off)["serverSideEncryption"] == {"enabled": False}
    assert entry.update(aws, name, off, on)["serverSideEncryption"]["kmsKeyArn"] == key


def test_a_table_has_a_stream_while_the_program_asks_for_one(aws: LocalAws, create: Create, name: str) -> None:
    entry, off = find(TABLE, name), TABLE_INPUTS | {"name": name, "streamEnabled": False}
    on = off | {"streamEnabled": True, "streamViewType": "NEW_IMAGE"}
    _, outputs = create(TABLE, on)
    assert (outputs["streamEnabled"], outputs["streamViewType"]) == (True, "NEW_IMAGE")
    assert outputs["streamArn"] == f"{outputs['arn']}/stream/{outputs['streamLabel']}"
    assert entry.read(aws, name) == outputs
    assert entry.update(aws, name, on, off)["streamEnabled"] is False
    keys = on | {"streamViewType": "KEYS_ONLY"}
    assert entry.update(aws, name, off, keys)["streamViewType"] == "KEYS_ONLY"


@pytest.mark.parametrize(
    "unsupported",
    [{"streamEnabled": True}, {"billingMode": "PROVISIONED"}],
    ids=["a stream without a type", "provisioned"],
)
def test_a_table_that_the_local_aws_does_not_support_is_an_error(
    create: Create, error_text: ErrorTexts, unsupported: dict[str, Any]
) -> None:
    with pytest.raises(ResourceError) as caught:
        create(TABLE, TABLE_INPUTS | unsupported, "ledger")
    error_text(str(caught.value))
