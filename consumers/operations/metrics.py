"""Metrics of CloudWatch, for many resources in one call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError  # pyright: ignore[reportMissingTypeStubs]

MAX_QUERIES = 500  # in one call of GetMetricData
REFUSED = {"AccessDenied", "AccessDeniedException", "AuthorizationError"}  # the last is of SNS


@dataclass(frozen=True)
class Metric:
    """One metric that a service writes for each of its resources."""

    namespace: str
    name: str
    dimension: str
    """The dimension that names the resource."""
    statistic: str
    period: int
    """Seconds, a multiple of 60."""


def read(cloudwatch: Any, metric: Metric, names: Sequence[str], window: timedelta) -> dict[str, list[float]]:
    """Return the values of each resource in the last `window`, the newest first, by the resource's name."""
    found = series(cloudwatch, metric, names, window)
    return {name: [value for _, value in points] for name, points in found.items()}


def series(
    cloudwatch: Any, metric: Metric, names: Sequence[str], window: timedelta
) -> dict[str, list[tuple[float, float]]]:
    """Return the values with the starts of their periods (seconds since 1970), the newest first, by resource.

    Resources without data are left out: the local AWS has no metrics, and the caller may lack the permission.
    """
    try:
        return required_series(cloudwatch, metric, names, window)
    except ClientError as error:
        if error.response["Error"]["Code"] in REFUSED:  # pyright: ignore[reportTypedDictNotRequiredAccess]
            return {}
        raise


def required_series(
    cloudwatch: Any, metric: Metric, names: Sequence[str], window: timedelta
) -> dict[str, list[tuple[float, float]]]:
    """Return the same, but raise ClientError if the caller lacks the permission.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
    """
    found: dict[str, list[tuple[float, float]]] = {}
    for start in range(0, len(names), MAX_QUERIES):
        chunk = names[start : start + MAX_QUERIES]
        # One resource may have a part of its values on each page.
        for result in _query(cloudwatch, metric, chunk, window):
            if result["Values"]:
                times = (moment.timestamp() for moment in result["Timestamps"])
                found.setdefault(chunk[int(result["Id"][1:])], []).extend(zip(times, result["Values"], strict=True))
    return found


def _query(cloudwatch: Any, metric: Metric, names: Sequence[str], window: timedelta) -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    pages = cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=[{"Id": f"q{n}", "MetricStat": _statistic(metric, name)} for n, name in enumerate(names)],
        StartTime=now - window,
        EndTime=now,
        ScanBy="TimestampDescending",
    )
    return [result for page in pages for result in page["MetricDataResults"]]


def _statistic(metric: Metric, name: str) -> dict[str, Any]:
    dimensions = [{"Name": metric.dimension, "Value": name}]
    one = {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions}
    return {"Metric": one, "Period": metric.period, "Stat": metric.statistic}
