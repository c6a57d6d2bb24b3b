"""The age of the oldest message, from CloudWatch."""

# boto3 comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from consumers.operations import ages
from metric_data import metric_data


@pytest.fixture
def cloudwatch() -> Any:
    client: Any = boto3.client("cloudwatch", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    return client


def queries(count: int) -> dict[str, Any]:
    return {
        "MetricDataQueries": [{"Id": f"q{n}", "MetricStat": ANY} for n in range(count)],
        "StartTime": ANY,
        "EndTime": ANY,
        "ScanBy": "TimestampDescending",
    }


def test_the_newest_value_of_each_queue_is_taken_and_silent_queues_are_left_out(cloudwatch: Any) -> None:
    answer = {"MetricDataResults": [metric_data("q1", 7.0, 300.0), metric_data("q0")]}
    with Stubber(cloudwatch) as stubber:
        stubber.add_response("get_metric_data", answer, queries(2))
        assert ages.oldest(cloudwatch, ["idle", "busy"]) == {"busy": 7}
        stubber.assert_no_pending_responses()


def test_many_queues_are_asked_for_in_calls_of_five_hundred(cloudwatch: Any) -> None:
    names = [f"queue-{n}" for n in range(501)]
    with Stubber(cloudwatch) as stubber:
        stubber.add_response("get_metric_data", {"MetricDataResults": [metric_data("q499", 1.0)]}, queries(500))
        stubber.add_response("get_metric_data", {"MetricDataResults": [metric_data("q0", 2.0)]}, queries(1))
        assert ages.oldest(cloudwatch, names) == {"queue-499": 1, "queue-500": 2}
        stubber.assert_no_pending_responses()


def test_without_permission_to_read_metrics_there_is_no_age(cloudwatch: Any) -> None:
    with Stubber(cloudwatch) as stubber:
        stubber.add_client_error("get_metric_data", "AccessDenied")
        assert ages.oldest(cloudwatch, ["hands"]) == {}


def test_any_other_failure_is_not_hidden(cloudwatch: Any) -> None:
    with Stubber(cloudwatch) as stubber:
        stubber.add_client_error("get_metric_data", "InternalFailure")
        with pytest.raises(ClientError, match="InternalFailure"):
            ages.oldest(cloudwatch, ["hands"])
