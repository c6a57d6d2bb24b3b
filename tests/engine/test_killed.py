"""`consumers pulumi up`, killed at one moment or another: with everything that it has started, or one process alone."""

import os
import signal
import subprocess
import time
from collections.abc import Callable

import pytest

from consumers.local.background import find
from consumers.local.emulator import LocalAws
from consumers.provider.orphaned_processes import processes_of
from engine_stack import Shell, kill_with_descendants
from left_over import left_over
from source_programs import ALLOWED, BY_ROLE

ONE_CONSUMER = """
from components import QueueConsumer, QueueConsumerArgs
QueueConsumer("hands", QueueConsumerArgs(source="functions/poker_hands"))
"""
SIX_CONSUMERS = """
from components import QueueConsumer, QueueConsumerArgs
for number in range(6):
    QueueConsumer(f"hands-{number}", QueueConsumerArgs(source="functions/poker_hands"))
"""


@pytest.mark.parametrize(
    ("program", "everything", "begun"),
    # How many of the program's resources `left_over` counts; and how many the update has begun when it is killed.
    [(None, 12, 9), (f"{ALLOWED}{BY_ROLE}", 20, 26)],
    ids=["the example", "what feeds a queue"],
)
def test_whenever_an_update_is_killed_the_next_one_repairs_it(
    shell: Shell, program: str | None, everything: int, begun: int
) -> None:
    if program is not None:
        (shell.project / "__main__.py").write_text(program)
    shell.consumers("pulumi", "stack", "ls")  # now there is a local AWS
    aws = find(shell.project)
    assert aws is not None
    kill_an_update(shell, begun)
    assert "pending" not in shell.consumers("pulumi", "up", "--yes", "--skip-preview")
    shell.consumers("pulumi", "up", "--yes", "--skip-preview", "--expect-no-changes")
    assert count(aws) == everything
    shell.consumers("pulumi", "destroy", "--yes", "--skip-preview")
    assert count(aws) == 0


def test_when_one_process_alone_is_killed_the_others_end_and_the_next_update_repairs(shell: Shell) -> None:
    (shell.project / "__main__.py").write_text(ONE_CONSUMER)
    shell.consumers("pulumi", "stack", "ls")
    aws = find(shell.project)
    assert aws is not None
    for moment, kill in ((7, kill_consumers), (1, kill_cli)):
        kill_an_update(shell, moment, kill)
        (run,) = (folder.name for folder in shell.project.glob(".consumers/pulumi/notes/*"))
        assert "pending" not in shell.consumers("pulumi", "up", "--yes", "--skip-preview")
        assert processes_of(run) == []
        shell.consumers("pulumi", "refresh", "--yes", "--skip-preview", "--expect-no-changes")
        assert {kind: len(found) for kind, found in left_over(aws).items()} == OF_ONE_CONSUMER
        shell.consumers("pulumi", "destroy", "--yes", "--skip-preview")
        assert count(aws) == 0


OF_ONE_CONSUMER = {"queues": 2, "functions": 1, "mappings": 1, "log groups": 1, "roles": 1}


def kill_consumers(process_id: int) -> None:
    os.kill(process_id, signal.SIGKILL)


def kill_cli(process_id: int) -> None:
    os.kill(cli_of(process_id), signal.SIGKILL)


def cli_of(process_id: int) -> int:
    listed = subprocess.check_output(["ps", "-A", "-o", "ppid=,pid=,comm="], text=True)
    rows = [line.split(maxsplit=2) for line in listed.splitlines()]
    (cli,) = (int(child) for parent, child, name in rows if int(parent) == process_id and name.endswith("pulumi"))
    return cli


@pytest.mark.parametrize(("number", "also_to_the_cli"), [(signal.SIGTERM, False), (signal.SIGHUP, True)])
def test_a_signal_ends_the_update_in_order(shell: Shell, number: signal.Signals, also_to_the_cli: bool) -> None:
    # Six of them, so that the update is far from its end when the signal comes, also on a busy machine.
    (shell.project / "__main__.py").write_text(SIX_CONSUMERS)
    update = begin_an_update(shell, 1)
    if also_to_the_cli:  # as a terminal that is closed
        os.kill(cli_of(update.pid), number)
    update.send_signal(number)
    assert (update.wait(), is_locked(shell)) == (255, False)
    assert [*shell.project.glob(".consumers/pulumi/notes/*")] == []
    assert "was killed" not in shell.consumers("pulumi", "up", "--yes", "--skip-preview")
    aws = find(shell.project)
    assert aws is not None
    assert {kind: len(found) for kind, found in left_over(aws).items()} == {
        kind: 6 * found for kind, found in OF_ONE_CONSUMER.items()
    }


def kill_an_update(shell: Shell, begun: int, kill: Callable[[int], None] = kill_with_descendants) -> None:
    update = begin_an_update(shell, begun)
    kill(update.pid)
    update.wait()
    assert is_locked(shell)


def begin_an_update(shell: Shell, begun: int) -> "subprocess.Popen[bytes]":
    update = shell.begin("pulumi", "up", "--yes", "--skip-preview")
    while len([*shell.project.glob(".consumers/pulumi/notes/*/*")]) < begun:
        assert update.poll() is None
        time.sleep(0.01)
    return update


def is_locked(shell: Shell) -> bool:
    return any((shell.project / ".consumers/pulumi/backend/.pulumi/locks").rglob("*.json"))


def count(aws: LocalAws) -> int:
    return sum(map(len, left_over(aws).values()))
