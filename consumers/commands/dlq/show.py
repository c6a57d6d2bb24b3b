"""`consumers dlq show`"""

from itertools import count
from typing import Any

import click

from consumers.commands.dlq.list_letters import moment
from consumers.commands.dlq.options import selection_options
from consumers.commands.dlq.reading import find_queue, held, read
from consumers.commands.options import deployed_stack_option, json_option
from consumers.commands.printing import echo, print_json
from consumers.commands.target import Target, target_options
from consumers.operations.dead_letters import description
from consumers.operations.dead_letters.dead_letter_queue import DeadLetterQueue
from consumers.operations.dead_letters.reasons import Explained
from consumers.operations.dead_letters.selection import Selection

SHOWN = 10  # without --limit or --all


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
                log = [] if no_log else description.log(target.client, queue, one.letter)
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


def _print(number: int, one: Explained, log: list[str]) -> None:
    letter = one.letter
    echo(f"  sent {moment(letter.sent)} UTC, received {one.receives} times", title=f"{number}. {letter.id}")
    for line in description.facts(one):
        echo(f"  {line}")
    for title, lines in (("Body", description.pretty(letter.body)), ("Log", log)):
        if lines:
            echo(f"  {title}:")
        for line in lines:
            echo(f"    {line}")
    echo()
