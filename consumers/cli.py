"""The command `consumers`: parses and prints, nothing else."""

import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """SQS queue consumers on AWS Lambda, and an AWS inside this machine to try them on."""


@main.command()
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
        click.echo(json.dumps(dataclasses.asdict(outcome)))
    else:
        printer.log("The log of PokerHandsConsumer", outcome.log)
        printer.log("The log of big-pots", outcome.big_pots)


class Printer:
    """Prints the story: a time and a title for each step, details below it."""

    def __init__(self, to_stderr: bool) -> None:
        from rich.console import Console

        self.console = Console(stderr=to_stderr, highlight=False, soft_wrap=True)

    def step(self, seconds: float, title: str, lines: Sequence[str]) -> None:
        self.console.print(f"[dim]{seconds:5.1f} s[/dim]  [bold]{title}[/bold]", markup=True)
        for line in lines:
            self.console.print(f"         {line}", markup=False)

    def log(self, title: str, lines: Sequence[str]) -> None:
        self.console.print(f"\n[bold]{title}[/bold]")
        for line in lines:
            style = "red" if "[ERROR]" in line else "dim" if line.startswith(("START", "END", "REPORT")) else None
            self.console.print(f"  {line}", style=style, markup=False)


if __name__ == "__main__":
    sys.exit(main())
