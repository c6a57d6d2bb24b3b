"""`consumers up` and `consumers pulumi` on one local AWS: each has a record of its own, and neither knows the other's.

With fixed names both would claim the same queues, and whichever goes first deletes them under the other.
"""

from collections.abc import Iterator
from pathlib import Path

from consumers.evaluate.results import ProgramError
from consumers.local.background import FOLDER, read_object
from consumers.provider.repair import resources_of, state_of

UPDATES = ("up", "update", "watch")
"""Commands of the CLI that make resources."""


def refuse_up(project: Path) -> None:
    """Raise ProgramError where `consumers pulumi` has a stack here."""
    if stack := next(_stacks_of_pulumi(project), None):
        raise ProgramError(
            f"`consumers pulumi` has the stack {stack} on this local AWS, and `consumers up` knows nothing of it: "
            f"`consumers pulumi destroy --stack {stack}` first, or `consumers down`, which ends both."
        )


def refuse_pulumi(project: Path) -> None:
    """Raise ProgramError where `consumers up` has a stack here."""
    if stack := next(_stacks_of_up(project), None):
        raise ProgramError(
            f"`consumers up` has the stack {stack} on this local AWS, and the Pulumi CLI knows nothing of it: "
            "`consumers down` first, which ends it with all that is in it."
        )


def _stacks_of_up(project: Path) -> Iterator[str]:
    for file in sorted((project / FOLDER / "stacks").glob("*.json")):
        if read_object(file).get("resources"):
            yield file.stem


def _stacks_of_pulumi(project: Path) -> Iterator[str]:
    for file in sorted((project / FOLDER / "pulumi" / "backend" / ".pulumi" / "stacks").rglob("*.json")):
        if any(str(one.get("type")).startswith("aws:") for one in resources_of(state_of(file))):
            yield file.stem
