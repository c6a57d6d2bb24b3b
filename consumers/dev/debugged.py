"""`consumers dev --debug NAME`: the handler of one consumer under a debugger, attached to its queue on the local AWS.

`consumers attach` does the work, in a process that ends with this one.
"""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from consumers.dev.view import PassingView, View
from consumers.local.emulator import LocalAws

END_TIMEOUT = 30.0
"""Seconds for the batch that is under way, and for the function to take over again."""
START = "from consumers.dev.debugged import main; main()"


class Debugged(PassingView):
    """A view that attaches the handler whenever the stack is up, and passes everything on."""

    def __init__(self, view: View, project: Path, stack: str, name: str, port: int | None) -> None:
        """`port` is the debugger's, on 127.0.0.1; None for its usual one."""
        super().__init__(view)
        self._name = name
        self._options = ["--project", str(project), "--stack", stack, "--debug"]
        if port is not None:
            self._options += ["--debug-port", str(port)]
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._exists = self._has_ended = False

    def started(self, title: str, aws: LocalAws, consumers: Sequence[str]) -> None:
        super().started(title, aws, consumers)
        self._exists = self._name in consumers
        if not self._exists:
            names = ", ".join(consumers) or "none"
            self._view.message(f"--debug: there is no consumer '{self._name}' in the stack {title}. There is: {names}.")

    def updated(self, steps: Sequence[str], seconds: float) -> None:
        super().updated(steps, seconds)
        self._attach()

    def end(self) -> None:
        """Let the function take over again."""
        with self._lock:
            self._has_ended, process = True, self._process
        if process is None:
            return
        process.send_signal(signal.SIGINT)
        try:
            process.wait(END_TIMEOUT)
        except subprocess.TimeoutExpired:  # at a breakpoint: its lease runs out, and the messages come back
            process.kill()

    def _attach(self) -> None:
        """Attach, unless that has been done; a save reaches the handler before its next batch."""
        with self._lock:
            if not self._exists or self._has_ended or (self._process and self._process.poll() is None):
                return
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", START, self._name, *self._options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,  # Ctrl-C is ours to pass on
            )
        threading.Thread(target=self._pass_on, args=(self._process,), daemon=True).start()

    def _pass_on(self, process: "subprocess.Popen[str]") -> None:
        for line in process.stdout or ():
            self._view.log(self._name, line.rstrip("\n"))


def main() -> None:
    """Run `consumers attach` with our arguments until standard input ends, which it does when the parent dies."""
    from consumers.cli import main as consumers

    threading.Thread(target=_interrupt_at_end, daemon=True).start()
    consumers.main(["attach", *sys.argv[1:]], prog_name="consumers")


def _interrupt_at_end() -> None:
    sys.stdin.read()
    # To the main thread, which may wait in a system call: a signal of this thread's own would not end that.
    main_thread = threading.main_thread().ident or 0
    signal.pthread_kill(main_thread, signal.SIGINT)
    time.sleep(END_TIMEOUT)  # at a breakpoint, the first one waits for the editor
    signal.pthread_kill(main_thread, signal.SIGINT)
