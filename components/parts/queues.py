"""The queue and its dead-letter queue."""

from typing import Any

import pulumi
from pulumi_aws import sqs

from .. import policies
from .children import Children

MAX_MESSAGE_SIZE = 1_048_576  # bytes; SQS's own default since 2025, where the provider still sends 262,144


def dead_letter_queue(children: Children) -> sqs.Queue:
    """Register the queue that takes the messages which failed too often."""
    group = children.settings.dead_letter_queue
    return sqs.Queue(
        children.name("dlq"),
        name=_name(children, "dead_letter_queue.name", group.name),
        message_retention_seconds=group.message_retention_seconds,
        # Whoever looks into it by hand waits for messages, as on the queue.
        receive_wait_time_seconds=children.settings.queue.receive_wait_time_seconds,
        **_basics(children, "dead-letter-queue"),
    )


def queue(children: Children, dead_letter_queue_arn: pulumi.Output[str]) -> sqs.Queue:
    """Register the queue that producers send to."""
    settings, group = children.settings, children.settings.queue
    redrive = dead_letter_queue_arn.apply(
        lambda arn: policies.canonical_json(policies.redrive(arn, settings.max_receive_count))
    )
    return sqs.Queue(
        children.name("queue"),
        name=_name(children, "queue.name", group.name),
        visibility_timeout_seconds=group.visibility_timeout_seconds,
        message_retention_seconds=group.message_retention_seconds,
        delay_seconds=group.delay_seconds,
        receive_wait_time_seconds=group.receive_wait_time_seconds,
        content_based_deduplication=group.content_based_deduplication if settings.fifo else None,
        redrive_policy=redrive,
        **_basics(children, "queue"),
    )


def _basics(children: Children, part: str) -> dict[str, Any]:
    """What the two queues have in common. Redrive and access policy are inline: see `policies.tls_only`."""
    return {
        "fifo_queue": True if children.settings.fifo else None,
        "max_message_size": MAX_MESSAGE_SIZE,
        "sqs_managed_sse_enabled": True,
        "policy": policies.canonical_json(policies.tls_only()),
        "tags": children.tags(part),
        "opts": children.options(protect=children.settings.queue.protect or None),
    }


def _name(children: Children, argument: str, name: Any) -> Any:
    known = children.known(argument, name)
    if known is None or not children.settings.fifo:
        return known
    return pulumi.Output.from_input(known).apply(lambda text: f"{text.removesuffix('.fifo')}.fifo")
