"""The debuggers of a Python handler.

The handler's files are links to the source then. Code has the path of the source, where an editor sets breakpoints.
"""

import importlib
import logging
import os
import pdb
import socket
import sys
import time
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from importlib.machinery import SourceFileLoader
from itertools import count
from types import FrameType, TracebackType
from typing import Any, NoReturn, TextIO

End = Callable[[str], NoReturn]
"""Ends the process, and the invocation with an error."""
OWN = ["__main__", "python_debuggers", "sqs_batch"]
"""Modules in which stepping does not stop."""


def start(setting: str, end: End) -> Any:
    """Start the debugger `KIND:PORT`, and return what calls the handler under it."""
    _compile_at_source()
    kind, _, port = setting.partition(":")
    return _wait_for_editor(int(port)) if kind == "debugpy" else _ask_in_terminal(end)


def _compile_at_source() -> None:
    """Give code the path of the source in place of the link."""
    compiled = SourceFileLoader.source_to_code

    def at_source(self: SourceFileLoader, data: Any, path: str, **options: Any) -> Any:
        return compiled(self, data, os.path.realpath(path), **options)

    SourceFileLoader.source_to_code = at_source  # pyright: ignore[reportAttributeAccessIssue]
    sys.dont_write_bytecode = True  # code that is read from it would have the path of the link


def _wait_for_editor(port: int) -> Any:
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # it warns that breakpoints in the standard library may not hit
    debugpy: Any = importlib.import_module("debugpy")
    _wait_until_free(port)
    with _no_output():
        debugpy.listen(("127.0.0.1", port))
    debugpy.wait_for_client()
    return lambda handler, event, context: handler(event, context)  # pyright: ignore[reportUnknownVariableType, reportUnknownLambdaType]


def _wait_until_free(port: int) -> None:
    """Wait until an editor has left the process before this one, which has crashed: its adapter has the port."""
    for attempt in count():
        with socket.socket() as one, suppress(OSError):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(("127.0.0.1", port))
            return
        if attempt == 20:
            sys.stdout.write(f"127.0.0.1:{port} is in use: disconnect the editor from the process that has ended\n")
        time.sleep(0.1)


@contextmanager
def _no_output() -> Generator[None]:
    """Hide standard output from a process that is started: what belongs to debugpy outlives this one a little."""
    log, nothing = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)
        os.close(nothing)


def _ask_in_terminal(end: End) -> Any:
    terminal = _Terminal(end)
    pdb.set_trace = sys.breakpointhook = terminal.stop  # pyright: ignore[reportAttributeAccessIssue]
    logging.getLogger("sqs_batch").addHandler(_OfRecords(terminal))

    def call(handler: Any, event: Any, context: Any) -> Any:
        try:
            return handler(event, context)
        except Exception as error:
            terminal.look_at(error, "".join(traceback.format_exception_only(error)))
            raise
        finally:
            sys.settrace(None)

    return call


class _Terminal:
    """Asks in the terminal, because standard output is the function's log."""

    def __init__(self, end: End) -> None:
        self._end = end
        self._input, self._output = open("/dev/tty"), open("/dev/tty", "w")  # noqa: PTH123, SIM115

    def stop(self, *_: Any, **__: Any) -> None:
        """Stop where this is called."""
        self._new().set_trace(sys._getframe(1))  # pyright: ignore[reportPrivateUsage]

    def look_at(self, error: BaseException, title: str) -> None:
        """Look at the place where an error was raised."""
        debugger = self._new()
        print(title.rstrip(), file=self._output, flush=True)
        debugger.reset()
        debugger.interaction(None, error.__traceback__)

    def _new(self) -> "_Pdb":
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        time.sleep(0.05)  # the tool prints the log up to here first
        return _Pdb(self._end, self._input, self._output)


class _Pdb(pdb.Pdb):
    """Ends the process with `q`: the error that pdb raises for it would be taken for a failure of the message."""

    def __init__(self, end: End, stdin: TextIO, stdout: TextIO) -> None:
        super().__init__(stdin=stdin, stdout=stdout, nosigint=True, skip=OWN, readrc=False)
        self._end = end

    def interaction(self, frame: FrameType | None, traceback: TracebackType | BaseException | None) -> None:
        super().interaction(frame, traceback)  # pyright: ignore[reportArgumentType]
        if self.quitting:
            self._end("Runtime.ExitError: ended in pdb")


class _OfRecords(logging.Handler):
    """Looks at the error of a message, which `sqs_batch` logs while it handles it."""

    def __init__(self, terminal: _Terminal) -> None:
        super().__init__()
        self._terminal = terminal

    def emit(self, record: logging.LogRecord) -> None:
        error, line = sys.exc_info()[1], record.getMessage()
        if error and line.startswith(("FAIL ", "REJECT ")):
            self._terminal.look_at(error, line)
