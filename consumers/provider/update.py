"""`consumers up`: brings a local AWS to the state that a program declares, and remembers what it created."""

import fcntl
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from consumers.evaluate.program import deploy
from consumers.evaluate.results import Message, ProgramError, Step
from consumers.evaluate.stack_config import check_stack_name
from consumers.local.background import FOLDER
from consumers.resource_table import Aws, ResourceError


class UpdateRunning(ProgramError):
    """Another update of this project is running."""


@dataclass(frozen=True)
class Outcome:
    """The result of an update."""

    steps: list[Step]
    unchanged: int
    exports: dict[str, Any]
    secret_exports: frozenset[str]


def update(
    project: Path,
    stack: str,
    aws: Aws,
    on_step: Callable[[Step], None] = lambda step: None,
    on_message: Callable[[Message], None] = lambda message: None,
    is_stopped: Callable[[], bool] = lambda: False,
    finding_collector: Any = None,
) -> Outcome:
    """Create, update and replace what the program of `project` registers, then delete what it no longer registers.

    After an interruption or a failure, the next update continues. No step begins once `is_stopped` returns True: the
    SDK may swallow a KeyboardInterrupt, and then continues with what the program has registered. A `finding_collector`
    gets the findings about each component, and must raise those that are errors.

    Raises:
        ProgramError: the program or a resource has failed, or a protected resource would be deleted.
        UpdateRunning: another update is running.
    """
    # Here: they import pulumi, which takes as long as starting the local AWS.
    from consumers.provider.stack_apply import StackUpdate
    from consumers.provider.stack_record import StackRecord

    check_stack_name(stack)
    folder = project.resolve() / FOLDER / "stacks"
    try:
        with _lock(folder):
            record = StackRecord(folder / f"{stack}.json")
            if record.resources:
                record.save()  # a full disk stops the update before its first change
            changes = StackUpdate(aws, record, on_step, on_message, is_stopped)
            changes.delete_unfinished()
            deployment = deploy(
                project,
                aws,
                stack=stack,
                provision=changes.apply,
                on_message=on_message,
                finding_collector=finding_collector,
            )
            changes.delete_rest()
    except ResourceError as error:
        raise ProgramError(str(error)) from None
    except OSError as error:
        raise ProgramError(f"The record of the stack cannot be written: {error}") from None
    return Outcome(changes.steps, changes.unchanged, deployment.exports, deployment.secret_exports)


@contextmanager
def _lock(folder: Path) -> Generator[None]:
    """Refuse a second update of this project."""
    folder.mkdir(exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise UpdateRunning("Another `consumers up` is running in this project: wait until it ends.") from None
    finally:
        os.close(descriptor)
