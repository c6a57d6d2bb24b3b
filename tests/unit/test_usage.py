"""What is asked of CloudWatch to measure consumers, and what its answers mean."""

# boto3 comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from consumers.cost.measured import Billing
from consumers.operations import reports, usage
from consumers.operations.discovery import Consumer
from consumers.operations.reports import Report, Reports
from metric_data import metric_data

NOW = 1_700_000_000.0 // 3_600 * 3_600 + 100
DAY = 86_400.0


def consumer(name: str, queue: str = "") -> Consumer:
    """A deployed consumer, whose parts are named after it."""
    function = {
        "FunctionName": f"{name}-function",
        "MemorySize": 512,
        "Architectures": ["arm64"],
        "EphemeralStorage": {"Size": 1_024},
    }
    arn = f"arn:aws:sqs:eu-west-1:123456789012:{queue or f'{name}-queue'}"
    mappings = [{"UUID": f"{name}-mapping"}]
    return Consumer(name, "dev", "shop", arn, "url", function=function, mappings=mappings)


class CloudWatch:
    """Answers GetMetricData with the values of each metric, by its name and its resource."""

    def __init__(self, values: Mapping[tuple[str, str], tuple[float, ...]]) -> None:
        self.values = values
        self.calls: list[dict[str, Any]] = []
        self.queries: list[dict[str, Any]] = []

    def get_paginator(self, name: str) -> Any:
        return SimpleNamespace(paginate=self._alarms if name == "describe_alarms" else self._metrics)

    def _alarms(self, **_: Any) -> list[Any]:
        one = {"AlarmName": "late", "StateValue": "OK", "Dimensions": [{"Name": "QueueName", "Value": "hands-queue"}]}
        return [{"MetricAlarms": [one]}]

    def _metrics(self, **call: Any) -> list[Any]:
        self.calls.append(call)
        results: list[dict[str, Any]] = []
        for query in call["MetricDataQueries"]:
            metric = query["MetricStat"]["Metric"]
            self.queries.append(query["MetricStat"])
            found = self.values.get((metric["MetricName"], metric["Dimensions"][0]["Value"]), ())
            results.append(metric_data(query["Id"], *found))
        return [{"MetricDataResults": results}]


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What was asked of the logs, which have one report."""
    asked: list[tuple[Any, ...]] = []

    def read(logs: Any, *arguments: Any) -> Reports:
        assert logs == "the logs"
        asked.append(arguments)
        return Reports([Report(0, "", 100, 150, 256, 80, 50, 1)], 0, 1)

    monkeypatch.setattr(reports, "read", read)
    monkeypatch.setattr(usage, "time", SimpleNamespace(time=lambda: NOW))
    return asked


def client(cloudwatch: Any, created: float = 0, lambda_: Any = None) -> Any:
    """Return a session's clients."""

    def get_queue_attributes(**parameters: Any) -> Any:
        assert parameters == {"QueueUrl": "url", "AttributeNames": ["CreatedTimestamp"]}
        return {"Attributes": {"CreatedTimestamp": str(int(created))}}

    sqs = SimpleNamespace(get_queue_attributes=get_queue_attributes)
    return {"cloudwatch": cloudwatch, "sqs": sqs, "logs": "the logs", "lambda": lambda_}.__getitem__


def test_each_metric_is_asked_once_for_all_consumers_and_summed_up(logged: list[Any]) -> None:
    values = {
        ("NumberOfMessagesSent", "hands-queue"): (3.0, 4.0),
        ("Duration", "pots-function"): (1.5,),
        ("IncomingBytes", "/aws/lambda/hands-function"): (0.0,),
    }
    cloudwatch = CloudWatch(values)
    hands, pots = usage.read(client(cloudwatch), [consumer("hands"), consumer("pots")], 30 * DAY)
    assert (hands.sent, hands.duration_ms, hands.log_bytes) == (7, None, 0)
    assert (pots.sent, pots.duration_ms, pots.log_bytes) == (None, 1.5, None)
    assert (hands.alarms, pots.alarms) == (1, None)
    assert (hands.memory_mb, hands.architecture, hands.ephemeral_storage_mb) == (512, "arm64", 1_024)
    assert hands.billing == Billing(1, 1.5, 256)
    assert len(cloudwatch.calls) == 11
    assert {each["Period"] for each in cloudwatch.queries} == {3_600}
    begin = NOW // 3_600 * 3_600 - 30 * DAY
    assert hands.seconds == NOW - begin
    assert logged == [
        ("/aws/lambda/hands-function", begin, 2_000, 15.0),
        ("/aws/lambda/pots-function", begin, 2_000, 15.0),
    ]


def test_a_metric_is_asked_by_the_name_that_its_service_gives_it(logged: list[Any]) -> None:
    cloudwatch = CloudWatch({})
    usage.read(client(cloudwatch), [consumer("hands")], DAY)
    asked = {
        (metric["Namespace"], metric["MetricName"], each["Stat"], *metric["Dimensions"][0].values())
        for each in cloudwatch.queries
        for metric in [each["Metric"]]
    }
    queue, function = ("Sum", "QueueName", "hands-queue"), ("Sum", "FunctionName", "hands-function")
    mapping = ("EventSourceMappingUUID", "hands-mapping")
    assert asked == {
        ("AWS/SQS", "NumberOfMessagesSent", *queue),
        ("AWS/SQS", "SentMessageSize", *queue),
        ("AWS/SQS", "NumberOfMessagesReceived", *queue),
        ("AWS/SQS", "NumberOfMessagesDeleted", *queue),
        ("AWS/SQS", "NumberOfEmptyReceives", *queue),
        ("AWS/Lambda", "Invocations", *function),
        ("AWS/Lambda", "Duration", *function),
        ("AWS/Lambda", "ProvisionedConcurrencySpilloverInvocations", *function),
        ("AWS/Lambda", "InvokedEventCount", "Sum", *mapping),
        ("AWS/Lambda", "ProvisionedPollers", "Maximum", *mapping),
        ("AWS/Logs", "IncomingBytes", "Sum", "LogGroupName", "/aws/lambda/hands-function"),
    }
    for call in cloudwatch.calls:
        assert (call["EndTime"] - call["StartTime"]).total_seconds() == DAY + NOW % 300


def test_a_short_time_is_read_in_periods_of_five_minutes(logged: list[Any]) -> None:
    cloudwatch = CloudWatch({("ProvisionedPollers", "hands-mapping"): (2.0,) * 12})
    (one,) = usage.read(client(cloudwatch), [consumer("hands")], DAY)
    assert one.poller_hours == 2
    assert {each["Period"] for each in cloudwatch.queries} == {300}
    assert {each["Stat"] for each in cloudwatch.queries} == {"Sum", "Maximum"}


def test_a_queue_that_two_consumers_read_is_counted_once_for_each(logged: list[Any]) -> None:
    cloudwatch = CloudWatch({("NumberOfMessagesReceived", "shared"): (5.0,)})
    both = [consumer("hands", "shared"), consumer("pots", "shared")]
    assert [one.received for one in usage.read(client(cloudwatch), both, DAY)] == [5, 5]


def test_memory_and_architecture_are_those_of_the_version_that_the_mapping_invokes(logged: list[Any]) -> None:
    hands = consumer("hands")
    hands = replace(
        hands,
        function=hands.function | {"FunctionArn": "arn:f"},
        mappings=[{**hands.mappings[0], "FunctionArn": "arn:f:live"}],
    )

    def configuration(FunctionName: str) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == "arn:f:live"
        return {"MemorySize": 256, "Architectures": ["x86_64"], "EphemeralStorage": {"Size": 512}}

    lambda_ = SimpleNamespace(get_function_configuration=configuration)
    (one,) = usage.read(client(CloudWatch({}), lambda_=lambda_), [hands], DAY)
    assert (one.memory_mb, one.architecture, one.ephemeral_storage_mb) == (256, "x86_64", 512)


def test_time_before_the_queue_existed_is_not_measured(logged: list[Any]) -> None:
    (one,) = usage.read(client(CloudWatch({}), created=NOW - 7_200), [consumer("hands")], 30 * DAY)
    assert one.seconds == 7_200


def test_a_consumer_of_which_everything_is_gone_has_no_data(logged: list[Any]) -> None:
    cloudwatch = CloudWatch({})
    (one,) = usage.read(client(cloudwatch), [Consumer("hands", "dev", "shop")], DAY)
    assert cloudwatch.queries == []
    assert not one.has_data
    assert (one.billing, one.memory_mb, one.architecture, one.ephemeral_storage_mb) == (None, 128, "x86_64", 512)
    assert logged == []


def test_a_missing_permission_is_an_error_and_not_missing_data(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object, operation: str, parameters: object) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, operation)

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", refuse)
    cloudwatch: Any = boto3.client("cloudwatch", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with pytest.raises(ClientError, match="AccessDenied"):
        usage.read(client(cloudwatch), [consumer("hands")], DAY)
