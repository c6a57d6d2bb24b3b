"""Pauses consumers: their event source mappings are disabled under a lease, which anybody can end.

The lease is a tag on the function, so that it is there for everybody who looks, and outlives the tool.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from consumers.operations import queues
from consumers.operations.discovery import Client, Consumer

TAG = "queue-consumer:paused"
POLL = 1.0  # seconds between two looks
_LEASE = re.compile(r"by (?P<by>.*) at (?P<at>\S+) until (?P<until>\S+)")
_TIME = "%Y-%m-%dT%H:%M:%SZ"


class PauseError(Exception):
    """A consumer cannot be paused or resumed. The text says why, and what to do."""


@dataclass(frozen=True)
class Lease:
    """Who paused a consumer, and for how long. Times are seconds since 1970."""

    by: str
    at: float
    until: float

    @property
    def is_over(self) -> bool:
        return time.time() > self.until

    def __str__(self) -> str:
        # Tag values take letters, digits, spaces and _.:/=+-@ only.
        by = re.sub(r"[^\w .:/=+@-]", "-", self.by, flags=re.ASCII)[:100]
        return f"by {by} at {_utc(self.at)} until {_utc(self.until)}"

    @staticmethod
    def read(text: str) -> "Lease | None":
        """Return the lease that a tag's value describes, or None if somebody else wrote it."""
        match = _LEASE.fullmatch(text)
        try:
            return Lease(match["by"], _seconds(match["at"]), _seconds(match["until"])) if match else None
        except ValueError:
            return None


def lease(client: Client, consumer: Consumer) -> Lease | None:
    """Return the lease under which a consumer is paused."""
    tags = client("lambda").list_tags(Resource=consumer.function_arn).get("Tags", {}) if consumer.function_arn else {}
    return Lease.read(tags.get(TAG, ""))


def pause(client: Client, consumer: Consumer, by: str, seconds: float) -> Lease:
    """Disable the mappings, after the lease is written; raise PauseError where messages would expire meanwhile."""
    if not consumer.mapping_ids or not consumer.function_arn:
        raise PauseError(f"{consumer.name} has no mapping to disable: deploy its stack again.")
    if held := lease(client, consumer):
        raise PauseError(
            f"{consumer.name} is paused already, {held}. End that first: `consumers resume {consumer.name}`."
        )
    _check_retention(client, consumer, seconds)
    given = Lease(by, time.time(), time.time() + seconds)
    client("lambda").tag_resource(Resource=consumer.function_arn, Tags={TAG: str(given)})
    for mapping in consumer.mapping_ids:
        client("lambda").update_event_source_mapping(UUID=mapping, Enabled=False)
    return given


def resume(client: Client, consumer: Consumer) -> None:
    """Enable the mappings, and then remove the lease, whoever wrote it."""
    for mapping in consumer.mapping_ids:
        client("lambda").update_event_source_mapping(UUID=mapping, Enabled=True)
    if consumer.function_arn:
        client("lambda").untag_resource(Resource=consumer.function_arn, TagKeys=[TAG])


def wait_for_mappings(client: Client, consumer: Consumer, state: str, tell: Callable[[str], None]) -> None:
    """Wait until every mapping has this state: an update is asynchronous, and takes up to a minute."""
    lambda_ = client("lambda")
    for mapping in consumer.mapping_ids:
        while (now := lambda_.get_event_source_mapping(UUID=mapping)["State"]) != state:
            tell(f"the mapping is {now}")
            time.sleep(POLL)


def wait_until_idle(client: Client, consumer: Consumer, tell: Callable[[str], None], *, empty: bool = False) -> None:
    """Wait until nothing is in flight; with `empty`, until nothing waits either."""
    while consumer.queue_url:
        depth = queues.depth(client("sqs"), consumer.queue_url)
        left = depth.total if empty else depth.in_flight
        if not left:
            return
        tell(f"{depth.in_flight:,} in flight, {depth.visible:,} visible, {depth.delayed:,} delayed")
        time.sleep(POLL)


def _check_retention(client: Client, consumer: Consumer, seconds: float) -> None:
    if not consumer.queue_url:
        return
    names = ["MessageRetentionPeriod"]
    attributes: dict[str, Any] = client("sqs").get_queue_attributes(QueueUrl=consumer.queue_url, AttributeNames=names)
    retention = int(attributes["Attributes"]["MessageRetentionPeriod"])
    if seconds >= retention:
        raise PauseError(
            f"{consumer.name} cannot be paused for {seconds:,.0f} s: its queue keeps messages for {retention:,} s, so that "
            "those that wait would be lost. Choose a shorter time, or raise queue.message_retention_seconds first."
        )


def _utc(seconds: float) -> str:
    return time.strftime(_TIME, time.gmtime(seconds))


def _seconds(text: str) -> float:
    import calendar

    return float(calendar.timegm(time.strptime(text, _TIME)))
