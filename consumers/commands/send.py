import dataclasses
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import BinaryIO

import click

from consumers.commands.input_file import opened, title_of
from consumers.commands.interruption import stopped_by_ctrl_c
from consumers.commands.options import deployed_stack_option, json_option
from consumers.commands.printing import echo, print_json, progress
from consumers.commands.target import Target, target_options
from consumers.operations import exported_messages, sending
from consumers.operations.discovery import find_one
from consumers.operations.message_lines import InvalidLine, LineError, LineFormat, Message, read, valid_group
from consumers.operations.sending import INTERRUPTED, Destination, Failure, Outcome

ReadMessages = Callable[[BinaryIO], Iterator[Message | InvalidLine]]
NO_ORDER = "The queue is not FIFO: a group has no order there. While one is noisy, SQS delivers the others first."
MAX_SHOWN = 10  # maximum of invalid lines, and of ranges of unsent lines


@click.command()
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True), default="-")
@deployed_stack_option("Stack of the consumer, where several have one of this name")
@click.option("--text", is_flag=True, help="Accept lines of any text. Without it, each must be valid JSON.")
@click.option("--group-field", metavar="FIELD", help="JSON field with the message group: table, or player.table.")
@click.option("--group", metavar="ID", help="Message group of every line.")
@click.option("--exported", is_flag=True, help="FILE was written by `dlq export` or `dlq purge`.")
@json_option("Print the outcome as one JSON object.")
@target_options(changes=True)
def send(
    name: str,
    file: str,
    stack: str | None,
    text: bool,
    group_field: str | None,
    group: str | None,
    exported: bool,
    as_json: bool,
    target: Target,
) -> None:
    """Send each line of FILE to the queue of consumer NAME.

    Without FILE, or with -, it reads standard input. It validates all lines first, and sends nothing if one is invalid.
    A FIFO queue requires --group-field or --group. It deduplicates a file that is sent twice within five minutes, so
    that an interrupted send can be repeated. On a standard queue a group has no order: it makes the queue fair, which
    docs/queues.md describes. With --exported, body, attributes, group and trace header are sent as
    they were.
    """
    line_format = _line_format(text, group_field, group)
    if exported and line_format != LineFormat():
        raise click.UsageError("--exported excludes --text, --group-field and --group: each line has its own group.")
    with opened(file) as lines:
        to = _destination(target, name, stack, line_format, exported)
        read_messages = _reader(line_format, exported, to)
        title = title_of(file)
        count, invalid = _check(lines, read_messages, title)
        if invalid and not as_json:
            raise click.ClickException(_refusal(invalid, count, title))
        outcome = Outcome(failed=invalid) if invalid else _send(target, to, read_messages(lines), count)
    if not count:
        echo(f"There are no messages in {title}.", err=True)
    _report(outcome, title, name, as_json)
    if to.fifo and outcome.sent:
        echo("The queue deduplicates lines of the same file that it received within five minutes.", err=True)
    if outcome.sent and not to.fifo and (group or group_field):
        echo(NO_ORDER, err=True)


def _line_format(text: bool, group_field: str | None, group: str | None) -> LineFormat:
    if group_field is not None and (text or group is not None):
        raise click.UsageError(f"--group-field excludes {'--text, which has no fields' if text else '--group'}.")
    try:
        return LineFormat(text, None if group is None else valid_group(group), group_field)
    except LineError as error:
        raise click.BadParameter(str(error), param_hint="--group") from None


def _reader(line_format: LineFormat, exported: bool, to: Destination) -> ReadMessages:
    if exported:
        return partial(exported_messages.read, fifo=to.fifo, max_bytes=to.max_bytes)
    line_format = dataclasses.replace(line_format, max_bytes=to.max_bytes)
    return lambda lines: read(lines, line_format)


def _destination(target: Target, name: str, stack: str | None, line_format: LineFormat, exported: bool) -> Destination:
    consumer = find_one(target.client, name, stack)
    target.announce(consumer.existing_queue_url.rpartition("/")[2])
    to = sending.destination(target.client("sqs"), consumer.existing_queue_url)
    if to.fifo and not (line_format.group or line_format.group_field or exported):
        raise click.UsageError(
            f"The queue of {name} is FIFO: each message requires a group. Pass --group-field FIELD or --group ID."
        )
    return to


def _check(lines: BinaryIO, read_messages: ReadMessages, name: str) -> tuple[int, list[Failure]]:
    """Return the number of lines, and the invalid ones."""
    count = 0
    invalid: list[Failure] = []
    try:
        for line in read_messages(lines):
            count += 1
            if isinstance(line, InvalidLine):
                invalid.append(Failure(line.line, line.reason))
    except OSError as error:
        raise click.FileError(name, error.strerror) from None
    return count, invalid


def _refusal(invalid: list[Failure], count: int, name: str) -> str:
    lines = [f"  {name}:{failure.line}: {failure.reason}" for failure in invalid[:MAX_SHOWN]]
    more = [f"  … and {len(invalid) - MAX_SHOWN} more"] if len(invalid) > MAX_SHOWN else []
    return "\n".join([f"Nothing is sent, because of invalid lines ({len(invalid)} of {count}):", *lines, *more])


def _send(target: Target, to: Destination, messages: Iterator[Message | InvalidLine], count: int) -> Outcome:
    with stopped_by_ctrl_c() as stop, progress("sending", count) as advance:
        # One attempt: a client that retries by itself may duplicate messages.
        return sending.send(target.client("sqs", 1), to, messages, on_finished=advance, stop=stop)


def _report(outcome: Outcome, file: str, name: str, as_json: bool) -> None:
    if as_json:
        print_json(dataclasses.asdict(outcome))
    else:
        echo(f"Messages sent to {name}: {outcome.sent}")
    if not outcome.failed:
        return
    interrupted = any(failure.reason == INTERRUPTED for failure in outcome.failed)
    ranges = line_ranges(outcome.failed)
    more = [f"  … and {len(ranges) - MAX_SHOWN} more"] if len(ranges) > MAX_SHOWN else []
    title = f"Lines of {file} that were not sent: {len(outcome.failed)}"
    echo("\n".join([title, *ranges[:MAX_SHOWN], *more]), err=True)
    raise click.exceptions.Exit(130 if interrupted else 1)


def line_ranges(failures: Sequence[Failure]) -> list[str]:
    """Return a line for each range of consecutive lines that failed for the same reason."""
    runs = groupby(enumerate(failures), lambda item: (item[1].line - item[0], item[1].reason))
    ranges = [[failure for _, failure in run] for _, run in runs]
    return [f"  {_range(run[0].line, run[-1].line)}: {run[0].reason}" for run in ranges]


def _range(first: int, last: int) -> str:
    return f"line {first}" if first == last else f"lines {first}-{last}"
