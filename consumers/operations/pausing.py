"""Pauses consumers: their event source mappings are disabled under a lease, which anybody can end.

The lease is a tag on the function, so that everybody who looks sees it, and it outlives the tool. It is written before
the mappings are disabled, and removed after they are enabled: whatever interrupts either, `resume` can finish it.

https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError  # pyright: ignore[reportMissingTypeStubs]

from consumers.operations import ages, queues
from consumers.operations.discovery import Client, Consumer
from consumers.operations.errors import OperationError
from consumers.operations.leases import TAG, Lease, read_lease
from consumers.operations.queues import Depth
from consumers.polling import wait_until

POLL = 1.0  # seconds between two polls
QUIET = 3
"""Looks in a row that must find nothing: counts are approximate, and records arrive after the mapping is Disabled."""
ELSEWHERE = "by mapping.enabled in its program, or by hand"


class PauseError(OperationError):
    """A consumer cannot be paused, resumed or drained. The text says why, and what to do."""


@dataclass(frozen=True)
class Wait:
    """How long to wait, and where progress and warnings go."""

    seconds: float
    tell: Callable[[str], None] = lambda text: None
    warn: Callable[[str], None] = lambda text: None
    _start: float = field(default_factory=time.monotonic)

    def until(self, condition: Callable[[], bool]) -> bool:
        """Return whether the condition holds before the time is up. All waits share the time."""
        return wait_until(condition, self._start + self.seconds - time.monotonic(), POLL)


def pause(client: Client, consumer: Consumer, new: Lease, wait: Wait) -> None:
    """Write the lease, and then disable the mappings.

    Raises:
        PauseError: it is paused or disabled already, or messages would expire meanwhile.
    """
    name = consumer.name
    if not consumer.mapping_ids or not consumer.function_arn:
        raise PauseError(f"{name} has no function or no mapping, so there is nothing to pause: deploy its stack again.")
    if held := read_lease(client, consumer):
        over = " Its time is up." if held.is_over else ""
        raise PauseError(f"{name} is paused already, {held}.{over} End that pause first: `consumers resume {name}`.")
    if disabled := states(client, consumer) & {"Disabled", "Disabling"}:
        raise PauseError(
            f"{name} is not paused, but its mapping is {disabled.pop()}: {ELSEWHERE}. A pause would end "
            "with an enabled mapping, so it is refused."
        )
    _check_retention(client, consumer, new.until - new.start, wait)
    client("lambda").tag_resource(Resource=consumer.function_arn, Tags={TAG: new.tag})
    try:
        _switch(client, consumer, False, wait)
    except ClientError:  # such as a missing permission: nobody needs the mark of a pause that has not begun
        with suppress(ClientError):
            if states(client, consumer) == {"Enabled"}:
                client("lambda").untag_resource(Resource=consumer.function_arn, TagKeys=[TAG])
        raise


def resume(client: Client, consumer: Consumer, wait: Wait) -> Lease | None:
    """Enable the mappings, wait until they are, and then remove the lease, no matter who wrote it.

    Returns the lease; None where the consumer reads its queue and was not paused.

    Raises:
        PauseError: the mapping was disabled by something else, or the time is up.
    """
    held = read_lease(client, consumer)
    if held is None:
        _check_is_enabled(client, consumer)
        return None
    _switch(client, consumer, True, wait)
    wait_for_state(client, consumer, "Enabled", wait)
    client("lambda").untag_resource(Resource=consumer.function_arn, TagKeys=[TAG])
    return held


def states(client: Client, consumer: Consumer) -> set[str]:
    """Return the states of its mappings as Lambda has them now."""
    lambda_ = client("lambda")
    return {lambda_.get_event_source_mapping(UUID=uuid)["State"] for uuid in consumer.mapping_ids}


def wait_for_state(client: Client, consumer: Consumer, state: str, wait: Wait) -> None:
    """Wait until every mapping has this state: an update is asynchronous, and can take a minute."""

    def holds() -> bool:
        found = states(client, consumer)
        wait.tell(f"mapping: {', '.join(sorted(found))}")
        return found <= {state}

    if not wait.until(holds):
        raise PauseError(
            f"The mapping of {consumer.name} was not {state} after {wait.seconds:,.0f} s. Lambda goes on with it: "
            f"see `consumers status {consumer.name}`."
        )


def wait_until_idle(client: Client, consumer: Consumer, wait: Wait) -> None:
    """Wait until no message is in flight.

    Raises:
        PauseError: the time is up. The consumer stays paused.
    """
    counts = _wait_for_none(client, consumer, wait, lambda depth: depth.in_flight)
    if counts:
        raise PauseError(
            f"{consumer.name} is paused, but after {wait.seconds:,.0f} s messages were still in flight ({counts}). A "
            "failed message counts until its visibility timeout ends. The consumer stays paused: "
            f"`consumers resume {consumer.name}` ends that."
        )


def wait_until_empty(client: Client, consumer: Consumer, wait: Wait) -> int:
    """Wait until the queue holds no message: none visible, in flight or delayed.

    Returns by how many the dead letters have grown.

    Raises:
        PauseError: the consumer reads nothing, or the time is up.
    """
    if held := read_lease(client, consumer):
        raise PauseError(
            f"The queue of {consumer.name} cannot drain while it is paused, {held}: `consumers resume {consumer.name}`."
        )
    _check_is_enabled(client, consumer)
    dead = _dead_letters(client, consumer)
    counts = _wait_for_none(client, consumer, wait, lambda depth: depth.total)
    if counts:
        raise PauseError(
            f"The queue of {consumer.name} was not empty after {wait.seconds:,.0f} s: {counts}. Pass a longer "
            "--timeout, and stop the producers: while they send, it may never be empty."
        )
    return max(0, _dead_letters(client, consumer) - dead)


def _dead_letters(client: Client, consumer: Consumer) -> int:
    url = consumer.dead_letter_queue_url
    return queues.depth(client("sqs"), url).total if url else 0


def _wait_for_none(client: Client, consumer: Consumer, wait: Wait, count: Callable[[Depth], int]) -> str:
    """Wait until `QUIET` looks in a row count nothing; return the last counts if the time is up, else an empty text."""
    url = consumer.existing_queue_url
    looks: list[Depth] = []

    def holds() -> bool:
        looks.append(queues.depth(client("sqs"), url))
        wait.tell(_counts(looks[-1]))
        return len(looks) >= QUIET and not any(map(count, looks[-QUIET:]))

    return "" if wait.until(holds) else _counts(looks[-1])


def _counts(depth: Depth) -> str:
    return f"{depth.visible:,} visible, {depth.in_flight:,} in flight, {depth.delayed:,} delayed"


def _switch(client: Client, consumer: Consumer, enabled: bool, wait: Wait) -> None:
    """Enable or disable every mapping. Lambda refuses it while an earlier update is going on."""
    lambda_: Any = client("lambda")

    def switched(uuid: str) -> bool:
        try:
            lambda_.update_event_source_mapping(UUID=uuid, Enabled=enabled)
        except (lambda_.exceptions.ResourceInUseException, lambda_.exceptions.ResourceConflictException):
            wait.tell("mapping: an earlier update is going on")
            return False
        return True

    for uuid in consumer.mapping_ids:
        if not wait.until(lambda uuid=uuid: switched(uuid)):
            raise PauseError(
                f"The mapping of {consumer.name} was being updated for more than {wait.seconds:,.0f} s. "
                f"`consumers resume {consumer.name}` ends the pause; then try again."
            )


def _check_is_enabled(client: Client, consumer: Consumer) -> None:
    if not consumer.mapping_ids:
        raise PauseError(f"{consumer.name} has no mapping, so it reads nothing: deploy its stack again.")
    if disabled := states(client, consumer) & {"Disabled", "Disabling"}:
        raise PauseError(
            f"{consumer.name} is not paused, but its mapping is {disabled.pop()}: {ELSEWHERE}. Enable it there, or "
            f"with `aws lambda update-event-source-mapping --enabled --uuid {consumer.mapping_ids[0]}`."
        )


def _check_retention(client: Client, consumer: Consumer, seconds: float, wait: Wait) -> None:
    if not consumer.queue_url:
        return
    names = ["MessageRetentionPeriod"]
    answer = client("sqs").get_queue_attributes(QueueUrl=consumer.queue_url, AttributeNames=names)
    retention = int(answer["Attributes"]["MessageRetentionPeriod"])
    age = _age(client, consumer, wait)
    if seconds >= retention - age:
        oldest = f", and the oldest is {age:,} s old" if age else ""
        raise PauseError(
            f"{consumer.name} cannot be paused for {seconds:,.0f} s: its queue keeps messages for {retention:,} s"
            f"{oldest}. Messages would be lost: pause for less than {max(0, retention - age):,} s, or raise "
            "queue.message_retention_seconds first."
        )


def _age(client: Client, consumer: Consumer, wait: Wait) -> int:
    """Return the age of the oldest message in seconds: 0 where CloudWatch does not have it."""
    age = ages.oldest(client("cloudwatch"), [consumer.queue_name or ""]).get(consumer.queue_name or "")
    if age is None and queues.depth(client("sqs"), consumer.queue_url or "").total:
        wait.warn("CloudWatch has no age of the oldest message, so this pause is compared with the retention only.")
    return age or 0
