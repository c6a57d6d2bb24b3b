"""Schedule: a fixed message that EventBridge Scheduler sends to a consumer."""

from typing import NotRequired, TypedDict

import pulumi
from pulumi_aws import scheduler

from ..dead_letter_queue import DeadLetterQueue
from ..queue_consumer import QueueConsumer
from ..resources import sources
from ..resources.children import Children
from ..settings.sources.schedule import ScheduleSettings


class ScheduleArgs(TypedDict):
    """The arguments of a Schedule."""

    message_group_id: NotRequired[pulumi.Input[str]]
    """The message group of all of its messages. Required on FIFO queues, which need `content_based_deduplication` too:
    the same message is then sent once in 5 minutes. Default: none."""
    dead_letter_queue: NotRequired[DeadLetterQueue]
    """The `DeadLetterQueue` component, a standard one, that receives what Scheduler cannot deliver. Scheduler's role
    may send there and use its KMS key. Default: what cannot be delivered is lost.
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html"""
    dead_letter_queue_arn: NotRequired[pulumi.Input[str]]
    """Instead of dead_letter_queue, the ARN of a standard queue; Scheduler's role may send there. If the queue has a
    KMS key of yours, allow the role (the attribute `role`) `kms:GenerateDataKey` and `kms:Decrypt` on that key:
    otherwise what cannot be delivered is lost. Default: none.
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html"""
    maximum_event_age_in_seconds: NotRequired[int]
    """How long Scheduler tries to deliver: 60 to 86,400 seconds. Default: none is sent, and Scheduler uses 86,400 (a
    day)."""
    maximum_retry_attempts: NotRequired[int]
    """How often Scheduler retries: 0 to 185 tries. Default: none is sent, and Scheduler uses 185."""
    schedule_expression: NotRequired[str]
    """When: `rate(5 minutes)`, `cron(0 3 * * ? *)`, with minutes, hours, day of month, month, day of week and year, or
    `at(2030-01-31T03:00:00)`, once. Required.
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html"""
    schedule_expression_timezone: NotRequired[str]
    """The time zone of a cron or at expression, like `Europe/Berlin`: it follows the change of the clocks. Default:
    `UTC`."""
    message: NotRequired[pulumi.Input[str]]
    """The text that is sent. In it Scheduler fills in `<aws.scheduler.scheduled-time>` and
    `<aws.scheduler.execution-id>`. Default: `{}`.
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html"""
    flexible_time_window_in_minutes: NotRequired[int]
    """Window after its time in which it may be sent: 0 to 1,440 minutes. Default: 0, at its time, to the minute."""
    group_name: NotRequired[pulumi.Input[str]]
    """Name of the schedule group that it is in. Default: the account's `default` one."""
    enabled: NotRequired[bool]
    """Whether it is sent. Default: True."""


class Schedule(pulumi.ComponentResource):
    """A fixed message that EventBridge Scheduler sends to a consumer, at least once each time.

    It sends by a role of its own, with permissions for this queue and its KMS key, so the queue's policy need not allow
    it. The underlying resources are the attributes `role`, `role_policy` and `schedule`.
    """

    arn: pulumi.Output[str]
    """ARN of the schedule."""

    def __init__(
        self, name: str, consumer: QueueConsumer, args: ScheduleArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Register the schedule, which sends to `consumer`.

        :raises pulumi.RunError: if any argument is invalid, before any resource is registered.
        """
        settings = sources.source_settings(ScheduleSettings, name, consumer, args)
        super().__init__("queue-consumer:index:Schedule", name, None, opts)
        children = Children(self, settings)
        dead_letters, unsent = sources.dead_letters(children)
        self.role, self.role_policy = sources.sending_role(children, "scheduler", consumer, *unsent)
        self.schedule = scheduler.Schedule(
            children.name("schedule"),
            group_name=children.validated("group_name"),
            schedule_expression=settings.schedule_expression or "",
            schedule_expression_timezone=settings.schedule_expression_timezone,
            flexible_time_window=_window(settings.flexible_time_window_in_minutes),
            state="ENABLED" if settings.enabled else "DISABLED",
            target=scheduler.ScheduleTargetArgs(
                arn=consumer.queue_arn,
                role_arn=self.role.arn,
                input=children.validated("message"),
                sqs_parameters=sources.without_nones(
                    scheduler.ScheduleTargetSqsParametersArgs,
                    message_group_id=children.validated("message_group_id"),
                ),
                dead_letter_config=sources.without_nones(
                    scheduler.ScheduleTargetDeadLetterConfigArgs, arn=dead_letters
                ),
                retry_policy=sources.without_nones(
                    scheduler.ScheduleTargetRetryPolicyArgs, **sources.retries(settings)
                ),
            ),
            opts=children.options(depends_on=[self.role_policy]),
        )
        self.arn = self.schedule.arn
        self.register_outputs({"arn": self.arn})


def _window(minutes: int) -> "scheduler.ScheduleFlexibleTimeWindowArgs":
    if not minutes:
        return scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF")
    return scheduler.ScheduleFlexibleTimeWindowArgs(mode="FLEXIBLE", maximum_window_in_minutes=minutes)
