"""Alarms, dashboards and tables on the local AWS: made, read, changed, deleted, and compared with what boto3 says."""

import json
import time
from typing import Any

import pytest

from consumers.local.emulator import LocalAws
from consumers.resource_table import ResourceError, Values, find

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"
TABLE = "aws:dynamodb/table:Table"
TOPIC = "arn:aws:sns:us-east-1:000000000000:on-call"


def alarm(**more: Any) -> Values:
    return {
        "alarmDescription": "look here",
        "namespace": "AWS/SQS",
        "metricName": "ApproximateNumberOfMessagesVisible",
        "dimensions": {"QueueName": "hands"},
        "statistic": "Maximum",
        "period": 60.0,
        "evaluationPeriods": 5.0,
        "datapointsToAlarm": 3.0,
        "threshold": 0.0,
        "comparisonOperator": "GreaterThanThreshold",
        "treatMissingData": "ignore",
        "alarmActions": [TOPIC],
        "tags": {"a": "1"},
        **more,
    }


def described(aws: LocalAws, name: str) -> dict[str, Any]:
    (found,) = aws.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return found


def test_an_alarm_is_as_the_program_wants_it(aws: LocalAws, name: str) -> None:
    alarm_id, outputs = find(ALARM, name).create(aws, name, alarm(name=name))
    said = described(aws, name)
    assert alarm_id == name
    assert alarm(name=name).items() <= outputs.items()
    assert outputs["arn"] == said["AlarmArn"]
    assert said["Dimensions"] == [{"Name": "QueueName", "Value": "hands"}]
    assert (said["EvaluationPeriods"], said["DatapointsToAlarm"], said["Threshold"]) == (5, 3, 0)
    assert (said["TreatMissingData"], said["AlarmActions"], said["ActionsEnabled"]) == ("ignore", [TOPIC], True)


def test_an_alarm_is_changed_in_place(aws: LocalAws, name: str) -> None:
    old = alarm(name=name, okActions=[TOPIC])
    new = alarm(name=name, threshold=7.0, extendedStatistic="p99", tags={"b": "2"})
    del new["statistic"], new["treatMissingData"]
    find(ALARM, name).create(aws, name, old)
    outputs = find(ALARM, name).update(aws, name, old, new)
    said = described(aws, name)
    assert (said["Threshold"], said["ExtendedStatistic"], said["OKActions"]) == (7, "p99", [])
    assert said["TreatMissingData"] == "missing"
    assert "statistic" not in outputs
    assert (outputs["threshold"], outputs["tags"]) == (7, {"b": "2"})


def test_an_alarm_is_heard_when_its_metric_is_above_the_threshold(aws: LocalAws, name: str) -> None:
    inputs = alarm(name=name, dimensions={"QueueName": name}, evaluationPeriods=1.0, datapointsToAlarm=1.0)
    find(ALARM, name).create(aws, name, inputs)
    datum = {"MetricName": inputs["metricName"], "Dimensions": [{"Name": "QueueName", "Value": name}], "Value": 1.0}
    aws.client("cloudwatch").put_metric_data(Namespace="AWS/SQS", MetricData=[datum])
    end = time.monotonic() + 20
    while described(aws, name)["StateValue"] != "ALARM":
        assert time.monotonic() < end, described(aws, name)
        time.sleep(0.1)


def test_a_dashboard_is_kept_and_changed_in_place(aws: LocalAws, name: str) -> None:
    body = {"dashboardName": name, "dashboardBody": '{"widgets":[]}'}
    dashboard_id, outputs = find(DASHBOARD, name).create(aws, name, body)
    assert dashboard_id == name
    assert body.items() <= outputs.items()
    new = body | {"dashboardBody": '{"start":"-PT3H","widgets":[]}'}
    find(DASHBOARD, name).update(aws, name, body, new)
    said = aws.client("cloudwatch").get_dashboard(DashboardName=name)
    assert said["DashboardArn"] == outputs["dashboardArn"]
    assert json.loads(said["DashboardBody"]) == {"start": "-PT3H", "widgets": []}


@pytest.mark.parametrize("token", [ALARM, DASHBOARD])
def test_what_is_read_is_what_create_gave_until_it_is_deleted(aws: LocalAws, name: str, token: str) -> None:
    inputs = alarm(name=name) if token == ALARM else {"dashboardName": name, "dashboardBody": "{}"}
    entry = find(token, name)
    resource_id, outputs = entry.create(aws, name, inputs)
    read = entry.read(aws, resource_id)
    assert read is not None
    assert read.items() <= (outputs | {"okActions": [], "insufficientDataActions": []}).items()
    entry.delete(aws, resource_id, outputs)
    assert entry.read(aws, resource_id) is None
    entry.delete(aws, resource_id, outputs)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [('{"a": 1, "b": 2}', '{"b":2,"a":1}', True), ("{}", '{"a":1}', False), ("no json", "no json", True)],
)
def test_two_bodies_that_are_written_differently_are_the_same_dashboard(one: str, other: str, same: bool) -> None:
    assert find(DASHBOARD, "d").properties["dashboardBody"].same(one, other) is same


def table(**more: Any) -> Values:
    return {
        "billingMode": "PAY_PER_REQUEST",
        "hashKey": "id",
        "attributes": [{"name": "id", "type": "S"}],
        "ttl": {"attributeName": "expiration", "enabled": True},
        "pointInTimeRecovery": {"enabled": True},
        "deletionProtectionEnabled": False,
        "tags": {"a": "1"},
        **more,
    }


def test_a_table_has_its_key_expiry_and_backups(aws: LocalAws, name: str) -> None:
    entry = find(TABLE, name)
    table_id, outputs = entry.create(aws, name, table(name=name))
    assert table_id == name
    assert table(name=name).items() <= outputs.items()
    assert entry.read(aws, table_id) == outputs
    client = aws.client("dynamodb")
    said = client.describe_table(TableName=name)["Table"]
    assert (outputs["arn"], said["KeySchema"]) == (said["TableArn"], [{"AttributeName": "id", "KeyType": "HASH"}])
    ttl = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert ttl == {"AttributeName": "expiration", "TimeToLiveStatus": "ENABLED"}


def test_a_table_is_changed_in_place_and_deleted_when_it_is_not_protected(aws: LocalAws, name: str) -> None:
    entry, old = find(TABLE, name), table(name=name, deletionProtectionEnabled=True)
    _, outputs = entry.create(aws, name, old)
    with pytest.raises(ResourceError, match="protected against deletion"):
        entry.delete(aws, name, outputs)
    new = table(name=name, pointInTimeRecovery={"enabled": False}, tags={"b": "2"})
    del new["ttl"]
    outputs = entry.update(aws, name, old, new)
    assert (outputs["ttl"]["enabled"], outputs["pointInTimeRecovery"]["enabled"]) == (False, False)
    assert (outputs["deletionProtectionEnabled"], outputs["tags"]) == (False, {"b": "2"})
    entry.delete(aws, name, outputs)
    assert entry.read(aws, name) is None
    entry.delete(aws, name, outputs)


def test_a_table_is_encrypted_with_a_key_until_the_program_says_otherwise(aws: LocalAws, name: str) -> None:
    key = "arn:aws:kms:us-east-1:000000000000:key/k"
    entry, off = find(TABLE, name), table(name=name, serverSideEncryption={"enabled": False})
    on = table(name=name, serverSideEncryption={"enabled": True, "kmsKeyArn": key})
    _, outputs = entry.create(aws, name, on)
    assert outputs["serverSideEncryption"] == {"enabled": True, "kmsKeyArn": key}
    said = aws.client("dynamodb").describe_table(TableName=name)["Table"]["SSEDescription"]
    assert (said["SSEType"], said["KMSMasterKeyArn"]) == ("KMS", key)
    assert entry.update(aws, name, on, off)["serverSideEncryption"] == {"enabled": False}
    assert entry.update(aws, name, off, on)["serverSideEncryption"]["kmsKeyArn"] == key


def test_a_table_has_a_stream_while_the_program_says_so(aws: LocalAws, name: str) -> None:
    entry, off = find(TABLE, name), table(name=name, streamEnabled=False)
    on = table(name=name, streamEnabled=True, streamViewType="NEW_IMAGE")
    _, outputs = entry.create(aws, name, on)
    assert (outputs["streamEnabled"], outputs["streamViewType"]) == (True, "NEW_IMAGE")
    assert outputs["streamArn"] == f"{outputs['arn']}/stream/{outputs['streamLabel']}"
    assert entry.read(aws, name) == outputs
    assert entry.update(aws, name, on, off)["streamEnabled"] is False
    keys = on | {"streamViewType": "KEYS_ONLY"}
    assert entry.update(aws, name, off, keys)["streamViewType"] == "KEYS_ONLY"


def test_a_stream_without_a_type_is_refused_in_words(aws: LocalAws, name: str) -> None:
    with pytest.raises(ResourceError, match="a stream requires a 'streamViewType'"):
        find(TABLE, name).create(aws, name, table(streamEnabled=True))


def test_a_provisioned_table_is_refused_in_words(aws: LocalAws, name: str) -> None:
    with pytest.raises(ResourceError, match="tables with 'billingMode' PAY_PER_REQUEST only"):
        find(TABLE, name).create(aws, name, table(billingMode="PROVISIONED"))
