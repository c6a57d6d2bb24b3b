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
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

MOST_JOBS = 50
MOST_LINES = 200
"""Of a job's messages, the newest."""
LARGE = {"passed_ids", "failures"}
"""The parts of a trial's outcome that have each letter. The letters know them afterwards."""


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
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    began: float = field(default_factory=time.time)
    ended: float | None = None
    exit_code: int | None = None
    outcome: dict[str, Any] = field(default_factory=dict[str, Any])
    """What the command printed as JSON; empty if it printed none."""
    messages: list[str] = field(default_factory=list[str])
    is_stopped: bool = False
    _process: subprocess.Popen[str] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_running(self) -> bool:
        return self.ended is None

    @property
    def has_failed(self) -> bool:
        """Whether it could not do all that was asked. A trial has done it, even if no letter passes."""
        return bool(not self.is_running and self.exit_code != 0 and "tried" not in self.outcome)

    def run(self, on_end: Callable[["Job"], None] = lambda job: None) -> None:
        """Run it to its end, and call `on_end` before it counts as ended.

        Afterwards the ids of its dead letters are forgotten, because a page keeps many jobs.
        """
        try:
            self.outcome = _read_outcome(self._run())
            on_end(self)
        finally:
            self.call = replace(self.call, ids=())
            self.outcome = {name: value for name, value in self.outcome.items() if name not in LARGE}
            self.ended = time.time()

    def _run(self) -> str:
        """Return what the command prints on standard output."""
        try:
            process = self._start()
        except (OSError, ValueError) as error:  # a null character, which no argument can have, is a ValueError
            self.messages.append(f"It cannot be started: {error}")
            return ""
        assert process.stdin
        assert process.stdout
        assert process.stderr
        reader = threading.Thread(target=self._read_messages, args=(process.stderr,), daemon=True)
        reader.start()
        with suppress(BrokenPipeError), process.stdin:  # closed early: it has refused its options
            process.stdin.write("\n".join(self.call.ids))
        output = process.stdout.read()
        self.exit_code = process.wait()
        reader.join()
        return output

    def _start(self) -> subprocess.Popen[str]:
        with self._lock:
            if self.is_stopped:
                raise OSError("it was stopped before")
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "consumers", *self.call.arguments],
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                env={**self.environment, "NO_COLOR": "1"},
                start_new_session=True,  # Ctrl-C at the page's own terminal goes to the page, which then stops its jobs
            )
            return self._process

    def stop(self) -> None:
        """End it as Ctrl-C does: what is under way is finished, and the rest stays as it is."""
        with self._lock:
            if self._process and self.is_running and not self.is_stopped:
                self._process.send_signal(signal.SIGINT)
            self.is_stopped = True

    def _read_messages(self, stream: IO[str]) -> None:
        for line in stream:
            self.messages.append(line.rstrip("\n"))
            del self.messages[:-MOST_LINES]


def _read_outcome(output: str) -> dict[str, Any]:
    try:
        found: Any = json.loads(output)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}  # pyright: ignore[reportUnknownVariableType]


class Jobs:
    """The jobs of the page, the newest last. Several run at a time: each holds only what it works on."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        """Files that a job writes, such as an export, go to `folder`. `environment` defaults to our own."""
        self._folder, self._environment = folder, dict(os.environ) if environment is None else environment
        self._lock = threading.Lock()
        self._jobs: dict[int, Job] = {}
        self._threads: list[threading.Thread] = []
        self.version = 0
        """Grows when a job begins or ends."""

    def start(self, call: Call, on_end: Callable[[Job], None] = lambda job: None) -> Job:
        """Start a command, and return at once."""
        with self._lock:
            number = max(self._jobs, default=0) + 1
            job = self._jobs[number] = Job(number, call, self._folder, self._environment)
            self.version += 1
            for old in [one for one in self._jobs.values() if not one.is_running][:-MOST_JOBS]:
                del self._jobs[old.number]
            thread = threading.Thread(target=self._run, args=(job, on_end), daemon=True, name=f"job {number}")
            self._threads = [*(one for one in self._threads if one.is_alive()), thread]
            thread.start()
        return job

    def find(self, number: int) -> Job | None:
        return self._jobs.get(number)

    def all(self) -> list[Job]:
        """Return the jobs, the newest first."""
        return list(self._jobs.values())[::-1]

    def end(self, seconds: float) -> None:
        """Stop all jobs, and wait at most `seconds` for what they have to finish."""
        for job in self.all():
            job.stop()
        latest = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, latest - time.monotonic()))

    def _run(self, job: Job, on_end: Callable[[Job], None]) -> None:
        try:
            job.run(on_end)
        finally:
            with self._lock:
                self.version += 1
