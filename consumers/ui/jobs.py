"""Runs other commands for the page: each is what a user would type, in a process of its own.

So an action does the same as its command, with its safety, and the page shows the command.
"""

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

MOST_JOBS = 50
MOST_LINES = 200
"""Of a job's messages, the newest."""


@dataclass(frozen=True)
class Call:
    """A command, as the page runs it and as a user would type it."""

    title: str
    arguments: Sequence[str]
    """Without `consumers`."""
    shown: Sequence[str]
    """What a user would type."""
    count: int = 0
    """How many dead letters it is about."""
    ids: Sequence[str] = ()
    """Their ids, for standard input; none where the arguments select."""
    back: str = "/"
    """The address of the page that it was started from."""

    @property
    def reads_ids(self) -> bool:
        """Whether a user would pass the ids on standard input, because they are many."""
        return "--ids" in self.shown

    @property
    def line(self) -> str:
        return shlex.join(["consumers", *self.shown])


@dataclass
class Job:
    """A command that runs, or has run."""

    number: int
    call: Call
    folder: Path
    on_end: Callable[["Job"], None] = lambda job: None
    began: float = field(default_factory=time.time)
    ended: float | None = None
    exit_code: int | None = None
    output: str = ""
    messages: list[str] = field(default_factory=list[str])
    is_stopped: bool = False
    _process: subprocess.Popen[str] | None = None

    @property
    def is_running(self) -> bool:
        return self.ended is None

    @property
    def has_failed(self) -> bool:
        """Whether it could not do all that was asked. A trial has done it, even if no letter passes."""
        return bool(not self.is_running and self.exit_code != 0 and "tried" not in self.outcome)

    @property
    def outcome(self) -> dict[str, Any]:
        """What the command printed as JSON; empty if it printed none."""
        try:
            found: Any = json.loads(self.output)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}  # pyright: ignore[reportUnknownVariableType]

    def run(self) -> None:
        """Run it to its end."""
        try:
            self._run()
        except OSError as error:
            self.messages.append(f"{self.call.line} cannot be started: {error}")
        finally:
            self.ended = time.time()
            self.on_end(self)

    def _run(self) -> None:
        command = [sys.executable, "-P", "-m", "consumers", *self.call.arguments]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command,
            cwd=self.folder,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            text=True,
            errors="replace",
            env={**os.environ, "NO_COLOR": "1"},
            start_new_session=True,  # Ctrl-C at the page's own terminal goes to the page, which then stops its jobs
        )
        assert self._process.stdin
        assert self._process.stdout
        assert self._process.stderr
        reader = threading.Thread(target=self._read_messages, args=(self._process.stderr,), daemon=True)
        reader.start()
        try:
            self._process.stdin.write("\n".join(self.call.ids))
            self._process.stdin.close()
        except BrokenPipeError:  # it has refused its options
            pass
        self.output = self._process.stdout.read()
        self.exit_code = self._process.wait()
        reader.join()

    def stop(self) -> None:
        """End it as Ctrl-C does: what is under way is finished, and the rest stays as it is."""
        process = self._process
        if process and self.is_running and not self.is_stopped:
            self.is_stopped = True
            process.send_signal(signal.SIGINT)

    def _read_messages(self, stream: IO[str]) -> None:
        for line in stream:
            self.messages.append(line.rstrip("\n"))
            del self.messages[:-MOST_LINES]


class Jobs:
    """The jobs of the page, the newest last. Several run at a time: each holds only what it works on."""

    def __init__(self, folder: Path) -> None:
        """Files that a job writes, such as an export, go to `folder`."""
        self._folder, self._lock = folder, threading.Lock()
        self._jobs: dict[int, Job] = {}
        self._threads: list[threading.Thread] = []
        self.version = 0
        """Grows when a job begins or ends."""

    def start(self, call: Call, on_end: Callable[[Job], None] = lambda job: None) -> Job:
        """Start a command, and return at once."""
        with self._lock:
            number = max(self._jobs, default=0) + 1

            def ended(job: Job) -> None:
                on_end(job)
                self.version += 1

            job = self._jobs[number] = Job(number, call, self._folder, ended)
            self.version += 1
            for old in [one for one in self._jobs.values() if not one.is_running][:-MOST_JOBS]:
                del self._jobs[old.number]
            thread = threading.Thread(target=job.run, daemon=True, name=f"job {number}")
            self._threads = [*(one for one in self._threads if one.is_alive()), thread]
            thread.start()
        return job

    def find(self, number: int) -> Job | None:
        return self._jobs.get(number)

    def all(self) -> list[Job]:
        """Return the jobs, the newest first."""
        return list(self._jobs.values())[::-1]

    def end(self, seconds: float) -> None:
        """Stop all jobs, and wait for what they have to finish."""
        for job in self.all():
            job.stop()
        for thread in self._threads:
            thread.join(seconds)
