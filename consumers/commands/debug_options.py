"""The options of commands that run a handler of the working copy under a debugger."""

import functools
from collections.abc import Callable
from typing import Any

import click

PORT = click.IntRange(0, 65_535)


def debug_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--debug`, `--debug-port` and `--pdb`, which the command gets as `debugger: Debugger | None`."""

    @click.option("--debug", is_flag=True, help="Wait until an editor attaches: with debugpy, or to Node.js.")
    @debug_port_option
    @click.option(
        "--pdb", is_flag=True, help="Open pdb in the terminal at breakpoint() and where a message fails. Python only."
    )
    @functools.wraps(command)
    def with_debugger(debug: bool, debug_port: int | None, pdb: bool, **rest: Any) -> None:
        from consumers.working_copy.debugging import Debugger

        if pdb and (debug or debug_port is not None):
            raise click.UsageError("--pdb excludes --debug: one asks in the terminal, the other in an editor.")
        is_editor = debug or debug_port is not None
        debugger = Debugger("pdb") if pdb else Debugger("debugpy", debug_port) if is_editor else None
        command(debugger=debugger, **rest)

    return with_debugger


def debug_port_option(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--debug-port`, as `debug_port`; None where it is not passed."""
    text = "Port of --debug on 127.0.0.1; 0: any free one.  [default: 5678, or 9229 for Node.js]"
    return click.option("--debug-port", type=PORT, help=text)(command)
