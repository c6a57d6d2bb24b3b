"""`consumers check`"""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from consumers.commands.dry_run_options import NONE, consumers_of
from consumers.commands.printing import echo, print_json
from consumers.commands.program_options import program_options

if TYPE_CHECKING:
    from consumers.evaluate.dry_run import CheckedComponent


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@program_options
@click.option("--json", "as_json", is_flag=True, help="Print a list with an object for each consumer.")
@click.pass_context
def check(context: click.Context, names: tuple[str, ...], stack: str, project: Path, as_json: bool) -> None:
    """Say what is wrong with the program's consumers, and what follows from their settings, without deploying.

    Exits with 1 where a consumer would be refused.
    """
    chosen = consumers_of(project, stack, names)
    if as_json:
        print_json([_as_data(one) for one in chosen])
    else:
        _print(chosen)
    context.exit(1 if any(one.errors for one in chosen) else 0)


def _as_data(one: "CheckedComponent") -> dict[str, Any]:
    from consumers.evaluate import consequences

    findings = [{**dataclasses.asdict(f), "level": f.level.value, "text": str(f)} for f in one.findings]
    data = {
        "name": one.settings.consumer,
        "component": one.component,
        "findings": findings,
        "resources": [{"type": resource.type, "name": resource.name} for resource in one.resources],
    }
    if not one.is_consumer:
        return data | {"sends_to": one.sends_to}
    settings = one.consumer_settings
    return data | {
        "dead_after": consequences.dead_after(settings),
        "concurrency": consequences.concurrency(settings),
        "deletes": consequences.unmatched(settings),
        "permissions": consequences.permissions(one.statements),
    }


def _print(found: "list[CheckedComponent]") -> None:
    if not found:
        echo(NONE)
    for one in found:
        data = _as_data(one)
        echo("" if one.is_consumer else f"  {_kind(one)}", title=data["name"])
        for finding in data["findings"]:
            error = finding["level"] == "error"
            echo(f"  {'error' if error else 'warning'}: {finding['text']}", color="red" if error else "yellow")
        if one.errors:
            continue  # what follows from settings that are refused is not worth reading
        if one.is_consumer:
            _print_consequences(data)
        _print_list("made of", [f"{resource['name']}  {resource['type']}" for resource in data["resources"]])
    if names := [one.settings.consumer for one in found if one.errors]:
        echo(f"Refused: {', '.join(names)}", color="red", err=True)


def _kind(one: "CheckedComponent") -> str:
    """What it is, and where it sends."""
    return f"{one.component} to {', '.join(one.sends_to)}" if one.sends_to else one.component


def _print_consequences(data: dict[str, Any]) -> None:
    echo(f"  dead letter after  {data['dead_after']}")
    echo(f"  at most            {data['concurrency']}")
    if data["deletes"]:
        echo(f"  deletes            {data['deletes']}")
    _print_list("may", data["permissions"])


def _print_list(title: str, lines: list[str]) -> None:
    for number, line in enumerate(lines):
        echo(f"  {'' if number else title:17}  {line}")
