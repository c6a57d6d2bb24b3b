"""Rules on who may send to the queue."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ... import policies
from .. import pages
from ..findings import Breach, show
from ..model import AllowedSendersSettings, Settings
from ..rule import Rule, error

MOST_BYTES = 8_192


@error(
    "buckets-to-fifo",
    *("queue.allowed_senders.buckets", "fifo"),
    why="S3 cannot send to FIFO queues",
    page=pages.S3_DESTINATIONS,
)
def buckets_to_fifo(s: Settings) -> Iterator[Breach]:
    if s.fifo and s.queue.allowed_senders.buckets:
        fix = "Leave fifo out, or let EventBridge take the bucket's events and a rule send them"
        yield Breach("buckets with fifo=True", "buckets of a standard queue", fix)


@error(
    "topic-to-fifo",
    *("queue.allowed_senders.topics", "fifo"),
    why="to a FIFO queue SNS delivers from FIFO topics only",
    page=pages.SNS_FIFO,
)
def topic_to_fifo(s: Settings) -> Iterator[Breach]:
    for arn in of_other_type(s.queue.allowed_senders.topics, fifo=True) if s.fifo else ():
        allowed = "topics whose ARN ends with '.fifo'"
        yield Breach(f"{show(arn)} with fifo=True", allowed, "Leave fifo out, or send through a FIFO topic")


def of_other_type(topics: Iterable[Any], fifo: bool) -> Iterator[str]:
    """Yield the topics that are known to be standard ones, or where `fifo` is False, FIFO ones."""
    return (arn for arn in topics if isinstance(arn, str) and not arn.endswith("*") and arn.endswith(".fifo") != fifo)


def size_rule(id: str, argument: str, senders_of: Callable[[Any], AllowedSendersSettings]) -> Rule:
    """Return the rule that the senders in `argument` have room in the queue's policy.

    It is on the group, not on its lists: one that is known late would be counted without others that are, too.
    """

    @error(
        id,
        argument,
        why=f"SQS takes a policy of {MOST_BYTES:,} bytes, and a queue has one",
        page=pages.SQS_POLICY_QUOTAS,
    )
    def check(s: Settings) -> Iterator[Breach]:
        # The policy's other limits, 20 statements and 10 conditions, are far: a kind of sender is one statement.
        senders = {kind: getattr(senders_of(s), kind) for kind in policies.SENDING_SERVICES}
        known = {kind: [arn for arn in arns if isinstance(arn, str)] for kind, arns in senders.items()}
        size = len(policies.canonical_json(policies.queue_access("0" * 12, known)))
        if size > MOST_BYTES:
            fix = "Give related senders names that begin alike, and one ARN with '*' at its end"
            yield Breach(f"senders that make a policy of {size:,} bytes", f"at most {MOST_BYTES:,} bytes", fix)

    return check


senders_too_many = size_rule("senders-too-many", "queue.allowed_senders", lambda s: s.queue.allowed_senders)
RULES = (buckets_to_fifo, topic_to_fifo, senders_too_many)
