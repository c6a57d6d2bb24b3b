import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from consumers.commands.debug_options import debug_port_option
from consumers.commands.interruption import stopped_by_ctrl_c
from consumers.commands.options import local_port_option, program_options
from consumers.commands.printing import Printer, echo

if TYPE_CHECKING:
    from consumers.local.emulator import LocalAws


@click.command()
@program_options
@local_port_option
@click.option("--down", is_flag=True, help="End the local AWS with this command, and remove its data.")
@click.option("--debug", metavar="NAME", help="Run the handler of this consumer under an editor's debugger.")
@debug_port_option
def dev(stack: str, project: Path, port: int | None, down: bool, debug: str | None, debug_port: int | None) -> None:
    """Deploy to the local AWS, and again whenever a file is saved.

    Watches the program, its configuration, and the folders of its functions. A saved handler is live within half a
    second; a syntax error is shown, and the previous code stays. Without a terminal it prints a line for each event.

    --debug attaches the handler of one consumer to its queue, in place of the function: `consumers attach --debug`. It
    waits for the editor, and nothing times out at a breakpoint.

    Ctrl-C ends it with exit code 0, after an update that is under way. The local AWS stays up until `consumers down`,
    unless --down is passed.
    """
    from consumers.evaluate.program import ProgramError
    from consumers.evaluate.stack_config import advice_on_stack, read_stack_config

    try:
        read_stack_config(project, stack)
    except ProgramError as error:
        raise click.ClickException(str(error)) from None
    if advice := advice_on_stack(project, stack):
        echo(advice, err=True)
    if debug_port is not None and debug is None:
        raise click.UsageError("--debug-port requires --debug NAME.")
    _run(project, stack, port, debug, debug_port)
    _end(project, down=down)


def _run(project: Path, stack: str, port: int | None, debug: str | None, debug_port: int | None) -> None:
    from consumers.dev import on_screen, terminal
    from consumers.dev.debugged import Debugged
    from consumers.dev.loop import Loop
    from consumers.dev.paged import Paged
    from consumers.dev.screen import Screen

    screen = Screen(project, stack) if terminal.is_usable() else None
    paged = Paged(screen or LinesView(), project, stack)
    debugged = Debugged(paged, project, stack, debug, debug_port) if debug else None
    try:
        if screen:
            on_screen.run(screen, Loop(project, stack, port, debugged or paged))
        else:
            with stopped_by_ctrl_c() as stop:
                Loop(project, stack, port, debugged or paged, stop).run()
    finally:
        if debugged:
            debugged.end()
        paged.end()


def _end(project: Path, *, down: bool) -> None:
    from consumers.local import background

    if down:
        background.stop(project)
        echo("The local AWS has ended, and its data is removed.")
    elif background.find_usable(project):
        echo("The local AWS stays up: `consumers dev` continues with it, and `consumers down` ends it.")


class LinesView:
    """Prints a line for each event."""

    def __init__(self) -> None:
        self._printer, self._lock = Printer(), threading.Lock()

    def started(self, title: str, aws: "LocalAws", consumers: Sequence[str]) -> None:
        self._line(f"The stack {title} is up at {aws.endpoint_url}: {', '.join(consumers) or 'no consumers'}")

    def updating(self, files: Sequence[str]) -> None:
        self._line(f"Changed: {', '.join(files)}" if files else "Starting")

    def updated(self, steps: Sequence[str], seconds: float) -> None:
        for step in steps:
            self._line(f"  {step}")
        self._line(f"Live after {seconds:.2f} s" if steps else "Nothing has changed", "green")

    def failed(self, text: str) -> None:
        self._line(f"Not live: {text}", "red")
        self._line("The previous code stays until this is fixed.")

    def message(self, text: str) -> None:
        self._line(text)

    def log(self, consumer: str, line: str) -> None:
        self._line(f"{consumer}: {line}")

    def page(self, address: str) -> None:
        self._line(f"The page: {address}")

    def _line(self, text: str, color: str = "") -> None:
        with self._lock:
            self._printer.line(text, color)
