"""The CloudWatch alarms of consumers, by the queues and functions that they watch."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError  # pyright: ignore[reportMissingTypeStubs]

from consumers.operations.discovery import Consumer
from consumers.operations.metrics import REFUSED


@dataclass(frozen=True)
class Alarm:
    """One alarm."""

    name: str
    state: str
    """`OK`, `ALARM` or `INSUFFICIENT_DATA`."""
    reason: str


def of_consumers(cloudwatch: Any, consumers: Sequence[Consumer]) -> dict[str, list[Alarm]]:
    """Return the alarms of each resource, by the name of the queue or function.

    Empty where the caller lacks the permission.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
    """
    found: dict[str, list[Alarm]] = defaultdict(list)
    if not consumers:
        return found
    try:
        pages = list(cloudwatch.get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm"]))
    except ClientError as error:
        if error.response["Error"]["Code"] in REFUSED:  # pyright: ignore[reportTypedDictNotRequiredAccess]
            return found
        raise
    for one in (alarm for page in pages for alarm in page["MetricAlarms"]):
        alarm = Alarm(one["AlarmName"], one["StateValue"], one.get("StateReason", ""))
        for name in _resources(one):
            found[name].append(alarm)
    return found


def of(alarms: Mapping[str, Sequence[Alarm]], consumer: Consumer) -> list[Alarm]:
    """Return the alarms of a consumer, the firing ones first."""
    names = (consumer.queue_name, (consumer.dead_letter_queue_arn or "").rpartition(":")[2], consumer.function_name)
    own = {alarm for name in names if name for alarm in alarms.get(name, ())}
    return sorted(own, key=lambda alarm: (alarm.state != "ALARM", alarm.name))


def _resources(alarm: Mapping[str, Any]) -> set[str]:
    metrics = [query["MetricStat"]["Metric"] for query in alarm.get("Metrics", []) if "MetricStat" in query]
    dimensions = [each for one in (alarm, *metrics) for each in one.get("Dimensions", [])]
    return {each["Value"] for each in dimensions if each["Name"] in ("QueueName", "FunctionName")}
