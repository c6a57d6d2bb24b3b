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
    name_rule,
    not_allowed,
    required_rule,
    wrong_dead_letter_queue,
)


@dataclass(frozen=True)
class TopicSubscriptionSettings(SourceSettings):
    """All the settings of a TopicSubscription."""

    topic: Any = argument(None, TOPIC.kind("SNS subscribes to topics by their ARNs", pages.SNS_TO_SQS))
    raw_message_delivery: bool = argument(True, Boolean())
    filter_policy: Mapping[str, Any] | None = argument(
        None, Document("a filter is JSON", pages.SNS_FILTERS, "a dict from names to lists of what they may be")
    )
    filter_policy_scope: str = argument(
        "MessageAttributes",
        OneOf("SNS filters by these two", pages.SNS_FILTER_SCOPE, ("MessageAttributes", "MessageBody")),
    )
    dead_letter_queue_arn: Any = argument(None, InputText())
    taken_by: str | None = None
    """The TopicSubscription of this consumer that the topic has already."""


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
    return not_allowed(settings.target, "topics", settings.topic)


@rules.error("topic", "target.fifo", page=pages.SNS_FIFO)
def subscription_type(settings: TopicSubscriptionSettings) -> Iterator[Breach]:
    """Only FIFO topics deliver to FIFO queues."""
    if settings.target.fifo and isinstance(settings.topic, str) and not settings.topic.endswith(".fifo"):
        given = f"{show(settings.topic)}, a standard topic, for the FIFO queue of {settings.target.consumer!r}"
        yield Breach(
            given, "a topic whose ARN ends with '.fifo'", "Use a FIFO topic, or set fifo=False for the consumer"
        )


@rules.error("topic", page=pages.SNS_SUBSCRIBE)
def subscription_twice(settings: TopicSubscriptionSettings) -> Iterator[Breach]:
    """SNS subscribes a queue to a topic once: a second one fails, or is the first, and goes with it."""
    if settings.taken_by is not None:
        shown = show(settings.topic) if isinstance(settings.topic, str) else "a topic whose ARN is not known yet"
        given = f"{shown}, to which {settings.taken_by!r} subscribes {settings.target.consumer!r}"
        fix = f"Leave one out; of two filters make one, with '$or', in {settings.taken_by!r}"
        yield Breach(given, "one TopicSubscription of a consumer to a topic", fix)


@rules.error("filter_policy_scope", "filter_policy", page=pages.SNS_FILTER_SCOPE)
def filter_scope_without_policy(settings: TopicSubscriptionSettings) -> Iterator[Breach]:
    """It says what the filter policy matches."""
    if "filter_policy_scope" in settings.given and settings.filter_policy is None:
        yield Breach(f"{show(settings.filter_policy_scope)} alone", "a scope beside filter_policy", "Leave it out")


@rules.error("dead_letter_queue_arn", "topic", page=pages.SNS_DEAD_LETTERS)
def subscription_dead_letters(settings: TopicSubscriptionSettings) -> Iterator[Breach]:
    """A subscription's dead-letter queue has the type of its topic."""
    is_fifo = settings.topic.endswith(".fifo") if isinstance(settings.topic, str) else None
    return wrong_dead_letter_queue(settings.dead_letter_queue_arn, is_fifo)
