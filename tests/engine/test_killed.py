"""`consumers pulumi up`, killed at one moment or another with everything that it has started."""

import time

import pytest

from consumers.local.background import find
from consumers.local.emulator import LocalAws
from engine_stack import Shell, kill_with_descendants, left_over
from source_programs import ALLOWED, BY_ROLE


@pytest.mark.parametrize(
    ("program", "everything", "moments"),
    # How many of the program's resources `left_over` counts; and how many the update has begun when it is killed.
    [(None, 12, [2, 9, 12]), (f"{ALLOWED}{BY_ROLE}", 20, [19, 26])],
    ids=["the example", "what feeds a queue"],
)
def test_whenever_an_update_is_killed_the_next_one_repairs_it(
    shell: Shell, program: str | None, everything: int, moments: list[int]
) -> None:
    if program is not None:
        (shell.project / "__main__.py").write_text(program)
    shell.consumers("pulumi", "stack", "ls")  # now there is a local AWS
    aws = find(shell.project)
    assert aws is not None
    for moment in moments:
        kill_an_update(shell, moment)
        assert "pending" not in shell.consumers("pulumi", "up", "--yes", "--skip-preview")
        shell.consumers("pulumi", "up", "--yes", "--skip-preview", "--expect-no-changes")
        assert count(aws) == everything
        shell.consumers("pulumi", "destroy", "--yes", "--skip-preview")
        assert count(aws) == 0


def kill_an_update(shell: Shell, begun: int) -> None:
    update = shell.begin("pulumi", "up", "--yes", "--skip-preview")
    while len([*shell.project.glob(".consumers/pulumi/notes/*/*")]) < begun:
        assert update.poll() is None
        time.sleep(0.01)
    kill_with_descendants(update.pid)
    update.wait()
    assert is_locked(shell)


def is_locked(shell: Shell) -> bool:
    return any((shell.project / ".consumers/pulumi/backend/.pulumi/locks").rglob("*.json"))


def count(aws: LocalAws) -> int:
    return sum(map(len, left_over(aws).values()))
