"""The settings and rules of a TopicSubscription."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .. import pages
from ..arns import TOPIC
from ..fields import argument
from ..findings import Breach, show
from ..kinds import Boolean, Document, InputText, OneOf
from ..rule import Rules
from . import filter_policy
from .source import (
    QUEUE_POLICY,
    SourceSettings,
    invalid_dead_letter_queue,
    name_rule,
    required_rule,
    sender_not_allowed,
)


@dataclass(frozen=True)
class TopicSubscriptionSettings(SourceSettings):
    """All the settings of a TopicSubscription."""

    topic: Any = argument(None, TOPIC.kind("SNS subscribes to topics by their ARNs", pages.SNS_TO_SQS))
    raw_message_delivery: bool = argument(True, Boolean())
    filter_policy: Mapping[str, Any] | None = argument(
        None, Document("a filter is JSON", pages.SNS_FILTERS, "a dict from names to lists of values")
    )
    filter_policy_scope: str = argument(
        "MessageAttributes",
        OneOf("SNS supports these scopes", pages.SNS_FILTER_SCOPE, ("MessageAttributes", "MessageBody")),
    )
    dead_letter_queue_arn: Any = argument(None, InputText())
    taken_by: str | None = None
    """The TopicSubscription of this consumer that the topic already has."""


rules = Rules[TopicSubscriptionSettings]("TopicSubscription")
rules.include(
    name_rule("subscription-name"),
    required_rule("subscription-topic", "topic", pages.SNS_TO_SQS),
    *filter_policy.rules,
)


@rules.error(
    "topic", "target.queue.allowed_senders.topics", "target.queue.arn", why=QUEUE_POLICY, page=pages.SNS_TO_SQS
)
def topic_not_allowed(settings: TopicSubscriptionSettings) -> Iterator[Breach]:
    return sender_not_allowed(settings.target, "topics", settings.topic)


@rules.error("topic", "target.fifo", page=pages.SNS_FIFO)
def subscription_type(settings: TopicSubscriptionSettings) -> Iterator[Breach]:
    """Only FIFO topics deliver to FIFO queues."""
    if settings.target.fifo and isinstance(settings.topic, str) and not settings.topic.endswith(".fifo"):
        got = f"{show(settings.topic)}, a standard topic, for the FIFO queue of {settings.target.consumer!r}"
        yield Breach(got, "a topic whose ARN ends with '.fifo'", "Use a FIFO topic, or set fifo=False for the consumer")


@rules.error("topic", page=pages.SNS_SUBSCRIBE)
def subscription_twice(settings: TopicSubscriptionSettings) -> Iterator[Breach]:
    """SNS subscribes a queue to a topic once: a second subscription fails, or is the first under another name."""
    if settings.taken_by is not None:
        shown = show(settings.topic) if isinstance(settings.topic, str) else "a topic whose ARN has not resolved yet"
        got = f"{shown}, to which {settings.taken_by!r} subscribes {settings.target.consumer!r}"
        fix = f"Leave one out; join their filters with '$or' in {settings.taken_by!r}"
        yield Breach(got, "one TopicSubscription of a consumer to a topic", fix)


@rules.error("filter_policy_scope", "filter_policy", page=pages.SNS_FILTER_SCOPE)
def filter_scope_without_policy(settings: TopicSubscriptionSettings) -> Iterator[Breach]:
    """The scope defines what the filter policy applies to."""
    if "filter_policy_scope" in settings.passed and settings.filter_policy is None:
        yield Breach(
            f"{show(settings.filter_policy_scope)} without filter_policy", "only with filter_policy", "Leave it out"
        )


@rules.error("dead_letter_queue_arn", "topic", page=pages.SNS_DEAD_LETTERS)
def subscription_dead_letters(settings: TopicSubscriptionSettings) -> Iterator[Breach]:
    """A subscription's dead-letter queue has the type of its topic."""
    is_fifo = settings.topic.endswith(".fifo") if isinstance(settings.topic, str) else None
    return invalid_dead_letter_queue(settings.dead_letter_queue_arn, is_fifo)
