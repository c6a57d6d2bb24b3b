"""TopicSubscription: the subscription of a consumer to an SNS topic."""

from typing import Any, NotRequired, TypedDict

import pulumi
from pulumi_aws import sns

from ..queue_consumer import QueueConsumer
from ..resources import sources
from ..resources.children import Children, as_json
from ..settings.sources.topic_subscription import TopicSubscriptionSettings


class TopicSubscriptionArgs(TypedDict):
    """The arguments of a TopicSubscription."""

    topic: NotRequired[pulumi.Input[str]]
    """ARN of the SNS topic. Required, and among `queue.allowed_senders.topics` of the consumer. To a FIFO queue only
    FIFO topics deliver."""
    raw_message_delivery: NotRequired[bool]
    """Whether SNS delivers the published body and attributes unchanged. Default: True, so that a handler reads the same
    body from every sender. False, SNS's own default, wraps the body into JSON with topic and time. SNS does not deliver
    a raw message with more than 10 attributes.
    https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html"""
    filter_policy: NotRequired[dict[str, Any]]
    """What is delivered: names, 5 at most, each with a list of what it may be, as `{"won": [{"numeric": [">", 100]}]}`;
    the numbers of values, multiplied, give 150 at most. Beside values there is `{operator: value}` with prefix, suffix,
    equals-ignore-case, anything-but (of values, or of a prefix or a wildcard), numeric, exists, cidr, wildcard; `$or`
    takes a list of policies. Default: everything. A changed policy takes up to 15 minutes to have its effect.
    https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html"""
    filter_policy_scope: NotRequired[str]
    """What filter_policy applies to. One of: `MessageAttributes`, `MessageBody`. The body must be JSON. Default:
    `MessageAttributes`, SNS's own."""
    dead_letter_queue_arn: NotRequired[pulumi.Input[str]]
    """ARN of the queue that receives what SNS cannot deliver, as when the queue's key does not let it. It is of the
    topic's type, and its policy lets the topic send: see `allowed_senders` of a `DeadLetterQueue`. Default: what SNS
    cannot deliver is lost. https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html"""


class TopicSubscription(pulumi.ComponentResource):
    """The subscription of a consumer's queue to an SNS topic. SNS allows one for each queue and topic.

    The underlying resource is the attribute `subscription`.
    If the queue has a KMS key, the key's policy must allow `sns.amazonaws.com`.
    """

    subscription_arn: pulumi.Output[str]
    """ARN of the subscription."""

    def __init__(
        self,
        name: str,
        consumer: QueueConsumer,
        args: TopicSubscriptionArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Subscribe the queue of `consumer`.

        :raises pulumi.RunError: if any argument is invalid, or the consumer's queue does not allow the topic or is
            subscribed to it already; before any resource is registered, unless it depends on an Output.
        """
        settings = sources.source_settings(TopicSubscriptionSettings, name, consumer, args)
        sources.claim(settings, "topic", settings.topic)
        super().__init__("queue-consumer:index:TopicSubscription", name, None, opts)
        children = Children(self, settings)
        dead_letters = children.validated("dead_letter_queue_arn")
        topic = pulumi.Output.from_input(sources.sender(children, "topic", "topics"))
        self.subscription = sns.TopicSubscription(
            children.name("subscription"),
            topic=topic.apply(lambda arn: sources.claim(settings, "topic", arn)),
            protocol="sqs",
            endpoint=consumer.queue_arn,
            raw_message_delivery=settings.raw_message_delivery,
            filter_policy=as_json(settings.filter_policy),
            filter_policy_scope=settings.filter_policy_scope if settings.filter_policy else None,
            redrive_policy=as_json(sources.without_nones(dict, deadLetterTargetArn=dead_letters)),
            opts=children.options(),
        )
        self.subscription_arn = self.subscription.arn
        self.register_outputs({"subscriptionArn": self.subscription_arn})
