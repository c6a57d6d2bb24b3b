"""Messages: sending many, counting what a queue holds, and looking at some without taking them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

ENTRIES = 10  # what SQS takes in one call


class SendError(Exception):
    """SQS has refused messages; the text says which, and why."""


@dataclass(frozen=True)
class Depth:
    """How many messages a queue holds. AWS calls the numbers approximate."""

    visible: int
    in_flight: int
    delayed: int

    @property
    def total(self) -> int:
        return self.visible + self.in_flight + self.delayed


def send(sqs: Any, queue_url: str, bodies: Sequence[str]) -> None:
    """Send each body as a message of its own, ten in a call; raise SendError where any is refused."""
    for start in range(0, len(bodies), ENTRIES):
        entries = [{"Id": str(i), "MessageBody": body} for i, body in enumerate(bodies[start : start + ENTRIES], start)]
        reply = sqs.send_message_batch(QueueUrl=queue_url, Entries=entries)
        if failed := reply.get("Failed"):
            reasons = "; ".join(f"message {entry['Id']}: {entry.get('Message', entry['Code'])}" for entry in failed)
            raise SendError(f"SQS has refused {len(failed)} of {len(entries)} messages: {reasons}")


def depth(sqs: Any, queue_url: str) -> Depth:
    """Return how many messages the queue holds."""
    names = ("", "NotVisible", "Delayed")
    keys = [f"ApproximateNumberOfMessages{name}" for name in names]
    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=keys)["Attributes"]
    return Depth(*(int(attributes[key]) for key in keys))


def peek(sqs: Any, queue_url: str, wait_seconds: int = 0) -> list[dict[str, Any]]:
    """Return up to ten visible messages, and leave them visible; wait for one up to `wait_seconds` (0 to 20)."""
    reply = sqs.receive_message(
        QueueUrl=queue_url,
        MaxNumberOfMessages=ENTRIES,
        VisibilityTimeout=0,
        WaitTimeSeconds=wait_seconds,
        MessageAttributeNames=["All"],
        MessageSystemAttributeNames=["All"],
    )
    return reply.get("Messages", [])
