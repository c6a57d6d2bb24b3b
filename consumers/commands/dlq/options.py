"""Options of the `dlq` commands: one way to select dead letters."""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any

import click

from consumers.commands.options import Duration
from consumers.operations.dead_letters.selection import Exactly, Selection, SelectionError

OPTIONS = (
    click.option("--reason", metavar="TEXT", help="Reason as `dlq list` shows it, or a regular expression."),
    click.option("--where", metavar="JMESPATH", help="Expression on the JSON body: amount > `100`."),
    click.option("--attribute", "attributes", metavar="NAME=VALUE", multiple=True, help="Message attribute."),
    click.option("--group", metavar="ID", help="Message group."),
    click.option("--id", "ids", metavar="ID", multiple=True, help="Message id, now or on the source queue."),
    click.option(
        "--ids",
        "ids_file",
        metavar="FILE",
        type=click.File("r", "utf-8"),
        help="Exactly the letters whose present message ids are in this file, one on each line; - is standard input.",
    ),
    click.option("--older", type=Duration(), help="Sent at least this long ago: 90s, 15m, 2h, 7d."),
    click.option("--newer", type=Duration(), help="Sent at most this long ago."),
    click.option("--limit", type=click.IntRange(min=1), help="At most this many."),
    click.option("--all", "everything", is_flag=True, help="Every dead letter of the consumer."),
)
NAMES = ("reason", "where", "attributes", "group", "ids", "older", "newer", "limit")


def selection_options(
    *, required: bool = False, unless: Sequence[str] = (), limit: int | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that adds the options and passes their `selection`.

    A command that changes something has it `required`, so that nothing is changed by leaving an option out; with one of
    the flags `unless` it selects nothing. `limit` is the default of `--limit` without `--all`.
    """

    def add_options(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def with_selection(everything: bool, ids_file: Any, **rest: Any) -> None:
            selection = _selection(**{name: rest.pop(name) for name in NAMES})
            if ids_file:
                selection = _exactly(ids_file, selection)
            if everything and not selection.is_everything:
                raise click.UsageError("--all excludes the other options that select: they choose some of all.")
            flags = [f"--{flag}" for flag in unless if rest[flag]]
            if flags and (everything or not selection.is_everything):
                raise click.UsageError(
                    f"{flags[0]} excludes the options that select: a move task is of the whole queue."
                )
            if required and not flags and selection.is_everything and not everything:
                raise click.UsageError("Select dead letters, for example by --reason, or pass --all.")
            if selection.limit is None and not everything:
                selection = dataclasses.replace(selection, limit=limit)
            command(selection=selection, **rest)

        for option in reversed(OPTIONS):
            with_selection = option(with_selection)
        return with_selection

    return add_options


def _exactly(file: Any, selection: Selection) -> Selection:
    if not selection.is_everything:
        raise click.UsageError("--ids excludes the other options that select: it names the letters themselves.")
    try:
        ids = frozenset(file.read().split())
    except UnicodeDecodeError:
        raise click.UsageError(f"--ids: {file.name} is not UTF-8.") from None
    if not ids:
        raise click.UsageError(f"--ids: {file.name} has no message id.")
    return Exactly(ids=ids)


def _selection(attributes: Sequence[str], ids: Sequence[str], **options: Any) -> Selection:
    pairs = [text.partition("=") for text in attributes]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise click.BadParameter("must be NAME=VALUE, such as tenant=acme.", param_hint="--attribute")
    try:
        return Selection(attributes={name: value for name, _, value in pairs}, ids=frozenset(ids), **options)
    except SelectionError as error:
        raise click.UsageError(str(error)) from None
