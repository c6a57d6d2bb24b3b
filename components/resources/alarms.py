"""The alarms of one consumer: the metric and threshold of each, and what to check first when it fires.

SQS and Lambda publish a value per minute, so a period is a minute.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html
"""

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import cloudwatch

from ..settings import Settings
from ..settings.model import DAY, AlarmSettings
from .children import Children


@dataclass(frozen=True)
class Alarm:
    """An alarm on a metric above `threshold` in `datapoints` of `periods`."""

    part: str
    """`queue`, `dead_letter_queue` or `function`."""
    metric: str
    statistic: str
    threshold: float
    datapoints: int
    periods: int
    description: str


def metric_alarms(
    children: Children[Settings], queue: Any, dead_letter_queue: Any, function: Any
) -> dict[str, cloudwatch.MetricAlarm]:
    """Register the alarms that are not left out, on the parts with these physical names."""
    group = children.settings.alarms
    if group is None:
        return {}
    names = {"queue": queue, "dead_letter_queue": dead_letter_queue, "function": function}
    return {
        id: _metric_alarm(children, group, id, alarm, names[alarm.part])
        for id, alarm in all_alarms(children.settings, group).items()
        # The dead-letter queue of an existing queue may be unknown.
        if id not in group.leave_out and names[alarm.part] is not None
    }


def all_alarms(settings: Settings, group: AlarmSettings) -> dict[str, Alarm]:
    """Return every alarm of a consumer by its id, the most urgent first."""
    look = _look(settings.consumer)
    age, percent = group.maximum_message_age_seconds, group.maximum_duration_percent
    return {
        # Not NumberOfMessagesSent: SQS does not count what it moves there by itself.
        "dead_letters": Alarm(
            "dead_letter_queue", "ApproximateNumberOfMessagesVisible", "Maximum", group.maximum_dead_letters, 1, 1,
            f"More than {group.maximum_dead_letters:,} messages lie in the dead-letter queue: they failed "
            f"{'too often' if settings.receives is None else f'{settings.receives:,} times'}, or were rejected. "
            f"{look('dlq list', 'the reasons')} They are kept for {_retention(settings)}.",
        ),
        "message_age": Alarm(
            "queue", "ApproximateAgeOfOldestMessage", "Maximum", age, 1, 1,
            f"A message waits for more than {age:,} seconds: the consumer does not keep up, or does not read. "
            f"{look('status', 'whether the mapping is enabled')} Then look for throttles and at the concurrency. "
            "CloudWatch leaves out messages that were received three times or more, so this alarm cannot see poison: "
            "dead_letters does.",
        ),
        # 1 of 5: fires within a minute, and resolves after five good ones.
        "errors": Alarm(
            "function", "Errors", "Sum", group.maximum_errors, 1, 5,
            f"More than {group.maximum_errors:,} invocations a minute failed as a whole, and their batches come back: "
            f"a timeout, too little memory, or code that cannot be loaded. {look('logs --since 1h', 'the last lines')}",
        ),
        # 3 of 5: pollers find a limit by a minute of throttles. Lasting ones use up receives.
        "throttles": Alarm(
            "function", "Throttles", "Sum", group.maximum_throttles, 3, 5,
            f"More than {group.maximum_throttles:,} invocations a minute were throttled, and each uses up a receive: "
            "good messages will be dead-lettered. First: the account's concurrent executions, and the function's "
            "reserved concurrency. Then set mapping.maximum_concurrency below them.",
        ),
        "duration": Alarm(
            "function", "Duration", "p99", settings.timeout * 10 * percent, 3, 5,
            f"Invocations take more than {percent} % of the timeout of {settings.timeout:,} seconds; at 100 % Lambda "
            "ends them, and the whole batch comes back. "
            f"{look('logs --since 1h', 'the durations in the REPORT lines')} "
            "Then lower batch_size, or raise memory_size or timeout.",
        ),
        **_fair_queue_alarms(group, look),
    }  # fmt: skip


def _fair_queue_alarms(group: AlarmSettings, look: Any) -> dict[str, Alarm]:
    """Return the alarms on the message groups of a fair queue, those that have a threshold.

    3 of 5: a burst of one group for a minute is what fair queues are for.
    """
    groups, backlog = group.maximum_noisy_groups, group.maximum_quiet_backlog
    alarms: dict[str, Alarm] = {}
    if groups is not None:
        alarms["noisy_groups"] = Alarm(
            "queue", "ApproximateNumberOfNoisyGroups", "Maximum", groups, 3, 5,
            f"More than {groups:,} message groups are noisy: each takes over a tenth of the messages in flight, or of "
            "the processing time. Their messages wait, and SQS delivers those of the other groups first. "
            f"{look('status', 'how many wait')} SQS does not name the groups: your producers' own counts do.",
        )  # fmt: skip
    if backlog is not None:
        alarms["quiet_backlog"] = Alarm(
            "queue", "ApproximateNumberOfMessagesVisibleInQuietGroups", "Maximum", backlog, 3, 5,
            f"More than {backlog:,} messages wait that belong to no noisy group: the consumer as a whole does not keep "
            f"up, and fairness does not help. {look('status', 'whether the mapping is enabled')} Then look for "
            "throttles and at the concurrency.",
        )  # fmt: skip
    return alarms


def _retention(settings: Settings) -> str:
    days = f"{settings.dead_letter_queue.message_retention_seconds / DAY:.3g} days"
    return days if settings.dead_letter_queue.arn is None else f"at most {days}"


def _look(consumer: str) -> Any:
    """Return a function that names the first command to run: on a pager, the description is all there is."""
    stack = f"{pulumi.get_project()}/{pulumi.get_stack()}"

    def look(command: str, what: str) -> str:
        verb, dashes, options = command.partition("--")
        parts = ("consumers", verb.strip(), consumer, dashes + options, "--stack", stack)
        return f"First: `{' '.join(filter(None, parts))}`, {what}."

    return look


def _metric_alarm(
    children: Children[Settings], group: AlarmSettings, id: str, alarm: Alarm, name: Any
) -> cloudwatch.MetricAlarm:
    dimension, namespace = ("FunctionName", "AWS/Lambda") if alarm.part == "function" else ("QueueName", "AWS/SQS")
    is_percentile = alarm.statistic.startswith("p")
    part = f"alarm-{id.replace('_', '-')}"
    return cloudwatch.MetricAlarm(
        children.name(part),
        alarm_description=f"{children.settings.consumer}: {alarm.description}",
        namespace=namespace,
        metric_name=alarm.metric,
        # The function's name alone covers its versions and aliases.
        dimensions={dimension: name},
        statistic=None if is_percentile else alarm.statistic,
        extended_statistic=alarm.statistic if is_percentile else None,
        period=60,
        evaluation_periods=alarm.periods,
        datapoints_to_alarm=alarm.datapoints,
        comparison_operator="GreaterThanThreshold",
        threshold=alarm.threshold,
        # A function without invocations has no data, and no problem. A queue has no data after six idle hours, but
        # still its messages: the alarm keeps its state.
        treat_missing_data="notBreaching" if alarm.part == "function" else "ignore",
        alarm_actions=children.validated("alarms.actions"),
        ok_actions=children.validated("alarms.ok_actions") if group.ok_actions else None,
        tags=children.tags(part),
        opts=children.options(),
    )
