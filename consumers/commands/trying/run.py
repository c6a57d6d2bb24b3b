"""One run of `consumers try`: read letters, try them, print the outcome, and do what was asked for after it."""

import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from consumers.commands.dry_run import handler_errors
from consumers.commands.interruption import stopped_by_ctrl_c
from consumers.commands.printing import Printer, echo, print_json, progress
from consumers.commands.target import Target
from consumers.commands.trying import letters as reading
from consumers.commands.trying import redriving, saving
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
    save_tests: Path | None
    redact: tuple[str, ...]
    redrive_passed: bool
    yes: bool
    as_json: bool


@dataclass(frozen=True)
class Source:
    """A dead-letter queue."""

    target: Target
    queue: DeadLetterQueue


@dataclass(frozen=True)
class Run:
    """The handler, and the letters that it is tried on."""

    copy: "WorkingCopy"
    """Without values of the deployed function."""
    access: "Access"
    project: Path
    stack: str
    source: Source | None
    """None for a file."""
    options: Options

    def start(self) -> None:
        """Do all of it, and exit with 1 if a letter still fails."""
        problem = f"The letters and the handler cannot be copied to {tempfile.gettempdir()}"
        with handler_errors(problem), self._letters() as letters:
            if not letters.count:
                echo("There is no such dead letter.", err=self.options.as_json)
            outcome, is_interrupted = self._try(letters)
            if not self.options.as_json and letters.count:
                print_outcome(self.copy, outcome, self.access)
            self._finish(outcome, letters, is_interrupted)

    @contextmanager
    def _letters(self) -> "Generator[TrialLetters]":
        """Yield the selected letters, which are on the disk."""
        from consumers.working_copy.trial_letters import TrialLetters

        fifo = self._arn.endswith(".fifo")
        with TrialLetters(fifo=fifo) as letters:
            if self.source:
                reading.read_queue(self.source.target, self.source.queue, self.options.selection, letters)
            else:
                reading.read_file(self.options.exported or "", self.options.selection, letters, fifo=fifo)
            yield letters

    @property
    def _arn(self) -> str:
        return (self.source and self.source.queue.consumers[0].queue_arn) or self.copy.queue_arn

    def _try(self, letters: "TrialLetters") -> "tuple[Outcome, bool]":
        """Return what became of the letters, and whether Ctrl-C ended it."""
        from consumers.working_copy.handler_process import HandlerProcess
        from consumers.working_copy.trial import Outcome, Trial

        if not letters.count:
            return Outcome(), False
        copy = self.access.fill_in(self.copy).without_queues()
        put = Printer(to_stderr=True).log_line if self.options.log else _ignore
        with (
            stopped_by_ctrl_c() as stop,
            self._progress(letters.count) as tell,
            HandlerProcess(copy, self.access.variables, on_line=put) as process,
        ):
            trial = Trial(process.invoke, self._arn, copy.settings.batch_size, stop=stop, on_tried=tell)
            return trial.run(letters.all()), stop.is_set()

    @contextmanager
    def _progress(self, count: int) -> Generator[Callable[[int], None]]:
        if self.options.log:  # its lines would break the bar
            yield _ignore
            return
        with progress("trying", count) as tell:
            yield tell

    def _finish(self, outcome: "Outcome", letters: "TrialLetters", is_interrupted: bool) -> None:
        """Do what was asked for, and exit."""
        data: dict[str, Any] = {"consumer": self.copy.name, **outcome.as_data()}
        data |= {"stopped": None, "tests": None, "redrive": None}
        sent = None
        if is_interrupted:
            data["stopped"] = "interrupted"
            echo("Interrupted: the rest is not tried, and nothing is written or sent.", err=True)
        else:
            data["tests"] = self._save_tests(outcome, letters)
            sent = self._redrive(outcome)
            data["redrive"] = sent and redriving.as_data(sent)
        if self.options.as_json:
            print_json(data)
        if is_interrupted or (sent and sent.is_interrupted):
            raise click.exceptions.Exit(130)
        if outcome.failed or (sent and redriving.is_failure(sent)):
            raise click.exceptions.Exit(1)

    def _save_tests(self, outcome: "Outcome", letters: "TrialLetters") -> dict[str, list[str]] | None:
        folder = self.options.save_tests
        if folder is None:
            return None
        found = saving.failed_letters(outcome, letters, self._arn)
        saved = saving.save(folder, self.copy, self.project, self.stack, found, self.options.redact)
        if not self.options.as_json:
            saving.print_saved(saved)
        return saving.as_data(saved)

    def _redrive(self, outcome: "Outcome") -> redriving.Sent | None:
        if not (self.source and self.options.redrive_passed and outcome.passed):
            return None
        target, queue = self.source.target, self.source.queue
        sent = redriving.redrive_passed(target, queue, self.copy, outcome.passed, yes=self.options.yes)
        if not self.options.as_json:
            redriving.print_sent(sent, queue)
        return sent


def _ignore(_: object) -> None: ...
