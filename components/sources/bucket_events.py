"""BucketEvents: an S3 bucket that tells consumers of its objects."""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import pulumi
from pulumi_aws import s3

from .. import settings
from ..queue_consumer import QueueConsumer
from ..resources import sources
from ..resources.children import Children
from ..settings.findings import show
from ..settings.sources.bucket_events import BucketEventsSettings, ListenerSettings


class BucketListener(NamedTuple):
    """Who hears of which objects: `(consumer, prefix, suffix, events)`, of which the last three may be left out."""

    consumer: QueueConsumer
    """Who gets the events. The bucket is among its `queue.allowed_senders.buckets`."""
    prefix: str = ""
    """How the keys of its objects begin. Default: any way."""
    suffix: str = ""
    """How the keys of its objects end. Default: any way."""
    events: Sequence[str] = ("s3:ObjectCreated:*",)
    """Which events. Default: whatever makes an object, uploads in parts and copies included."""


class BucketEvents(pulumi.ComponentResource):
    """The notification of an S3 bucket, which tells consumers of its objects.

    One for a bucket, however many consumers listen: S3 knows one document, so the listeners come as a list. A second
    `BucketEvents` of the bucket is refused where the program shows it; an `aws.s3.BucketNotification` of your own, or
    one of another stack, cannot be seen, and of the two the one that is deployed last remains. A body is JSON with
    `Records`, in which keys are URL-encoded; when the notification is made, S3 sends an `s3:TestEvent` without
    `Records` first. S3 tells of each object at least once, and in no order. The underlying resource is the attribute
    `notification`.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html

    A queue that is encrypted with a KMS key needs that key's policy to name `s3.amazonaws.com`.
    """

    bucket_name: pulumi.Output[str]
    """Name of the bucket."""

    def __init__(
        self,
        name: str,
        bucket: "s3.Bucket | pulumi.Input[str]",
        listeners: Sequence[
            BucketListener
            | tuple[QueueConsumer]
            | tuple[QueueConsumer, str]
            | tuple[QueueConsumer, str, str]
            | tuple[QueueConsumer, str, str, Sequence[str]]
        ],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Register the bucket's notification.

        :param name: name of the component, and the beginning of every name under it.
        :param bucket: the bucket, or its name; of the consumers' account and region.
        :param listeners: who hears of which objects, 1 to 100; see `BucketListener`. No object may be of two: S3 tells
            each event to one queue only.
        :param opts: options of the component, which its resource inherits.
        :raises pulumi.RunError: if a listener is refused - its queue is FIFO, or does not allow the bucket, or its
            objects are another's too - or the bucket has a `BucketEvents` already, before anything is registered where
            that is known.
        """
        plain: list[Any] = [*listeners] if isinstance(listeners, list | tuple) else [listeners]
        read = [(one, _read(one)) for one in plain]
        known = [listener for _, listener in read if listener]
        given: Any = getattr(bucket, "bucket", bucket) if isinstance(bucket, pulumi.Resource) else bucket
        accepted: BucketEventsSettings = sources.accept(
            BucketEventsSettings,
            name,
            {"bucket": given},
            listeners=tuple(map(_settings, known)),
            malformed=tuple(show(one) for one, listener in read if listener is None),
        )
        sources.claim(accepted, "bucket", accepted.bucket)
        super().__init__("queue-consumer:index:BucketEvents", name, None, opts)
        children = Children(self, accepted)
        self.notification = s3.BucketNotification(
            children.name("notification"),
            bucket=_bucket(accepted),
            queues=[_queue(place, one) for place, one in enumerate(known)],
            opts=children.options(),
        )
        self.bucket_name = self.notification.bucket
        self.register_outputs({"bucketName": self.bucket_name})


def _read(given: Any) -> BucketListener | None:
    """Return the listener that was given; None where it is none."""
    if not isinstance(given, list | tuple) or not 1 <= len(given) <= len(BucketListener._fields):  # pyright: ignore[reportUnknownArgumentType]
        return None
    one: Any = BucketListener(*given)  # pyright: ignore[reportUnknownArgumentType]
    events: list[Any] = [*one.events] if isinstance(one.events, list | tuple) else [None]  # pyright: ignore[reportUnknownMemberType]
    texts: list[Any] = [one.prefix or "", one.suffix or "", *events]
    if not isinstance(one.consumer, QueueConsumer) or not all(isinstance(text, str) for text in texts):
        return None
    return one._replace(prefix=one.prefix or "", suffix=one.suffix or "")


def _settings(one: BucketListener) -> ListenerSettings:
    return ListenerSettings(one.consumer.settings, one.prefix, one.suffix, tuple(one.events))


def _queue(place: int, one: BucketListener) -> "s3.BucketNotificationQueueArgs":
    return s3.BucketNotificationQueueArgs(
        id=f"{one.consumer.settings.consumer}-{place}",
        queue_arn=one.consumer.queue_arn,
        events=[*one.events],
        filter_prefix=one.prefix or None,
        filter_suffix=one.suffix or None,
    )


def _bucket(accepted: BucketEventsSettings) -> Any:
    """Return the bucket's name, which the rules see when it and whom the queues allow are known."""
    allowed = [[*one.target.queue.allowed_senders.buckets] for one in accepted.listeners]
    if settings.is_known([accepted.bucket]) and all(map(settings.is_known, allowed)):
        return accepted.bucket
    return pulumi.Output.all(accepted.bucket, allowed).apply(lambda known: _accepted(accepted, *known))


def _accepted(accepted: BucketEventsSettings, bucket: Any, allowed: list[list[str]]) -> Any:
    listeners = tuple(
        dataclasses.replace(one, target=sources.allowing(one.target, "buckets", arns))
        for one, arns in zip(accepted.listeners, allowed, strict=True)
    )
    known = sources.claim(accepted, "bucket", bucket)
    return sources.accept_later(accepted, "bucket", known, listeners=listeners)
