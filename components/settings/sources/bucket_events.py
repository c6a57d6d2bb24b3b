"""The settings and rules of BucketEvents."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import combinations
from typing import Any

from .. import pages
from ..fields import argument
from ..findings import Breach, nearest, show
from ..kinds import InputText
from ..model import Settings
from ..rule import Rules
from .source import SourceSettings, name_rule, sender_not_allowed

EVENTS = (
    "s3:ReducedRedundancyLostObject",
    "s3:ObjectCreated:*", "s3:ObjectCreated:Put", "s3:ObjectCreated:Post", "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:CompleteMultipartUpload",
    "s3:ObjectRemoved:*", "s3:ObjectRemoved:Delete", "s3:ObjectRemoved:DeleteMarkerCreated",
    "s3:ObjectRestore:*", "s3:ObjectRestore:Post", "s3:ObjectRestore:Completed", "s3:ObjectRestore:Delete",
    "s3:Replication:*", "s3:Replication:OperationFailedReplication", "s3:Replication:OperationNotTracked",
    "s3:Replication:OperationMissedThreshold", "s3:Replication:OperationReplicatedAfterThreshold",
    "s3:LifecycleTransition", "s3:IntelligentTiering", "s3:ObjectAcl:Put",
    "s3:LifecycleExpiration:*", "s3:LifecycleExpiration:Delete", "s3:LifecycleExpiration:DeleteMarkerCreated",
    "s3:ObjectTagging:*", "s3:ObjectTagging:Put", "s3:ObjectTagging:Delete",
    "s3:ObjectAnnotation:*", "s3:ObjectAnnotation:Put", "s3:ObjectAnnotation:Delete",
    "s3:ObjectRetention:Put",
)  # fmt: skip
MAX_LISTENERS = 100


@dataclass(frozen=True)
class ListenerSettings:
    """A consumer, and the objects and events that the bucket notifies it about."""

    target: Settings
    """The settings of the consumer."""
    prefix: str
    suffix: str
    events: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.target.consumer!r} for {', '.join(self.events)} of '{self.prefix}*{self.suffix}'"


@dataclass(frozen=True)
class BucketEventsSettings(SourceSettings):
    """All the settings of BucketEvents."""

    bucket: Any = argument(
        None,
        InputText(
            "S3 rejects other bucket names", pages.S3_DESTINATIONS, "the name of a bucket", "[a-z0-9][a-z0-9.-]{1,62}"
        ),
    )
    listeners: tuple[ListenerSettings, ...] = ()
    malformed: tuple[str, ...] = ()
    """The invalid listeners, as an error shows them."""
    taken_by: str | None = None
    """The BucketEvents that the bucket already has."""


rules = Rules[BucketEventsSettings]("BucketEvents")
rules.include(name_rule("bucket-events-name"))


@rules.error("listeners", page=pages.S3_DESTINATIONS)
def bucket_listener(settings: BucketEventsSettings) -> Iterator[Breach]:
    """A listener names a consumer, and the objects and events that S3 notifies it about."""
    allowed = "a list of (consumer, prefix, suffix, events), each a QueueConsumer, two texts and a list of texts"
    for got in settings.malformed:
        yield Breach(got, allowed, "Write [(consumer, 'prefix/')]; the last three may be left out")


@rules.error("bucket", "listeners", page=pages.S3_TO_SQS)
def bucket_not_allowed(settings: BucketEventsSettings) -> Iterator[Breach]:
    """S3 rejects a notification to a queue whose policy, which the consumer writes, does not allow the bucket."""
    # The last part of a bucket's ARN is its name.
    for target in {id(one.target): one.target for one in settings.listeners}.values():
        yield from sender_not_allowed(target, "buckets", settings.bucket, lambda arn: arn.rpartition(":")[2])


@rules.error("bucket", page=pages.S3_NOTIFICATION)
def bucket_events_twice(settings: BucketEventsSettings) -> Iterator[Breach]:
    """A bucket has one notification configuration, and each deployment of one replaces the other."""
    if settings.taken_by is not None:
        shown = (
            show(settings.bucket) if isinstance(settings.bucket, str) else "a bucket whose name has not resolved yet"
        )
        got = f"{shown}, which already has the BucketEvents {settings.taken_by!r}"
        yield Breach(got, "one BucketEvents for each bucket", f"Add these listeners to {settings.taken_by!r}")


@rules.error("listeners", page=pages.S3_DESTINATIONS)
def bucket_to_fifo(settings: BucketEventsSettings) -> Iterator[Breach]:
    """S3 cannot send to FIFO queues."""
    for one in settings.listeners:
        if one.target.fifo:
            fix = "Use a standard queue, or send the bucket's events to EventBridge, and from there with an EventRule"
            yield Breach(f"{one.target.consumer!r}, whose queue is FIFO", "consumers with standard queues", fix)


@rules.error("listeners", page=pages.S3_DESTINATIONS)
def bucket_events_unknown(settings: BucketEventsSettings) -> Iterator[Breach]:
    """S3 has no such events."""
    for one in settings.listeners:
        for event in one.events:
            if event not in EVENTS:
                fix = f"Correct it{nearest(event, EVENTS)}"
                yield Breach(f"the event {show(event)}", "S3's own, such as 's3:ObjectCreated:*'", fix)


@rules.error("listeners", page=pages.S3_FILTERS)
def bucket_events_overlap(settings: BucketEventsSettings) -> Iterator[Breach]:
    """S3 sends an event to one queue only, and rejects a notification with overlapping filters."""
    for one, other in combinations(settings.listeners, 2):
        if _overlap(one, other):
            fix = "Separate them by prefix or suffix, or send to an SNS topic that both subscribe to"
            yield Breach(f"{one}, and {other}", "listeners that share no object", fix)


def _overlap(one: ListenerSettings, other: ListenerSettings) -> bool:
    prefixes = one.prefix.startswith(other.prefix) or other.prefix.startswith(one.prefix)
    suffixes = one.suffix.endswith(other.suffix) or other.suffix.endswith(one.suffix)
    return prefixes and suffixes and any(_same_event(a, b) for a in one.events for b in other.events)


def _same_event(one: str, other: str) -> bool:
    return fnmatchcase(one, other) or fnmatchcase(other, one)


@rules.error(
    "listeners",
    why=f"S3 accepts at most {MAX_LISTENERS} listeners, and an empty notification sends nothing",
    page=pages.S3_DESTINATIONS,
)
def bucket_listeners(settings: BucketEventsSettings) -> Iterator[Breach]:
    number = len(settings.listeners) + len(settings.malformed)
    if not 1 <= number <= MAX_LISTENERS or not all(one.events for one in settings.listeners):
        got = "a listener without events" if 1 <= number <= MAX_LISTENERS else f"{number}"
        yield Breach(got, f"1 to {MAX_LISTENERS} listeners, each with an event", "Name each consumer, and its events")
