"""Alarms and dashboards on the local AWS: created, read, changed, deleted, and compared with what boto3 says."""

import json
import time
from typing import Any

import pytest

from consumers.local.emulator import LocalAws
from consumers.local.resources import Values, find

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"
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
