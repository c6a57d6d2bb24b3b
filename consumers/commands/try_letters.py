"""`consumers try`"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from consumers.commands.access_options import access_options, confirm_account
from consumers.commands.dlq.options import selection_options
from consumers.commands.dlq.reading import find_queue
from consumers.commands.dry_run import load_copy
from consumers.commands.interruption import stopped_by_ctrl_c
from consumers.commands.options import deployed_stack_option, json_option, project_option
from consumers.commands.printing import Printer, echo, print_json, progress
from consumers.commands.target import Target
from consumers.commands.trying import letters as reading
from consumers.commands.trying import redriving
from consumers.commands.trying.report import print_outcome
from consumers.operations.dead_letters.dead_letter_queue import DeadLetterQueue
from consumers.operations.dead_letters.selection import Selection

if TYPE_CHECKING:
    from consumers.working_copy.access import Access
    from consumers.working_copy.copies import WorkingCopy
    from consumers.working_copy.trial import Outcome
    from consumers.working_copy.trial_letters import TrialLetters


@dataclass(frozen=True)
class Options:
    """What to try, and what to do then."""

    selection: Selection
    exported: str | None
    log: bool
    redrive_passed: bool
    yes: bool
    as_json: bool


@click.command("try")
@click.argument("name")
@deployed_stack_option("Stack of the consumer, and of the program's configuration")
@selection_options()
@click.option(
    "--exported",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    help="Try the letters in a file of `dlq export`; - is standard input.",
)
@click.option("--log", is_flag=True, help="Print the handler's log on standard error.")
@click.option("--redrive-passed", is_flag=True, help="Send those that pass back to the queue, as `dlq redrive` does.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option("Print the outcome as one JSON object.")
@project_option("Folder of the Pulumi program, whose local AWS is used; without one, AWS is used.")
@access_options
def try_letters(
    name: str, stack: str | None, project: Path, access: "Access", target: Callable[..., Target], **rest: Any
) -> None:
    """Run dead letters of consumer NAME through the handler of the working copy.

    It shows which would pass now, by the reasons for which they had failed. The handler runs on this machine, packaged
    as it would be deployed, in a process of its own, with the program's batch size. Without options that select, all
    are tried. Nothing is sent or deleted, and while the handler runs, no letter is hidden from others.

    Exits with 1 if any still fails.
    """
    options = Options(**rest)
    if options.exported and options.redrive_passed:
        raise click.UsageError("--redrive-passed excludes --exported: a file is no queue to redrive from.")
    queue = None if options.exported else _queue(target(options.redrive_passed), name, stack)
    stack = queue.consumers[0].stack if queue else stack or "dev"
    copy = load_copy(project, stack.rpartition("/")[2], name)
    confirm_account(access, yes=options.yes)
    copy = access.fill_in(copy, stack).without_queues()
    with _letters(target, queue, copy, options) as letters:
        if not letters.count:
            _end_without_letters(options)
            return
        outcome, is_interrupted = _tried(copy, access, queue, letters, options)
        _finish(target, queue, copy, access, outcome, options, is_interrupted=is_interrupted)


def _queue(target: Target, name: str, stack: str | None) -> DeadLetterQueue:
    echo(f"On {target.title}", err=True)
    return find_queue(target, name, stack)


@contextmanager
def _letters(
    target: Callable[..., Target], queue: DeadLetterQueue | None, copy: "WorkingCopy", options: Options
) -> "Generator[TrialLetters]":
    """Yield the selected letters, which are on the disk."""
    from consumers.working_copy.trial_letters import TrialLetters

    fifo = queue.fifo if queue else copy.settings.fifo
    with TrialLetters(fifo=fifo) as letters:
        if queue:
            reading.read_queue(target(options.redrive_passed), queue, options.selection, letters)
        else:
            reading.read_file(options.exported or "", options.selection, letters, fifo=fifo)
        yield letters


def _tried(
    copy: "WorkingCopy", access: "Access", queue: DeadLetterQueue | None, letters: "TrialLetters", options: Options
) -> "tuple[Outcome, bool]":
    from consumers.evaluate.results import ProgramError
    from consumers.working_copy.handler_process import HandlerProcess
    from consumers.working_copy.trial import Trial

    put = Printer(to_stderr=True).log_line if options.log else _ignore
    arn = (queue.consumers[0].queue_arn if queue else None) or copy.queue_arn
    try:
        with (
            stopped_by_ctrl_c() as stop,
            _progress(letters.count, options) as tell,
            HandlerProcess(copy, access.variables, on_line=put) as process,
        ):
            trial = Trial(process.invoke, arn, copy.settings.batch_size, stop=stop, on_tried=tell)
            return trial.run(letters.all()), stop.is_set()
    except ProgramError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"The handler cannot be run: {error}") from None


@contextmanager
def _progress(count: int, options: Options) -> Generator[Callable[[int], None]]:
    if options.log:  # its lines would break the bar
        yield _ignore
        return
    with progress("trying", count) as tell:
        yield tell


def _ignore(_: object) -> None: ...


def _finish(
    target: Callable[..., Target],
    queue: DeadLetterQueue | None,
    copy: "WorkingCopy",
    access: "Access",
    outcome: "Outcome",
    options: Options,
    *,
    is_interrupted: bool,
) -> None:
    """Print the outcome, send back what passes, and exit."""
    if not options.as_json:
        print_outcome(copy, outcome, access)
    if is_interrupted:
        echo("Interrupted: the rest is not tried, and nothing is sent.", err=True)
    sent = None
    if queue and options.redrive_passed and outcome.passed and not is_interrupted:
        sent = redriving.redrive_passed(target(True), queue, copy, outcome.passed, yes=options.yes)
    if options.as_json:
        data = {"consumer": copy.name, **outcome.as_data(), "stopped": "interrupted" if is_interrupted else None}
        print_json({**data, "redrive": sent and redriving.as_data(sent)})
    elif sent and queue:
        redriving.print_sent(sent, queue)
    if is_interrupted or (sent and sent.is_interrupted):
        raise click.exceptions.Exit(130)
    if outcome.failed or (sent and redriving.is_failure(sent)):
        raise click.exceptions.Exit(1)


def _end_without_letters(options: Options) -> None:
    if options.as_json:
        print_json({"tried": 0, "passed": 0, "failed": 0, "batches": 0, "rows": [], "passed_ids": []})
    else:
        echo("There is no such dead letter.")
