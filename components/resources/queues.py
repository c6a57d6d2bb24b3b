"""The queue and its dead-letter queue: made here, or existing already and left as they are."""

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import sqs

from .. import policies
from ..settings import MAX_MESSAGE_SIZE, DeadLetterQueueComponentSettings
from . import senders
from .children import Children

# Where an ARN's partition is not one of these, its services are below amazonaws.com.
DOMAINS = {
    "aws-cn": "amazonaws.com.cn",
    "aws-iso": "c2s.ic.gov",
    "aws-iso-b": "sc2s.sgov.gov",
    "aws-iso-e": "cloud.adc-e.uk",
    "aws-iso-f": "csp.hci.ic.gov",
    "aws-eusc": "amazonaws.eu",
}


@dataclass(frozen=True)
class KnownQueue:
    """A queue as the other parts know it."""

    arn: pulumi.Output[str]
    url: pulumi.Output[str]
    name: pulumi.Output[str]
    key: Any
    """ARN of the KMS key that it is encrypted with; None where SQS encrypts it with a key of its own."""
    resource: sqs.Queue | None = None
    """The resource, where the queue is made here."""


def dead_letter_queue(children: Children) -> KnownQueue | None:
    """Register the queue that takes the messages which failed too often; None where there is none that we know of."""
    settings, group = children.settings, children.settings.dead_letter_queue
    if group.arn is not None:
        return _existing(children, "dead_letter_queue", group)
    if settings.queue.arn is not None:
        return None
    key = children.validated("queue.kms_master_key_id", settings.queue.kms_master_key_id)
    resource = sqs.Queue(
        children.name("dlq"),
        name=_name(children, "dead_letter_queue.name", group.name),
        message_retention_seconds=group.message_retention_seconds,
        # Whoever looks into it by hand waits for messages, as on the queue.
        receive_wait_time_seconds=settings.queue.receive_wait_time_seconds,
        policy=policies.canonical_json(policies.tls_only()),
        **_basics(children, "dead-letter-queue", key),
    )
    return _made(resource, key)


def queue(children: Children, dead_letters: KnownQueue | None) -> KnownQueue:
    """Register the queue that producers send to."""
    settings, group = children.settings, children.settings.queue
    if group.arn is not None or dead_letters is None:
        return _existing(children, "queue", group)
    redrive = dead_letters.arn.apply(
        lambda arn: policies.canonical_json(policies.redrive(arn, settings.max_receive_count))
    )
    # One key for both: known twice, a wrong one would be told twice.
    made = dead_letters.resource
    key = dead_letters.key if made else children.validated("queue.kms_master_key_id", group.kms_master_key_id)
    resource = sqs.Queue(
        children.name("queue"),
        name=_name(children, "queue.name", group.name),
        visibility_timeout_seconds=group.visibility_timeout_seconds,
        message_retention_seconds=group.message_retention_seconds,
        delay_seconds=group.delay_seconds,
        receive_wait_time_seconds=group.receive_wait_time_seconds,
        content_based_deduplication=group.content_based_deduplication if settings.fifo else None,
        redrive_policy=redrive,
        policy=senders.access_policy(
            children, "queue.allowed_senders", settings.queue.allowed_senders, dead_letters.arn
        ),
        **(_throughput(group.high_throughput) if settings.fifo else {}),
        **_basics(children, "queue", key),
    )
    return _made(resource, key)


def shared_dead_letter_queue(children: Children, settings: DeadLetterQueueComponentSettings) -> KnownQueue:
    """Register a dead-letter queue that several consumers share."""
    name = children.validated("name", settings.name)
    key = children.validated("kms_master_key_id", settings.kms_master_key_id)
    resource = sqs.Queue(
        children.name("dlq"),
        name=fifo_name(name) if settings.fifo else name,
        fifo_queue=True if settings.fifo else None,
        message_retention_seconds=settings.message_retention_seconds,
        max_message_size=MAX_MESSAGE_SIZE,
        receive_wait_time_seconds=20,
        **encryption(key, settings.kms_data_key_reuse_period_seconds),
        policy=senders.access_policy(children, "allowed_senders", settings.allowed_senders),
        tags=children.tags("shared-dead-letter-queue"),
        opts=children.options(protect=settings.protect or None),
    )
    return _made(resource, key)


def restriction(children: Children, dead_letters: KnownQueue | None, queue: KnownQueue) -> Any:
    """Register, where it is asked for, that only this queue may use its dead-letter queue."""
    if dead_letters is None or not children.settings.dead_letter_queue.restricted:
        return None
    return sqs.RedriveAllowPolicy(
        children.name("dlq-restriction"),
        queue_url=dead_letters.url,
        redrive_allow_policy=queue.arn.apply(lambda arn: policies.canonical_json(policies.allow_redrive_of([arn]))),
        opts=children.options(),
    )


def _made(resource: sqs.Queue, key: Any) -> KnownQueue:
    return KnownQueue(resource.arn, resource.url, resource.name, key, resource)


def _existing(children: Children, part: str, group: Any) -> KnownQueue:
    arn = pulumi.Output.from_input(children.validated(f"{part}.arn", group.arn))
    key = children.validated(f"{part}.kms_master_key_id", group.kms_master_key_id)
    return KnownQueue(arn, arn.apply(queue_url), arn.apply(queue_name), key)


def queue_url(arn: str) -> str:
    """Return the URL of the queue with this ARN; of what is refused as no ARN, in a mere check, an empty one."""
    if arn.count(":") != 5:
        return ""
    _, partition, _, region, account, name = arn.split(":")
    return f"https://sqs.{region}.{DOMAINS.get(partition, 'amazonaws.com')}/{account}/{name}"


def queue_name(arn: str) -> str:
    """Return the name of the queue with this ARN."""
    return arn.rpartition(":")[2]


def _throughput(is_high: bool) -> dict[str, str]:
    # Said in both cases: the provider leaves an attribute that is no longer said as it was.
    scope, limit = ("messageGroup", "perMessageGroupId") if is_high else ("queue", "perQueue")
    return {"deduplication_scope": scope, "fifo_throughput_limit": limit}


def _basics(children: Children, part: str, key: Any) -> dict[str, Any]:
    """What the two queues have in common. Redrive and access policy are inline: see `policies.tls_only`."""
    group = children.settings.queue
    return {
        "fifo_queue": True if children.settings.fifo else None,
        "max_message_size": group.max_message_size,
        **encryption(key, group.kms_data_key_reuse_period_seconds),
        "tags": children.tags(part),
        "opts": children.options(protect=group.protect or None),
    }


def encryption(key: Any, reuse_seconds: int | None) -> dict[str, Any]:
    """Return what a queue says about its encryption: by SQS, or by this KMS key; the provider refuses both at once."""
    if key is None:
        return {"sqs_managed_sse_enabled": True}
    return {"kms_master_key_id": key, "kms_data_key_reuse_period_seconds": reuse_seconds}


def _name(children: Children, argument: str, name: Any) -> Any:
    known = children.validated(argument, name)
    return fifo_name(known) if children.settings.fifo else known


def fifo_name(name: Any) -> Any:
    """Return the name of a FIFO queue, with the suffix that it must have; None stays None."""
    return (
        None
        if name is None
        else pulumi.Output.from_input(name).apply(lambda text: f"{text.removesuffix('.fifo')}.fifo")
    )
