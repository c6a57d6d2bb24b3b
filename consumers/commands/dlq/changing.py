"""What redrive, export and purge share: hold the selected letters, show them, and say what was left alone."""

import dataclasses
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from consumers.commands.dlq.preview import Preview
from consumers.commands.dlq.reading import held, read
from consumers.commands.printing import echo, print_json
from consumers.commands.target import Target
from consumers.operations.dead_letters.choosing import Chosen
from consumers.operations.dead_letters.dead_letter_queue import DeadLetterQueue
from consumers.operations.dead_letters.edits import Edit
from consumers.operations.dead_letters.holding import Hold
from consumers.operations.dead_letters.reasons import Explained
from consumers.operations.dead_letters.scanning import Spool
from consumers.operations.dead_letters.selection import Selection


@dataclass(frozen=True)
class Change:
    """The selected letters, which are held, and what the user has seen of them."""

    hold: Hold
    chosen: Chosen
    preview: Preview

    @property
    def count(self) -> int:
        """How many letters are shown; on a FIFO queue there may be more behind them."""
        return self.preview.summary.total


@contextmanager
def change(
    target: Target, queue: DeadLetterQueue, name: str, selection: Selection, edit: Edit | None = None
) -> Generator[Change]:
    """Hold the selected letters until the end of the block, and show them."""
    preview = Preview(name, edit)
    with held(target, queue) as hold, Spool[Explained]() as spool:

        def read_some(some: Selection) -> Iterable[list[Explained]]:
            # After the preview, only a selection needs the reasons.
            is_first = not preview.summary.total
            with_log = is_first or some.reason is not None
            return read(target, queue, hold, some, others=preview.others if is_first else None, with_log=with_log)

        chosen = Chosen(hold, read_some, selection, spool, fifo=queue.fifo)
        for letters in chosen.first():
            preview.add(letters)
        preview.show(queue.name, fifo=queue.fifo and selection.limit is None)
        yield Change(hold, chosen, preview)


def end_without_change(preview: Preview, where: Mapping[str, Any], *, as_json: bool) -> None:
    """Say that nothing is changed: it is a dry run, or nothing is selected."""
    rows = [dataclasses.asdict(row) for row in preview.summary.rows()]
    if as_json:
        print_json({"done": 0, "selected": preview.summary.total, "reasons": rows, **where})
    else:
        echo("Nothing is changed: this is a dry run." if rows else "There is no such dead letter.")
