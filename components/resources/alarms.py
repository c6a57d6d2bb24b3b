"""The alarms of one consumer: what each watches, from when on it is heard, and what to look at first.

SQS and Lambda give a value a minute, so a period is a minute.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html
"""

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import cloudwatch

from ..settings import Settings
from ..settings.model import DAY
from .children import Children


@dataclass(frozen=True)
class Alarm:
    """One alarm: `metric` of queue, dead-letter queue or function, above `threshold` in `datapoints` of `periods`."""

    of: str
    metric: str
    statistic: str
    threshold: float
    datapoints: int
    periods: int
    description: str


def metric_alarms(children: Children, queue: Any, dead_letter_queue: Any, function: Any) -> dict[str, Any]:
    """Register the alarms that are not left out; the rest are the physical names of what they watch."""
    group = children.settings.alarms
    if group is None:
        return {}
    names = {"queue": queue, "dead_letter_queue": dead_letter_queue, "function": function}
    wanted = {id: alarm for id, alarm in all_alarms(children.settings).items() if id not in group.leave_out}
    # A queue that exists already may have a dead-letter queue that nobody named.
    wanted = {id: alarm for id, alarm in wanted.items() if names[alarm.of] is not None}
    return {id: _metric_alarm(children, id, alarm, names[alarm.of]) for id, alarm in wanted.items()}


def all_alarms(known: Settings) -> dict[str, Alarm]:
    """Return every alarm of a consumer by its id, in the order of urgency."""
    group, look = known.alarms, _look(known.consumer)
    assert group is not None
    age, percent = group.maximum_message_age_seconds, group.maximum_duration_percent
    return {
        # Not NumberOfMessagesSent: SQS does not count what it moves there by itself.
        "dead_letters": Alarm(
            *("dead_letter_queue", "ApproximateNumberOfMessagesVisible", "Maximum", group.maximum_dead_letters, 1, 1),
            f"More than {group.maximum_dead_letters:,} messages lie in the dead-letter queue: they failed "
            f"{'too often' if known.receives is None else f'{known.receives:,} times'}, or were rejected. "
            f"{look('logs --since 1d', 'the lines with FAIL')} They are kept for {_kept(known)}.",
        ),
        "message_age": Alarm(
            *("queue", "ApproximateAgeOfOldestMessage", "Maximum", age, 1, 1),
            f"A message waits for more than {age:,} seconds: the consumer does not keep up, or does not read. "
            f"{look('status', 'whether the mapping is enabled')} Then look for throttles and at the concurrency.",
        ),
        # 1 of 5: heard within a minute, and quiet only after five good ones.
        "errors": Alarm(
            *("function", "Errors", "Sum", group.maximum_errors, 1, 5),
            f"More than {group.maximum_errors:,} invocations a minute failed as a whole, and their batches come back: "
            f"a timeout, too little memory, or code that cannot be loaded. {look('logs --since 1h', 'the last lines')}",
        ),
        # 3 of 5: a minute of throttles is how pollers find a limit. Lasting ones use up receives.
        "throttles": Alarm(
            *("function", "Throttles", "Sum", group.maximum_throttles, 3, 5),
            f"More than {group.maximum_throttles:,} invocations a minute were throttled, and each uses up a receive: "
            "good messages will be dead-lettered. First: the account's concurrent executions, and the function's "
            "reserved concurrency. Then set mapping.maximum_concurrency below them.",
        ),
        "duration": Alarm(
            *("function", "Duration", "p99", known.timeout * 10 * percent, 3, 5),
            f"Invocations take more than {percent} % of the timeout of {known.timeout:,} seconds; at 100 % Lambda ends "
            f"them, and the whole batch comes back. {look('logs --since 1h', 'the durations in the REPORT lines')} "
            "Then lower batch_size, or raise memory_size or timeout.",
        ),
    }


def _kept(known: Settings) -> str:
    days = f"{known.dead_letter_queue.message_retention_seconds / DAY:.3g} days"
    return days if known.dead_letter_queue.arn is None else f"{days} at the most"


def _look(consumer: str) -> Any:
    """Return how a description names the command to begin with. On a pager there is nothing but the text."""
    stack = f"{pulumi.get_project()}/{pulumi.get_stack()}"

    def look(command: str, what: str) -> str:
        verb, _, options = command.partition(" ")
        return f"First: `{' '.join(filter(None, ('consumers', verb, consumer, options, '--stack', stack)))}`, {what}."

    return look


def _metric_alarm(children: Children, id: str, alarm: Alarm, name: Any) -> cloudwatch.MetricAlarm:
    group: Any = children.settings.alarms
    dimension, namespace = ("FunctionName", "AWS/Lambda") if alarm.of == "function" else ("QueueName", "AWS/SQS")
    is_percentile = alarm.statistic.startswith("p")
    part = f"alarm-{id.replace('_', '-')}"
    return cloudwatch.MetricAlarm(
        children.name(part),
        alarm_description=f"{children.settings.consumer}: {alarm.description}",
        namespace=namespace,
        metric_name=alarm.metric,
        # By the function's name alone: that covers its versions and aliases.
        dimensions={dimension: name},
        statistic=None if is_percentile else alarm.statistic,
        extended_statistic=alarm.statistic if is_percentile else None,
        period=60,
        evaluation_periods=alarm.periods,
        datapoints_to_alarm=alarm.datapoints,
        comparison_operator="GreaterThanThreshold",
        threshold=alarm.threshold,
        # A function without invocations has no data and no problem. A queue has none when nobody has touched it for six
        # hours: its messages are still there, so the alarm stays as it is.
        treat_missing_data="notBreaching" if alarm.of == "function" else "ignore",
        alarm_actions=children.validated("alarms.actions", list(group.actions)),
        ok_actions=children.validated("alarms.ok_actions", list(group.ok_actions)) if group.ok_actions else None,
        tags=children.tags(part),
        opts=children.options(),
    )
