"""`consumers dlq purge`"""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from consumers.commands.dlq.changing import Change, change, end_without_change
from consumers.commands.dlq.export import Write, opened
from consumers.commands.dlq.options import selection_options
from consumers.commands.dlq.outcome import report
from consumers.commands.dlq.preview import confirm_by_name
from consumers.commands.dlq.reading import find_queue
from consumers.commands.dlq.show import as_data
from consumers.commands.interruption import stopped_by_ctrl_c
from consumers.commands.options import deployed_stack_option, json_option
from consumers.commands.printing import progress
from consumers.commands.target import Target, target_options
from consumers.operations.dead_letters import purging
from consumers.operations.dead_letters.dead_letter_queue import DeadLetterQueue
from consumers.operations.dead_letters.exporting import file_name
from consumers.operations.dead_letters.reasons import Explained
from consumers.operations.dead_letters.redriving import Outcome
from consumers.operations.dead_letters.selection import Selection


@dataclass(frozen=True)
class Options:
    """How to purge."""

    name: str
    selection: Selection
    file: Path | None
    no_export: bool
    dry_run: bool
    yes: bool
    as_json: bool


@click.command()
@click.argument("name")
@deployed_stack_option("Stack of the consumer, where several have one of this name")
@selection_options(required=True)
@click.option(
    "--export",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="New file for the letters.  [default: purge-NAME-TIME.jsonl]",
)
@click.option("--no-export", is_flag=True, help="Delete without a copy.")
@click.option("--dry-run", is_flag=True, help="Show what would be deleted, and delete nothing.")
@click.option("--yes", is_flag=True, help="Do not ask for the name.")
@json_option("Print the outcome as one JSON object.")
@target_options(changes=True)
def purge(name: str, stack: str | None, target: Target, **rest: Any) -> None:
    """Delete dead letters of consumer NAME, after writing them to a file.

    It shows what is selected, and asks for the consumer's name. It deletes a letter after its line is on the disk, and
    no letter that is not in the file. `consumers send NAME --exported FILE` sends them again.
    """
    options = Options(name=name, **rest)
    if options.no_export and options.file:
        raise click.UsageError("--no-export excludes --export.")
    queue = find_queue(target, name, stack)
    target.announce(queue.name)
    where: dict[str, Any] = {"queue": queue.arn, "file": None}
    with change(target, queue, name, options.selection) as found:
        if options.dry_run or not found.count:
            end_without_change(found.preview, where, as_json=options.as_json)
            return
        file = None if options.no_export else str(options.file or file_name("purge", name))
        confirm_by_name(name, yes=options.yes)
        with opened(file) if file else nullcontext(_keep_nothing) as write:
            outcome, is_interrupted = _purge(target, queue, found, write)
        where["file"] = file if file and Path(file).exists() else None
    report(outcome, f"Deleted from {queue.name}", where, is_interrupted=is_interrupted, as_json=options.as_json)


def _purge(target: Target, queue: DeadLetterQueue, found: Change, write: Write) -> tuple[Outcome, bool]:
    def keep(letters: Sequence[Explained]) -> None:
        write([as_data(queue, one) for one in letters])

    sqs = target.client("sqs")
    with stopped_by_ctrl_c() as stop, progress("deleting", found.count) as tell:
        letters = found.chosen.all()
        outcome = purging.purge(sqs, queue.url, found.hold, letters, keep, stop=stop, on_progress=tell)
        return outcome, stop.is_set()


def _keep_nothing(letters: Sequence[dict[str, Any]]) -> None:
    pass
