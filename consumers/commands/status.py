import dataclasses
from collections.abc import Sequence

import click

from consumers.commands.options import consumer_names, deployed_stack_option, json_option
from consumers.commands.printing import echo, print_json
from consumers.commands.target import Target, target_options
from consumers.operations import discovery
from consumers.operations import status as operation
from consumers.operations.status import Status

COUNTS = ("visible", "flight", "delayed", "oldest", "dead")
NO_CONSUMERS = (
    "There are no consumers. Deploy one with `pulumi up` or, to a local AWS, with `consumers up`; "
    "`consumers demo` shows how one works."
)


@click.command()
@consumer_names
@deployed_stack_option("Only the consumers of this stack")
@json_option("Print a list with an object for each consumer.")
@target_options(changes=False)
def status(names: Sequence[str], stack: str | None, as_json: bool, target: Target) -> None:
    """Show queue depths, states and problems of consumers.

    Without NAME it shows all. Counts are approximate, as on AWS.
    """
    found = operation.read(target.client, discovery.find(target.client, names, stack), is_local=target.is_local)
    if as_json:
        print_json([dataclasses.asdict(one) for one in found])
    elif found:
        _print(found)
    else:
        echo(NO_CONSUMERS)


def _print(found: Sequence[Status]) -> None:
    several_stacks = len({(one.project, one.stack) for one in found}) > 1
    has_ages = any(one.oldest_message_seconds is not None for one in found)  # the local AWS has no metrics
    rows = [_row(one, several_stacks, has_ages) for one in found]
    # Not rich's Table, which truncates numbers and names in a narrow terminal: these lines only wrap.
    widths = {heading: max(len(row[heading]) for row in [*rows, {heading: heading}]) for heading in rows[0]}
    echo(title=_line(dict(zip(widths, widths, strict=True)), widths))
    for row in rows:
        echo(_line(row, widths))
    for line in (line for one in found for line in one.advice):
        echo(f"→ {line}", color="yellow")


def _line(row: dict[str, str], widths: dict[str, int]) -> str:
    cells = [row[key].rjust(width) if key in COUNTS else row[key].ljust(width) for key, width in widths.items()]
    return "  ".join(cells).rstrip()


def _row(one: Status, with_stack: bool, with_age: bool) -> dict[str, str]:
    depth, age = one.queue, one.oldest_message_seconds
    counts = (depth.visible, depth.in_flight, depth.delayed) if depth else ("gone", "", "")
    return {
        "consumer": one.name,
        **({"stack": f"{one.project}/{one.stack}"} if with_stack else {}),
        **dict(zip(COUNTS, map(str, counts), strict=False)),
        **({"oldest": "-" if age is None else f"{age} s"} if with_age else {}),
        "dead": "gone" if one.dead_letters is None else str(one.dead_letters),
        "mapping": one.mapping,
        "function": one.function,
        "changed (UTC)": one.last_modified[:16].replace("T", " "),
        "last batch": one.last_result,
    }
