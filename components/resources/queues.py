"""The queue and its dead-letter queue: created here, or existing and left unchanged."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import sqs

from .. import policies
from ..settings import DeadLetterQueueComponentSettings, Settings
from ..settings.model import MAX_MESSAGE_SIZE, QueueSettings
from ..validation import ComponentSettings
from . import senders
from .children import Children, as_json

AnyQueueSettings = Settings | DeadLetterQueueComponentSettings

# The domain of every other partition is amazonaws.com.
DOMAINS = {
    "aws-cn": "amazonaws.com.cn",
    "aws-iso": "c2s.ic.gov",
    "aws-iso-b": "sc2s.sgov.gov",
    "aws-iso-e": "cloud.adc-e.uk",
    "aws-iso-f": "csp.hci.ic.gov",
    "aws-eusc": "amazonaws.eu",
}


@dataclass(frozen=True)
class QueueReference:
    """A queue that is created here, or an existing one."""

    arn: pulumi.Output[str]
    url: pulumi.Output[str]
    name: pulumi.Output[str]
    key: Any
    """ARN of its KMS key; None if SQS encrypts it with a key of its own."""
    resource: sqs.Queue | None = None
    """None if the queue exists already."""


def dead_letter_queue(children: Children[Settings]) -> QueueReference | None:
    """Register the dead-letter queue; None if an existing queue may have one that is not named."""
    settings, group = children.settings, children.settings.dead_letter_queue
    if group.arn is not None:
        return _existing(children, "dead_letter_queue")
    if settings.queue.arn is not None:
        return None
    key = children.validated("queue.kms_master_key_id")
    resource = sqs.Queue(
        children.name("dlq"),
        name=_name(children, "dead_letter_queue.name"),
        message_retention_seconds=group.message_retention_seconds,
        # Long-poll here too, for manual inspection.
        max_message_size=settings.queue.max_message_size,
        receive_wait_time_seconds=settings.queue.receive_wait_time_seconds,
        policy=policies.canonical_json(policies.tls_only()),
        **_basics(children, settings.queue, "dead-letter-queue", key),
    )
    return _created(resource, key)


def queue(children: Children[Settings], dead_letters: QueueReference | None) -> QueueReference:
    """Register the queue that producers send to."""
    settings, group = children.settings, children.settings.queue
    if group.arn is not None or dead_letters is None:
        return _existing(children, "queue")
    # Validate the shared key once, or the same error appears twice.
    key = dead_letters.key if dead_letters.resource else children.validated("queue.kms_master_key_id")
    resource = sqs.Queue(
        children.name("queue"),
        name=_name(children, "queue.name"),
        visibility_timeout_seconds=group.visibility_timeout_seconds,
        message_retention_seconds=group.message_retention_seconds,
        delay_seconds=group.delay_seconds,
        max_message_size=group.max_message_size,
        receive_wait_time_seconds=group.receive_wait_time_seconds,
        content_based_deduplication=group.content_based_deduplication if settings.fifo else None,
        redrive_policy=dead_letters.arn.apply(lambda arn: _redrive_policy(arn, settings.max_receive_count)),
        policy=senders.access_policy(children, "queue.allowed_senders", group.allowed_senders, dead_letters.arn),
        **(_throughput(group.high_throughput) if settings.fifo else {}),
        **_basics(children, group, "queue", key),
    )
    return _created(resource, key)


def _redrive_policy(dead_letter_queue_arn: str, max_receive_count: int) -> str:
    return policies.canonical_json(policies.redrive(dead_letter_queue_arn, max_receive_count))


def shared_dead_letter_queue(children: Children[DeadLetterQueueComponentSettings]) -> QueueReference:
    """Register a dead-letter queue that several consumers share."""
    settings, key = children.settings, children.validated("kms_master_key_id")
    resource = sqs.Queue(
        children.name("dlq"),
        name=_name(children, "name"),
        message_retention_seconds=settings.message_retention_seconds,
        max_message_size=MAX_MESSAGE_SIZE,
        receive_wait_time_seconds=20,
        policy=senders.access_policy(children, "allowed_senders", settings.allowed_senders),
        **_basics(children, settings, "shared-dead-letter-queue", key),
    )
    return _created(resource, key)


def restriction(
    children: Children[Settings], dead_letters: QueueReference | None, queue: QueueReference
) -> sqs.RedriveAllowPolicy | None:
    """Register the redrive-allow policy that lets only this queue use its dead-letter queue, if it is restricted."""
    if dead_letters is None or not children.settings.dead_letter_queue.restricted:
        return None
    return redrive_allow_policy(children, "dlq-restriction", dead_letters.url, [queue.arn])


def redrive_allow_policy(
    children: Children[ComponentSettings], part: str, dead_letter_queue_url: Any, queue_arns: Sequence[Any]
) -> sqs.RedriveAllowPolicy:
    """Register the redrive-allow policy that lets only these queues use a dead-letter queue."""
    return sqs.RedriveAllowPolicy(
        children.name(part),
        queue_url=dead_letter_queue_url,
        redrive_allow_policy=as_json(policies.allow_redrive_of(queue_arns)),
        opts=children.options(),
    )


def _created(resource: sqs.Queue, key: Any) -> QueueReference:
    return QueueReference(resource.arn, resource.url, resource.name, key, resource)


def no_queue() -> QueueReference:
    """Return what the outputs have where there is no queue."""
    nothing = pulumi.Output.from_input("")
    return QueueReference(nothing, nothing, nothing, None)


def _existing(children: Children[Settings], part: str) -> QueueReference:
    arn = pulumi.Output.from_input(children.validated(f"{part}.arn"))
    key = children.validated(f"{part}.kms_master_key_id")
    return QueueReference(arn, arn.apply(queue_url), arn.apply(queue_name), key)


def queue_url(arn: str) -> str:
    """Return the URL of the queue with this ARN; empty in a dry run, where it may be an invalid ARN."""
    if arn.count(":") != 5:
        return ""
    _, partition, _, region, account, name = arn.split(":")
    return f"https://sqs.{region}.{DOMAINS.get(partition, 'amazonaws.com')}/{account}/{name}"


def queue_name(arn: str) -> str:
    """Return the name of the queue with this ARN."""
    return arn.rpartition(":")[2]


def _throughput(is_high: bool) -> dict[str, str]:
    # Always set it: the provider never resets a removed attribute.
    scope, limit = ("messageGroup", "perMessageGroupId") if is_high else ("queue", "perQueue")
    return {"deduplication_scope": scope, "fifo_throughput_limit": limit}


def _basics(
    children: Children[AnyQueueSettings], group: QueueSettings | DeadLetterQueueComponentSettings, part: str, key: Any
) -> dict[str, Any]:
    """Return the arguments that all queues share. The provider rejects both ways of encryption at once."""
    encryption: dict[str, Any] = {"sqs_managed_sse_enabled": True}
    if key is not None:
        period = group.kms_data_key_reuse_period_seconds
        encryption = {"kms_master_key_id": key, "kms_data_key_reuse_period_seconds": period}
    return {
        "fifo_queue": True if children.settings.fifo else None,
        **encryption,
        "tags": children.tags(part),
        "opts": children.options(protect=group.protect or None),
    }


def _name(children: Children[AnyQueueSettings], argument: str) -> Any:
    """Return the name of a queue; a FIFO queue's has the required suffix."""
    name = children.validated(argument)
    if name is None or not children.settings.fifo:
        return name
    return pulumi.Output.from_input(name).apply(lambda text: f"{text.removesuffix('.fifo')}.fifo")
