"""The noisy message groups of fair queues, as CloudWatch counts them."""

# boto3 comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from consumers.operations import noisy_groups
from metric_data import metric_data


@pytest.fixture
def cloudwatch() -> Any:
    client: Any = boto3.client("cloudwatch", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    return client


def test_the_newest_count_of_each_queue_is_taken_and_queues_without_groups_are_left_out(cloudwatch: Any) -> None:
    dimensions = [{"Name": "QueueName", "Value": "busy"}]
    metric = {"Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfNoisyGroups", "Dimensions": dimensions}
    expected = {
        "MetricDataQueries": [{"Id": "q0", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}}, ANY],
        **dict.fromkeys(("StartTime", "EndTime"), ANY),
        "ScanBy": "TimestampDescending",
    }
    answer = {"MetricDataResults": [metric_data("q0", 2.0, 7.0), metric_data("q1")]}
    with Stubber(cloudwatch) as stubber:
        stubber.add_response("get_metric_data", answer, expected)
        assert noisy_groups.count(cloudwatch, ["busy", "plain"]) == {"busy": 2}
