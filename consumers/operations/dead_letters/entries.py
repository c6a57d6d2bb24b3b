"""What is sent of a dead letter, and how SQS measures it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from consumers.operations.dead_letters.letters import MOST_ATTRIBUTES, REDRIVEN, DeadLetter
from consumers.operations.exported_messages import size
from consumers.operations.message_lines import MAX_BYTES, forbidden
from consumers.operations.queues import MAX_ENTRIES

Parameters = dict[str, Any]
"""What SendMessageBatch takes for one message, without its `Id`."""


@dataclass(frozen=True)
class Copy:
    """A dead letter, and what is sent of it."""

    letter: DeadLetter
    parameters: Parameters

    @cached_property
    def size(self) -> int:
        return size(self.parameters["MessageBody"], self.parameters["MessageAttributes"])

    def refusal(self, max_bytes: int) -> str | None:
        """Return why the queue would refuse it."""
        if wrong := forbidden(self.parameters["MessageBody"]):
            return wrong
        if not self.parameters["MessageBody"]:
            return "the body is empty, and SQS takes no empty message"
        if self.size > max_bytes:
            return f"{self.size:,} bytes with its attributes, but the queue takes at most {max_bytes:,} bytes"
        return None


def copy_of(letter: DeadLetter, body: str, *, fifo: bool, max_bytes: int = MAX_BYTES) -> Copy:
    """Return everything that the letter carries, with the number of its redrives instead of the reason."""
    parameters: Parameters = {"MessageBody": body, "MessageAttributes": _attributes(letter, body, max_bytes)}
    if letter.group is not None:  # standard queues have groups too: fair queues
        parameters["MessageGroupId"] = letter.group
    if fifo:  # the same for every try, so that SQS drops a copy that is sent again within five minutes
        parameters["MessageDeduplicationId"] = letter.id
    if trace := letter.system.get("AWSTraceHeader"):
        parameters["MessageSystemAttributes"] = {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
    return Copy(letter, parameters)


def batches(copies: Iterable[Copy]) -> Iterator[list[Copy]]:
    """Put copies together as SQS takes them: ten, and 1 MiB."""
    batch: list[Copy] = []
    total = 0
    for copy in copies:
        own = copy.size
        if batch and (len(batch) == MAX_ENTRIES or total + own > MAX_BYTES):
            yield batch
            batch, total = [], 0
        batch.append(copy)
        total += own
    if batch:
        yield batch


def _attributes(letter: DeadLetter, body: str, max_bytes: int) -> dict[str, dict[str, Any]]:
    ours = letter.ours
    kept = {name: _value(value) for name, value in letter.attributes.items() if name not in ours}
    counted = {**kept, REDRIVEN: {"DataType": "Number", "StringValue": str(letter.redriven + 1)}}
    # The user's attributes come first: without room for the count, it is left out.
    has_room = REDRIVEN not in kept and len(counted) <= MOST_ATTRIBUTES and size(body, counted) <= max_bytes
    return counted if has_room else kept


def _value(attribute: Mapping[str, Any]) -> dict[str, Any]:
    """Return what SendMessage takes of an attribute."""
    return {key: attribute[key] for key in ("DataType", "StringValue", "BinaryValue") if key in attribute}
