"""`consumers dlq export`"""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from consumers.commands.dlq.options import selection_options
from consumers.commands.dlq.reading import find_queue, held, read
from consumers.commands.dlq.show import as_data
from consumers.commands.options import deployed_stack_option, json_option
from consumers.commands.printing import echo, print_json
from consumers.commands.target import Target, target_options
from consumers.operations.dead_letters.dead_letter_queue import DeadLetterQueue
from consumers.operations.dead_letters.exporting import Export
from consumers.operations.dead_letters.selection import Selection
from consumers.operations.queues import depth

Write = Callable[[Sequence[dict[str, Any]]], None]


@click.command()
@click.argument("name")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@deployed_stack_option("Stack of the consumer, where several have one of this name")
@selection_options(required=True)
@json_option("Print the outcome as one JSON object.")
@target_options(changes=True)
def export(name: str, file: str, stack: str | None, selection: Selection, as_json: bool, target: Target) -> None:
    """Write dead letters of consumer NAME to a new FILE; - is standard output.

    Each line is a JSON object with body, attributes, group and reason. `consumers send NAME --exported FILE` sends it
    again. The letters stay in the dead-letter queue. On a FIFO queue only the first ones of each group can be read
    while they are there: the exit code is 1 if there are others behind them.
    """
    if file == "-" and as_json:
        raise click.UsageError("--json excludes - as FILE: both write to standard output.")
    queue = find_queue(target, name, stack)
    target.announce(queue.name)
    count = 0
    with opened(file) as write, held(target, queue) as hold:
        for letters in read(target, queue, hold, selection):
            write([as_data(queue, one) for one in letters])
            count += len(letters)
        behind = _behind(target, queue, selection)
    _report(count, behind, file, as_json)
    if behind or hold.is_full:
        raise click.exceptions.Exit(1)


@contextmanager
def opened(file: str) -> Generator[Write]:
    """Create the file; yield what writes letters to it. It is removed if it has none."""
    if file == "-":
        yield _print
        return
    with _file_errors(file), Export(Path(file)) as new:
        yield new.write


@contextmanager
def _file_errors(file: str) -> Generator[None]:
    try:
        yield
    except FileExistsError:
        raise click.ClickException(f"{file} exists, and is not overwritten: choose another name.") from None
    except OSError as error:
        raise click.FileError(file, error.strerror) from None


def _print(letters: Sequence[dict[str, Any]]) -> None:
    for letter in letters:
        print_json(letter)


def _behind(target: Target, queue: DeadLetterQueue, selection: Selection) -> int:
    """Return how many letters of a FIFO queue cannot be read, because earlier ones of their groups are held."""
    is_whole = queue.fifo and selection.limit is None
    return depth(target.client("sqs"), queue.url).visible if is_whole else 0


def _report(count: int, behind: int, file: str, as_json: bool) -> None:
    if as_json:
        print_json({"done": count, "behind": behind, "file": file if count else None})
    else:
        where = "standard output" if file == "-" else file
        echo(f"Exported to {where}: {count:,}" if count else "There is no such dead letter.", err=file == "-")
    if behind:
        echo(
            f"{behind:,} more cannot be read, because they are behind others of their groups: redrive or purge those, "
            "and repeat this.",
            err=True,
            color="yellow",
        )
