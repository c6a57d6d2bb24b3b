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
from .source import SourceSettings, name_rule, not_allowed

EVENTS = (
    "s3:ReducedRedundancyLostObject",
    *(f"s3:ObjectCreated:{how}" for how in ("*", "Put", "Post", "Copy", "CompleteMultipartUpload")),
    *(f"s3:ObjectRemoved:{how}" for how in ("*", "Delete", "DeleteMarkerCreated")),
    *(f"s3:ObjectRestore:{how}" for how in ("*", "Post", "Completed", "Delete")),
    "s3:Replication:*",
    *(f"s3:Replication:Operation{how}" for how in ("FailedReplication", "NotTracked", "MissedThreshold")),
    "s3:Replication:OperationReplicatedAfterThreshold",
    *("s3:LifecycleTransition", "s3:IntelligentTiering", "s3:ObjectAcl:Put"),
    *(f"s3:LifecycleExpiration:{how}" for how in ("*", "Delete", "DeleteMarkerCreated")),
    *(f"s3:Object{what}:{how}" for what in ("Tagging", "Annotation") for how in ("*", "Put", "Delete")),
    "s3:ObjectRetention:Put",
)
MOST_LISTENERS = 100


@dataclass(frozen=True)
class ListenerSettings:
    """A consumer, and the objects and events of which the bucket notifies it."""

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
        None, InputText("S3 has no others", pages.S3_DESTINATIONS, "the name of a bucket", "[a-z0-9][a-z0-9.-]{1,62}")
    )
    listeners: tuple[ListenerSettings, ...] = ()
    malformed: tuple[str, ...] = ()
    """The listeners that are malformed, as an error shows them."""
    taken_by: str | None = None
    """The BucketEvents that the bucket has already."""


rules = Rules[BucketEventsSettings]("BucketEvents")
rules.include(name_rule("bucket-events-name"))


@rules.error("listeners", page=pages.S3_DESTINATIONS)
def bucket_listener(settings: BucketEventsSettings) -> Iterator[Breach]:
    """It says which consumer is notified of which objects."""
    allowed = "a list of (consumer, prefix, suffix, events), each a QueueConsumer, two texts and a list of texts"
    for given in settings.malformed:
        yield Breach(given, allowed, "Write [(consumer, 'prefix/')]; the last three may be left out")


@rules.error("bucket", "listeners", page=pages.S3_TO_SQS)
def bucket_not_allowed(settings: BucketEventsSettings) -> Iterator[Breach]:
    """S3 refuses a notification to a queue whose policy does not let the bucket send, and the consumer writes that
    policy."""
    # Partition apart, a bucket's ARN is its name.
    for target in {id(one.target): one.target for one in settings.listeners}.values():
        yield from not_allowed(target, "buckets", settings.bucket, lambda arn: arn.rpartition(":")[2])


@rules.error("bucket", page=pages.S3_NOTIFICATION)
def bucket_events_twice(settings: BucketEventsSettings) -> Iterator[Breach]:
    """A bucket has one notification, and writing it replaces the one before."""
    if settings.taken_by is not None:
        shown = show(settings.bucket) if isinstance(settings.bucket, str) else "a bucket whose name is not known yet"
        given = f"{shown}, which has the BucketEvents {settings.taken_by!r}"
        yield Breach(given, "one BucketEvents for each bucket", f"Give these listeners to {settings.taken_by!r} too")


@rules.error("listeners", page=pages.S3_DESTINATIONS)
def bucket_to_fifo(settings: BucketEventsSettings) -> Iterator[Breach]:
    """S3 cannot send to FIFO queues."""
    for one in settings.listeners:
        if one.target.fifo:
            fix = "Leave its fifo out, or let EventBridge take the bucket's events and a rule send them"
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
    """S3 sends an event to one queue only, and refuses a notification in which two could match it."""
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
    why=f"a notification without any would be none, and S3 takes {MOST_LISTENERS}",
    page=pages.S3_DESTINATIONS,
)
def bucket_listeners(settings: BucketEventsSettings) -> Iterator[Breach]:
    number = len(settings.listeners) + len(settings.malformed)
    if not 1 <= number <= MOST_LISTENERS or not all(one.events for one in settings.listeners):
        given = "a listener without events" if 1 <= number <= MOST_LISTENERS else f"{number}"
        yield Breach(
            given, f"1 to {MOST_LISTENERS} listeners, each with an event", "Name each consumer, and its events"
        )
