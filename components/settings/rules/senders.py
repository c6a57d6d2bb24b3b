"""Rules on who may send to the queue."""

from collections.abc import Iterable, Iterator
from typing import Any

from ... import policies
from .. import pages
from ..findings import Breach, show
from ..model import AllowedSendersSettings, Settings
from . import rules

MOST_BYTES = 8_192


@rules.error("queue.allowed_senders.buckets", "fifo", page=pages.S3_DESTINATIONS)
def buckets_to_fifo(settings: Settings) -> Iterator[Breach]:
    """S3 cannot send to FIFO queues."""
    if settings.fifo and settings.queue.allowed_senders.buckets:
        fix = "Leave fifo out, or let EventBridge take the bucket's events and a rule send them"
        yield Breach("buckets with fifo=True", "buckets of a standard queue", fix)


@rules.error("queue.allowed_senders.topics", "fifo", page=pages.SNS_FIFO)
def topic_to_fifo(settings: Settings) -> Iterator[Breach]:
    """To a FIFO queue SNS delivers from FIFO topics only."""
    for arn in of_other_type(settings.queue.allowed_senders.topics, fifo=True) if settings.fifo else ():
        allowed = "topics whose ARN ends with '.fifo'"
        yield Breach(f"{show(arn)} with fifo=True", allowed, "Leave fifo out, or send through a FIFO topic")


def of_other_type(topics: Iterable[Any], fifo: bool) -> Iterator[str]:
    """Yield the topics that are known to be standard ones, or where `fifo` is False, FIFO ones."""
    return (arn for arn in topics if isinstance(arn, str) and not arn.endswith("*") and arn.endswith(".fifo") != fifo)


POLICY_SIZE = f"SQS takes a policy of {MOST_BYTES:,} bytes, and a queue has one"


# On the group, not on its lists: a list whose Outputs resolve late would be counted without the others.
@rules.error("queue.allowed_senders", why=POLICY_SIZE, page=pages.SQS_POLICY_QUOTAS)
def senders_too_many(settings: Settings) -> Iterator[Breach]:
    return too_large(settings.queue.allowed_senders)


def too_large(senders: AllowedSendersSettings) -> Iterator[Breach]:
    """Yield a breach where the senders have no room in the queue's policy."""
    # The policy's other limits, 20 statements and 10 conditions, are far: a kind of sender is one statement.
    lists = {kind: getattr(senders, kind) for kind in policies.SENDING_SERVICES}
    texts = {kind: [arn for arn in arns if isinstance(arn, str)] for kind, arns in lists.items()}
    size = len(policies.canonical_json(policies.queue_access("0" * 12, texts)))
    if size > MOST_BYTES:
        fix = "Give related senders names that begin alike, and one ARN with '*' at its end"
        yield Breach(f"senders that make a policy of {size:,} bytes", f"at most {MOST_BYTES:,} bytes", fix)
