"""SNS: topics, their policies, and subscriptions."""

from contextlib import suppress
from typing import ClassVar

from consumers.resource_table.diff_suppress import policy_property, same_policy
from consumers.resource_table.properties import (
    PREFIX,
    TAG_PAIRS,
    Properties,
    Property,
    Values,
    as_text,
    from_api,
    to_api,
    to_attributes,
    to_pairs,
    without_empty,
)
from consumers.resource_table.resource_type import Aws, ResourceType

_FIFO = ("fifoTopic", "contentBasedDeduplication")


def _without_braces(policy: str) -> str:
    return "" if policy == "{}" else policy


class _Attributes(ResourceType):
    """A type that has attributes, as text, and a call that sets one of them. Its id is its ARN."""

    service = "sns"
    answer_key = "Attributes"
    arn = "{id}"
    has_empty_defaults = True

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        for name, value in to_attributes(self.properties, self.changed(old, new)).items():
            attribute = {"AttributeName": name, "AttributeValue": value}
            self._call(aws, self.update_call, self._id_parameters(aws, resource_id) | attribute)


class Topic(_Attributes):
    """`aws.sns.Topic`."""

    token = "aws:sns/topic:Topic"
    max_name_length = 256
    noun = "topic"
    read_call = "get_topic_attributes"
    update_call = "set_topic_attributes"
    id_parameter = "TopicArn"
    properties: ClassVar[Properties] = {
        "name": Property(force_new=True),
        "namePrefix": PREFIX,
        "displayName": Property("DisplayName", reset_value=""),
        "fifoTopic": Property("FifoTopic", default=False, force_new=True),
        "contentBasedDeduplication": Property("ContentBasedDeduplication", default=False),
        "policy": policy_property("Policy"),
        "kmsMasterKeyId": Property("KmsMasterKeyId", reset_value=""),
        "tags": TAG_PAIRS,
    }

    def _create(self, aws: Aws, inputs: Values) -> str:
        # AWS refuses these two on a standard topic even when they are false.
        omitted = {"tags", *(key for key in _FIFO if not inputs[key])}
        attributes = to_attributes(self.properties, {k: v for k, v in inputs.items() if k not in omitted})
        tags = to_pairs(inputs.get("tags", {}))
        return aws.client("sns").create_topic(Name=inputs["name"], Attributes=attributes, Tags=tags)["TopicArn"]

    def _computed(self, aws: Aws, resource_id: str, resource: Values) -> Values:
        fifo = {key: resource.get(self.properties[key].parameter) == "true" for key in _FIFO}
        return {"name": resource_id.rpartition(":")[2]} | fifo

    def name_suffix(self, inputs: Values) -> str:
        return ".fifo" if inputs["fifoTopic"] else ""

    def find_id(self, aws: Aws, inputs: Values) -> str | None:
        return f"arn:aws:sns:{aws.region}:{aws.account_id}:{inputs['name']}"


class TopicPolicy(ResourceType):
    """`aws.sns.TopicPolicy`. Its id is the topic's ARN."""

    token = "aws:sns/topicPolicy:TopicPolicy"
    id_properties = ("arn",)
    properties: ClassVar[Properties] = {
        "arn": Property(required=True, force_new=True),
        "policy": policy_property("Policy", required=True),
    }

    def read(self, aws: Aws, resource_id: str) -> Values | None:
        outputs = super().read(aws, resource_id)  # None where the topic is gone, too
        return outputs if outputs and "policy" in outputs else None

    def _create(self, aws: Aws, inputs: Values) -> str:
        self._update(aws, inputs["arn"], {}, inputs)
        return inputs["arn"]

    def _read(self, aws: Aws, resource_id: str) -> Values:
        attributes = aws.client("sns").get_topic_attributes(TopicArn=resource_id)["Attributes"]
        return {"arn": resource_id, "owner": attributes["Owner"]} | without_empty(from_api(self.properties, attributes))

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        (policy,) = to_attributes(self.properties, {"policy": new["policy"]}).values()
        aws.client("sns").set_topic_attributes(TopicArn=resource_id, AttributeName="Policy", AttributeValue=policy)

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        self._update(aws, resource_id, {}, {"policy": ""})


PROTOCOLS = ("sqs", "email", "https")


class TopicSubscription(_Attributes):
    """`aws.sns.TopicSubscription`. The local AWS sends to queues only: it has no e-mail, and calls no endpoint."""

    token = "aws:sns/topicSubscription:TopicSubscription"
    read_call = "get_subscription_attributes"
    update_call = "set_subscription_attributes"
    delete_call = "unsubscribe"
    id_parameter = "SubscriptionArn"
    properties: ClassVar[Properties] = {
        "topic": Property("TopicArn", required=True, force_new=True),
        "protocol": Property("Protocol", required=True, force_new=True),
        "endpoint": Property("Endpoint", required=True, force_new=True),
        "rawMessageDelivery": Property("RawMessageDelivery", default=False),
        "filterPolicy": Property("FilterPolicy", reset_value="{}", same=same_policy, decode=_without_braces),
        "filterPolicyScope": Property("FilterPolicyScope"),
        "redrivePolicy": Property("RedrivePolicy", reset_value="", same=same_policy, decode=_without_braces),
    }

    def problems(self, inputs: Values) -> list[tuple[str, str]]:
        found = super().problems(inputs)
        if inputs.get("protocol", "sqs") not in PROTOCOLS:
            found.append(("protocol", f"the local AWS supports a 'protocol' of {', '.join(PROTOCOLS)} only."))
        return found

    def _create(self, aws: Aws, inputs: Values) -> str:
        parameters = to_api(self.properties, inputs)
        named = {name: parameters.pop(name) for name in ("TopicArn", "Protocol", "Endpoint")}
        attributes = {name: as_text(value) for name, value in parameters.items()}
        answer = aws.client("sns").subscribe(**named, Attributes=attributes, ReturnSubscriptionArn=True)
        arn: str = answer["SubscriptionArn"]
        # Without a confirmation, ministack does not return the ARN, whatever the last parameter.
        return arn if arn.startswith("arn:") else self.find_id(aws, inputs) or ""

    def _computed(self, aws: Aws, resource_id: str, resource: Values) -> Values:
        return {"rawMessageDelivery": resource.get("RawMessageDelivery") == "true"}

    def find_id(self, aws: Aws, inputs: Values) -> str | None:
        sns = aws.client("sns")
        pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=inputs["topic"])
        with suppress(sns.exceptions.NotFoundException):  # the topic is gone, and its subscriptions with it
            found = [one for page in pages for one in page["Subscriptions"] if one["Endpoint"] == inputs["endpoint"]]
            return found[0]["SubscriptionArn"] if found else None
        return None
