import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from consumers.commands.dry_run import NO_CONSUMERS, consumers_of
from consumers.commands.options import consumer_names, json_option, program_options
from consumers.commands.printing import echo, print_json
from consumers.commands.target import Target, deployed_target_options

if TYPE_CHECKING:
    from consumers.evaluate.dry_run import CheckedComponent
    from consumers.operations.leases import Lease

AFTER_UP = "`pulumi up` leaves it paused, and `pulumi up --refresh` ends the pause"


@click.command()
@consumer_names
@program_options
@json_option("Print a list with an object for each consumer.")
@deployed_target_options
@click.pass_context
def check(
    context: click.Context,
    names: tuple[str, ...],
    stack: str,
    project: Path,
    as_json: bool,
    deployed: Target | None,
) -> None:
    """Validate the program's consumers without deploying.

    Prints errors, warnings, the consequences of the settings, and the resources of each consumer. Without NAME it
    checks all. Exits with 1 on any error.

    It needs no AWS. With --aws, --profile or --region it also shows which consumers are paused there; without, those
    that are paused on the project's local AWS, if that runs.
    """
    chosen = consumers_of(project, stack, names)
    pauses = _pauses(deployed, project, stack)
    if as_json:
        print_json([_as_data(one, pauses) for one in chosen])
    else:
        _print(chosen, pauses)
    context.exit(1 if any(one.errors for one in chosen) else 0)


def _pauses(deployed: Target | None, project: Path, stack: str) -> "dict[str, Lease]":
    if deployed is None:
        return {}
    from consumers.evaluate.stack_config import read_stack_config
    from consumers.operations.leases import leases_in

    echo(f"Pauses are those on {deployed.title}", err=True)
    return leases_in(deployed.client, read_stack_config(project, stack).project, stack)


def _as_data(one: "CheckedComponent", pauses: "Mapping[str, Lease]") -> dict[str, Any]:
    from consumers.evaluate import consequences

    findings = [{**dataclasses.asdict(f), "level": f.level.value, "text": str(f)} for f in one.findings]
    data = {
        "name": one.settings.consumer,
        "component": one.component,
        "findings": findings,
        "resources": [{"type": resource.type, "name": resource.name} for resource in one.resources],
    }
    if not one.is_consumer:
        group = consequences.message_group(one.settings, one.component)
        return data | {"sends_to": one.sends_to, "message_group": group}
    settings, lease = one.consumer_settings, pauses.get(one.settings.consumer)
    return data | {
        "pause": lease and lease.as_data(),
        "dead_after": consequences.dead_after(settings),
        "concurrency": consequences.concurrency(settings),
        "deletes": consequences.unmatched(settings),
        "compiles": consequences.compiles(settings),
        "permissions": consequences.permissions(one.statements),
    }


def _print(found: "list[CheckedComponent]", pauses: "Mapping[str, Lease]") -> None:
    if not found:
        echo(NO_CONSUMERS)
    for one in found:
        data = _as_data(one, pauses)
        target = f" to {', '.join(one.sends_to)}" if one.sends_to else ""
        echo("" if one.is_consumer else f"  {one.component}{target}", title=data["name"])
        for finding in data["findings"]:
            color = "red" if finding["level"] == "error" else "yellow"
            echo(f"  {finding['level']}: {finding['text']}", color=color)
        if one.is_consumer and (lease := pauses.get(data["name"])):
            echo(f"  warning: it is paused {lease}: {AFTER_UP}", color="yellow")
        if one.errors:
            continue  # the consequences of invalid settings mean nothing
        if one.is_consumer:
            _print_consequences(data)
        elif data["message_group"]:
            echo(f"  message group      {data['message_group']}")
        _print_list("made of", [f"{resource['name']}  {resource['type']}" for resource in data["resources"]])
    if names := [one.settings.consumer for one in found if one.errors]:
        echo(f"Refused: {', '.join(names)}", color="red", err=True)


def _print_consequences(data: dict[str, Any]) -> None:
    echo(f"  dead letter after  {data['dead_after']}")
    echo(f"  at most            {data['concurrency']}")
    if data["deletes"]:
        echo(f"  deletes            {data['deletes']}")
    if data["compiles"]:
        echo(f"  compiles           {data['compiles']}")
    _print_list("may", data["permissions"])


def _print_list(title: str, lines: list[str]) -> None:
    for number, line in enumerate(lines):
        echo(f"  {'' if number else title:17}  {line}")
