"""EventBridge Scheduler. The local AWS starts a schedule some seconds late, and reads every expression as UTC."""

from typing import ClassVar

from consumers.resource_table.properties import PREFIX, Properties, Property
from consumers.resource_table.resource_type import ResourceType

_RETRY = {
    "maximumEventAgeInSeconds": Property("MaximumEventAgeInSeconds", default=86_400),
    "maximumRetryAttempts": Property("MaximumRetryAttempts", default=185),
}


class Schedule(ResourceType):
    """`aws.scheduler.Schedule` that sends to a queue. Its id is `<group>/<name>`."""

    token = "aws:scheduler/schedule:Schedule"
    max_name_length = 64
    service = "scheduler"
    noun = "schedule"
    create_call = "create_schedule"
    put_call = "update_schedule"
    id_properties = ("groupName", "name")
    has_empty_defaults = True
    arn = "arn:aws:scheduler:{aws.region}:{aws.account_id}:schedule/{id}"
    properties: ClassVar[Properties] = {
        "name": Property("Name", force_new=True),
        "namePrefix": PREFIX,
        "groupName": Property("GroupName", default="default", force_new=True),
        "description": Property("Description"),
        "scheduleExpression": Property("ScheduleExpression", required=True),
        "scheduleExpressionTimezone": Property("ScheduleExpressionTimezone", default="UTC"),
        "state": Property("State", default="ENABLED"),
        "flexibleTimeWindow": Property(
            "FlexibleTimeWindow",
            required=True,
            nested={
                "mode": Property("Mode", required=True),
                "maximumWindowInMinutes": Property("MaximumWindowInMinutes"),
            },
        ),
        "target": Property(
            "Target",
            required=True,
            nested={
                "arn": Property("Arn", required=True),
                "roleArn": Property("RoleArn", required=True),
                "input": Property("Input"),
                "sqsParameters": Property("SqsParameters", nested={"messageGroupId": Property("MessageGroupId")}),
                "deadLetterConfig": Property("DeadLetterConfig", nested={"arn": Property("Arn", required=True)}),
                "retryPolicy": Property("RetryPolicy", nested=_RETRY),
            },
        ),
    }
