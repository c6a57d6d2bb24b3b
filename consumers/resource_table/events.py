"""EventBridge: buses, rules, and queues as their targets."""

from typing import Any, ClassVar

from consumers.resource_table.diff_suppress import same_policy
from consumers.resource_table.properties import PREFIX, TAG_PAIRS, Properties, Property, Values, from_api, to_api
from consumers.resource_table.resource_type import Aws, ResourceType, TagCalls, not_found

DEFAULT_BUS = "default"


class EventBus(ResourceType):
    """`aws.cloudwatch.EventBus`. Its id is its name."""

    token = "aws:cloudwatch/eventBus:EventBus"
    service = "events"
    noun = "event_bus"
    read_call = "describe_event_bus"
    arn = "arn:aws:events:{aws.region}:{aws.account_id}:event-bus/{id}"
    tag_calls = TagCalls("ResourceARN")
    properties: ClassVar[Properties] = {
        "name": Property("Name", force_new=True),
        "description": Property("Description", reset_value=""),
        "tags": TAG_PAIRS,
    }


class EventRule(ResourceType):
    """`aws.cloudwatch.EventRule`. Its id is its name, after that of its bus where that is not the default one."""

    token = "aws:cloudwatch/eventRule:EventRule"
    max_name_length = 64
    service = "events"
    noun = "rule"
    put_call = "put_rule"
    read_call = "describe_rule"
    arn = "arn:aws:events:{aws.region}:{aws.account_id}:rule/{id}"
    tag_calls = TagCalls("ResourceARN")
    has_empty_defaults = True
    properties: ClassVar[Properties] = {
        "name": Property("Name", force_new=True),
        "namePrefix": PREFIX,
        "description": Property("Description"),
        "eventBusName": Property("EventBusName", default=DEFAULT_BUS, force_new=True),
        "eventPattern": Property("EventPattern", same=same_policy),
        "scheduleExpression": Property("ScheduleExpression"),
        "state": Property("State", default="ENABLED"),
        "tags": TAG_PAIRS,
    }

    def fake_outputs(self, aws: Aws, arn: str, inputs: Values) -> Values:
        bus = inputs.get("eventBusName", "default").rpartition("/")[2]
        return {} if bus == "default" else {"arn": arn.replace(":rule/", f":rule/{bus}/")}

    def find_id(self, aws: Aws, inputs: Values) -> str | None:
        bus = inputs["eventBusName"]
        return inputs["name"] if bus == DEFAULT_BUS else f"{bus}/{inputs['name']}"

    def _id_parameters(self, aws: Aws, resource_id: str) -> Values:
        bus, _, name = resource_id.rpartition("/")
        return {"Name": name, "EventBusName": bus or DEFAULT_BUS}


class EventTarget(ResourceType):
    """`aws.cloudwatch.EventTarget`. Its id is `<bus>/<rule>/<target>`."""

    token = "aws:cloudwatch/eventTarget:EventTarget"
    name_property = "targetId"
    max_name_length = 64
    service = "events"
    id_properties = ("eventBusName", "rule", "targetId")
    properties: ClassVar[Properties] = {
        "targetId": Property("Id", force_new=True),
        "rule": Property(required=True, force_new=True),
        "eventBusName": Property(default=DEFAULT_BUS, force_new=True),
        "arn": Property("Arn", required=True),
        "input": Property("Input"),
        "inputPath": Property("InputPath"),
        "inputTransformer": Property(
            "InputTransformer",
            nested={
                "inputPaths": Property("InputPathsMap"),
                "inputTemplate": Property("InputTemplate", required=True),
            },
        ),
        "sqsTarget": Property("SqsParameters", nested={"messageGroupId": Property("MessageGroupId")}),
        "deadLetterConfig": Property("DeadLetterConfig", nested={"arn": Property("Arn")}),
        "retryPolicy": Property(
            "RetryPolicy",
            nested={
                "maximumEventAgeInSeconds": Property("MaximumEventAgeInSeconds"),
                "maximumRetryAttempts": Property("MaximumRetryAttempts"),
            },
        ),
    }

    def _create(self, aws: Aws, inputs: Values) -> str:
        resource_id = self.find_id(aws, inputs) or ""
        self._update(aws, resource_id, {}, inputs)
        return resource_id

    def _read(self, aws: Aws, resource_id: str) -> Values:
        bus, rule, target_id = resource_id.rsplit("/", 2)
        targets = aws.client("events").list_targets_by_rule(Rule=rule, EventBusName=bus)["Targets"]
        found = [target for target in targets if target["Id"] == target_id]
        if not found:
            raise not_found("ListTargetsByRule")
        return from_api(self.properties, found[0]) | {"rule": rule, "eventBusName": bus}

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        bus, rule, target_id = resource_id.rsplit("/", 2)
        target: dict[str, Any] = to_api(self.properties, new) | {"Id": target_id}
        aws.client("events").put_targets(Rule=rule, EventBusName=bus, Targets=[target])

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        bus, rule, target_id = resource_id.rsplit("/", 2)
        aws.client("events").remove_targets(Rule=rule, EventBusName=bus, Ids=[target_id])
