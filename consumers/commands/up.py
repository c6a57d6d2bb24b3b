import contextlib
import dataclasses
import signal
import sys
import threading
import time
import warnings
from collections.abc import Generator
from pathlib import Path
from typing import Any

import click

from consumers.commands.options import json_option, local_port_option, program_options
from consumers.commands.printing import Printer, echo, print_json

MARKS = {"created": "+", "updated": "~", "replaced": "+-", "deleted": "-", "retained": "="}
COLORS = {"created": "green", "updated": "yellow", "replaced": "magenta", "deleted": "red"}
SECRET = "[secret]"
INTERRUPTED = "Interrupted. Finished steps stay; the next `consumers up` continues from there."


@click.command()
@program_options
@local_port_option
@json_option("Print the outcome as one JSON object, and progress on stderr.")
def up(stack: str, project: Path, port: int | None, as_json: bool) -> None:
    """Deploy the program to the local AWS, without the Pulumi CLI.

    Creates, updates, replaces and deletes resources until the local AWS matches the program. The local AWS runs in the
    background until `consumers down`.
    """
    from consumers.evaluate.program import ProgramError
    from consumers.evaluate.stack_config import advice_on_stack
    from consumers.local.emulator import LocalAwsError

    printer = Printer(to_stderr=as_json)
    if advice := advice_on_stack(project, stack):
        echo(advice, err=True)
    with _interruptible() as interrupted:
        try:
            # The program's own output counts as progress.
            with contextlib.redirect_stdout(sys.stderr if as_json else sys.stdout):
                outcome = _up(stack, project, port, printer, interrupted)
        except (LocalAwsError, ProgramError, KeyboardInterrupt) as error:
            raise click.ClickException(INTERRUPTED if interrupted.is_set() else str(error)) from None
    if as_json:
        print_json(outcome)
        return
    for name, value in outcome["exports"].items():
        printer.line(f"  {name}: {value}")


@contextlib.contextmanager
def _interruptible() -> Generator[threading.Event]:
    """Yield an event that Ctrl-C sets, besides raising KeyboardInterrupt."""
    interrupted = threading.Event()

    def interrupt(number: int, frame: object) -> None:
        interrupted.set()
        warnings.simplefilter("ignore", RuntimeWarning)  # about the SDK's coroutines that never run now
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)


def _up(stack: str, project: Path, port: int | None, printer: Printer, interrupted: threading.Event) -> dict[str, Any]:
    from consumers.evaluate.program import warm_up
    from consumers.evaluate.stack_config import read_stack_config
    from consumers.local.background import ensure
    from consumers.provider.stack_conflict import refuse_up
    from consumers.provider.update import update

    start = time.monotonic()
    region = read_stack_config(project, stack).region
    # Importing pulumi takes as long as the local AWS takes to start: do both at once.
    warming = threading.Thread(target=warm_up, daemon=True)
    warming.start()
    aws = ensure(project, region, port, warn=printer.line)
    refuse_up(project)  # after `ensure`, which removes the stacks of a local AWS that died
    warming.join()  # pulumi_aws cannot be imported by two threads at once
    outcome = update(
        project,
        stack,
        aws,
        on_step=lambda step: _print_step(printer, step),
        on_message=lambda message: _print_message(printer, message),
        is_stopped=interrupted.is_set,
    )
    seconds = round(time.monotonic() - start, 3)
    printer.line(f"= {outcome.unchanged} unchanged")
    printer.step(seconds, f"The stack {stack} is up at {aws.endpoint_url}")
    return {
        "stack": stack,
        "endpoint": aws.endpoint_url,
        "steps": [dataclasses.asdict(step) for step in outcome.steps],
        "unchanged": outcome.unchanged,
        "exports": {k: SECRET if k in outcome.secret_exports else value for k, value in outcome.exports.items()},
        "seconds": seconds,
    }


def _print_step(printer: Printer, step: Any) -> None:
    details = f": {', '.join(step.properties)}" if step.properties else ""
    line = f"{MARKS[step.action]:2} {step.type} {step.name} {step.action}{details} ({step.seconds:.2f} s)"
    printer.line(line, COLORS.get(step.action, ""))


def _print_message(printer: Printer, message: Any) -> None:
    about = f"{message.resource}: " if message.resource else ""
    printer.line(f"{message.severity}: {about}{message.text}")
