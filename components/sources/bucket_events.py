"""BucketEvents: an S3 bucket that notifies consumers of its objects."""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import pulumi
from pulumi_aws import s3

from ..queue_consumer import QueueConsumer
from ..resources import reporting, sources
from ..resources.children import Children
from ..settings.findings import show
from ..settings.kinds import is_known
from ..settings.sources.bucket_events import BucketEventsSettings, ListenerSettings


class BucketListener(NamedTuple):
    """A consumer of some of the events: `(consumer, prefix, suffix, events)`, where the last three are optional."""

    consumer: QueueConsumer
    """The consumer that receives the events. Its `queue.allowed_senders.buckets` must contain the bucket."""
    prefix: str = ""
    """Prefix of the objects' keys. Default: any."""
    suffix: str = ""
    """Suffix of the objects' keys. Default: any."""
    events: Sequence[str] = ("s3:ObjectCreated:*",)
    """Types of events. Default: every creation of an object, including copies and multipart uploads."""


AnyListener = (
    BucketListener
    | tuple[QueueConsumer]
    | tuple[QueueConsumer, str]
    | tuple[QueueConsumer, str, str]
    | tuple[QueueConsumer, str, str, Sequence[str]]
)


class BucketEvents(pulumi.ComponentResource):
    """The notification of an S3 bucket: it sends the events of its objects to consumers.

    Create one per bucket: a bucket has one notification, so it takes a list of listeners. A second `BucketEvents` for
    the bucket in the same program is an error. A `BucketNotification` of your own, or of another stack, cannot be
    detected: the one that is deployed last replaces the other. A message is JSON with `Records`, in which keys are
    URL-encoded; S3 first sends an `s3:TestEvent` without `Records`. S3 delivers each event at least once, in any order.
    The underlying resource is the attribute `notification`.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html

    If the queue has a KMS key, the key's policy must allow `s3.amazonaws.com`.
    """

    bucket_name: pulumi.Output[str]
    """Name of the bucket."""

    def __init__(
        self,
        name: str,
        bucket: "s3.Bucket | pulumi.Input[str]",
        listeners: Sequence[AnyListener],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Register the bucket's notification.

        :param bucket: the bucket, or its name, in the consumers' account and region.
        :param listeners: 1 to 100 consumers and their events, which must not overlap: S3 sends each to one queue.
        :raises pulumi.RunError: if a listener is invalid, or the bucket already has a `BucketEvents`; before any
            resource is registered, unless it depends on an Output.
        """
        plain: list[Any] = [*listeners] if isinstance(listeners, list | tuple) else [listeners]
        read = [(one, _read(one)) for one in plain]
        valid = [listener for _, listener in read if listener]
        bucket_name: Any = getattr(bucket, "bucket", bucket) if isinstance(bucket, pulumi.Resource) else bucket
        settings = reporting.component_settings(
            BucketEventsSettings,
            name,
            {"bucket": bucket_name},
            listeners=tuple(map(_settings, valid)),
            malformed=tuple(show(one) for one, listener in read if listener is None),
        )
        sources.claim(settings, "bucket", settings.bucket)
        super().__init__("queue-consumer:index:BucketEvents", name, None, opts)
        children = Children(self, settings)
        self.notification = s3.BucketNotification(
            children.name("notification"),
            bucket=_bucket(settings),
            queues=[_queue(place, one) for place, one in enumerate(valid)],
            opts=children.options(),
        )
        self.bucket_name = self.notification.bucket
        self.register_outputs({"bucketName": self.bucket_name})


def _read(listener: Any) -> BucketListener | None:
    """Return the listener, or None if it is malformed."""
    if not isinstance(listener, list | tuple) or not 1 <= len(listener) <= len(BucketListener._fields):  # pyright: ignore[reportUnknownArgumentType]
        return None
    one: Any = BucketListener(*listener)  # pyright: ignore[reportUnknownArgumentType]
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


def _bucket(settings: BucketEventsSettings) -> Any:
    """Return the bucket's name, validated when it and the senders that the queues allow resolve."""
    allowed = [[*one.target.queue.allowed_senders.buckets] for one in settings.listeners]
    if is_known([settings.bucket]) and all(map(is_known, allowed)):
        return settings.bucket

    def validated(resolved: list[Any]) -> Any:
        bucket, allowed = resolved
        listeners = tuple(
            dataclasses.replace(one, target=sources.allowing(one.target, "buckets", arns))
            for one, arns in zip(settings.listeners, allowed, strict=True)
        )
        claimed = sources.claim(settings, "bucket", bucket)
        return reporting.resolved(settings, "bucket", claimed, listeners=listeners)

    return pulumi.Output.all(settings.bucket, allowed).apply(validated)
