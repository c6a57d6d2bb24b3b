"""Saves dead letters as tests: for each reason one that fails now, and passes once the handler is fixed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from consumers.working_copy.copies import WorkingCopy
from consumers.working_copy.events import Record


class SavedTestsError(Exception):
    """Tests cannot be written. The text says why."""


@dataclass(frozen=True)
class FailedLetter:
    """A message that the handler of the working copy does not handle."""

    record: Record
    """As the handler got it."""
    reason: str
    """Why it failed, from `failures`. A message without a reason gets no test."""


@dataclass(frozen=True)
class SavedTests:
    """What became of each reason."""

    written: list[Path] = field(default_factory=list[Path])
    """The new test files."""
    kept: list[Path] = field(default_factory=list[Path])
    """Test files of an earlier run, which are as they were."""
    notes: list[str] = field(default_factory=list[str])
    """Lines for the user: why a reason has no test, and what the files hold."""


def save(
    folder: Path,
    copy: WorkingCopy,
    project: Path,
    stack: str,
    failed: Sequence[FailedLetter],
    redact: Sequence[str] = (),
) -> SavedTests:
    """Write a test for each reason into `folder`, which must be inside the folder `project`.

    A message is run on its own first, without an AWS and without the values at `redact`: what does not fail for the
    same reason then gets no test.

    :param copy: as `load` returns it, without values of the deployed function
    :param redact: paths such as `player.name` in JSON bodies, `hands.*.user`, `messageAttributes.tenant` or
        `attributes.MessageGroupId`

    Raises:
        SavedTestsError: `folder` is outside of the project, a path is in no message, or a file cannot be written.
    """
    raise NotImplementedError
