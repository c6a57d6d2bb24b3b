"""`consumers dlq redrive`"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from consumers.commands.dlq import moving
from consumers.commands.dlq.changing import Change, change, end_without_change
from consumers.commands.dlq.options import selection_options
from consumers.commands.dlq.outcome import report
from consumers.commands.dlq.preview import Preview, confirm
from consumers.commands.dlq.reading import find_queue
from consumers.commands.interruption import stopped_by_ctrl_c
from consumers.commands.options import deployed_stack_option, json_option
from consumers.commands.printing import echo, progress
from consumers.commands.target import Target, target_options
from consumers.operations import sending
from consumers.operations.dead_letters.dead_letter_queue import DeadLetterQueue
from consumers.operations.dead_letters.edits import Edit, EditError
from consumers.operations.dead_letters.exporting import file_name
from consumers.operations.dead_letters.letters import DeadLetter
from consumers.operations.dead_letters.move_tasks import MOST_PER_SECOND
from consumers.operations.dead_letters.reasons import Explained
from consumers.operations.dead_letters.receipts import Receipts
from consumers.operations.dead_letters.redriving import Outcome, Queues, Redrive
from consumers.operations.dead_letters.selection import Selection
from consumers.operations.sending import Destination


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Sent:
    """What was selected, and what became of it."""

    preview: Preview
    where: Mapping[str, Any]
    """The ARN of the queue, and the file of the receipt."""
    outcome: Outcome | None = None
    """None where nothing was sent: nothing was selected, or it is a dry run."""
    is_interrupted: bool = False


@click.command()
@click.argument("name")
@deployed_stack_option("Stack of the consumer, where several have one of this name")
@selection_options(required=True, unless=("status", "cancel"))
@click.option("--set", "settings", metavar="PATH=VALUE", multiple=True, help="Change a field of each JSON body.")
@click.option("--patch", type=click.File("r", "utf-8"), help="JSON Patch for each body; - is standard input.")
@click.option("--rate", type=click.IntRange(1, MOST_PER_SECOND), help="Letters a second at most.")
@click.option(
    "--receipt",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File for what becomes of each letter.  [default: redrive-NAME-TIME.jsonl]",
)
@click.option("--dry-run", is_flag=True, help="Show what would be sent, and send nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--status", is_flag=True, help="Show the newest move task of the dead-letter queue.")
@click.option("--cancel", is_flag=True, help="Cancel the running move task, no matter who started it.")
@json_option("Print the outcome as one JSON object.")
@target_options(changes=True)
def redrive(
    name: str, stack: str | None, settings: tuple[str, ...], patch: Any, status: bool, cancel: bool, **rest: Any
) -> None:
    """Send dead letters of consumer NAME back to its queue.

    It shows what is selected, and asks. It sends each letter with all attributes, waits until SQS confirms it, and only
    then deletes it. A kill loses nothing; a letter that was under way is then in both queues. A letter that fails stays
    in the dead-letter queue, with a reason in the receipt; on a FIFO queue those behind it in its group stay too.

    With --all, and neither an edit nor --receipt, SQS moves the letters itself: that is a move task, which goes on
    after Ctrl-C. The letters of a shared dead-letter queue are always sent one by one, because a move task would send
    those of other consumers too.

    --set takes a path as in player.table=3. The value is JSON, or else text.
    """
    target: Target = rest.pop("target")
    options = Options(name=name, edit=_edit(settings, _text(patch, rest)), **rest)
    _check_flags(status, cancel, options)
    queue = find_queue(target, name, stack)
    if status:
        moving.show_status(target, queue, as_json=options.as_json)
    elif cancel:
        moving.cancel(target, queue, as_json=options.as_json)
    else:
        to = destination_of(target, queue)
        is_whole = options.selection.is_everything and not options.edit.operations and options.receipt is None
        (_move if is_whole and not queue.is_shared else _send_letters)(target, queue, to, options)


def _text(patch: Any, rest: dict[str, Any]) -> str | None:
    if patch is None:
        return None
    if patch.name == "<stdin>" and not (rest["yes"] or rest["dry_run"]):
        raise click.UsageError("--patch - reads standard input, so that no question can be answered: pass --yes too.")
    try:
        return patch.read()
    except UnicodeDecodeError:
        raise click.UsageError(f"--patch: {patch.name} is not UTF-8.") from None


def _edit(settings: tuple[str, ...], patch: str | None) -> Edit:
    try:
        return Edit.read(settings, patch)
    except EditError as error:
        raise click.UsageError(f"{error}.") from None


def _check_flags(status: bool, cancel: bool, options: Options) -> None:
    if status and cancel:
        raise click.UsageError("--status excludes --cancel.")
    is_change = options.edit.operations or options.rate or options.receipt or options.dry_run
    if (status or cancel) and is_change:
        raise click.UsageError("--status and --cancel exclude the options that redrive.")


def destination_of(target: Target, queue: DeadLetterQueue) -> Destination:
    """Return the consumer's queue; print both queues."""
    consumer = queue.consumers[0]
    url = consumer.existing_queue_url
    target.announce(queue.name)
    echo(f"To    {consumer.queue_name}", err=True)
    return sending.destination(target.client("sqs"), url)


def _move(target: Target, queue: DeadLetterQueue, to: Destination, options: Options) -> None:
    moving.move(target, queue, options.rate, dry_run=options.dry_run, yes=options.yes, as_json=options.as_json)


def _send_letters(target: Target, queue: DeadLetterQueue, to: Destination, options: Options) -> None:
    """Send letters one by one, where some are selected or edited, or the queue is shared."""
    sent = send_letters(target, queue, to, options)
    if sent.outcome is None:
        end_without_change(sent.preview, sent.where, as_json=options.as_json)
        return
    title = f"Sent to {queue.consumers[0].queue_name}"
    report(sent.outcome, title, sent.where, is_interrupted=sent.is_interrupted, as_json=options.as_json)


def send_letters(target: Target, queue: DeadLetterQueue, to: Destination, options: Options) -> Sent:
    """Show the selected letters, ask, and send them; the caller prints the outcome."""
    consumer = queue.consumers[0]
    where: dict[str, Any] = {"destination": consumer.queue_arn, "receipt": None}
    with change(target, queue, options.name, options.selection, options.edit) as found:
        if options.dry_run or not found.count:
            return Sent(found.preview, where)
        confirm(f"Send {found.count:,} to {consumer.queue_name}?", yes=options.yes)
        with _receipts(options) as receipts:
            where["receipt"] = str(receipts.path)
            return Sent(found.preview, where, *_send(target, queue, to, found, receipts, options))


def _receipts(options: Options) -> Receipts:
    path = options.receipt or Path(file_name("redrive", options.name))
    try:
        return Receipts(path)
    except OSError as error:
        raise click.FileError(str(path), error.strerror) from None


def _send(
    target: Target, queue: DeadLetterQueue, to: Destination, found: Change, receipts: Receipts, options: Options
) -> tuple[Outcome, bool]:
    # One attempt: a client that retries by itself may duplicate messages.
    queues = Queues(target.client("sqs"), queue.url, to, target.client("sqs", 1))
    with stopped_by_ctrl_c() as stop, progress("redriving", found.count) as tell:
        redrive = Redrive(queues, found.hold, receipts, options.edit, rate=options.rate, stop=stop, on_progress=tell)
        return redrive.send(map(_only_letters, found.chosen.all())), stop.is_set()


def _only_letters(letters: Iterable[Explained]) -> list[DeadLetter]:
    return [one.letter for one in letters]
