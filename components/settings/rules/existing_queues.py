"""Rules on queues that exist already, and on KMS keys: they are named by their ARNs, and left as they are."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from .. import pages
from ..arns import KMS_KEY, QUEUE
from ..findings import Breach, show
from ..model import DeadLetterQueueSettings, QueueSettings, Settings
from . import rules

# What is said about a queue that exists, to check it and to use it, and does not shape it.
SAID_OF_QUEUE = ("arn", "visibility_timeout_seconds", "kms_master_key_id", "allowed_senders")
SAID_OF_DEAD_LETTER_QUEUE = ("arn", "kms_master_key_id", "allow_rejects")


def _shaping(group: str, model: type, said: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{group}.{field.name}" for field in dataclasses.fields(model) if field.name not in said)


SHAPES_QUEUE = _shaping("queue", QueueSettings, SAID_OF_QUEUE)
SHAPES_DEAD_LETTER_QUEUE = _shaping("dead_letter_queue", DeadLetterQueueSettings, SAID_OF_DEAD_LETTER_QUEUE)
_LEFT_ALONE = "a queue that exists is used as it is, and nothing about it is changed"


@rules.error("queue.arn", *SHAPES_QUEUE, *SHAPES_DEAD_LETTER_QUEUE, why=_LEFT_ALONE, page=pages.SQS_CREATE_QUEUE)
def queue_not_ours_to_shape(settings: Settings) -> Iterator[Breach]:
    if settings.queue.arn is not None:
        yield from _beside(settings, (*SHAPES_QUEUE, *SHAPES_DEAD_LETTER_QUEUE), "the queue")


@rules.error(
    "dead_letter_queue.arn", "queue.arn", *SHAPES_DEAD_LETTER_QUEUE, why=_LEFT_ALONE, page=pages.SQS_CREATE_QUEUE
)
def dead_letter_queue_not_ours_to_shape(settings: Settings) -> Iterator[Breach]:
    if (
        settings.dead_letter_queue.arn is not None and settings.queue.arn is None
    ):  # beside which they are refused already
        yield from _beside(settings, SHAPES_DEAD_LETTER_QUEUE, "the dead-letter queue")


def _beside(settings: Settings, shaping: tuple[str, ...], queue: str) -> Iterator[Breach]:
    for argument in shaping:
        if argument in settings.given:
            fix = f"Remove one of the two, or set it where {queue} is made"
            yield Breach(f"{argument} beside it", f"an ARN without {argument}", fix)


_QUEUE_ARN = "region, account and name of the queue are taken from its ARN"


@rules.error("queue.arn", why=_QUEUE_ARN, page=pages.SQS_ARN)
def queue_arn(settings: Settings) -> Iterator[Breach]:
    return _not_a_queue(settings.queue.arn)


@rules.error("dead_letter_queue.arn", why=_QUEUE_ARN, page=pages.SQS_ARN)
def dead_letter_queue_arn(settings: Settings) -> Iterator[Breach]:
    return _not_a_queue(settings.dead_letter_queue.arn)


def _not_a_queue(arn: Any) -> Iterator[Breach]:
    if QUEUE.excludes(arn):
        yield Breach(show(arn), QUEUE.allowed, "Give its ARN, not its name or URL")


_QUEUE_TYPE = "order, batches and the way of dead letters differ between the two types of queue"


@rules.error("queue.arn", "fifo", why=_QUEUE_TYPE, page=pages.SQS_DEAD_LETTERS)
def queue_arn_type(settings: Settings) -> Iterator[Breach]:
    return _of_other_type(settings.queue.arn, settings.fifo)


@rules.error("dead_letter_queue.arn", "fifo", why=_QUEUE_TYPE, page=pages.SQS_DEAD_LETTERS)
def dead_letter_queue_arn_type(settings: Settings) -> Iterator[Breach]:
    return _of_other_type(settings.dead_letter_queue.arn, settings.fifo)


def _of_other_type(arn: Any, fifo: bool) -> Iterator[Breach]:
    if QUEUE.matches(arn) and arn.endswith(".fifo") != fifo:
        is_, allowed = ("standard", "'.fifo'") if fifo else ("FIFO", "no '.fifo'")
        fix = f"Set fifo={not fifo}, or give another queue"
        yield Breach(f"{show(arn)}, a {is_} queue, with fifo={fifo}", f"an ARN with {allowed} at its end", fix)


@rules.error("dead_letter_queue.arn", "queue.arn", page=pages.SQS_DEAD_LETTERS)
def dead_letter_queue_elsewhere(settings: Settings) -> Iterator[Breach]:
    """SQS moves messages to another queue of the same account and region only."""
    arn, of_queue = settings.dead_letter_queue.arn, settings.queue.arn
    if not (QUEUE.matches(arn) and QUEUE.matches(of_queue)):
        return
    place = of_queue.rpartition(":")[0]
    if arn == of_queue or arn.rpartition(":")[0] != place:
        yield Breach(show(arn), f"another queue of {place}", "Give the dead-letter queue of this queue")


@rules.error("dead_letter_queue.allow_rejects", "dead_letter_queue.arn", "queue.arn", page=pages.SQS_DEAD_LETTERS)
def rejects_without_dead_letter_queue(settings: Settings) -> Iterator[Breach]:
    """Beside a queue that exists no dead-letter queue is made, and which one it has is not known."""
    if settings.dead_letter_queue.allow_rejects and not settings.has_dead_letter_queue:
        yield Breach("True beside queue.arn", "only False there", "Name it in dead_letter_queue.arn, or leave it out")


QUEUE_KEY = (
    "policies name a key by its ARN only; and alias/aws/sqs does not let SNS, S3 and EventBridge use it, so that what "
    "they send is lost without an error"
)


@rules.error("queue.kms_master_key_id", why=QUEUE_KEY, page=pages.SQS_KEYS)
def queue_key(settings: Settings) -> Iterator[Breach]:
    return not_a_key(settings.queue.kms_master_key_id)


@rules.error("dead_letter_queue.kms_master_key_id", why=QUEUE_KEY, page=pages.SQS_KEYS)
def dead_letter_queue_key(settings: Settings) -> Iterator[Breach]:
    return not_a_key(settings.dead_letter_queue.kms_master_key_id)


def not_a_key(key: Any) -> Iterator[Breach]:
    """Yield a breach where a queue's key is not named by its ARN."""
    if KMS_KEY.excludes(key):
        allowed = f"{KMS_KEY.allowed}, of a customer managed key"
        yield Breach(show(key), allowed, "Give the key's ARN; leave it out for encryption by SQS itself")


@rules.error("dead_letter_queue.kms_master_key_id", "dead_letter_queue.arn", page=pages.SQS_KEYS)
def dead_letter_queue_key_without_arn(settings: Settings) -> Iterator[Breach]:
    """A dead-letter queue that is made here has the queue's key; this one says which key an existing queue has."""
    if settings.dead_letter_queue.kms_master_key_id is not None and settings.dead_letter_queue.arn is None:
        fix = "Give queue.kms_master_key_id, for both queues"
        yield Breach("a key without dead_letter_queue.arn", "a key beside the ARN", fix)


KEY_REUSE = (
    "only data keys from KMS are used again, and the AWS provider waits two minutes for the setting and then fails"
)


@rules.error("queue.kms_data_key_reuse_period_seconds", "queue.kms_master_key_id", why=KEY_REUSE, page=pages.SQS_KEYS)
def key_reuse_without_key(settings: Settings) -> Iterator[Breach]:
    queue = settings.queue
    return reuse_without_key(queue.kms_data_key_reuse_period_seconds, queue.kms_master_key_id, "queue.")


def reuse_without_key(period: int | None, key: Any, group: str) -> Iterator[Breach]:
    """Yield a breach where a data key's period has no KMS key beside it in the group whose path is `group`."""
    if period is not None and key is None:
        yield Breach(
            f"{period:,} seconds without a KMS key", f"a period beside {group}kms_master_key_id", "Leave it out"
        )
