"""Where the messages of one invocation come from: a file, an event, or the dead-letter queue."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import click

from consumers.commands.dlq.reading import held, read
from consumers.commands.input_file import opened, title_of, valid
from consumers.commands.target import Target
from consumers.operations import message_lines
from consumers.operations.dead_letters import exported_letters
from consumers.operations.dead_letters.dead_letter_queue import DeadLetterQueue
from consumers.operations.dead_letters.reasons import Explained
from consumers.operations.dead_letters.selection import Selection, selected
from consumers.operations.message_lines import LineFormat

if TYPE_CHECKING:
    from consumers.working_copy.events import Record

NOTHING = "Nothing was invoked."


@dataclass(frozen=True)
class FileFormat:
    """How to read a file."""

    exported: bool
    text: bool
    group_field: str | None

    def __post_init__(self) -> None:
        if self.exported and (self.text or self.group_field):
            raise click.UsageError("--exported excludes --text and --group-field: each line has its own group.")
        if self.text and self.group_field:
            raise click.UsageError("--group-field excludes --text, which has no fields.")


def of_queue(
    target: Target, queue: DeadLetterQueue, selection: Selection, queue_arn: str, count: int
) -> "list[Record]":
    """Return the first selected dead letters, up to `count`. They are visible again when this returns."""
    letters: list[Explained] = []
    with held(target, queue) as hold:
        for some in read(target, queue, hold, selection, with_log=selection.reason is not None):
            letters += some
            if len(letters) >= count:
                break
    return _letter_records(letters[:count], queue_arn)


def of_file(file: str, file_format: FileFormat, selection: Selection, queue_arn: str) -> "list[Record]":
    """Return the messages of a file. One invalid line is an error."""
    with opened(file) as lines:
        if file_format.exported:
            letters = valid(exported_letters.read(lines, fifo=queue_arn.endswith(".fifo")), file, NOTHING)
            return _letter_records([one for some in selected([list(letters)], selection) for one in some], queue_arn)
        return _of_event(lines, file) or _of_lines(lines, file, file_format, queue_arn)


def _of_event(lines: BinaryIO, file: str) -> "list[Record] | None":
    from consumers.working_copy.batches import InvalidEvent, event_records

    try:
        return event_records(lines.read())
    except InvalidEvent as error:
        raise click.ClickException(f"{title_of(file)} is not an SQS event: {error}. {NOTHING}") from None


def _of_lines(lines: BinaryIO, file: str, file_format: FileFormat, queue_arn: str) -> "list[Record]":
    from consumers.working_copy.batches import line_records

    line_format = LineFormat(text=file_format.text, group_field=file_format.group_field)
    return line_records(list(valid(message_lines.read(lines, line_format), file, NOTHING)), queue_arn)


def _letter_records(letters: Iterable[Explained], queue_arn: str) -> "list[Record]":
    from consumers.working_copy.events import record_of_letter

    return [record_of_letter(one.letter, queue_arn) for one in letters]
