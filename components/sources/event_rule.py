"""EventRule: an EventBridge rule that sends matching events to consumers."""

from typing import Any, NotRequired, TypedDict

import pulumi
from pulumi_aws import cloudwatch

from ..queue_consumer import QueueConsumer
from ..resources import reporting, sources
from ..resources.children import Children, as_json
from ..settings.sources.event_rule import EventRuleSettings, EventTargetSettings


class EventRuleArgs(TypedDict):
    """The arguments of an EventRule."""

    event_pattern: NotRequired[dict[str, Any]]
    """Which events, as `{"source": ["poker"], "detail": {"chips": [{"numeric": [">", 1000]}]}}`; in it there may be
    Outputs. Required. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html"""
    event_bus_name: NotRequired[pulumi.Input[str]]
    """Name or ARN of the event bus. Default: the account's default bus, which has the events of AWS services."""
    enabled: NotRequired[bool]
    """Whether events are matched. Default: True."""


class InputTransformer(TypedDict):
    """How the message is made of the event."""

    input_paths: NotRequired[dict[str, Any]]
    """Names with the paths of what they stand for, like `{"chips": "$.detail.chips"}`. Default: none."""
    input_template: NotRequired[pulumi.Input[str]]
    """The message, 1 to 8,192 characters, in which `<chips>` is the value at the path of that name: JSON, or text
    within double quotes. Required.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html"""


class EventTargetArgs(TypedDict):
    """How an EventRule sends to one consumer."""

    message_group_id: NotRequired[pulumi.Input[str]]
    """The message group of all of its messages. Required on FIFO queues, which need `content_based_deduplication` too;
    on standard ones it keeps queues fair. Default: none."""
    dead_letter_queue_arn: NotRequired[pulumi.Input[str]]
    """ARN of the standard queue that receives what EventBridge cannot deliver, and whose policy lets the rule send: see
    `allowed_senders` of a `DeadLetterQueue`. Default: it is lost.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html"""
    maximum_event_age_in_seconds: NotRequired[int]
    """How long EventBridge tries to deliver: 60 to 86,400 seconds. Default: none is sent, and EventBridge uses 86,400
    (a day)."""
    maximum_retry_attempts: NotRequired[int]
    """How often EventBridge retries: 0 to 185 tries. Default: none is sent, and EventBridge uses 185."""
    input_path: NotRequired[str]
    """Path of the part of the event that becomes the message, like `$.detail`, at most 256 characters. Default: the
    whole event."""
    input_transformer: NotRequired[InputTransformer]
    """How the message is made of the event. Default: it is the event, or what input_path leads to."""


class EventRule(pulumi.ComponentResource):
    """An EventBridge rule that sends matching events to consumers, at least once, in any order.

    Create the rule first, because a consumer's `queue.allowed_senders.event_rules` must contain it; then create the
    consumer, and call `add_target`. The underlying resource is the attribute `rule`; `targets` are the added targets
    by the names of their consumers.

    If the queue has a KMS key, the key's policy must allow `events.amazonaws.com`.
    """

    arn: pulumi.Output[str]
    """ARN of the rule, for `queue.allowed_senders.event_rules` of the consumers."""

    def __init__(self, name: str, args: EventRuleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Register the rule.

        :raises pulumi.RunError: if any argument is invalid, before any resource is registered.
        """
        self._settings = settings = reporting.component_settings(EventRuleSettings, name, args)
        super().__init__("queue-consumer:index:EventRule", name, None, opts)
        self._children = Children(self, settings)
        self.targets: dict[str, cloudwatch.EventTarget] = {}
        self.rule = cloudwatch.EventRule(
            self._children.name("rule"),
            event_pattern=as_json(settings.event_pattern),
            event_bus_name=settings.event_bus_name,
            state="ENABLED" if settings.enabled else "DISABLED",
            tags=self._children.tags("event-rule"),
            opts=self._children.options(),
        )
        self.arn = self.rule.arn
        self.register_outputs({"arn": self.arn})

    def add_target(self, consumer: QueueConsumer, args: EventTargetArgs | None = None) -> cloudwatch.EventTarget:
        """Send the rule's events to a consumer; a rule has at most five targets, each another consumer.

        :param consumer: the consumer. Its `queue.allowed_senders.event_rules` must contain the rule's `arn`.
        :raises pulumi.RunError: if any argument is invalid, or the consumer's queue does not allow the rule.
        """
        more = {"rule": self.arn, "others": tuple(self.targets)}
        settings = sources.source_settings(EventTargetSettings, self._settings.consumer, consumer, args or {}, **more)
        children = Children(self, settings)
        # Register no target before the rule's ARN is validated: the queue might not let it send.
        allowed = pulumi.Output.from_input(sources.sender(children, "rule", "event_rules"))
        target = cloudwatch.EventTarget(
            children.name(consumer.settings.consumer),
            rule=pulumi.Output.all(allowed, self.rule.name).apply(lambda resolved: resolved[1]),
            event_bus_name=self._settings.event_bus_name,
            arn=consumer.queue_arn,
            input_path=settings.input_path,
            input_transformer=_transformer(children),
            sqs_target=sources.without_nones(
                cloudwatch.EventTargetSqsTargetArgs, message_group_id=children.validated("message_group_id")
            ),
            dead_letter_config=sources.without_nones(
                cloudwatch.EventTargetDeadLetterConfigArgs, arn=children.validated("dead_letter_queue_arn")
            ),
            retry_policy=sources.without_nones(cloudwatch.EventTargetRetryPolicyArgs, **sources.retries(settings)),
            opts=children.options(),
        )
        self.targets[consumer.settings.consumer] = target
        return target


def _transformer(children: Children[EventTargetSettings]) -> "cloudwatch.EventTargetInputTransformerArgs | None":
    group = children.settings.input_transformer
    if group is None:
        return None
    paths: Any = group.input_paths
    template = children.validated("input_transformer.input_template")
    return cloudwatch.EventTargetInputTransformerArgs(input_template=template, input_paths=paths)
