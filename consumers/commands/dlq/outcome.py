"""What became of the letters, for people and for programs."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import click

from consumers.commands.printing import echo, print_json
from consumers.commands.target import explain
from consumers.operations.dead_letters.redriving import Outcome

SHOWN = 10  # reasons of failures
IDS = 3  # of each


def report(outcome: Outcome, title: str, where: Mapping[str, Any], *, is_interrupted: bool, as_json: bool) -> None:
    """Print an outcome; exit with 1 if a letter failed, with 130 after Ctrl-C."""
    if as_json:
        print_json({**as_data(outcome, is_interrupted=is_interrupted), **where})
    else:
        print_outcome(outcome, title, where, is_interrupted=is_interrupted)
    if is_interrupted:
        raise click.exceptions.Exit(130)
    if is_failure(outcome):
        raise click.exceptions.Exit(1)


def is_failure(outcome: Outcome) -> bool:
    """Whether anything was not done as asked."""
    return bool(outcome.failed or outcome.twice or outcome.refusal)


def as_data(outcome: Outcome, *, is_interrupted: bool) -> dict[str, Any]:
    """Return an outcome as JSON shows it."""
    return {
        "done": outcome.done,
        "failed": outcome.failed,
        "twice": outcome.twice,
        "returned": outcome.returned,
        "stopped": _refusal(outcome) or ("interrupted" if is_interrupted else None),
    }


def print_outcome(outcome: Outcome, title: str, where: Mapping[str, Any], *, is_interrupted: bool) -> None:
    """Print an outcome for people."""
    echo(f"{title}: {outcome.done:,}")
    _print_reasons("Still in the dead-letter queue", outcome.failed)
    _print_reasons("Sent, and perhaps still in the dead-letter queue too", outcome.twice)
    if outcome.returned:
        echo(f"Failed again already, and not sent again: {outcome.returned:,}", err=True)
    if outcome.refusal:
        echo(f"Stopped, and the rest is in the dead-letter queue as before: {_refusal(outcome)}", err=True, color="red")
    if is_interrupted:
        echo("Interrupted: the rest is in the dead-letter queue as before.", err=True)
    if where.get("receipt"):
        echo(f"What became of each letter: {where['receipt']}")
    if where.get("file"):
        echo(f"The letters are in {where['file']}")


def _refusal(outcome: Outcome) -> str | None:
    error = outcome.refusal
    if isinstance(error, OSError):
        return f"the file cannot be written: {error.strerror}"
    return explain(error) if error else None


def _print_reasons(title: str, failures: Mapping[str, str]) -> None:
    ids: dict[str, list[str]] = defaultdict(list)
    for each, why in failures.items():
        ids[why].append(each)
    if ids:
        echo(f"{title}: {len(failures):,}", err=True)
    most = sorted(ids.items(), key=lambda item: -len(item[1]))
    for why, those in most[:SHOWN]:
        more = ", …" if len(those) > IDS else ""
        echo(f"  {len(those):,}: {why} ({', '.join(those[:IDS])}{more})", err=True)
    if len(most) > SHOWN:
        echo(f"  … and {len(most) - SHOWN} more reasons", err=True)
