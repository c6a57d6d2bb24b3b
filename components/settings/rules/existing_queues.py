"""Rules on queues that exist already, and on KMS keys: they are named by their ARNs, and left as they are."""

import dataclasses
import re
from collections.abc import Callable, Iterator
from typing import Any

from .. import pages
from ..findings import Breach, show
from ..model import DeadLetterQueueSettings, QueueSettings, Settings
from ..rule import Rule, error

QUEUE_ARN = re.compile(r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:([0-9A-Za-z_-]{1,80}|[0-9A-Za-z_-]{1,75}\.fifo)")
KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[0-9A-Za-z-]+")

# What is said about a queue that exists, to check it and to use it, and does not shape it.
SAID_OF_QUEUE = ("arn", "visibility_timeout_seconds", "kms_master_key_id", "allowed_senders")
SAID_OF_DEAD_LETTER_QUEUE = ("arn", "kms_master_key_id", "allow_rejects")


def _shaping(group: str, model: type, said: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{group}.{field.name}" for field in dataclasses.fields(model) if field.name not in said)


SHAPES_QUEUE = _shaping("queue", QueueSettings, SAID_OF_QUEUE)
SHAPES_DEAD_LETTER_QUEUE = _shaping("dead_letter_queue", DeadLetterQueueSettings, SAID_OF_DEAD_LETTER_QUEUE)
_LEFT_ALONE = "a queue that exists is used as it is, and nothing about it is changed"


@error(
    "queue-not-ours-to-shape",
    *("queue.arn", *SHAPES_QUEUE, *SHAPES_DEAD_LETTER_QUEUE),
    why=_LEFT_ALONE,
    page=pages.SQS_CREATE_QUEUE,
)
def queue_not_ours_to_shape(s: Settings) -> Iterator[Breach]:
    if s.queue.arn is not None:
        yield from _beside(s, (*SHAPES_QUEUE, *SHAPES_DEAD_LETTER_QUEUE), "the queue")


@error(
    "dead-letter-queue-not-ours-to-shape",
    *("dead_letter_queue.arn", "queue.arn", *SHAPES_DEAD_LETTER_QUEUE),
    why=_LEFT_ALONE,
    page=pages.SQS_CREATE_QUEUE,
)
def dead_letter_queue_not_ours_to_shape(s: Settings) -> Iterator[Breach]:
    if s.dead_letter_queue.arn is not None and s.queue.arn is None:  # beside which they are refused already
        yield from _beside(s, SHAPES_DEAD_LETTER_QUEUE, "the dead-letter queue")


def _beside(s: Settings, shaping: tuple[str, ...], queue: str) -> Iterator[Breach]:
    for argument in shaping:
        if argument in s.given:
            fix = f"Remove one of the two, or set it where {queue} is made"
            yield Breach(f"{argument} beside it", f"an ARN without {argument}", fix)


def _form_rule(id: str, argument: str, arn_of: Callable[[Settings], Any]) -> Rule:
    @error(id, argument, why="region, account and name of the queue are taken from its ARN", page=pages.SQS_ARN)
    def check(s: Settings) -> Iterator[Breach]:
        arn = arn_of(s)
        if isinstance(arn, str) and not QUEUE_ARN.fullmatch(arn):
            allowed = "the ARN of an SQS queue, 'arn:aws:sqs:REGION:ACCOUNT:NAME'"
            yield Breach(show(arn), allowed, "Give its ARN, not its name or URL")

    return check


def _type_rule(id: str, argument: str, arn_of: Callable[[Settings], Any]) -> Rule:
    @error(
        id,
        *(argument, "fifo"),
        why="order, batches and the way of dead letters differ between the two types of queue",
        page=pages.SQS_DEAD_LETTERS,
    )
    def check(s: Settings) -> Iterator[Breach]:
        arn = arn_of(s)
        if isinstance(arn, str) and QUEUE_ARN.fullmatch(arn) and arn.endswith(".fifo") != s.fifo:
            is_, allowed = ("standard", "'.fifo'") if s.fifo else ("FIFO", "no '.fifo'")
            fix = f"Set fifo={not s.fifo}, or give another queue"
            yield Breach(f"{show(arn)}, a {is_} queue, with fifo={s.fifo}", f"an ARN with {allowed} at its end", fix)

    return check


queue_arn = _form_rule("queue-arn", "queue.arn", lambda s: s.queue.arn)
queue_arn_type = _type_rule("queue-arn-type", "queue.arn", lambda s: s.queue.arn)
dead_letter_queue_arn = _form_rule("dead-letter-queue-arn", "dead_letter_queue.arn", lambda s: s.dead_letter_queue.arn)
dead_letter_queue_arn_type = _type_rule(
    "dead-letter-queue-arn-type", "dead_letter_queue.arn", lambda s: s.dead_letter_queue.arn
)


@error(
    "dead-letter-queue-elsewhere",
    *("dead_letter_queue.arn", "queue.arn"),
    why="SQS moves messages to another queue of the same account and region only",
    page=pages.SQS_DEAD_LETTERS,
)
def dead_letter_queue_elsewhere(s: Settings) -> Iterator[Breach]:
    arn, of_queue = s.dead_letter_queue.arn, s.queue.arn
    if not (_is_arn(arn) and _is_arn(of_queue)):
        return
    place = of_queue.rpartition(":")[0]
    if arn == of_queue or arn.rpartition(":")[0] != place:
        yield Breach(show(arn), f"another queue of {place}", "Give the dead-letter queue of this queue")


def _is_arn(arn: Any) -> bool:
    return isinstance(arn, str) and QUEUE_ARN.fullmatch(arn) is not None


@error(
    "rejects-without-dead-letter-queue",
    *("dead_letter_queue.allow_rejects", "dead_letter_queue.arn", "queue.arn"),
    why="beside a queue that exists no dead-letter queue is made, and which one it has is not known",
    page=pages.SQS_DEAD_LETTERS,
)
def rejects_without_dead_letter_queue(s: Settings) -> Iterator[Breach]:
    if s.dead_letter_queue.allow_rejects and not s.has_dead_letter_queue:
        yield Breach("True beside queue.arn", "only False there", "Name it in dead_letter_queue.arn, or leave it out")


def key_rule(id: str, argument: str, key_of: Callable[[Any], Any]) -> Rule:
    """Return the rule that the key in `argument` is named by its ARN."""

    @error(
        id,
        argument,
        why="policies name a key by its ARN only; and alias/aws/sqs does not let SNS, S3 and EventBridge use it, so "
        "that what they send is lost without an error",
        page=pages.SQS_KEYS,
    )
    def check(s: Settings) -> Iterator[Breach]:
        key = key_of(s)
        if isinstance(key, str) and not KEY_ARN.fullmatch(key):
            allowed = "the ARN of a customer managed KMS key, 'arn:aws:kms:REGION:ACCOUNT:key/ID'"
            yield Breach(show(key), allowed, "Give the key's ARN; leave it out for encryption by SQS itself")

    return check


queue_key = key_rule("queue-key", "queue.kms_master_key_id", lambda s: s.queue.kms_master_key_id)
dead_letter_queue_key = key_rule(
    "dead-letter-queue-key", "dead_letter_queue.kms_master_key_id", lambda s: s.dead_letter_queue.kms_master_key_id
)


@error(
    "dead-letter-queue-key-without-arn",
    *("dead_letter_queue.kms_master_key_id", "dead_letter_queue.arn"),
    why="a dead-letter queue that is made here has the queue's key; this one says which key an existing queue has",
    page=pages.SQS_KEYS,
)
def dead_letter_queue_key_without_arn(s: Settings) -> Iterator[Breach]:
    if s.dead_letter_queue.kms_master_key_id is not None and s.dead_letter_queue.arn is None:
        fix = "Give queue.kms_master_key_id, for both queues"
        yield Breach("a key without dead_letter_queue.arn", "a key beside the ARN", fix)


def key_reuse_rule(id: str, group: str, group_of: Callable[[Any], Any]) -> Rule:
    """Return the rule that a data key's period has a KMS key beside it, in the group whose path is `group`."""

    @error(
        id,
        *(f"{group}kms_data_key_reuse_period_seconds", f"{group}kms_master_key_id"),
        why="only data keys from KMS are used again, and the AWS provider waits two minutes for the setting and then "
        "fails",
        page=pages.SQS_KEYS,
    )
    def check(s: Settings) -> Iterator[Breach]:
        given = group_of(s)
        reuse = given.kms_data_key_reuse_period_seconds
        if reuse is not None and given.kms_master_key_id is None:
            allowed = f"a period beside {group}kms_master_key_id"
            yield Breach(f"{reuse:,} seconds without a KMS key", allowed, "Leave it out")

    return check


key_reuse_without_key = key_reuse_rule("key-reuse-without-key", "queue.", lambda s: s.queue)
RULES = (
    *(queue_arn, queue_arn_type, queue_not_ours_to_shape),
    *(dead_letter_queue_arn, dead_letter_queue_arn_type, dead_letter_queue_not_ours_to_shape),
    *(dead_letter_queue_elsewhere, rejects_without_dead_letter_queue),
    *(queue_key, dead_letter_queue_key, dead_letter_queue_key_without_arn, key_reuse_without_key),
)
