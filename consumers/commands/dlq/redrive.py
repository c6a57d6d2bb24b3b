"""`consumers dlq redrive`"""

import dataclasses
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import click

from consumers.commands.dlq.options import selection_options
from consumers.commands.dlq.outcome import report
from consumers.commands.dlq.preview import Preview, confirm
from consumers.commands.dlq.reading import find_queue, held, read
from consumers.commands.interruption import ended_by_ctrl_c
from consumers.commands.options import deployed_stack_option, json_option
from consumers.commands.printing import echo, print_json, progress
from consumers.commands.target import Target, target_options
from consumers.operations import sending
from consumers.operations.dead_letters.choosing import Chosen
from consumers.operations.dead_letters.dead_letter_queue import DeadLetterQueue
from consumers.operations.dead_letters.edits import Edit, EditError
from consumers.operations.dead_letters.holding import Hold
from consumers.operations.dead_letters.letters import DeadLetter
from consumers.operations.dead_letters.reasons import Explained
from consumers.operations.dead_letters.receipts import Receipts
from consumers.operations.dead_letters.redriving import Outcome, Queues, Redrive
from consumers.operations.dead_letters.scanning import Spool
from consumers.operations.dead_letters.selection import Selection
from consumers.operations.sending import Destination

MOST_PER_SECOND = 500


@dataclasses.dataclass(frozen=True)
class Options:
    """How to redrive."""

    name: str
    selection: Selection
    edit: Edit
    rate: int | None
    receipt: Path | None
    dry_run: bool
    yes: bool
    as_json: bool

    def receipt_path(self) -> Path:
        default = Path(f"redrive-{self.name}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}.jsonl")
        return self.receipt or default


@click.command()
@click.argument("name")
@deployed_stack_option("Stack of the consumer, where several have one of this name")
@selection_options(required=True)
@click.option("--set", "settings", metavar="PATH=VALUE", multiple=True, help="Change a field of each JSON body.")
@click.option("--patch", type=click.File("r", "utf-8"), help="JSON Patch for each body; - is standard input.")
@click.option("--rate", type=click.IntRange(1, MOST_PER_SECOND), help="Letters a second at most.")
@click.option("--receipt", type=click.Path(dir_okay=False, path_type=Path), help="File for what became of each letter.")
@click.option("--dry-run", is_flag=True, help="Show what would be sent, and send nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option("Print the outcome as one JSON object.")
@target_options(changes=True)
def redrive(name: str, stack: str | None, settings: tuple[str, ...], patch: Any, target: Target, **rest: Any) -> None:
    """Send dead letters of consumer NAME back to its queue.

    It sends each letter, waits until SQS confirms it, and only then deletes it from the dead-letter queue.
    """
    if patch is not None and patch.name == "<stdin>" and not (rest["yes"] or rest["dry_run"]):
        raise click.UsageError("--patch - reads standard input, where the question is answered: pass --yes too.")
    options = Options(name=name, edit=_edit(settings, patch and patch.read()), **rest)
    queue = find_queue(target, name, stack)
    _letters(target, queue, destination(target, queue), options)


def _edit(settings: tuple[str, ...], patch: str | None) -> Edit:
    try:
        return Edit.read(settings, patch)
    except EditError as error:
        raise click.UsageError(str(error)) from None


def destination(target: Target, queue: DeadLetterQueue) -> Destination:
    """Return the consumer's queue; print both queues."""
    consumer = queue.consumers[0]
    if consumer.queue_url is None:
        raise click.ClickException(f"{consumer.name} has no queue: deploy its stack again.")
    target.announce(queue.name)
    echo(f"To    {consumer.queue_name}", err=True)
    return sending.destination(target.client("sqs"), consumer.queue_url)


def _letters(target: Target, queue: DeadLetterQueue, to: Destination, options: Options) -> None:
    """Redrive letters one by one, where some are selected or edited, or the queue is shared."""
    preview = Preview(options.name, options.edit)
    with held(target, queue) as hold, Spool[Explained]() as spool:
        read_some = partial(_read, target, queue, hold, options.name, preview)
        chosen = Chosen(hold, read_some, options.selection, spool, fifo=queue.fifo)
        for letters in chosen.first():
            preview.add(letters)
        preview.show(queue.name, fifo=queue.fifo and options.selection.limit is None)
        if options.dry_run or not spool.count:
            _end_without_change(queue, preview, options)
            return
        confirm(f"Redrive {spool.count:,} to {queue.consumers[0].queue_name}?", yes=options.yes)
        with Receipts(options.receipt_path()) as receipts:
            outcome, is_interrupted = _send(target, queue, to, hold, chosen, receipts, spool.count, options)
    report(
        outcome,
        f"Redriven to {queue.consumers[0].queue_name}",
        {"destination": queue.consumers[0].queue_arn, "receipt": str(receipts.path)},
        is_interrupted=is_interrupted,
        as_json=options.as_json,
    )


def _read(
    target: Target, queue: DeadLetterQueue, hold: Hold, name: str, preview: Preview, selection: Selection
) -> Iterable[list[Explained]]:
    is_first = not preview.summary.total
    with_log = is_first or selection.reason is not None  # after the preview, only a selection needs the reasons
    others = preview.others if is_first else None
    return read(target, queue, hold, selection, name, others=others, with_log=with_log)


def _send(
    target: Target,
    queue: DeadLetterQueue,
    to: Destination,
    hold: Hold,
    chosen: Chosen,
    receipts: Receipts,
    count: int,
    options: Options,
) -> tuple[Outcome, bool]:
    # One attempt: a client that retries by itself may duplicate messages.
    queues = Queues(target.client("sqs"), queue.url, to, target.client("sqs", 1))
    with ended_by_ctrl_c() as stop, progress("redriving", count) as tell:
        redrive = Redrive(queues, hold, receipts, options.edit, rate=options.rate, stop=stop, on_progress=tell)
        return redrive.send(map(_only_letters, chosen.all())), stop.is_set()


def _only_letters(letters: Iterable[Explained]) -> list[DeadLetter]:
    return [one.letter for one in letters]


def _end_without_change(queue: DeadLetterQueue, preview: Preview, options: Options) -> None:
    rows = [dataclasses.asdict(row) for row in preview.summary.rows()]
    if options.as_json:
        where = {"destination": queue.consumers[0].queue_arn, "receipt": None}
        print_json({"dry_run": options.dry_run, "selected": preview.summary.total, "reasons": rows, **where})
    else:
        echo("Nothing is changed: this is a dry run." if rows else "There is no such dead letter.")
