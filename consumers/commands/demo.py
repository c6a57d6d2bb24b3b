import dataclasses
from pathlib import Path
from typing import Any

import click

from consumers.commands.options import json_option, program_options
from consumers.commands.printing import Printer, print_json

NO_EXAMPLE = (
    "The example is not installed: only a clone of this project has it, where `make demo` runs it. "
    "`consumers up` deploys the program of this folder."
)


@click.command()
@program_options
@click.option("--workflow", is_flag=True, help="Run the whole workflow instead: the stack workflow.")
@click.option(
    "--histories",
    type=click.IntRange(1, 1000),
    default=10,
    show_default=True,
    help="Files to upload with --workflow, each with 100 hands.",
)
@json_option("Print the outcome as one JSON object, and progress on stderr.")
@click.pass_context
def demo(context: click.Context, stack: str, project: Path, workflow: bool, histories: int, as_json: bool) -> None:
    """Run the example on a local AWS, and show the fate of ten messages.

    Exits with 1 unless nine hands are handled and exactly the poison one is in the dead-letter queue.

    With --workflow, it uploads hand histories instead, with some broken lines. Exits with 1 unless each good hand is in
    the ledger once, each broken line is reported, and topic and schedule have delivered.
    """
    from consumers.evaluate.program import ProgramError
    from consumers.local.emulator import LocalAwsError

    try:
        from demo import ten_hands, workflow_run
        from demo.demo_run import DemoError
    except ModuleNotFoundError:
        raise click.ClickException(NO_EXAMPLE) from None

    def is_default(option: str) -> bool:
        return context.get_parameter_source(option) is click.core.ParameterSource.DEFAULT

    if not workflow and not is_default("histories"):
        raise click.UsageError("--histories requires --workflow.")
    printer = Printer(to_stderr=as_json)
    outcome: Any
    try:
        if workflow:
            stack = "workflow" if is_default("stack") else stack
            outcome = workflow_run.demo(project, stack, histories, printer.step)
        else:
            outcome = ten_hands.demo(project, stack, printer.step)
    except (LocalAwsError, ProgramError, DemoError) as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        print_json(dataclasses.asdict(outcome))
    elif not workflow:
        printer.log("The log of poker-hands", outcome.log)
        printer.log("The log of big-pots", outcome.big_pots)
