"""A dead letter as people read it: reason, attributes, body, and the log lines of its receives."""

import base64
import json
from collections.abc import Iterator
from typing import Any

from consumers.operations import message_life
from consumers.operations.dead_letters.dead_letter_queue import DeadLetterQueue
from consumers.operations.dead_letters.letters import REASON, DeadLetter
from consumers.operations.dead_letters.reasons import Explained
from consumers.operations.discovery import Client

CLOCKS = 60  # seconds by which the clocks of SQS and Lambda may differ


def facts(one: Explained) -> Iterator[str]:
    """Yield a line for each thing to know about a letter besides its body."""
    letter = one.letter
    yield f"Reason ({one.reason.source}): {one.reason.text}"
    if letter.original_id != letter.id:
        yield f"Id on the source queue: {letter.original_id}"
    if letter.group is not None:
        yield f"Group: {letter.group}"
    if letter.redriven:
        yield f"Redriven before: {letter.redriven}"
    for name, attribute in sorted(letter.attributes.items()):
        if name != REASON:
            yield f"Attribute {name} ({attribute['DataType']}): {_value(attribute)}"


def _value(attribute: dict[str, Any]) -> str:
    binary: bytes | None = attribute.get("BinaryValue")
    return attribute.get("StringValue", "") if binary is None else base64.b64encode(binary).decode("ascii")


def pretty(body: str) -> list[str]:
    """Return the lines of a body: JSON is indented, any other text is as it is."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False).splitlines()
    except (ValueError, RecursionError):
        return body.splitlines()


def log(client: Client, queue: DeadLetterQueue, letter: DeadLetter) -> list[str]:
    """Return what the function's log says about a letter, a line for each event."""
    log_group = queue.consumers[0].log_group
    if log_group is None:
        return []
    life = message_life.read(client("logs"), log_group, letter.original_id, letter.sent - CLOCKS)
    return [event.line for event in life.events]
