"""EventBridge: buses, rules, and queues as their targets."""

from typing import ClassVar

from consumers.resource_table.diff_suppress import same_policy
from consumers.resource_table.properties import (
    Properties,
    Property,
    Values,
    from_api,
    listed,
    mapped,
    said,
    to_api,
)
from consumers.resource_table.resource_type import Aws, ResourceType, gone

DEFAULT_BUS = "default"


class _Tagged(ResourceType):
    """A bus or a rule."""

    def _tag(self, aws: Aws, resource_id: str, tags: dict[str, str]) -> None:
        arn = self._read(aws, resource_id)["arn"]
        aws.client("events").tag_resource(ResourceARN=arn, Tags=listed(tags))

    def _untag(self, aws: Aws, resource_id: str, keys: list[str]) -> None:
        arn = self._read(aws, resource_id)["arn"]
        aws.client("events").untag_resource(ResourceARN=arn, TagKeys=keys)


class EventBus(_Tagged):
    """`aws.cloudwatch.EventBus`. Its id is its name."""

    token = "aws:cloudwatch/eventBus:EventBus"
    arn_format = "events:{region}:{account}:event-bus/{name}"
    properties: ClassVar[Properties] = {
        "name": Property("Name", force_new=True),
        "description": Property("Description", reset_value=""),
        "tags": Property(),
    }

    def _create(self, aws: Aws, inputs: Values) -> str:
        aws.client("events").create_event_bus(**to_api(self.properties, inputs), Tags=listed(inputs.get("tags", {})))
        return inputs["name"]

    def _read(self, aws: Aws, resource_id: str) -> Values:
        bus = aws.client("events").describe_event_bus(Name=resource_id)
        return from_api(self.properties, bus) | {"arn": bus["Arn"], "tags": _tags(aws, bus["Arn"])}

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        if "description" in self.changed(old, new):
            aws.client("events").update_event_bus(Name=resource_id, Description=new.get("description", ""))

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        aws.client("events").delete_event_bus(Name=resource_id)


class EventRule(_Tagged):
    """`aws.cloudwatch.EventRule`. Its id is its name, behind that of its bus where that is not the default one."""

    token = "aws:cloudwatch/eventRule:EventRule"
    arn_format = "events:{region}:{account}:rule/{name}"
    longest_name = 64
    properties: ClassVar[Properties] = {
        "name": Property("Name", force_new=True),
        "namePrefix": Property(force_new=True, unread=True),
        "description": Property("Description"),
        "eventBusName": Property("EventBusName", default=DEFAULT_BUS, force_new=True),
        "eventPattern": Property("EventPattern", same=same_policy),
        "scheduleExpression": Property("ScheduleExpression"),
        "state": Property("State", default="ENABLED"),
        "tags": Property(),
    }

    def fake_outputs(self, arn: str, inputs: Values) -> Values:
        bus = inputs.get("eventBusName", "default").rpartition("/")[2]
        return {} if bus == "default" else {"arn": arn.replace(":rule/", f":rule/{bus}/")}

    def _create(self, aws: Aws, inputs: Values) -> str:
        aws.client("events").put_rule(**to_api(self.properties, inputs), Tags=listed(inputs.get("tags", {})))
        return self.known_id(aws, inputs)

    def _read(self, aws: Aws, resource_id: str) -> Values:
        rule = aws.client("events").describe_rule(**_named(resource_id))
        return said(from_api(self.properties, rule)) | {"arn": rule["Arn"], "tags": _tags(aws, rule["Arn"])}

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        aws.client("events").put_rule(**to_api(self.properties, new | _id_values(resource_id)))

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        aws.client("events").delete_rule(**_named(resource_id))

    def known_id(self, aws: Aws, inputs: Values) -> str:
        bus = inputs["eventBusName"]
        return inputs["name"] if bus == DEFAULT_BUS else f"{bus}/{inputs['name']}"


class EventTarget(ResourceType):
    """`aws.cloudwatch.EventTarget`. Its id is bus, rule and target, joined."""

    token = "aws:cloudwatch/eventTarget:EventTarget"
    naming = "targetId"
    longest_name = 64
    properties: ClassVar[Properties] = {
        "targetId": Property("Id", force_new=True),
        "rule": Property(required=True, force_new=True),
        "eventBusName": Property(default=DEFAULT_BUS, force_new=True),
        "arn": Property("Arn", required=True),
        "input": Property("Input"),
        "inputPath": Property("InputPath"),
        "inputTransformer": Property(
            "InputTransformer",
            inside={
                "inputPaths": Property("InputPathsMap"),
                "inputTemplate": Property("InputTemplate", required=True),
            },
        ),
        "sqsTarget": Property("SqsParameters", inside={"messageGroupId": Property("MessageGroupId")}),
        "deadLetterConfig": Property("DeadLetterConfig", inside={"arn": Property("Arn")}),
        "retryPolicy": Property(
            "RetryPolicy",
            inside={
                "maximumEventAgeInSeconds": Property("MaximumEventAgeInSeconds"),
                "maximumRetryAttempts": Property("MaximumRetryAttempts"),
            },
        ),
    }

    def _create(self, aws: Aws, inputs: Values) -> str:
        self._put(aws, inputs)
        return self.known_id(aws, inputs)

    def _read(self, aws: Aws, resource_id: str) -> Values:
        bus, rule, target_id = resource_id.rsplit("/", 2)
        targets = aws.client("events").list_targets_by_rule(Rule=rule, EventBusName=bus)["Targets"]
        found = [target for target in targets if target["Id"] == target_id]
        if not found:
            raise gone("ListTargetsByRule")
        return from_api(self.properties, found[0]) | {"rule": rule, "eventBusName": bus}

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        bus, rule, target_id = resource_id.rsplit("/", 2)
        self._put(aws, new | {"eventBusName": bus, "rule": rule, "targetId": target_id})

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        bus, rule, target_id = resource_id.rsplit("/", 2)
        aws.client("events").remove_targets(Rule=rule, EventBusName=bus, Ids=[target_id])

    def known_id(self, aws: Aws, inputs: Values) -> str:
        return f"{inputs['eventBusName']}/{inputs['rule']}/{inputs['targetId']}"

    def _put(self, aws: Aws, inputs: Values) -> None:
        target = to_api(self.properties, inputs)
        aws.client("events").put_targets(Rule=inputs["rule"], EventBusName=inputs["eventBusName"], Targets=[target])


def _named(resource_id: str) -> Values:
    return to_api(EventRule.properties, _id_values(resource_id))


def _id_values(resource_id: str) -> Values:
    bus, _, name = resource_id.rpartition("/")
    return {"name": name, "eventBusName": bus or DEFAULT_BUS}


def _tags(aws: Aws, arn: str) -> dict[str, str]:
    return mapped(aws.client("events").list_tags_for_resource(ResourceARN=arn)["Tags"])
