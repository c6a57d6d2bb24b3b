"""`consumers dlq list`"""

import dataclasses
import time
from collections.abc import Sequence
from typing import Any

import click

from consumers.commands.dlq.options import selection_options
from consumers.commands.dlq.reading import find_queue, held, read
from consumers.commands.options import deployed_stack_option, json_option
from consumers.commands.printing import echo, print_json
from consumers.commands.target import Target, target_options
from consumers.operations import discovery
from consumers.operations.dead_letters import dead_letter_queue
from consumers.operations.dead_letters.dead_letter_queue import DeadLetterQueue
from consumers.operations.dead_letters.selection import Selection
from consumers.operations.dead_letters.summary import Row, Summary
from consumers.operations.queues import depth

HEADINGS = ("count", "receives", "first sent (UTC)", "last sent (UTC)", "example id", "reason")
NUMBERS = HEADINGS[:2]


@click.command("list")
@click.argument("name", required=False)
@deployed_stack_option("Stack of the consumers")
@selection_options()
@json_option("Print an object for each dead-letter queue.")
@target_options(changes=False)
def list_letters(name: str | None, stack: str | None, selection: Selection, as_json: bool, target: Target) -> None:
    """List the reasons of dead letters, with a count and an example of each.

    Without NAME it lists those of all consumers. Reasons that differ only in numbers, ids and quoted values are one.
    """
    queues = [find_queue(target, name, stack)] if name else _all(target, stack)
    found = [(queue, _summary(target, queue, selection, own=name is not None)) for queue in queues]
    if as_json:
        print_json([_as_data(queue, summary) for queue, summary in found])
    else:
        _print(found)


def _all(target: Target, stack: str | None) -> list[DeadLetterQueue]:
    queues = dead_letter_queue.all_of(target.client, discovery.find(target.client, stack=stack))
    return [queue for queue in queues if depth(target.client("sqs"), queue.url).total]


def _summary(target: Target, queue: DeadLetterQueue, selection: Selection, *, own: bool) -> Summary:
    summary = Summary()
    with held(target, queue) as hold:
        for letters in read(target, queue, hold, selection, own=own):
            summary.add((queue.origin(one.letter), one) for one in letters)
    return summary


def _as_data(queue: DeadLetterQueue, summary: Summary) -> dict[str, Any]:
    rows = [dataclasses.asdict(row) for row in summary.rows()]
    return {"queue": queue.name, "arn": queue.arn, "count": summary.total, "reasons": rows}


def _print(found: Sequence[tuple[DeadLetterQueue, Summary]]) -> None:
    for queue, summary in found:
        rows = summary.rows()
        for consumer in dict.fromkeys(row.consumer for row in rows):
            own = [row for row in rows if row.consumer == consumer]
            echo(f"  {sum(row.count for row in own):,} in {queue.name}", title=consumer)
            print_rows(own)
            echo()
    total = sum(summary.total for _, summary in found)
    if not total:
        echo("There are no dead letters.")
    elif len(found) > 1:
        echo(f"{total:,} dead letters in {len(found)} queues")


def print_rows(rows: Sequence[Row], *, err: bool = False) -> None:
    """Print a table of reasons."""
    cells = [HEADINGS, *map(_cells, rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADINGS) - 1)]
    for row in cells:
        padded = [
            cell.rjust(width) if heading in NUMBERS else cell.ljust(width)
            for cell, width, heading in zip(row, widths, HEADINGS, strict=False)
        ]
        echo("  ".join(["", *padded, row[-1]]), err=err)


def _cells(row: Row) -> tuple[str, ...]:
    return (f"{row.count:,}", str(row.receives), moment(row.first), moment(row.last), row.example, row.reason)


def moment(seconds: float) -> str:
    """Return a time in UTC, to the second."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))
