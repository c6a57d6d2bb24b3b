"""What consumers used, by CloudWatch's metrics and the REPORT lines of their functions.

AWS bills the queries, $0.01 for 1,000 metrics (https://aws.amazon.com/cloudwatch/pricing/): eleven for a consumer.
"""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from consumers.cost import measured
from consumers.cost.measured import Usage
from consumers.operations import alarms, deployed_settings, metrics, reports
from consumers.operations.alarms import Alarm
from consumers.operations.discovery import CONCURRENCY, Client, Consumer
from consumers.operations.metrics import Metric

LONGEST_WINDOW = 455 * 86_400.0
"""Seconds for which CloudWatch keeps values of an hour; those of five minutes it keeps for 63 days.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html"""
SHORT_WINDOW = 86_400.0
"""Up to this, values of five minutes are read: an hour is then too coarse."""
HOUR, FIVE_MINUTES = 3_600, 300
REPORTS, MAX_SECONDS = 2_000, 15.0
"""What is read of a consumer's log at most: only ratios are taken from it."""


def _sum(namespace: str, name: str, dimension: str) -> Metric:
    return Metric(namespace, name, dimension, "Sum", HOUR)


METRICS = {
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    "queue": {
        "sent": _sum("AWS/SQS", "NumberOfMessagesSent", "QueueName"),
        "sent_bytes": _sum("AWS/SQS", "SentMessageSize", "QueueName"),
        "received": _sum("AWS/SQS", "NumberOfMessagesReceived", "QueueName"),
        "deleted": _sum("AWS/SQS", "NumberOfMessagesDeleted", "QueueName"),
        "empty_receives": _sum("AWS/SQS", "NumberOfEmptyReceives", "QueueName"),
    },
    # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    "function": {
        "invocations": _sum("AWS/Lambda", "Invocations", "FunctionName"),
        "spillover": _sum("AWS/Lambda", "ProvisionedConcurrencySpilloverInvocations", "FunctionName"),
        "duration_ms": _sum("AWS/Lambda", "Duration", "FunctionName"),
    },
    "mapping": {
        "invoked_messages": _sum("AWS/Lambda", "InvokedEventCount", "EventSourceMappingUUID"),
        "poller_hours": Metric("AWS/Lambda", "ProvisionedPollers", "EventSourceMappingUUID", "Maximum", HOUR),
    },
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
    "log_group": {"log_bytes": _sum("AWS/Logs", "IncomingBytes", "LogGroupName")},
}
"""The metric of each field of `Usage`, by the part of the consumer that has it."""


def _names(consumer: Consumer) -> dict[str, str]:
    """The names by which CloudWatch has the metrics of each part; empty where the part is missing."""
    return {
        "queue": consumer.queue_name or "",
        "function": consumer.function_name or "",
        "mapping": next(iter(consumer.mapping_ids), ""),
        "log_group": consumer.log_group or "",
    }


def read(client: Client, consumers: Sequence[Consumer], seconds: float) -> list[Usage]:
    """Return the usage of each consumer in the last `seconds`, or since its queue exists.

    :param seconds: at most `LONGEST_WINDOW`.

    Raises:
        ClientError: also if the caller lacks the permission.
    """
    period = FIVE_MINUTES if seconds <= SHORT_WINDOW else HOUR
    now = time.time()
    begin = (now - seconds) // period * period  # CloudWatch rounds it down too
    found = _metrics(client("cloudwatch"), [_names(one) for one in consumers], period, now - begin)
    reader = _Reader(client, found, alarms.of_consumers(client("cloudwatch"), consumers), begin, now)
    with ThreadPoolExecutor(CONCURRENCY) as pool:
        return list(pool.map(reader.usage, consumers))


def _metrics(
    cloudwatch: Any, parts: Sequence[Mapping[str, str]], period: int, seconds: float
) -> dict[str, dict[str, float]]:
    """Return the total of each field, by the name of the resource."""
    names = {part: sorted({one[part] for one in parts} - {""}) for part in METRICS}
    return {
        field: _totals(cloudwatch, replace(metric, period=period), names[part], seconds)
        for part, fields in METRICS.items()
        for field, metric in fields.items()
    }


def _totals(cloudwatch: Any, metric: Metric, names: Sequence[str], seconds: float) -> dict[str, float]:
    """Return a total over the time: of sums, or of the hours that a maximum held. Without data there is none."""
    found = metrics.required_series(cloudwatch, metric, names, timedelta(seconds=seconds))
    factor = metric.period / HOUR if metric.statistic == "Maximum" else 1
    return {name: factor * sum(value for _, value in points) for name, points in found.items()}


@dataclass(frozen=True)
class _Reader:
    """Puts the usage of one consumer together, and reads what concerns it alone. It is thread-safe."""

    client: Client
    totals: Mapping[str, Mapping[str, float]]
    watching: Mapping[str, Sequence[Alarm]]
    begin: float
    now: float

    def usage(self, consumer: Consumer) -> Usage:
        begin = min(max(self.begin, self._created(consumer)), self.now - 1)
        function, names = deployed_settings.invoked_function(self.client, consumer), _names(consumer)
        fields: dict[str, Any] = {
            field: self.totals[field].get(names[part]) for part, fields in METRICS.items() for field in fields
        }
        return Usage(
            **fields,
            seconds=self.now - begin,
            memory_mb=function.get("MemorySize", 128),
            architecture=next(iter(function.get("Architectures", ())), "x86_64"),
            ephemeral_storage_mb=function.get("EphemeralStorage", {}).get("Size", 512),
            alarms=len(alarms.of(self.watching, consumer)) or None,  # none are found without the permission either
            billing=measured.billing(self._reports(consumer, begin)),
        )

    def _reports(self, consumer: Consumer, begin: float) -> list[reports.Report]:
        group = consumer.log_group
        return reports.read(self.client("logs"), group, begin, REPORTS, MAX_SECONDS).reports if group else []

    def _created(self, consumer: Consumer) -> float:
        """Return when the queue was created, in seconds since 1970."""
        if not consumer.queue_url:
            return 0
        names = {"QueueUrl": consumer.queue_url, "AttributeNames": ["CreatedTimestamp"]}
        return float(self.client("sqs").get_queue_attributes(**names)["Attributes"]["CreatedTimestamp"])
