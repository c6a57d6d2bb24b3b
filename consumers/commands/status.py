import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import click

from consumers.commands.options import Duration, consumer_names, deployed_stack_option, json_option
from consumers.commands.printing import Styled, echo, print_json, print_styled, screen
from consumers.commands.target import Target, explain, target_options
from consumers.operations import discovery
from consumers.operations import status as operation
from consumers.operations.details import Details, Reasons
from consumers.operations.status import Status

COUNTS = ("visible", "flight", "delayed", "oldest", "dead", "errors")
NEEDS_ATTENTION = 3  # the exit code
NO_CONSUMERS = (
    "There are no consumers. Deploy one with `pulumi up` or, to a local AWS, with `consumers up`; "
    "`consumers demo` shows how one works."
)


@click.command()
@consumer_names
@deployed_stack_option("Only the consumers of this stack")
@click.option("--watch", "-w", is_flag=True, help="Refresh until Ctrl-C, with the top reason of dead letters.")
@click.option("--interval", type=Duration(), default="5s", show_default=True, help="Time between two refreshes.")
@click.option("--exit-code", is_flag=True, help="Exit with 3 if any consumer needs attention.")
@json_option("Print a list with an object for each consumer; with --watch, one in a line for each refresh.")
@target_options(changes=False)
def status(
    names: Sequence[str],
    stack: str | None,
    watch: bool,
    interval: float,
    exit_code: bool,
    as_json: bool,
    target: Target,
) -> None:
    """Show queue depths, states and problems of consumers.

    Without NAME it shows all. Counts are approximate, as on AWS. Lines below the table say what needs attention: dead
    letters, a running move task, noisy message groups of a fair queue, a pause, a failed batch, function errors of the
    last hour, missing parts, and code that its stack did not deploy. The columns `oldest` and `errors`, and noisy
    groups, come from CloudWatch: the local AWS has none.

    --watch shows also the top reason of each consumer's dead letters. For that it receives ten of them for a moment,
    again whenever their number changes.

    Exits with 0 whatever it finds. With --exit-code it exits with 3 if there is any line below the table, and with 0 if
    there is none; 1 is still an error, such as AWS that cannot be reached or a name that does not exist.
    """
    if watch and exit_code:
        raise click.UsageError("--exit-code excludes --watch, which ends with Ctrl-C.")
    read = partial(_read, target, names, stack)
    if watch:
        _watch(read, Reasons(target.client), interval, as_json)
        return
    found = read(None)
    _print_json(found) if as_json else print_styled(_lines(found))
    if exit_code and any(one.advice for one in found):
        raise click.exceptions.Exit(NEEDS_ATTENTION)


def _read(target: Target, names: Sequence[str], stack: str | None, reasons: Reasons | None) -> list[Status]:
    found = discovery.find(target.client, names, stack)
    return operation.read(target.client, found, is_local=target.is_local, reasons=reasons)


def _watch(read: Callable[[Reasons | None], list[Status]], reasons: Reasons, interval: float, as_json: bool) -> None:
    """Show the status again and again. An error ends the command only at first: later, the next refresh tries again."""
    try:
        # Without reasons at first: they may take half a minute, where logs are large.
        found, problem, wait = read(None), "", 0.0
        with screen() as show:
            while True:
                _show_json(found, problem) if as_json else show([*_lines(found), *_footer(problem)])
                time.sleep(wait)
                found, problem = _refreshed(partial(read, reasons), found)
                wait = interval
    except KeyboardInterrupt:
        return


def _refreshed(read: Callable[[], list[Status]], before: list[Status]) -> tuple[list[Status], str]:
    from botocore.exceptions import BotoCoreError, ClientError  # pyright: ignore[reportMissingTypeStubs]

    try:
        return read(), ""
    except (BotoCoreError, ClientError, discovery.DiscoveryError) as error:
        return before, " ".join(explain(error).split())


def _show_json(found: Sequence[Status], problem: str) -> None:
    if problem:
        echo(problem, color="red", err=True)
    else:
        _print_json(found)


def _footer(problem: str) -> Iterator[Styled]:
    if problem:
        yield Styled(f"This is the status of the last refresh that worked: {problem}", "red")
    yield Styled(f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S}. Ctrl-C ends.", "dim")


def _print_json(found: Sequence[Status]) -> None:
    print_json([_as_data(one) for one in found])


def _as_data(one: Status) -> dict[str, Any]:
    data = {**dataclasses.asdict(one), "pause": one.pause and one.pause.as_data()}
    return {key: data[key] for key in (*Status.__annotations__, *Details.__annotations__)}


def _lines(found: Sequence[Status]) -> Iterator[Styled]:
    if not found:
        yield Styled(NO_CONSUMERS)
        return
    several_stacks = len({(one.project, one.stack) for one in found}) > 1
    # The local AWS has no metrics.
    has_ages = any(one.oldest_message_seconds is not None for one in found)
    has_errors = any(one.errors_last_hour is not None for one in found)
    rows = [_row(one, several_stacks, has_ages, has_errors) for one in found]
    # Not rich's Table, which truncates numbers and names in a narrow terminal: these lines only wrap.
    widths = {heading: max(len(row[heading]) for row in [*rows, {heading: heading}]) for heading in rows[0]}
    yield Styled(_line(dict(zip(widths, widths, strict=True)), widths), "bold")
    for row in rows:
        yield Styled(_line(row, widths))
    for line in (line for one in found for line in one.advice):
        yield Styled(f"→ {line}", "yellow")


def _line(row: dict[str, str], widths: dict[str, int]) -> str:
    cells = [row[key].rjust(width) if key in COUNTS else row[key].ljust(width) for key, width in widths.items()]
    return "  ".join(cells).rstrip()


def _row(one: Status, with_stack: bool, with_age: bool, with_errors: bool) -> dict[str, str]:
    depth, age, errors = one.queue, one.oldest_message_seconds, one.errors_last_hour
    counts = (depth.visible, depth.in_flight, depth.delayed) if depth else ("gone", "", "")
    return {
        "consumer": one.name,
        **({"stack": f"{one.project}/{one.stack}"} if with_stack else {}),
        **dict(zip(COUNTS, map(str, counts), strict=False)),
        **({"oldest": "-" if age is None else f"{age} s"} if with_age else {}),
        "dead": "gone" if one.dead_letters is None else str(one.dead_letters),
        "mapping": one.mapping,
        "function": one.function,
        **({"errors": "-" if errors is None else str(errors)} if with_errors else {}),
        "changed (UTC)": one.last_modified[:16].replace("T", " "),
        "last batch": one.last_result,
    }
