"""Rules on a dead-letter queue that several consumers share."""

from collections.abc import Iterator

from .. import pages
from ..findings import Breach
from ..model import DeadLetterQueueComponentSettings
from ..rule import Rules
from ..shapes import excludes
from .existing_queues import KEY_REUSE, QUEUE_KEY, invalid_key_arn, reuse_without_key
from .functions import invalid_component_name, tag_rules
from .queues import QUEUE_NAMES, invalid_queue_name
from .senders import POLICY_SIZE, policy_too_large, wrong_topic_type

MAX_NAME_LENGTH = 80 - len("-dlq-1a2b3c4.fifo")  # the suffix of an automatic name
rules = Rules[DeadLetterQueueComponentSettings]("DeadLetterQueue")
rules.include(*tag_rules)


@rules.error("name", page=pages.SQS_QUEUE_QUOTAS)
def shared_dead_letter_queue(settings: DeadLetterQueueComponentSettings) -> Iterator[Breach]:
    """The queue is named after the component, and names of queues have at most 80 characters."""
    return invalid_component_name(settings.consumer, MAX_NAME_LENGTH)


@rules.error("allowed_senders.buckets", page=pages.S3_DESTINATIONS)
def shared_buckets(settings: DeadLetterQueueComponentSettings) -> Iterator[Breach]:
    """S3 does not use a dead-letter queue: it sends to the queue of a consumer, or retries."""
    if settings.allowed_senders.buckets:
        yield Breach("buckets", "topics and event_rules only", "Move them to queue.allowed_senders of a consumer")


@rules.error("allowed_senders.topics", "fifo", page=pages.SNS_DEAD_LETTERS)
def shared_topics(settings: DeadLetterQueueComponentSettings) -> Iterator[Breach]:
    """A subscription's dead-letter queue has the type of its topic."""
    fix = "Use a dead-letter queue of the topic's type"
    return wrong_topic_type(settings.allowed_senders.topics, settings.fifo, fix)


@rules.error("allowed_senders.event_rules", "fifo", page=pages.EVENTS_DEAD_LETTERS)
def shared_event_rules(settings: DeadLetterQueueComponentSettings) -> Iterator[Breach]:
    """EventBridge sends undeliverable events to standard queues only."""
    fix = "Use a standard dead-letter queue for them"
    return excludes(settings.allowed_senders.event_rules, settings.fifo, "fifo=True", fix)


@rules.error("allowed_senders", why=POLICY_SIZE, page=pages.SQS_POLICY_QUOTAS)
def shared_senders_too_many(settings: DeadLetterQueueComponentSettings) -> Iterator[Breach]:
    return policy_too_large(settings.allowed_senders)


@rules.error("name", "fifo", why=QUEUE_NAMES, page=pages.SQS_QUEUE_QUOTAS)
def shared_queue_name(settings: DeadLetterQueueComponentSettings) -> Iterator[Breach]:
    return invalid_queue_name(settings.name, settings.fifo)


@rules.error("kms_master_key_id", why=QUEUE_KEY, page=pages.SQS_KEYS)
def shared_queue_key(settings: DeadLetterQueueComponentSettings) -> Iterator[Breach]:
    return invalid_key_arn(settings.kms_master_key_id)


@rules.error("kms_data_key_reuse_period_seconds", "kms_master_key_id", why=KEY_REUSE, page=pages.SQS_KEYS)
def shared_key_reuse_without_key(settings: DeadLetterQueueComponentSettings) -> Iterator[Breach]:
    return reuse_without_key(settings.kms_data_key_reuse_period_seconds, settings.kms_master_key_id, "")
