"""A message of a dead-letter queue."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

REASON = "Rejected"
"""The message attribute of `sqs_batch`: JSON with reason, function, receiveCount, messageId."""
REDRIVEN = "Redriven"
"""The message attribute that counts how often a message was redriven by this tool."""
MOST_ATTRIBUTES = 10  # of one message
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html


@dataclass(frozen=True)
class DeadLetter:
    """A message as ReceiveMessage returns it, with all attributes."""

    id: str
    body: str
    attributes: dict[str, dict[str, Any]]
    """Message attributes: `{"tenant": {"DataType": "String", "StringValue": "acme"}}`; binary values are bytes."""
    system: dict[str, str]
    """System attributes, such as SentTimestamp and MessageGroupId."""
    receipt: str
    """The newest receipt handle; empty for a letter that was read from a file."""

    @staticmethod
    def of(message: dict[str, Any]) -> "DeadLetter":
        """Return what ReceiveMessage says about one message."""
        attributes, system = message.get("MessageAttributes", {}), message.get("Attributes", {})
        return DeadLetter(message["MessageId"], message["Body"], attributes, system, message.get("ReceiptHandle", ""))

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON takes it: binary values in Base64, and no receipt handle, which expires soon."""
        attributes = {name: _in_base64(value) for name, value in self.attributes.items()}
        return {"id": self.id, "body": self.body, "attributes": attributes, "system": self.system}

    @property
    def group(self) -> str | None:
        return self.system.get("MessageGroupId")

    @property
    def sent(self) -> float:
        """Seconds since 1970. SQS keeps it when it moves a message: then it is when the source queue got it."""
        return int(self.system.get("SentTimestamp", 0)) / 1000

    @property
    def first_received(self) -> float:
        """Seconds since 1970."""
        return int(self.system.get("ApproximateFirstReceiveTimestamp", 0)) / 1000

    @property
    def receives(self) -> int:
        """Receives as SQS counts them, which may include those of the dead-letter queue."""
        return int(self.system.get("ApproximateReceiveCount", 0))

    @property
    def source_arn(self) -> str | None:
        """ARN of the queue that SQS moved it from; None for a letter that was sent here."""
        return self.system.get("DeadLetterQueueSourceArn")

    @cached_property
    def rejection(self) -> dict[str, Any]:
        """What `sqs_batch` wrote; empty for a letter that SQS moved, where it is left from an earlier failure."""
        return {} if self.source_arn else _object(self.attributes.get(REASON))

    @property
    def original_id(self) -> str:
        """The message's id on the source queue. SQS keeps it when it moves a message; `sqs_batch` writes it down."""
        return str(self.rejection.get("messageId") or self.id)

    @cached_property
    def ours(self) -> set[str]:
        """Names of the message attributes that are not the user's: the reason, and the count of redrives."""
        reason = _object(self.attributes.get(REASON)).get("reason")
        count = self.attributes.get(REDRIVEN, {})
        is_count = count.get("DataType") == "Number" and bool(re.fullmatch("[0-9]{1,9}", count.get("StringValue", "")))
        return {name for name, is_ours in ((REASON, reason is not None), (REDRIVEN, is_count)) if is_ours}

    @property
    def redriven(self) -> int:
        """How often it was redriven by this tool before it died again."""
        return int(self.attributes[REDRIVEN]["StringValue"]) if REDRIVEN in self.ours else 0


def _object(attribute: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the JSON object in an attribute; empty where there is none."""
    try:
        value: Any = json.loads((attribute or {}).get("StringValue", "{}"))
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _in_base64(attribute: dict[str, Any]) -> dict[str, Any]:
    binary: Any = attribute.get("BinaryValue")
    return attribute if binary is None else {**attribute, "BinaryValue": base64.b64encode(binary).decode("ascii")}
