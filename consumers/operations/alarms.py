"""The CloudWatch alarms of consumers, by the queues and functions that they watch."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consumers.operations.details import unless_unavailable
from consumers.operations.discovery import Consumer


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
    calls = cloudwatch.get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm"])
    for one in (alarm for page in unless_unavailable(lambda: list(calls)) or [] for alarm in page["MetricAlarms"]):
        alarm = Alarm(one["AlarmName"], one["StateValue"], one.get("StateReason", ""))
        for name in resources(one):
            found[name].append(alarm)
    return found


def of(alarms: Mapping[str, Sequence[Alarm]], consumer: Consumer) -> list[Alarm]:
    """Return the alarms of a consumer, the firing ones first."""
    own = {alarm for name in consumer.watched_names for alarm in alarms.get(name, ())}
    return sorted(own, key=lambda alarm: (alarm.state != "ALARM", alarm.name))


def resources(alarm: Mapping[str, Any]) -> set[str]:
    """Return the names of the queues and functions that an alarm watches, as DescribeAlarms returns it."""
    metrics = [query["MetricStat"]["Metric"] for query in alarm.get("Metrics", []) if "MetricStat" in query]
    dimensions = [each for one in (alarm, *metrics) for each in one.get("Dimensions", [])]
    return {each["Value"] for each in dimensions if each["Name"] in ("QueueName", "FunctionName")}
