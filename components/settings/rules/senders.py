"""Rules on who may send to the queue."""

from collections.abc import Iterable, Iterator
from typing import Any

from ... import policies
from .. import pages
from ..findings import Breach, show
from ..model import AllowedSendersSettings, Settings
from ..shapes import at_most, excludes
from . import rules

MAX_POLICY_BYTES = 8_192


@rules.error("queue.allowed_senders.buckets", "fifo", page=pages.S3_DESTINATIONS)
def buckets_to_fifo(settings: Settings) -> Iterator[Breach]:
    """S3 cannot send to FIFO queues."""
    fix = "Use a standard queue, or send the bucket's events to EventBridge, and from there with an EventRule"
    return excludes(settings.queue.allowed_senders.buckets, settings.fifo, "fifo=True", fix)


@rules.error("queue.allowed_senders.topics", "fifo", page=pages.SNS_FIFO)
def topic_to_fifo(settings: Settings) -> Iterator[Breach]:
    """Only FIFO topics deliver to FIFO queues."""
    if settings.fifo:
        fix = "Use a standard queue, or a FIFO topic"
        yield from wrong_topic_type(settings.queue.allowed_senders.topics, True, fix)


def wrong_topic_type(topics: Iterable[Any], fifo: bool, fix: str) -> Iterator[Breach]:
    """Yield a breach for each topic of the other type. An ARN that ends with '*' can be of both."""
    allowed = "FIFO topics, whose ARNs end with '.fifo'" if fifo else "standard topics"
    for arn in topics:
        if isinstance(arn, str) and not arn.endswith("*") and arn.endswith(".fifo") != fifo:
            yield Breach(f"{show(arn)} with fifo={fifo}", allowed, fix)


POLICY_SIZE = f"a queue has one policy, of at most {MAX_POLICY_BYTES:,} bytes"


# The rule is on the group, because all lists together must have resolved to be counted.
@rules.error("queue.allowed_senders", why=POLICY_SIZE, page=pages.SQS_POLICY_QUOTAS)
def senders_too_many(settings: Settings) -> Iterator[Breach]:
    return policy_too_large(settings.queue.allowed_senders)


def policy_too_large(senders: AllowedSendersSettings) -> Iterator[Breach]:
    """Yield a breach if the queue's policy with these senders is too large."""
    # One statement per kind of sender never reaches the other limits, 20 statements and 10 conditions.
    lists = {kind: getattr(senders, kind) for kind in policies.SENDING_SERVICES}
    texts = {kind: [arn for arn in arns if isinstance(arn, str)] for kind, arns in lists.items()}
    size = len(policies.canonical_json(policies.queue_access("0" * 12, texts)))
    fix = "Name related senders with a common prefix, and allow them by one ARN with '*' at its end"
    return at_most(size, MAX_POLICY_BYTES, fix, "bytes of policy")
