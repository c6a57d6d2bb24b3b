"""Finds alarms that do not reach everybody: an AlarmTopic has unconfirmed subscriptions, or none."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from consumers.operations.alarms import resources
from consumers.operations.details import unless_unavailable
from consumers.operations.discovery import TAG_PREFIX, Client, Consumer

UNCONFIRMED = "PendingConfirmation"  # instead of the ARN of a subscription


@dataclass(frozen=True)
class SilentTopic:
    """A topic with subscriptions that are not confirmed, or without any. It is the action of alarms."""

    name: str
    waiting: tuple[str, ...]
    """The addresses, and hosts of endpoints, that have not confirmed; empty if there are no subscriptions."""
    alarms: tuple[Mapping[str, Any], ...] = ()
    """The alarms that publish to it, as DescribeAlarms returns them."""

    def has_alarms_of(self, consumer: Consumer) -> bool:
        """Whether an alarm of this consumer publishes to the topic."""
        own = consumer.watched_names
        prefix = f"{consumer.name}-alarm-"  # several consumers may share a dead-letter queue
        return any(alarm["AlarmName"].startswith(prefix) and own & resources(alarm) for alarm in self.alarms)


def silent_topics(client: Client) -> list[SilentTopic]:
    """Return the topics of the component AlarmTopic that do not reach everybody, each with its alarms."""
    found = (
        unless_unavailable(partial(_silent, client, arn)) for arn in unless_unavailable(partial(_topics, client)) or []
    )
    return [topic for topic in found if topic]


def advice(consumer: Consumer, topics: Iterable[SilentTopic]) -> Iterator[str]:
    """Yield a line for each address that does not get the alarms of a consumer, without the consumer's name."""
    for topic in topics:
        if not topic.has_alarms_of(consumer):
            continue
        if not topic.waiting:
            yield f"has alarms that reach nobody: their topic {topic.name} has no subscription"
        for endpoint in topic.waiting:
            yield (
                f"has alarms that do not reach {endpoint}: its subscription to {topic.name} is not confirmed, and SNS "
                "deletes it 2 days after the request"
            )


def _topics(client: Client) -> list[str]:
    filters = [{"Key": f"{TAG_PREFIX}part", "Values": ["alarm-topic"]}]
    pages = client("resourcegroupstaggingapi").get_paginator("get_resources").paginate(TagFilters=filters)
    return [resource["ResourceARN"] for page in pages for resource in page["ResourceTagMappingList"]]


def _silent(client: Client, topic_arn: str) -> SilentTopic | None:
    """Return the topic with its alarms if it does not reach everybody."""
    sns = client("sns")
    try:
        pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn)
        subscriptions = [one for page in pages for one in page["Subscriptions"] if one["SubscriptionArn"] != "Deleted"]
    except sns.exceptions.NotFoundException:  # tags outlive their topic for a while
        return None
    waiting = tuple(_shown(one) for one in subscriptions if one["SubscriptionArn"] == UNCONFIRMED)
    if subscriptions and not waiting:
        return None
    return SilentTopic(topic_arn.rpartition(":")[2], waiting, tuple(_alarms(client("cloudwatch"), topic_arn)))


def _alarms(cloudwatch: Any, topic_arn: str) -> Iterator[Mapping[str, Any]]:
    pages = cloudwatch.get_paginator("describe_alarms").paginate(ActionPrefix=topic_arn)
    return (alarm for page in pages for alarm in page["MetricAlarms"] if topic_arn in _actions(alarm))


def _actions(alarm: Mapping[str, Any]) -> Sequence[str]:
    return [*alarm.get("AlarmActions", []), *alarm.get("OKActions", [])]


def _shown(subscription: Mapping[str, str]) -> str:
    """Return an address, or the host of an endpoint, whose path may contain a key."""
    endpoint = subscription["Endpoint"]
    return urlsplit(endpoint).hostname or endpoint if subscription["Protocol"] == "https" else endpoint
