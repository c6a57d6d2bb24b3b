"""Where the letters of a trial come from: the dead-letter queue, or a file of `dlq export`."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from consumers.commands.dlq.reading import held, read
from consumers.commands.input_file import opened, valid
from consumers.commands.printing import echo
from consumers.commands.target import Target
from consumers.operations.dead_letters import exported_letters
from consumers.operations.dead_letters.dead_letter_queue import DeadLetterQueue
from consumers.operations.dead_letters.reasons import Explained
from consumers.operations.dead_letters.selection import Selection, selected
from consumers.operations.queues import depth

if TYPE_CHECKING:
    from consumers.working_copy.trial_letters import TrialLetters

CHUNK = 100  # lines


def read_queue(target: Target, queue: DeadLetterQueue, selection: Selection, letters: "TrialLetters") -> None:
    """Put the selected letters aside. They are visible again when this returns."""
    others = Counter[str]()
    with held(target, queue) as hold:
        for some in read(target, queue, hold, selection, others=others):
            letters.add(some)
        behind = depth(target.client("sqs"), queue.url).visible if queue.fifo and selection.limit is None else 0
    for origin, count in sorted(others.items()):
        echo(f"{count:,} of {origin} are not tried", err=True)
    if behind:
        echo(
            f"{behind:,} more cannot be read, because they are behind others of their groups.", err=True, color="yellow"
        )


def read_file(file: str, selection: Selection, letters: "TrialLetters", *, fifo: bool) -> None:
    """Put the selected letters of a file aside. One invalid line is an error."""
    with opened(file) as lines:
        found = valid(exported_letters.read(lines, fifo=fifo), file, "Nothing was tried.")
        for some in selected(_chunks(found), selection):
            letters.add(some)


def _chunks(lines: Iterator[Explained]) -> Iterator[list[Explained]]:
    while chunk := list(islice(lines, CHUNK)):
        yield chunk
