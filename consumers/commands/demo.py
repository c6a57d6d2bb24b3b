"""`consumers demo`"""

import dataclasses
from pathlib import Path

import click

from consumers.commands.printing import Printer, print_json
from consumers.commands.program_options import program_options


@click.command()
@program_options
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
