"""Rules on existing queues, which are never changed, and on KMS keys."""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

from .. import pages
from ..arns import KMS_KEY, QUEUE
from ..findings import Breach, show
from ..model import DeadLetterQueueSettings, QueueSettings, Settings
from ..shapes import excludes, requires
from . import rules

# The arguments that are allowed with an existing queue. All others configure a new queue.
ALLOWED_WITH_QUEUE = ("arn", "visibility_timeout_seconds", "kms_master_key_id", "allowed_senders")
ALLOWED_WITH_DEAD_LETTER_QUEUE = ("arn", "kms_master_key_id", "allow_rejects", "reasons")


def _all_but(group: str, model: type, allowed: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{group}.{field.name}" for field in dataclasses.fields(model) if field.name not in allowed)


CONFIGURE_DEAD_LETTER_QUEUE = _all_but("dead_letter_queue", DeadLetterQueueSettings, ALLOWED_WITH_DEAD_LETTER_QUEUE)
CONFIGURE_QUEUES = (*_all_but("queue", QueueSettings, ALLOWED_WITH_QUEUE), *CONFIGURE_DEAD_LETTER_QUEUE)


@rules.error("queue.arn", *CONFIGURE_QUEUES, page=pages.SQS_CREATE_QUEUE)
def queue_not_ours_to_shape(settings: Settings) -> Iterator[Breach]:
    """An existing queue is never changed."""
    if settings.queue.arn is not None:
        yield from _configured(settings, CONFIGURE_QUEUES, "the queue")


@rules.error("dead_letter_queue.arn", "queue.arn", *CONFIGURE_DEAD_LETTER_QUEUE, page=pages.SQS_CREATE_QUEUE)
def dead_letter_queue_not_ours_to_shape(settings: Settings) -> Iterator[Breach]:
    """An existing queue is never changed."""
    if settings.dead_letter_queue.arn is not None and settings.queue.arn is None:  # else the rule above applies
        yield from _configured(settings, CONFIGURE_DEAD_LETTER_QUEUE, "the dead-letter queue")


def _configured(settings: Settings, arguments: Iterable[str], queue: str) -> Iterator[Breach]:
    for argument in arguments:
        if argument in settings.passed:
            fix = f"Remove one of the two, or set it where {queue} is created"
            yield Breach(f"an ARN together with {argument}", f"an ARN without {argument}", fix)


_QUEUE_ARN = "the ARN defines the region, account and name of the queue"


@rules.error("queue.arn", why=_QUEUE_ARN, page=pages.SQS_ARN)
def queue_arn(settings: Settings) -> Iterator[Breach]:
    return invalid_queue_arn(settings.queue.arn)


@rules.error("dead_letter_queue.arn", why=_QUEUE_ARN, page=pages.SQS_ARN)
def dead_letter_queue_arn(settings: Settings) -> Iterator[Breach]:
    return invalid_queue_arn(settings.dead_letter_queue.arn)


def invalid_queue_arn(arn: Any) -> Iterator[Breach]:
    if QUEUE.excludes(arn):
        yield Breach(show(arn), QUEUE.allowed, "Pass the ARN, not the name or URL")


_QUEUE_TYPE = "ordering, batches and dead-lettering differ between the two types of queue"


@rules.error("queue.arn", "fifo", why=_QUEUE_TYPE, page=pages.SQS_DEAD_LETTERS)
def queue_arn_type(settings: Settings) -> Iterator[Breach]:
    return _wrong_queue_type(settings.queue.arn, settings.fifo)


@rules.error("dead_letter_queue.arn", "fifo", why=_QUEUE_TYPE, page=pages.SQS_DEAD_LETTERS)
def dead_letter_queue_arn_type(settings: Settings) -> Iterator[Breach]:
    return _wrong_queue_type(settings.dead_letter_queue.arn, settings.fifo)


def _wrong_queue_type(arn: Any, fifo: bool) -> Iterator[Breach]:
    if QUEUE.matches(arn) and arn.endswith(".fifo") != fifo:
        type_, allowed = ("standard", "'.fifo'") if fifo else ("FIFO", "no '.fifo'")
        fix = f"Set fifo={not fifo}, or pass another queue"
        yield Breach(f"{show(arn)}, a {type_} queue, with fifo={fifo}", f"an ARN with {allowed} at its end", fix)


@rules.error("dead_letter_queue.arn", "queue.arn", page=pages.SQS_DEAD_LETTERS)
def dead_letter_queue_elsewhere(settings: Settings) -> Iterator[Breach]:
    """SQS moves messages to another queue of the same account and region only."""
    dead_letters, queue = settings.dead_letter_queue.arn, settings.queue.arn
    if QUEUE.matches(dead_letters) and QUEUE.matches(queue):
        place = queue.rpartition(":")[0]
        if dead_letters == queue or dead_letters.rpartition(":")[0] != place:
            yield Breach(show(dead_letters), f"another queue of {place}", "Pass the queue's own dead-letter queue")


@rules.error("dead_letter_queue.allow_rejects", "dead_letter_queue.arn", "queue.arn", page=pages.SQS_DEAD_LETTERS)
def rejects_without_dead_letter_queue(settings: Settings) -> Iterator[Breach]:
    """For an existing queue no dead-letter queue is created, and the function needs one to reject to."""
    has_queue, fix = settings.has_dead_letter_queue, "Set dead_letter_queue.arn, or leave it out"
    return requires(settings.dead_letter_queue.allow_rejects, has_queue, "dead_letter_queue.arn", fix)


@rules.error("dead_letter_queue.reasons", "dead_letter_queue.arn", "queue.arn", page=pages.SQS_DEAD_LETTERS)
def reasons_without_dead_letter_queue(settings: Settings) -> Iterator[Breach]:
    """For an existing queue no dead-letter queue is created, and the function needs one to send to."""
    has_queue, fix = settings.has_dead_letter_queue, "Set dead_letter_queue.arn, or leave it out"
    return requires(settings.dead_letter_queue.reasons, has_queue, "dead_letter_queue.arn", fix)


@rules.error("dead_letter_queue.reasons", "dead_letter_queue.allow_rejects", page=pages.SQS_REDRIVE)
def reasons_without_rejects(settings: Settings) -> Iterator[Breach]:
    """Both need the same permission: a function that may send its failures to the dead-letter queue may reject, too."""
    group, is_passed = settings.dead_letter_queue, "dead_letter_queue.allow_rejects" in settings.passed
    return excludes(group.reasons, is_passed and not group.allow_rejects, "allow_rejects=False")


@rules.warning("dead_letter_queue.reasons", "queue.arn", "max_receive_count", page=pages.SQS_DEAD_LETTERS)
def reasons_without_receive_count(settings: Settings) -> Iterator[Breach]:
    """sqs_batch adds the reason on a message's last receive, and only the existing queue knows which one that is."""
    fix = "Set max_receive_count as that queue's redrive policy has it, or leave reasons out"
    return requires(settings.dead_letter_queue.reasons, settings.receives is not None, "max_receive_count", fix)


QUEUE_KEY = (
    "policies name a key by its ARN only; and with alias/aws/sqs, messages from SNS, S3 and EventBridge are lost "
    "without an error, as AWS does not allow them to use that key"
)


@rules.error("queue.kms_master_key_id", why=QUEUE_KEY, page=pages.SQS_KEYS)
def queue_key(settings: Settings) -> Iterator[Breach]:
    return invalid_key_arn(settings.queue.kms_master_key_id)


@rules.error("dead_letter_queue.kms_master_key_id", why=QUEUE_KEY, page=pages.SQS_KEYS)
def dead_letter_queue_key(settings: Settings) -> Iterator[Breach]:
    return invalid_key_arn(settings.dead_letter_queue.kms_master_key_id)


def invalid_key_arn(key: Any) -> Iterator[Breach]:
    """Yield a breach for a queue's key that is not an ARN."""
    if KMS_KEY.excludes(key):
        fix = "Pass the ARN of a customer managed key, or leave it out for encryption by SQS itself"
        yield Breach(show(key), KMS_KEY.allowed, fix)


@rules.error("dead_letter_queue.kms_master_key_id", "dead_letter_queue.arn", page=pages.SQS_KEYS)
def dead_letter_queue_key_without_arn(settings: Settings) -> Iterator[Breach]:
    """This is the key of an existing dead-letter queue; a new one uses the queue's key."""
    queue, fix = settings.dead_letter_queue, "Set queue.kms_master_key_id, for both queues"
    return requires(queue.kms_master_key_id, queue.arn is not None, "dead_letter_queue.arn", fix)


KEY_REUSE = "SQS reuses only data keys of KMS; without a KMS key, the AWS provider waits two minutes and then fails"


@rules.error("queue.kms_data_key_reuse_period_seconds", "queue.kms_master_key_id", why=KEY_REUSE, page=pages.SQS_KEYS)
def key_reuse_without_key(settings: Settings) -> Iterator[Breach]:
    queue = settings.queue
    return reuse_without_key(queue.kms_data_key_reuse_period_seconds, queue.kms_master_key_id, "queue.")


def reuse_without_key(period: int | None, key: Any, group: str) -> Iterator[Breach]:
    """Yield a breach for a reuse period without a KMS key in the same group."""
    return requires(period, key is not None, f"{group}kms_master_key_id")
