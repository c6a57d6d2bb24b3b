"""`consumers try --save-tests`: one test for each reason that still occurs."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from consumers.commands.printing import echo

if TYPE_CHECKING:
    from consumers.working_copy.copies import WorkingCopy
    from consumers.working_copy.saved_tests import FailedLetter, SavedTests
    from consumers.working_copy.trial import Outcome
    from consumers.working_copy.trial_letters import TrialLetters


def check_folder(folder: Path, project: Path) -> None:
    """Refuse a folder outside of the project before anything is tried."""
    from consumers.working_copy import saved_tests

    try:
        saved_tests.check_folder(folder, project)
    except saved_tests.SavedTestsError as error:
        raise click.ClickException(str(error)) from None


def failed_letters(outcome: "Outcome", letters: "TrialLetters", queue_arn: str) -> "list[FailedLetter]":
    """Return a few letters for each reason, as the handler got them."""
    from consumers.working_copy.events import record_of_letter
    from consumers.working_copy.saved_tests import FailedLetter

    reasons = {id: why for row in outcome.rows.all() for after in row.after for id, why in after.ids.items()}
    return [
        FailedLetter(record_of_letter(one.letter, queue_arn), reasons[one.letter.id]) for one in letters.all(reasons)
    ]


def save(
    folder: Path,
    copy: "WorkingCopy",
    project: Path,
    stack: str,
    failed: "Sequence[FailedLetter]",
    redact: Sequence[str],
) -> "SavedTests":
    """Write the tests."""
    from consumers.working_copy.saved_tests import SavedTests, SavedTestsError, save

    if not failed:
        return SavedTests()
    try:
        return save(folder, copy, project, stack, failed, redact)
    except SavedTestsError as error:
        raise click.ClickException(str(error)) from None


def print_saved(saved: "SavedTests") -> None:
    """Print which tests there are now."""
    for path in saved.written:
        echo(f"Test written: {path}")
    for path in saved.kept:
        echo(f"Test kept as it is: {path}")
    for note in saved.notes:
        echo(note, err=True, color="yellow")


def as_data(saved: "SavedTests") -> dict[str, list[str]]:
    """Return them as JSON shows them."""
    return {"written": [*map(str, saved.written)], "kept": [*map(str, saved.kept)], "notes": saved.notes}
