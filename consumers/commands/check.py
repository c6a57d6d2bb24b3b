"""`consumers check`"""

import contextlib
import dataclasses
import sys
from pathlib import Path
from typing import Any

import click

from consumers.commands.printing import print_json

NONE = "The program has no consumers."


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--stack", default="dev", show_default=True, help="Whose configuration (Pulumi.STACK.yaml) to use.")
@click.option(
    "--project",
    default=Path(),
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="The folder with Pulumi.yaml.  [default: this one]",
)
@click.option("--json", "as_json", is_flag=True, help="Print a list with an object for each consumer.")
@click.pass_context
def check(context: click.Context, names: tuple[str, ...], stack: str, project: Path, as_json: bool) -> None:
    """Say what is wrong with the program's consumers, and what follows from their settings, without deploying.

    Exits with 1 where a consumer would be refused.
    """
    from consumers.checks import paper
    from consumers.local.program import Message, ProgramError
    from consumers.local.stack_config import advice_on_stack

    def tell(message: Message) -> None:
        click.echo(f"{message.severity}: {message.text}", err=True)

    if advice := advice_on_stack(project, stack):
        click.echo(advice, err=True)
    try:
        with contextlib.redirect_stdout(sys.stderr):  # what the program itself prints
            found = paper.check(project, stack, tell)
    except ProgramError as error:
        raise click.ClickException(str(error)) from None
    chosen = _chosen(found, names)
    if as_json:
        print_json([_as_data(one) for one in chosen])
    else:
        _print(chosen)
    context.exit(1 if any(_refused(one) for one in chosen) else 0)


def _chosen(found: list[Any], names: tuple[str, ...]) -> list[Any]:
    from consumers.operations.discovery import DiscoveryError, require

    try:
        if found:
            require(names, [one.settings.consumer for one in found])
    except DiscoveryError as error:
        raise click.ClickException(str(error)) from None
    return [one for one in found if not names or one.settings.consumer in names]


def _refused(one: Any) -> list[Any]:
    return [finding for finding in one.findings if finding.level.value == "refuse"]


def _as_data(one: Any) -> dict[str, Any]:
    from consumers.checks import consequences

    return {
        "name": one.settings.consumer,
        "findings": [
            {**dataclasses.asdict(finding), "level": finding.level.value, "text": str(finding)}
            for finding in one.findings
        ],
        "dead_after": consequences.dead_after(one.settings),
        "concurrency": consequences.concurrency(one.settings),
        "deletes": consequences.unmatched(one.settings),
        "permissions": consequences.permissions(one.statements),
        "resources": [{"type": resource.type, "name": resource.name} for resource in one.resources],
    }


def _print(found: list[Any]) -> None:
    if not found:
        click.echo(NONE)
    for one in found:
        data = _as_data(one)
        click.secho(data["name"], bold=True)
        for finding in data["findings"]:
            refused = finding["level"] == "refuse"
            click.secho(f"  {'error' if refused else 'advice'}: {finding['text']}", fg="red" if refused else "yellow")
        if _refused(one):
            continue  # what follows from settings that are refused is not worth reading
        click.echo(f"  dead letter after  {data['dead_after']}")
        click.echo(f"  at most            {data['concurrency']}")
        if data["deletes"]:
            click.echo(f"  deletes            {data['deletes']}")
        _print_list("may", data["permissions"])
        _print_list("made of", [f"{resource['name']}  {resource['type']}" for resource in data["resources"]])
    refused = [one.settings.consumer for one in found if _refused(one)]
    if refused:
        click.secho(f"Refused: {', '.join(refused)}", fg="red", err=True)


def _print_list(title: str, lines: list[str]) -> None:
    for number, line in enumerate(lines):
        click.echo(f"  {'' if number else title:17}  {line}")
