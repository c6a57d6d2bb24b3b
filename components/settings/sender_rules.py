"""Rules on who may send to the queue."""

from collections.abc import Iterator

from .. import policies
from . import pages
from .findings import Breach, show
from .model import Settings
from .rule import refuse

_SENDERS = tuple(f"queue.allowed_senders.{kind}" for kind in policies.SENDING_SERVICES)
MOST_BYTES = 8_192


@refuse(
    "buckets-to-fifo",
    *("queue.allowed_senders.buckets", "fifo"),
    why="S3 cannot send to FIFO queues",
    page=pages.S3_DESTINATIONS,
)
def buckets_to_fifo(s: Settings) -> Iterator[Breach]:
    if s.fifo and s.queue.allowed_senders.buckets:
        todo = "Leave fifo out, or let EventBridge take the bucket's events and a rule send them"
        yield Breach("buckets with fifo=True", "buckets of a standard queue", todo)


@refuse(
    "topic-to-fifo",
    *("queue.allowed_senders.topics", "fifo"),
    why="to a FIFO queue SNS delivers from FIFO topics only",
    page=pages.SNS_FIFO,
)
def topic_to_fifo(s: Settings) -> Iterator[Breach]:
    for arn in s.queue.allowed_senders.topics if s.fifo else ():
        if isinstance(arn, str) and not arn.endswith((".fifo", "*")):
            allowed = "topics whose ARN ends with '.fifo'"
            yield Breach(f"{show(arn)} with fifo=True", allowed, "Leave fifo out, or send through a FIFO topic")


@refuse(
    "senders-too-many",
    *("queue.allowed_senders", *_SENDERS),
    why=f"SQS takes a policy of {MOST_BYTES:,} bytes, and a queue has one",
    page=pages.SQS_POLICY_QUOTAS,
)
def senders_too_many(s: Settings) -> Iterator[Breach]:
    # The policy's other limits, 20 statements and 10 conditions, are far: a kind of sender is one statement.
    senders = {kind: getattr(s.queue.allowed_senders, kind) for kind in policies.SENDING_SERVICES}
    known = {kind: [arn for arn in arns if isinstance(arn, str)] for kind, arns in senders.items()}
    size = len(policies.canonical_json(policies.queue_access("0" * 12, known)))
    if size > MOST_BYTES:
        todo = "Give related senders names that begin alike, and one ARN with '*' at its end"
        yield Breach(f"senders that make a policy of {size:,} bytes", f"at most {MOST_BYTES:,} bytes", todo)


RULES = (buckets_to_fifo, topic_to_fifo, senders_too_many)
