"""`consumers demo`"""

import dataclasses
from pathlib import Path

import click

from consumers.commands.printing import Printer, print_json


@click.command()
@click.option("--stack", default="dev", show_default=True, help="Whose configuration (Pulumi.STACK.yaml) to use.")
@click.option(
    "--project",
    default=Path(),
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="The folder with Pulumi.yaml.  [default: this one]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as one JSON object, and progress on stderr.")
def demo(stack: str, project: Path, as_json: bool) -> None:
    """Deploy the example to an AWS inside this machine, send ten hands, and show what becomes of each.

    Exits with 1 unless nine hands are handled and exactly the poison one is in the dead-letter queue.
    """
    from consumers.local import demo as story
    from consumers.local.emulator import LocalAwsError
    from consumers.local.program import ProgramError

    printer = Printer(to_stderr=as_json)
    try:
        outcome = story.demo(project, stack, printer.step)
    except (LocalAwsError, ProgramError, story.DemoError) as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        print_json(dataclasses.asdict(outcome))
    else:
        printer.log("The log of poker-hands", outcome.log)
        printer.log("The log of big-pots", outcome.big_pots)
