"""The settings and rules of a TopicSubscription."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .. import pages
from ..findings import Breach, show
from ..kinds import Boolean, Document, InputText, OneOf
from ..model import argument
from ..rule import error
from . import filter_policy
from .source import SourceSettings, allowed_rule, dead_letters_rule, name_rule, required_rule

_TOPIC = InputText(
    "SNS subscribes to topics by their ARNs",
    pages.SNS_TO_SQS,
    "an ARN like arn:aws:sns:<region>:<account>:<name>",
    r"arn:aws[\w-]*:sns:[a-z0-9-]+:[0-9]{12}:[\w.-]+",
)


@dataclass(frozen=True)
class TopicSubscriptionSettings(SourceSettings):
    """All the settings of a TopicSubscription."""

    topic: Any = argument(None, _TOPIC)
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


@error(
    "subscription-type",
    *("topic", "target.fifo"),
    why="to a FIFO queue SNS delivers from FIFO topics only",
    page=pages.SNS_FIFO,
)
def subscription_type(s: Any) -> Iterator[Breach]:
    if s.target.fifo and isinstance(s.topic, str) and not s.topic.endswith(".fifo"):
        given = f"{show(s.topic)}, a standard topic, for the FIFO queue of {s.target.consumer!r}"
        yield Breach(given, "a topic whose ARN ends with '.fifo'", "Give a FIFO topic, or make the consumer standard")


@error(
    "subscription-twice",
    "topic",
    why="SNS subscribes a queue to a topic once: a second one fails, or is the first, and goes with it",
    page=pages.SNS_SUBSCRIBE,
)
def subscription_twice(s: Any) -> Iterator[Breach]:
    if s.taken_by is not None:
        shown = show(s.topic) if isinstance(s.topic, str) else "a topic whose ARN is not known yet"
        given = f"{shown}, to which {s.taken_by!r} subscribes {s.target.consumer!r}"
        fix = f"Leave one out; of two filters make one, with '$or', in {s.taken_by!r}"
        yield Breach(given, "one TopicSubscription of a consumer to a topic", fix)


@error(
    "filter-scope-without-policy",
    *("filter_policy_scope", "filter_policy"),
    why="it says what the filter policy looks at",
    page=pages.SNS_FILTER_SCOPE,
)
def filter_scope_without_policy(s: Any) -> Iterator[Breach]:
    if "filter_policy_scope" in s.given and s.filter_policy is None:
        yield Breach(f"{show(s.filter_policy_scope)} alone", "a scope beside filter_policy", "Leave it out")


def _is_fifo(s: Any) -> bool | None:
    return s.topic.endswith(".fifo") if isinstance(s.topic, str) else None


RULES = (
    name_rule("subscription-name"),
    required_rule("subscription-topic", "topic", pages.SNS_TO_SQS),
    allowed_rule("topic-not-allowed", "topic", "topics", pages.SNS_TO_SQS),
    *(subscription_type, subscription_twice, *filter_policy.RULES, filter_scope_without_policy),
    dead_letters_rule(
        "subscription-dead-letters",
        "a subscription's dead-letter queue has the type of its topic",
        pages.SNS_DEAD_LETTERS,
        _is_fifo,
    ),
)
