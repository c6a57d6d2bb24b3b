"""The outcome of one invocation, judged as Lambda judges it for an SQS queue.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from consumers.operations.log_lines import FAILED, readable


@dataclass(frozen=True)
class Invocation:
    """What became of one invocation."""

    request_id: str
    reply: Any = None
    """What Lambda would get."""
    error: str = ""
    """Why there is no reply: `ValueError: …`, `Task timed out after 3.00 seconds`, `Runtime.ExitError: …`."""
    log: list[str] = field(default_factory=list[str])
    """The lines that the handler wrote."""
    seconds: float = 0
    started: bool = True
    """Whether the handler was called: its module could be imported."""


class InvalidReply(ValueError):
    """A reply for which Lambda returns the whole batch to the queue. The text says why."""


def failures(event: Mapping[str, Any], invocation: Invocation) -> dict[str, str]:
    """Return the ids of the messages that return to the queue, with their reasons.

    An error, or an invalid reply, returns the whole batch. A reason is empty where the handler gives none, as for a
    message behind a failed one of its FIFO group.
    """
    ids = [record["messageId"] for record in event["Records"]]
    if invocation.error:
        return dict.fromkeys(ids, invocation.error)
    try:
        failed = {*reported(invocation.reply, ids)}
    except InvalidReply as error:
        return dict.fromkeys(ids, str(error))
    reasons = logged_reasons(invocation.log)
    return {id: reasons.get(id, "") for id in ids if id in failed}


def reported(reply: Any, ids: list[str] | None) -> list[str]:
    """Return the ids of the messages of a batch that a reply reports as failed. None allows any id.

    Raises:
        InvalidReply: Lambda returns all of them to the queue.
    """
    if not isinstance(reply, dict):
        return []  # None, or a text or number, in which Lambda looks for nothing
    items = cast("dict[str, Any]", reply).get("batchItemFailures")
    if items is None:
        return []
    if not isinstance(items, list):
        raise InvalidReply(f"the reply's batchItemFailures is not a list: {items!r:.80}")
    return [_identifier(item, ids) for item in cast("list[Any]", items)]


def _identifier(item: Any, ids: list[str] | None) -> str:
    identifier: Any = cast("dict[str, Any]", item).get("itemIdentifier") if isinstance(item, dict) else None
    if not isinstance(identifier, str) or not identifier:
        raise InvalidReply(f"an entry of batchItemFailures without an itemIdentifier: {item!r:.80}")
    if ids is not None and identifier not in ids:
        raise InvalidReply(f"the itemIdentifier {identifier!r:.80} is no message of this batch")
    return identifier


def logged_reasons(lines: list[str]) -> dict[str, str]:
    """Return the reason of each message that `sqs_batch` logs as failed."""
    found = (FAILED.search(readable(line)) for line in lines)
    return {match[2]: match[4].strip() for match in found if match}
