"""Builds SQS events as Lambda passes them, and a context whose clock the test controls.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event
"""

import base64
import hashlib
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

QUEUE_ARN = "arn:aws:sqs:eu-west-1:123456789012:test"
_numbers = itertools.count(1)


def record(
    body: Any = "{}",
    *,
    message_id: str | None = None,
    group_id: str | None = None,
    receive_count: int = 1,
    attributes: Mapping[str, str] | None = None,
    message_attributes: Mapping[str, str | bytes] | None = None,
    queue_arn: str = QUEUE_ARN,
) -> dict[str, Any]:
    """Return one record of an event.

    :param body: a text, or a value that becomes JSON.
    :param message_id: default: a new id.
    :param group_id: the message group, on FIFO and standard queues.
    :param receive_count: how often the message was received, including this time. 1 or more.
    :param attributes: more system attributes of SQS.
    :param message_attributes: the sender's attributes, each a text (String) or bytes (Binary, in the record in Base64).
    :param queue_arn: ends with `.fifo` for a FIFO queue, by which handlers recognise one.
    """
    number = next(_numbers)
    text = body if isinstance(body, str) else json.dumps(body)
    name = message_id or f"00000000-0000-4000-8000-{number:012}"
    own = {"ApproximateReceiveCount": str(receive_count), "SentTimestamp": "1545082649183", "SenderId": "AIDAEXAMPLE"}
    if queue_arn.endswith(".fifo"):
        own |= {"SequenceNumber": f"{number:020}", "MessageDeduplicationId": name}
    return {
        "messageId": name,
        "receiptHandle": f"handle of {name}",
        "body": text,
        "attributes": {**own, **({"MessageGroupId": group_id} if group_id else {}), **(attributes or {})},
        "messageAttributes": {key: _attribute(value) for key, value in (message_attributes or {}).items()},
        "md5OfBody": hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": queue_arn.split(":")[3],
    }


def event(*records: dict[str, Any]) -> dict[str, Any]:
    """Return the event of one invocation: `event(record({"id": 1}), record({"id": 2}))`."""
    return {"Records": list(records)}


@dataclass
class Context:
    """The `context` that Lambda passes."""

    function_name: str
    memory_limit_in_mb: str
    aws_request_id: str
    seconds_left: float

    function_version = "$LATEST"

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:eu-west-1:123456789012:function:{self.function_name}"

    @property
    def log_group_name(self) -> str:
        return f"/aws/lambda/{self.function_name}"

    @property
    def log_stream_name(self) -> str:
        return "2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef"

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds_left * 1000)

    def spend(self, seconds: float) -> None:
        """Advance the clock of the invocation."""
        self.seconds_left -= seconds


def context(seconds: float = 30, *, function_name: str = "test", memory_mb: int = 128) -> Context:
    """Return the context of an invocation with `seconds` left, whose clock only `context.spend(seconds)` advances."""
    return Context(function_name, str(memory_mb), "c6af9ac6-7b61-11e6-9a41-93e8deadbeef", seconds)


def failed_ids(reply: Any, event: Mapping[str, Any] | None = None) -> list[str]:
    """Return the ids of the messages that a handler's reply returns to the queue, as Lambda reads it.

    Without failures in it, such as `None` or `{}`, all messages are handled. Fail for a reply for which Lambda returns
    the whole batch, such as one with an empty id.

    :param event: the handler's event. With it, an id that is not in the event is such a reply, too.
    """
    from consumers.working_copy.invocation import InvalidReply, reported

    __tracebackhide__ = True
    ids = None if event is None else [record["messageId"] for record in event["Records"]]
    try:
        return reported(json.loads(json.dumps(reply)), ids)
    except (InvalidReply, TypeError) as error:
        raise AssertionError(f"Lambda returns the whole batch: {error}") from None


def _attribute(value: str | bytes) -> dict[str, Any]:
    content = {"stringValue": value} if isinstance(value, str) else {"binaryValue": base64.b64encode(value).decode()}
    return {
        **content,
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": "Binary" if isinstance(value, bytes) else "String",
    }
