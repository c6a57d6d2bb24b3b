"""`consumers invoke`"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from consumers.commands.access_options import access_options, confirm_account
from consumers.commands.debug_options import debug_options
from consumers.commands.dlq.options import selection_options
from consumers.commands.dlq.reading import find_queue
from consumers.commands.dry_run import handler_errors, load_copy
from consumers.commands.input_file import title_of
from consumers.commands.invoking.messages import FileFormat, of_file, of_queue
from consumers.commands.invoking.report import print_outcome
from consumers.commands.options import deployed_stack_option, json_option, project_option
from consumers.commands.printing import Printer, echo
from consumers.commands.target import Target
from consumers.operations.dead_letters.dead_letter_queue import DeadLetterQueue
from consumers.operations.dead_letters.selection import Selection

if TYPE_CHECKING:
    from consumers.working_copy.access import Access
    from consumers.working_copy.copies import WorkingCopy
    from consumers.working_copy.debugging import Debugger
    from consumers.working_copy.events import Record
    from consumers.working_copy.invocation import Invocation


@dataclass(frozen=True)
class Options:
    """What to invoke with, and how."""

    file: str | None
    selection: Selection
    file_format: FileFormat
    receive: int | None
    debugger: "Debugger | None"
    as_json: bool


@click.command()
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True), required=False)
@deployed_stack_option("Stack of the consumer, and of the program's configuration")
@selection_options()
@click.option("--exported", is_flag=True, help="FILE was written by `dlq export` or `dlq purge`.")
@click.option("--text", is_flag=True, help="Accept lines of any text. Without it, each must be valid JSON.")
@click.option("--group-field", metavar="FIELD", help="JSON field with the message group: table, or player.table.")
@click.option("--receive", type=click.IntRange(1, 1_000), help="Receive count of each message.  [default: 1]")
@debug_options
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option("Print the outcome as one JSON object, and the log on standard error.")
@project_option("Folder of the Pulumi program, whose local AWS is used; without one, AWS is used.")
@access_options
def invoke(
    name: str,
    stack: str | None,
    project: Path,
    access: "Access",
    target: Callable[..., Target],
    yes: bool,
    exported: bool,
    text: bool,
    group_field: str | None,
    **rest: Any,
) -> None:
    """Invoke the handler of consumer NAME in the working copy once, with one batch.

    Each line of FILE is a message, as for `send`; - is standard input. A file may also have one SQS event: a JSON
    object with Records. Without FILE, the batch is of dead letters, which the options select; they stay where they are.

    It prints the log, the reply that Lambda would get, and what would become of each message: handled, retried and
    when, dead, or deleted by the filters. No queue changes. Nothing times out under a debugger.

    Exits with 1 if a message fails.
    """
    options = Options(file_format=FileFormat(exported, text, group_field), **rest)
    _check(options)
    queue = None if options.file else _queue(target(), name, stack)
    stack = queue.consumers[0].stack if queue else (stack or "dev").rpartition("/")[2]
    copy = load_copy(project, stack, name)
    confirm_account(access, yes=yes)
    copy = access.fill_in(copy).with_pretended_queues()
    if records := _records(target, queue, copy, options):
        _invoke(copy, access, records, options)
    elif options.as_json:
        print_outcome(None, [], access, as_json=True)


def _check(options: Options) -> None:
    if not options.file and (options.file_format != FileFormat(False, False, None)):
        raise click.UsageError("--exported, --text and --group-field require FILE, or - for standard input.")
    if options.file and not options.file_format.exported and not options.selection.is_everything:
        raise click.UsageError("FILE excludes the options that select dead letters, unless it is --exported.")


def _queue(target: Target, name: str, stack: str | None) -> DeadLetterQueue:
    echo(f"On {target.title}", err=True)
    return find_queue(target, name, stack)


def _records(
    target: Callable[..., Target], queue: DeadLetterQueue | None, copy: "WorkingCopy", options: Options
) -> "list[Record]":
    """Return the first batch of the messages; say so if there are more."""
    from consumers.working_copy.batches import received

    size = copy.settings.batch_size
    arn = (queue.consumers[0].queue_arn if queue else None) or copy.queue_arn
    if queue:
        found, where = of_queue(target(), queue, options.selection, arn, size + 1), queue.name
    else:
        found = of_file(options.file or "", options.file_format, options.selection, arn)
        where = title_of(options.file or "")
    if not found:
        echo(f"There is no such message in {where}.", err=True)
    elif len(found) > size:
        echo(f"There are more messages in {where}: this is the first batch, with batch_size={size}.", err=True)
    return found[:size] if options.receive is None else received(found[:size], options.receive)


def _invoke(copy: "WorkingCopy", access: "Access", records: "list[Record]", options: Options) -> None:
    """Invoke the handler with those that the filters let through; print the outcome, and exit."""
    from consumers.working_copy.events import event
    from consumers.working_copy.filters import matches
    from consumers.working_copy.outcomes import filtered, outcomes

    passed = [one for one in records if matches(copy.settings.filters, one) is not False]
    invocation = _invocation(copy, access, event(passed), options) if passed else None
    found = {one.id: one for one in outcomes(copy.settings, event(passed), invocation)} if invocation else {}
    in_order = [found.get(one["messageId"]) or filtered(one) for one in records]
    print_outcome(invocation, in_order, access, as_json=options.as_json)
    if any(one.is_failure for one in in_order):
        raise click.exceptions.Exit(1)


def _invocation(
    copy: "WorkingCopy", access: "Access", event: "dict[str, list[Record]]", options: Options
) -> "Invocation":
    from consumers.working_copy.handler_process import HandlerProcess

    put = Printer(to_stderr=options.as_json).log_line
    with (
        handler_errors(),
        HandlerProcess(copy, access.variables, debugger=options.debugger, on_line=put) as process,
    ):
        return process.invoke(event)
