"""Refuses `consumers up` and `consumers pulumi` on one local AWS, because neither knows the other's resources.

With fixed names, both would claim the same queues, and one would delete them under the other.
"""

from pathlib import Path

from consumers.evaluate.results import ProgramError
from consumers.local.background import FOLDER, read_object
from consumers.provider.cli_backend import resources_of, states

UPDATES = ("up", "update", "watch")
"""Commands of the CLI that create resources."""


def refuse_up(project: Path) -> None:
    """Raise ProgramError if `consumers pulumi` has a stack with resources here."""
    for stack, state in states(project / FOLDER / "pulumi" / "backend"):
        if any(str(one.get("type")).startswith("aws:") for one in resources_of(state)):
            raise ProgramError(
                f"`consumers pulumi` has the stack {stack} on this local AWS, which `consumers up` does not know: run "
                f"`consumers pulumi destroy --stack {stack}` first, or `consumers down`, which ends both."
            )


def refuse_pulumi(project: Path) -> None:
    """Raise ProgramError if `consumers up` has a stack with resources here."""
    for file in sorted((project / FOLDER / "stacks").glob("*.json")):
        if read_object(file).get("resources"):
            raise ProgramError(
                f"`consumers up` has the stack {file.stem} on this local AWS, which the Pulumi CLI does not know: run "
                "`consumers down` first, which ends it with everything in it."
            )
