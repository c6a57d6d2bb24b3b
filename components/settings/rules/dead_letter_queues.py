"""Rules on a dead-letter queue that several consumers share. Those on names, keys and tags are a consumer's own."""

from collections.abc import Iterator
from typing import Any

from .. import pages
from ..findings import Breach, show
from ..rule import error
from .existing_queues import key_reuse_rule, key_rule
from .functions import misnamed, tag_count, tag_reserved, tag_size
from .queues import name_rule
from .senders import of_other_type, size_rule

LONGEST_NAME = 80 - len("-dlq-1a2b3c4.fifo")  # as the AWS provider makes names


@error(
    "shared-dead-letter-queue",
    "name",
    why="the queue is named after the component, and names of queues end at 80 characters",
    page=pages.SQS_QUEUE_QUOTAS,
)
def shared_dead_letter_queue(s: Any) -> Iterator[Breach]:
    yield from misnamed(s.consumer, LONGEST_NAME)


@error(
    "shared-buckets",
    "allowed_senders.buckets",
    why="S3 has no dead letters: it sends to the queue of a consumer, or tries again",
    page=pages.S3_DESTINATIONS,
)
def shared_buckets(s: Any) -> Iterator[Breach]:
    if s.allowed_senders.buckets:
        yield Breach("buckets", "topics and event_rules", "Name the buckets in queue.allowed_senders of a consumer")


@error(
    "shared-topics",
    *("allowed_senders.topics", "fifo"),
    why="a subscription's dead-letter queue has the type of its topic",
    page=pages.SNS_DEAD_LETTERS,
)
def shared_topics(s: Any) -> Iterator[Breach]:
    for arn in of_other_type(s.allowed_senders.topics, s.fifo):
        its = "whose ARN ends with '.fifo'" if s.fifo else "that are standard"
        yield Breach(f"{show(arn)} with fifo={s.fifo}", f"topics {its}", "Make a dead-letter queue of its type for it")


@error(
    "shared-event-rules",
    *("allowed_senders.event_rules", "fifo"),
    why="EventBridge sends what it cannot deliver to standard queues only",
    page=pages.EVENTS_DEAD_LETTERS,
)
def shared_event_rules(s: Any) -> Iterator[Breach]:
    if s.fifo and s.allowed_senders.event_rules:
        yield Breach("event_rules with fifo=True", "event_rules of a standard queue", "Make a standard one for them")


RULES = (
    *(shared_buckets, shared_topics, shared_event_rules),
    size_rule("shared-senders-too-many", "allowed_senders", lambda s: s.allowed_senders),
    *(shared_dead_letter_queue, name_rule("shared-queue-name", "name", lambda s: s.name)),
    key_rule("shared-queue-key", "kms_master_key_id", lambda s: s.kms_master_key_id),
    key_reuse_rule("shared-key-reuse-without-key", "", lambda s: s),
    *(tag_reserved, tag_size, tag_count),
)
