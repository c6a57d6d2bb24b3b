"""SNS: topics, and subscriptions of queues."""

from contextlib import suppress
from typing import ClassVar

from consumers.resource_table.diff_suppress import same_policy
from consumers.resource_table.properties import (
    Properties,
    Property,
    Values,
    as_text,
    from_api,
    listed,
    mapped,
    said,
    to_api,
)
from consumers.resource_table.resource_type import Aws, ResourceType


class Topic(ResourceType):
    """`aws.sns.Topic`. Its id is its ARN."""

    token = "aws:sns/topic:Topic"
    longest_name = 256
    properties: ClassVar[Properties] = {
        "name": Property(force_new=True),
        "namePrefix": Property(force_new=True, unread=True),
        "displayName": Property("DisplayName", reset_value=""),
        "fifoTopic": Property("FifoTopic", default=False, force_new=True),
        "contentBasedDeduplication": Property("ContentBasedDeduplication", default=False),
        "policy": Property("Policy", same=same_policy),
        "kmsMasterKeyId": Property("KmsMasterKeyId", reset_value=""),
        "tags": Property(),
    }

    def _create(self, aws: Aws, inputs: Values) -> str:
        unsaid = {key for key in ("fifoTopic", "contentBasedDeduplication") if not inputs[key]}
        attributes = to_api(self.properties, {key: value for key, value in inputs.items() if key not in unsaid})
        texts = {name: as_text(value) for name, value in attributes.items()}
        return aws.client("sns").create_topic(
            Name=inputs["name"], Attributes=texts, Tags=listed(inputs.get("tags", {}))
        )["TopicArn"]

    def _read(self, aws: Aws, resource_id: str) -> Values:
        sns = aws.client("sns")
        told = said(from_api(self.properties, sns.get_topic_attributes(TopicArn=resource_id)["Attributes"]))
        tags = sns.list_tags_for_resource(ResourceArn=resource_id)["Tags"]
        flags = {key: told.get(key) == "true" for key in ("fifoTopic", "contentBasedDeduplication")}
        name = resource_id.rpartition(":")[2]
        known = {"name": name, "arn": resource_id, "tags": mapped(tags)}
        return told | flags | known

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        for name, value in to_api(self.properties, self.changed(old, new)).items():
            aws.client("sns").set_topic_attributes(
                TopicArn=resource_id, AttributeName=name, AttributeValue=as_text(value)
            )

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        aws.client("sns").delete_topic(TopicArn=resource_id)

    def _tag(self, aws: Aws, resource_id: str, tags: dict[str, str]) -> None:
        aws.client("sns").tag_resource(ResourceArn=resource_id, Tags=listed(tags))

    def _untag(self, aws: Aws, resource_id: str, keys: list[str]) -> None:
        aws.client("sns").untag_resource(ResourceArn=resource_id, TagKeys=keys)

    def name_suffix(self, inputs: Values) -> str:
        return ".fifo" if inputs["fifoTopic"] else ""

    def known_id(self, aws: Aws, inputs: Values) -> str | None:
        return f"arn:aws:sns:{aws.region}:{aws.account_id}:{inputs['name']}"


class TopicSubscription(ResourceType):
    """`aws.sns.TopicSubscription` of a queue. Its id is its ARN."""

    token = "aws:sns/topicSubscription:TopicSubscription"
    properties: ClassVar[Properties] = {
        "topic": Property("TopicArn", required=True, force_new=True),
        "protocol": Property("Protocol", required=True, force_new=True),
        "endpoint": Property("Endpoint", required=True, force_new=True),
        "rawMessageDelivery": Property("RawMessageDelivery", default=False),
        "filterPolicy": Property("FilterPolicy", reset_value="{}", same=same_policy),
        "filterPolicyScope": Property("FilterPolicyScope"),
        "redrivePolicy": Property("RedrivePolicy", reset_value="", same=same_policy),
    }

    def problems(self, inputs: Values) -> list[tuple[str, str]]:
        found = super().problems(inputs)
        if inputs.get("protocol", "sqs") != "sqs":
            found.append(("protocol", "the local AWS realises subscriptions with 'protocol' sqs only."))
        return found

    def _create(self, aws: Aws, inputs: Values) -> str:
        named = to_api(self.properties, inputs)
        asked = {name: named.pop(name) for name in ("TopicArn", "Protocol", "Endpoint")}
        texts = {name: as_text(value) for name, value in named.items()}
        return aws.client("sns").subscribe(**asked, Attributes=texts, ReturnSubscriptionArn=True)["SubscriptionArn"]

    def _read(self, aws: Aws, resource_id: str) -> Values:
        told = aws.client("sns").get_subscription_attributes(SubscriptionArn=resource_id)["Attributes"]
        known = said(from_api(self.properties, {key: value for key, value in told.items() if value != "{}"}))
        return known | {"arn": resource_id, "rawMessageDelivery": told.get("RawMessageDelivery") == "true"}

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        for name, value in to_api(self.properties, self.changed(old, new)).items():
            aws.client("sns").set_subscription_attributes(
                SubscriptionArn=resource_id, AttributeName=name, AttributeValue=as_text(value)
            )

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        aws.client("sns").unsubscribe(SubscriptionArn=resource_id)

    def known_id(self, aws: Aws, inputs: Values) -> str | None:
        sns = aws.client("sns")
        pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=inputs["topic"])
        with suppress(sns.exceptions.NotFoundException):  # the topic is gone, and its subscriptions with it
            found = [one for page in pages for one in page["Subscriptions"] if one["Endpoint"] == inputs["endpoint"]]
            return found[0]["SubscriptionArn"] if found else None
        return None
