"""Events for SQS handlers, as Lambda passes them.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from consumers.operations.dead_letters.entries import copy_of
from consumers.operations.dead_letters.letters import DeadLetter

Record = dict[str, Any]


def event(records: Iterable[Record]) -> dict[str, list[Record]]:
    """Return the event of one invocation."""
    return {"Records": list(records)}


def record(message: Mapping[str, Any], queue_arn: str) -> Record:
    """Return the record of a message as ReceiveMessage returns it, with all of its attributes."""
    attributes: Mapping[str, Mapping[str, Any]] = message.get("MessageAttributes", {})
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message.get("ReceiptHandle", ""),
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {name: _attribute(value) for name, value in attributes.items()},
        "md5OfBody": md5_of(message["Body"]),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": queue_arn.split(":")[3],
    }


def md5_of(body: str) -> str:
    """Return the `md5OfBody` of a record."""
    return hashlib.md5(body.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def record_of_letter(letter: DeadLetter, queue_arn: str) -> Record:
    """Return the record of a dead letter as after a redrive: at its first receive, without the reason.

    It has the id that the letter has now; a redrive would give it a new one.
    """
    fifo = queue_arn.endswith(".fifo")
    sent = copy_of(letter, letter.body, fifo=fifo).parameters
    system = {**letter.system, "ApproximateReceiveCount": "1"}
    system.pop("DeadLetterQueueSourceArn", None)
    if fifo:
        system["MessageDeduplicationId"] = sent["MessageDeduplicationId"]
    message = {"MessageId": letter.id, "ReceiptHandle": f"handle of {letter.id}", "Body": letter.body}
    return record({**message, "Attributes": system, "MessageAttributes": sent["MessageAttributes"]}, queue_arn)


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    lists: dict[str, Any] = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
    if "BinaryValue" in value:
        return {"binaryValue": base64.b64encode(value["BinaryValue"]).decode(), **lists}
    return {"stringValue": value.get("StringValue", ""), **lists}
