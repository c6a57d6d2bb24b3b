"""Messages of a queue: send, count and peek."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MAX_ENTRIES = 10  # maximum of a batch


class SendError(Exception):
    """SQS refused messages. The text says which, and why."""


@dataclass(frozen=True)
class Depth:
    """The number of messages in a queue; approximate, as on AWS."""

    visible: int
    in_flight: int
    delayed: int

    @property
    def total(self) -> int:
        return self.visible + self.in_flight + self.delayed


def send(sqs: Any, queue_url: str, bodies: Sequence[str]) -> None:
    """Send each body as a message, ten per call; raise SendError where SQS refuses any."""
    for start in range(0, len(bodies), MAX_ENTRIES):
        entries = [
            {"Id": str(i), "MessageBody": body} for i, body in enumerate(bodies[start : start + MAX_ENTRIES], start)
        ]
        reply = sqs.send_message_batch(QueueUrl=queue_url, Entries=entries)
        if failed := reply.get("Failed"):
            reasons = "; ".join(f"message {entry['Id']}: {entry.get('Message', entry['Code'])}" for entry in failed)
            raise SendError(f"SQS refused {len(failed)} of {len(entries)} messages: {reasons}")


def depth(sqs: Any, queue_url: str) -> Depth:
    """Count the queue's messages."""
    keys = [f"ApproximateNumberOfMessages{state}" for state in ("", "NotVisible", "Delayed")]
    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=keys)["Attributes"]
    return Depth(*(int(attributes[key]) for key in keys))


def peek(sqs: Any, queue_url: str, wait_seconds: int = 0) -> list[dict[str, Any]]:
    """Return up to ten visible messages, and leave them visible; long-poll for up to `wait_seconds` (0 to 20)."""
    reply = sqs.receive_message(
        QueueUrl=queue_url,
        MaxNumberOfMessages=MAX_ENTRIES,
        VisibilityTimeout=0,
        WaitTimeSeconds=wait_seconds,
        MessageAttributeNames=["All"],
        MessageSystemAttributeNames=["All"],
    )
    return reply.get("Messages", [])
