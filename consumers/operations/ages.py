"""Age of the oldest message of a queue: a metric of CloudWatch, because SQS has no attribute for it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError  # pyright: ignore[reportMissingTypeStubs]

WINDOW = timedelta(minutes=10)  # SQS reports each minute, some minutes late
MAX_QUERIES = 500  # in one call of GetMetricData
ACCESS_DENIED = {"AccessDenied", "AccessDeniedException"}


def oldest(cloudwatch: Any, queues: Sequence[str]) -> dict[str, int]:
    """Return the age in seconds of the oldest message of each queue, by the queue's name.

    Queues without data are left out: the local AWS has no metrics, SQS reports none for a queue that was idle for six
    hours, and the caller may lack the permission to read them.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    """
    found: dict[str, int] = {}
    for start in range(0, len(queues), MAX_QUERIES):
        chunk = queues[start : start + MAX_QUERIES]
        try:
            results = _query(cloudwatch, chunk)
        except ClientError as error:
            if error.response["Error"]["Code"] in ACCESS_DENIED:  # pyright: ignore[reportTypedDictNotRequiredAccess]
                return {}
            raise
        found |= {chunk[int(one["Id"][1:])]: int(one["Values"][0]) for one in results if one["Values"]}
    return found


def _query(cloudwatch: Any, queues: Sequence[str]) -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    pages = cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=[{"Id": f"q{n}", "MetricStat": _statistic(queue)} for n, queue in enumerate(queues)],
        StartTime=now - WINDOW,
        EndTime=now,
        ScanBy="TimestampDescending",
    )
    return [result for page in pages for result in page["MetricDataResults"]]


def _statistic(queue: str) -> dict[str, Any]:
    metric = {
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateAgeOfOldestMessage",
        "Dimensions": [{"Name": "QueueName", "Value": queue}],
    }
    return {"Metric": metric, "Period": 60, "Stat": "Maximum"}
