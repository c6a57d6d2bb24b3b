"""Ends the processes of a run of the Pulumi CLI that its own end left behind.

When the CLI is killed, its language host and the program live on; when `consumers` is killed, the CLI too, with its
lock. Each has the run's name in its environment, and that is how they are found.

`guarded` starts this file as a guard in a session of its own, where no signal for the terminal's processes reaches it.
Only the standard library is imported, so that the guard is there at once.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress

VARIABLE = "CONSUMERS_PULUMI_RUN"
END_TIMEOUT = 10.0
"""Seconds; a killed process is gone in milliseconds."""


@contextmanager
def guarded(run: str) -> Generator[None]:
    """Kill the processes of this run as soon as the `with` block fails, or our own process is killed in it."""
    command = [sys.executable, "-I", "-S", __file__, run]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as guard:
        yield
        guard.kill()


def end(run: str) -> None:
    """Kill all processes of this run, also those that they start meanwhile, and wait until none is left."""
    deadline = time.monotonic() + END_TIMEOUT
    while (processes := processes_of(run)) and time.monotonic() < deadline:
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.01)


def processes_of(run: str) -> list[int]:
    """Return the processes of this run; `consumers` and the guard are not among them."""
    with_environment = "-E" if sys.platform == "darwin" else "e"
    command = ["ps", "-A", with_environment, "-ww", "-o", "pid=,command="]
    lines = subprocess.run(command, stdout=subprocess.PIPE, text=True, errors="replace", check=False).stdout
    return [int(line.split()[0]) for line in lines.splitlines() if f" {VARIABLE}={run}" in line]


if __name__ == "__main__":
    sys.stdin.buffer.read()  # the other end of this pipe is closed when the process that started us ends
    end(sys.argv[1])
