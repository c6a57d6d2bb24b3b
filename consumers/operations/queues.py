"""Messages of a queue: send, count and peek."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MAX_ENTRIES = 10  # maximum of a batch
MAX_EVENT_BYTES = 6 * 2**20
"""Of the event of one invocation.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""
COUNTS = tuple(f"ApproximateNumberOfMessages{state}" for state in ("", "NotVisible", "Delayed"))
"""The attributes that a `Depth` is read from."""


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

    @staticmethod
    def of(attributes: Mapping[str, str]) -> "Depth":
        """Return the counts in the attributes of a queue."""
        return Depth(*(int(attributes[key]) for key in COUNTS))


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
    return Depth.of(sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=[*COUNTS])["Attributes"])


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


def in_batches(receipts: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield receipt handles by their messages' ids, as many at a time as a call takes."""
    pairs = list(receipts.items())
    return (dict(pairs[start : start + MAX_ENTRIES]) for start in range(0, len(pairs), MAX_ENTRIES))


def change_visibility(
    sqs: Any, queue_url: str, batch: Mapping[str, str], seconds: int
) -> tuple[list[str], dict[str, bool]]:
    """Make a batch visible after so many seconds.

    Returns the ids for which SQS confirms it; and those for which it fails, and whether a second try
    would too: the message was deleted.
    """
    entries = [
        {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": seconds}
        for number, receipt in enumerate(batch.values())
    ]
    reply = sqs.change_message_visibility_batch(QueueUrl=queue_url, Entries=entries)
    ids = list(batch)
    failed = {ids[int(entry["Id"])]: bool(entry.get("SenderFault")) for entry in reply.get("Failed", [])}
    return [ids[int(entry["Id"])] for entry in reply.get("Successful", [])], failed
