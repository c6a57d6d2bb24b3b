"""Ends the processes that a killed run of the Pulumi CLI leaves behind.

When the CLI is killed, its language host and the program live on; when `consumers` is killed, so does the CLI, with its
lock. Each has the id of the run in its environment.

`guarded` starts this file as a guard, in a session of its own so that no signal of the terminal reaches it. It imports
only the standard library, so that it starts at once.
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
"""Seconds. A killed process ends in milliseconds."""


@contextmanager
def guarded(run: str) -> Generator[None]:
    """Kill the processes of this run as soon as the `with` block fails or our own process is killed in it."""
    command = [sys.executable, "-I", "-S", __file__, run]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as guard:
        yield
        guard.kill()


def end(run: str) -> None:
    """Kill all processes of this run, including those that they start meanwhile, and wait until none is left."""
    deadline = time.monotonic() + END_TIMEOUT
    while (processes := processes_of(run)) and time.monotonic() < deadline:
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.01)


def processes_of(run: str) -> list[int]:
    """Return the processes of this run, without `consumers` and the guard."""
    with_environment = "-E" if sys.platform == "darwin" else "e"
    command = ["ps", "-A", with_environment, "-ww", "-o", "pid=,command="]
    lines = subprocess.run(command, stdout=subprocess.PIPE, text=True, errors="replace", check=False).stdout
    return [int(line.split()[0]) for line in lines.splitlines() if f" {VARIABLE}={run}" in line]


if __name__ == "__main__":
    sys.stdin.buffer.read()  # ends when the process that started the guard ends
    end(sys.argv[1])
