"""ConsumersDashboard: one CloudWatch dashboard for a stack, with a row for each consumer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import cloudwatch

from . import policies
from .queue_consumer import QueueConsumer
from .resources.function import METRICS_NAMESPACE
from .settings import Settings

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
MAX_WIDGETS, MAX_METRICS = 500, 2_500
COLUMNS, HEIGHT = 24, 6


class ConsumersDashboard(pulumi.ComponentResource):
    """A CloudWatch dashboard with a row per consumer: messages, backlog, age, dead letters, invocations, duration,
    concurrency, with `function.record_metrics` the records that `sqs_batch` counts, and with an alarm on a fair queue
    its noisy and quiet message groups.

    Create one per stack: a dashboard is one document, so it takes a list of consumers. CloudWatch bills dashboards by
    the month, after the first three of an account. The underlying resource is the attribute `dashboard`.
    """

    dashboard_name: pulumi.Output[str]
    """Name of the dashboard: project, stack and the component's own name, since dashboards belong to the account."""

    def __init__(
        self, name: str, consumers: Sequence[QueueConsumer], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Register the dashboard.

        :param name: name of the component, letters, digits, `-` and `_`.
        :param consumers: the consumers to show, in this order; each in its own region. At least one, and at most what
            CloudWatch allows: 500 widgets, which are 62 consumers; 55 with `record_metrics` or an alarm on fair queues.
        :param opts: options of the component, which its resource inherits.
        :raises pulumi.RunError: if there are no consumers or too many, before any resource is registered.
        """
        _check(name, consumers)
        super().__init__("queue-consumer:index:ConsumersDashboard", name, None, opts)
        rows = pulumi.Output.all(*map(_names, consumers))
        settings = [consumer.settings for consumer in consumers]
        self.dashboard = cloudwatch.Dashboard(
            f"{name}-dashboard",
            dashboard_name=f"{pulumi.get_project()}-{pulumi.get_stack()}-{name}".replace(".", "-"),
            dashboard_body=rows.apply(lambda names: policies.canonical_json(body(list(map(Row, settings, names))))),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.dashboard_name = self.dashboard.dashboard_name
        self.register_outputs({"dashboardName": self.dashboard_name})


@dataclass(frozen=True)
class Row:
    """A row of the dashboard: a consumer's settings, and the physical names of its resources."""

    settings: Settings
    names: Mapping[str, str]
    """`queue`, `dead_letter_queue`, `function`, and `region`."""

    def graph(self, title: str, part: str, *metrics: tuple[str, str, str], **more: Any) -> dict[str, Any]:
        """Return a graph of metrics of one part, each with a statistic and a label."""
        lines = [self.line(part, *metric) for metric in metrics]
        return {"title": title, "metrics": lines, "region": self.names["region"], **_GRAPH, **more}

    def line(self, part: str, metric: str, statistic: str, label: str) -> list[Any]:
        """Return one line of a graph. The part `records` has the metrics of `sqs_batch`."""
        namespace = {"function": "AWS/Lambda", "records": METRICS_NAMESPACE}.get(part, "AWS/SQS")
        dimension = "QueueName" if namespace == "AWS/SQS" else "FunctionName"
        name = self.names["function" if part == "records" else part]
        return [namespace, metric, dimension, name, {"label": label, "stat": statistic}]


_GRAPH: dict[str, Any] = {"view": "timeSeries", "period": 60, "yAxis": {"left": {"min": 0}}}


def body(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the dashboard's document.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
    """
    widgets: list[dict[str, Any]] = []
    for number, row in enumerate(rows):
        y = number * (HEIGHT + 1)
        heading = {"markdown": f"## {row.settings.consumer}"}
        widgets.append({"type": "text", "x": 0, "y": y, "width": COLUMNS, "height": 1, "properties": heading})
        graphs = _graphs(row)
        for place, graph in enumerate(graphs):
            x, end = (COLUMNS * edge // len(graphs) for edge in (place, place + 1))
            box = {"x": x, "y": y + 1, "width": end - x, "height": HEIGHT}
            widgets.append({"type": "metric", **box, "properties": graph})
    return {"widgets": widgets}


def _graphs(row: Row) -> list[dict[str, Any]]:
    settings = row.settings
    received = ("NumberOfMessagesReceived", "Sum", "received")
    flow = (("NumberOfMessagesSent", "Sum", "sent"), received, ("NumberOfMessagesDeleted", "Sum", "deleted"))
    visible, in_flight = "ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible"
    age, is_fair = "ApproximateAgeOfOldestMessage", settings.alarms is not None and settings.alarms.on_fair_queue
    # Beside the lines of the whole queue: where these stay low, fairness protects the quiet groups.
    quiet = [(f"{visible}InQuietGroups", "Maximum", "visible in quiet groups")] * is_fair
    quiet_age = [(f"{age}InQuietGroups", "Maximum", "oldest in quiet groups, s")] * is_fair
    has_dead_letters = settings.has_dead_letter_queue
    durations = (("Duration", "p50", "p50"), ("Duration", "p99", "p99"), ("Duration", "Maximum", "max"))
    graphs = [
        row.graph("messages", "queue", *flow),
        row.graph("backlog", "queue", (visible, "Maximum", "visible"), (in_flight, "Maximum", "in flight"), *quiet),
        row.graph("age", "queue", (age, "Maximum", "oldest, s"), *quiet_age, **_maximum_age(settings)),
        *([row.graph("dead letters", "dead_letter_queue", (visible, "Maximum", "dead letters"))] * has_dead_letters),
        row.graph("invocations", "function", *((name, "Sum", name.lower()) for name in _INVOCATIONS)),
        row.graph("duration, ms", "function", *durations, **_mark("timeout", settings.timeout * 1_000)),
        row.graph("concurrency", "function", ("ConcurrentExecutions", "Maximum", "at once")),
    ]
    if is_fair:
        graphs.append(row.graph("noisy groups", "queue", ("ApproximateNumberOfNoisyGroups", "Maximum", "noisy groups")))
    if settings.function.record_metrics:
        graphs.append(row.graph("records", "records", *((name, "Sum", label) for name, label in _RECORDS)))
    return graphs


_INVOCATIONS = ("Invocations", "Errors", "Throttles")
_RECORDS = (("Handled", "handled"), ("Failed", "failed"), ("Rejected", "rejected"), ("NotStarted", "not started"))


def _maximum_age(settings: Settings) -> dict[str, Any]:
    return _mark("promised", settings.alarms.maximum_message_age_seconds) if settings.alarms else {}


def _mark(label: str, value: int) -> dict[str, Any]:
    return {"annotations": {"horizontal": [{"label": label, "value": value}]}}


def _names(consumer: QueueConsumer) -> pulumi.Output[dict[str, str]]:
    return pulumi.Output.all(
        queue=consumer.queue_name,
        dead_letter_queue=consumer.dead_letter_queue_name,
        function=consumer.function_name,
        # Each widget names its region: that of the consumer's queue.
        region=consumer.queue_arn.apply(lambda arn: arn.split(":")[3]),
    )


def _check(name: str, consumers: Sequence[QueueConsumer]) -> None:
    no_names = {"queue": "", "dead_letter_queue": "", "function": "", "region": ""}
    widgets = body([Row(consumer.settings, no_names) for consumer in consumers])["widgets"]
    metrics = sum(len(widget["properties"].get("metrics", [])) for widget in widgets)
    if not consumers:
        got, fix = "no consumers", "Pass the stack's consumers, or leave the dashboard out"
    elif len(widgets) > MAX_WIDGETS or metrics > MAX_METRICS:
        got = f"{len(consumers)} consumers, which are {len(widgets):,} widgets and {metrics:,} metrics"
        fix = "Create several dashboards, each with some of the consumers"
    else:
        return
    raise pulumi.RunError(
        f"ConsumersDashboard {name!r}: consumers: got {got}; allowed: at least one consumer, {MAX_WIDGETS} widgets "
        f"and {MAX_METRICS:,} metrics. CloudWatch rejects larger dashboards. {fix}. "
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html"
    )
