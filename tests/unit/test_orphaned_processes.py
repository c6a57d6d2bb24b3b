"""What a killed run of the Pulumi CLI leaves running, and how it ends."""

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from consumers.provider import orphaned_processes

GUARDED = (
    "import sys; from consumers.provider.orphaned_processes import guarded\n"
    "with guarded(sys.argv[1]): print(flush=True); input()"
)


@pytest.fixture
def run() -> str:
    """A run of this test alone: what guards the run of another test may still be ending it."""
    return f"123-{uuid.uuid4().hex[:16]}"


@contextmanager
def sleeping(run: str) -> Generator["subprocess.Popen[bytes]"]:
    """A process of this run, in a session of its own as the CLI's plugins are in a group of their own."""
    environment = os.environ | {orphaned_processes.VARIABLE: run}
    with subprocess.Popen(["sleep", "600"], env=environment, start_new_session=True) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def guarded(run: str) -> Generator["subprocess.Popen[bytes]"]:
    """A process that is in `guarded`, until its input ends."""
    command = [sys.executable, "-c", GUARDED, run]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        yield process


def test_all_processes_of_a_run_are_killed_and_no_others(run: str) -> None:
    with sleeping(run) as first, sleeping(run) as second, sleeping("124-0123456789abcdef") as other:
        orphaned_processes.end(run)
        assert (first.wait(), second.wait(), other.poll()) == (-signal.SIGKILL, -signal.SIGKILL, None)


def test_they_are_killed_when_the_process_that_guards_them_is(run: str) -> None:
    with sleeping(run) as process, guarded(run) as ours:
        ours.kill()
        assert process.wait(timeout=60) == -signal.SIGKILL


def test_they_are_killed_when_the_block_fails(run: str) -> None:
    with sleeping(run) as process:
        with pytest.raises(KeyboardInterrupt), orphaned_processes.guarded(run):
            raise KeyboardInterrupt
        assert process.wait(timeout=60) == -signal.SIGKILL


def test_a_process_of_a_run_that_ended_normally_keeps_running(run: str) -> None:
    with sleeping(run) as process:
        with guarded(run) as ours:
            ours.communicate(b"\n")
        assert (ours.returncode, process.poll()) == (0, None)
