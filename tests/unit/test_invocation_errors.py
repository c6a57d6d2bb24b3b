"""The errors of functions in the last hour, as CloudWatch tells them."""

# boto3 comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from consumers.operations import invocation_errors
from metric_data import metric_data


@pytest.fixture
def cloudwatch() -> Any:
    client: Any = boto3.client("cloudwatch", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    return client


def test_one_call_asks_for_all_functions_and_the_hour_is_summed_up(cloudwatch: Any) -> None:
    seen: list[dict[str, Any]] = []

    def see(params: dict[str, Any], **_: Any) -> None:
        seen.append(params)

    cloudwatch.meta.events.register("provide-client-params.*", see)
    results = [metric_data("q0", 2.0, 1.0), metric_data("q1"), metric_data("q2", 0.0)]
    with Stubber(cloudwatch) as stubber:
        keys = ("MetricDataQueries", "StartTime", "EndTime", "ScanBy")
        stubber.add_response("get_metric_data", {"MetricDataResults": results}, dict.fromkeys(keys, ANY))
        found = invocation_errors.of_last_hour(cloudwatch, ["failing", "idle", "healthy"])
        assert found == {"failing": 3, "healthy": 0}
        stubber.assert_no_pending_responses()
    (call,) = seen
    assert call["EndTime"] - call["StartTime"] == timedelta(hours=1)
    assert call["MetricDataQueries"][0] == {
        "Id": "q0",
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/Lambda",
                "MetricName": "Errors",
                "Dimensions": [{"Name": "FunctionName", "Value": "failing"}],
            },
            "Period": 300,
            "Stat": "Sum",
        },
    }
