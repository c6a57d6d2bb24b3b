"""`consumers dlq show`"""

import base64
import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import click

from consumers.commands.dlq.list_letters import moment
from consumers.commands.dlq.options import selection_options
from consumers.commands.dlq.reading import find_queue, held, read
from consumers.commands.logs import event_line
from consumers.commands.options import deployed_stack_option, json_option
from consumers.commands.printing import echo, print_json
from consumers.commands.target import Target, target_options
from consumers.operations import message_life
from consumers.operations.dead_letters.dead_letter_queue import DeadLetterQueue
from consumers.operations.dead_letters.letters import REASON, DeadLetter
from consumers.operations.dead_letters.reasons import Explained
from consumers.operations.dead_letters.selection import Selection

SHOWN = 10  # without --limit or --all
CLOCKS = 60  # seconds by which the clocks of SQS and Lambda may differ


@click.command()
@click.argument("name")
@deployed_stack_option("Stack of the consumer, where several have one of this name")
@selection_options(limit=SHOWN)
@click.option("--no-log", is_flag=True, help="Leave out the log lines.")
@json_option("Print a JSON object for each dead letter.")
@target_options(changes=False)
def show(name: str, stack: str | None, selection: Selection, no_log: bool, as_json: bool, target: Target) -> None:
    """Show dead letters of consumer NAME: body, attributes, reason, and the log lines of their receives.

    Without --limit or --all it shows 10 at most.
    """
    queue = find_queue(target, name, stack)
    numbers = count(1)
    with held(target, queue) as hold:
        for letters in read(target, queue, hold, selection):
            for one in letters:
                log = [] if no_log else _log(target, queue, one.letter)
                if as_json:
                    print_json(as_data(queue, one) | {"log": log})
                else:
                    _print(next(numbers), one, log)
    if not as_json and next(numbers) == 1:
        echo("There is no such dead letter.")


def as_data(queue: DeadLetterQueue, one: Explained) -> dict[str, Any]:
    """Return a dead letter as JSON shows it."""
    letter, reason = one.letter, one.reason
    return {
        **letter.as_data(),
        "consumer": queue.origin(letter),
        "original_id": letter.original_id,
        "group": letter.group,
        "sent": letter.sent,
        "receives": one.receives,
        "redriven": letter.redriven,
        "reason": reason.text,
        "reason_source": reason.source,
    }


def _log(target: Target, queue: DeadLetterQueue, letter: DeadLetter) -> list[str]:
    """Return what the function's log says of a letter, a line for each event."""
    log_group = queue.consumers[0].log_group
    if log_group is None:
        return []
    life = message_life.read(target.client("logs"), log_group, letter.original_id, letter.sent - CLOCKS)
    return [event_line(event) for event in life.events]


def _print(number: int, one: Explained, log: list[str]) -> None:
    letter = one.letter
    echo(f"  sent {moment(letter.sent)} UTC, received {one.receives} times", title=f"{number}. {letter.id}")
    for line in _facts(one):
        echo(f"  {line}")
    for title, lines in (("Body", pretty(letter.body)), ("Log", log)):
        if lines:
            echo(f"  {title}:")
        for line in lines:
            echo(f"    {line}")
    echo()


def _facts(one: Explained) -> Iterator[str]:
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
