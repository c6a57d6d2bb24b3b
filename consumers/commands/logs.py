import dataclasses
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import IO, Any

import click

from consumers.commands.options import Since, deployed_stack_option, json_option
from consumers.commands.printing import Printer, echo, print_json, waiting
from consumers.commands.target import Target, target_options
from consumers.operations import message_life
from consumers.operations.discovery import find_one
from consumers.operations.logs import Line, Tail
from consumers.operations.message_life import Event, Receipt, ReceiptsError

RECENT = 600  # seconds
LONGEST_LIFE = 14 * 86_400  # seconds: SQS keeps no message longer
POLL = 1.0  # seconds between two calls; CloudWatch Logs allows an account a few per second


@click.command()
@click.argument("name")
@deployed_stack_option("Stack of the consumer, where several have one of this name")
@click.option("--follow", "-f", is_flag=True, help="Print new lines too, until Ctrl-C.")
@click.option(
    "--since", type=Since(), help="Age like 30s, 10m, 2h, 1d, or ISO time.  [default: 10m, with --message 14d]"
)
@click.option("--message", metavar="ID", help="Print the life of this message instead.")
@click.option(
    "--receipt",
    "receipts",
    type=click.File("rb"),
    multiple=True,
    help="Receipt of `consumers dlq redrive`, to follow the message under its new ids. Only with --message.",
)
@json_option("Print a JSON object for each line, or with --message for each event.")
@target_options(changes=False)
def logs(
    name: str,
    stack: str | None,
    follow: bool,
    since: float | None,
    message: str | None,
    receipts: Sequence[IO[bytes]],
    as_json: bool,
    target: Target,
) -> None:
    """Print the log of consumer NAME's function.

    Lines are sorted by time, across log streams.

    --message prints what happened to one message, in order: each receive that failed, rejects, the ids that it got in
    the dead-letter queue and by redrives, and every other line with its id. The runtime logs nothing about
    a message that was handled; a receive without a line was not started, timed out or crashed. All log lines since
    --since are searched, for two minutes at most.
    """
    _check_options(message, follow, bool(receipts))
    log_group = find_one(target.client, name, stack).log_group
    if log_group is None:
        raise click.ClickException(f"{name} has no function, so no log: deploy its stack again.")
    client = target.client("logs")
    if message is not None:
        since = time.time() - LONGEST_LIFE if since is None else since
        _print_life(client, log_group, message, since, _read_receipts(receipts), as_json)
    else:
        _print_lines(client, log_group, name, time.time() - RECENT if since is None else since, follow, as_json)


def _check_options(message: str | None, follow: bool, has_receipts: bool) -> None:
    if message is None and has_receipts:
        raise click.UsageError("--receipt requires --message.")
    if message is not None and follow:
        raise click.UsageError("--message excludes --follow.")
    if message is not None and not message_life.is_id(message):
        raise click.UsageError(f"--message: {message[:40]!r} is not a message id: letters, digits and hyphens.")


def _print_lines(client: Any, log_group: str, name: str, since: float, follow: bool, as_json: bool) -> None:
    tail = Tail(client, log_group, since)
    write = _write_json if as_json else _writer()
    try:
        if not _print(tail, write) and not follow:
            moment = datetime.fromtimestamp(since).astimezone().isoformat(" ", "seconds")
            echo(f"{name} has logged nothing since {moment}: --since 1d goes further back.", err=True)
        while follow:
            time.sleep(POLL)
            _print(tail, write)
    except KeyboardInterrupt:
        if not follow:
            raise


def _print(tail: Tail, write: Callable[[Sequence[Line]], None]) -> int:
    """Print the new lines, and return their number."""
    lines = tail.new()
    write(lines)
    return len(lines)


def _writer() -> Callable[[Sequence[Line]], None]:
    printer = Printer()
    return lambda lines: printer.log_lines([line.message for line in lines])


def _write_json(lines: Sequence[Line]) -> None:
    for line in lines:
        print_json({"time": _moment(line.timestamp / 1000), "stream": line.stream, "message": line.message})


def _read_receipts(files: Sequence[IO[bytes]]) -> list[Receipt]:
    try:
        return [receipt for file in files for receipt in message_life.read_receipts(file, file.name)]
    except ReceiptsError as error:
        raise click.ClickException(str(error)) from None


def _print_life(
    client: Any, log_group: str, message: str, since: float, receipts: Sequence[Receipt], as_json: bool
) -> None:
    with waiting() as tell:
        tell(f"searching {log_group} for {message}")
        life = message_life.read(client, log_group, message, since, receipts)
    if not life.events:
        moment = datetime.fromtimestamp(since).astimezone().isoformat(" ", "seconds")
        echo(f"No line names {message} since {moment}: it was handled, or not received.", err=True)
    write = _write_event if as_json else _event_writer()
    for event in life.events:
        write(event)
    if life.is_cut:
        echo(f"The log is large: only a part was searched in {message_life.MAX_SECONDS:.0f} s. Pass --since.", err=True)


def _event_writer() -> Callable[[Event], None]:
    printer, ids = Printer(), list[str]()

    def write(event: Event) -> None:
        if ids[-1:] != [event.id]:
            ids.append(event.id)
            printer.line("", title=f"Message {event.id}")
        style = "red" if event.kind in ("failed", "rejected") else ""
        printer.line(f"  {event.line}", style)

    return write


def _write_event(event: Event) -> None:
    print_json({**dataclasses.asdict(event), "time": _moment(event.time)})


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
