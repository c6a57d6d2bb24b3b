"""EventBridge Scheduler. The local AWS starts a schedule some seconds late, and reads every expression as UTC."""

from typing import ClassVar

from consumers.resource_table.properties import Properties, Property, Values, from_api, said, to_api
from consumers.resource_table.resource_type import Aws, ResourceType

_RETRY = {
    "maximumEventAgeInSeconds": Property("MaximumEventAgeInSeconds", default=86_400),
    "maximumRetryAttempts": Property("MaximumRetryAttempts", default=185),
}


class Schedule(ResourceType):
    """`aws.scheduler.Schedule` that sends to a queue. Its id is its group and its name, joined."""

    token = "aws:scheduler/schedule:Schedule"
    arn_format = "scheduler:{region}:{account}:schedule/default/{name}"
    longest_name = 64
    properties: ClassVar[Properties] = {
        "name": Property("Name", force_new=True),
        "namePrefix": Property(force_new=True, unread=True),
        "groupName": Property("GroupName", default="default", force_new=True),
        "description": Property("Description"),
        "scheduleExpression": Property("ScheduleExpression", required=True),
        "scheduleExpressionTimezone": Property("ScheduleExpressionTimezone", default="UTC"),
        "state": Property("State", default="ENABLED"),
        "flexibleTimeWindow": Property(
            "FlexibleTimeWindow",
            required=True,
            inside={
                "mode": Property("Mode", required=True),
                "maximumWindowInMinutes": Property("MaximumWindowInMinutes"),
            },
        ),
        "target": Property(
            "Target",
            required=True,
            inside={
                "arn": Property("Arn", required=True),
                "roleArn": Property("RoleArn", required=True),
                "input": Property("Input"),
                "sqsParameters": Property("SqsParameters", inside={"messageGroupId": Property("MessageGroupId")}),
                "deadLetterConfig": Property("DeadLetterConfig", inside={"arn": Property("Arn", required=True)}),
                "retryPolicy": Property("RetryPolicy", inside=_RETRY),
            },
        ),
    }

    def _create(self, aws: Aws, inputs: Values) -> str:
        aws.client("scheduler").create_schedule(**to_api(self.properties, inputs))
        return self.known_id(aws, inputs)

    def _read(self, aws: Aws, resource_id: str) -> Values:
        group, name = _parts(resource_id)
        schedule = aws.client("scheduler").get_schedule(GroupName=group, Name=name)
        return said(from_api(self.properties, schedule)) | {"arn": schedule["Arn"]}

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        group, name = _parts(resource_id)
        aws.client("scheduler").update_schedule(**to_api(self.properties, new | {"groupName": group, "name": name}))

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        group, name = _parts(resource_id)
        aws.client("scheduler").delete_schedule(GroupName=group, Name=name)

    def known_id(self, aws: Aws, inputs: Values) -> str:
        return f"{inputs['groupName']}/{inputs['name']}"


def _parts(resource_id: str) -> tuple[str, str]:
    group, _, name = resource_id.rpartition("/")
    return group or "default", name
