"""What the `dlq` commands share: find the queue, read its letters, say what limited the reading."""

from collections import Counter
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from consumers.commands.printing import echo
from consumers.commands.target import Target
from consumers.operations import discovery
from consumers.operations.dead_letters import dead_letter_queue
from consumers.operations.dead_letters.dead_letter_queue import DeadLetterQueue
from consumers.operations.dead_letters.holding import Hold
from consumers.operations.dead_letters.logged import Bounds, Logged
from consumers.operations.dead_letters.reasons import Explained
from consumers.operations.dead_letters.scanning import explained, without_log
from consumers.operations.dead_letters.selection import Selection, selected

LOG = Bounds()


def find_queue(target: Target, name: str, stack: str | None) -> DeadLetterQueue:
    """Return the dead-letter queue of one consumer."""
    return dead_letter_queue.of(target.client, discovery.find_one(target.client, name, stack))


@contextmanager
def held(target: Target, queue: DeadLetterQueue) -> Generator[Hold]:
    """Hold what is read until the end of the block; say so if that is not all."""
    with queue.hold(target.client) as hold:
        yield hold
        if hold.is_full:
            echo(
                f"Not all of {queue.name} is read: SQS allows 120,000 messages in flight. Redrive or purge some of "
                "them, and repeat this.",
                err=True,
                color="yellow",
            )
        elif hold.missing and not queue.fifo:  # a lost answer, or somebody else who reads, hides letters for a while
            echo(
                f"SQS counts {hold.missing:,} more in {queue.name} than it returned. Others may hold them, or the "
                "count is late: repeat this in two minutes.",
                err=True,
                color="yellow",
            )


def read(
    target: Target,
    queue: DeadLetterQueue,
    hold: Hold,
    selection: Selection,
    *,
    own: bool = True,
    others: Counter[str] | None = None,
    with_log: bool = True,
) -> Iterator[list[Explained]]:
    """Yield the letters that a selection means, with their reasons; with `own` those of the first consumer only.

    `others` counts the rest by where they come from. Without the log, some reasons stay unknown.
    """
    read_log = partial(_read_logs, target, queue) if with_log else without_log
    found = explained(hold, read_log, fifo=queue.fifo)
    if own:
        found = (_own(queue, letters, others) for letters in found)
    return selected(found, selection)


def _own(queue: DeadLetterQueue, letters: Sequence[Explained], others: Counter[str] | None) -> list[Explained]:
    if others is not None:
        others.update(queue.origin(one.letter) for one in letters if not queue.is_own(one.letter))
    return [one for one in letters if queue.is_own(one.letter)]


def _read_logs(target: Target, queue: DeadLetterQueue, ids: Collection[str], start: float) -> Logged:
    logged = dead_letter_queue.read_logs(target.client, queue, ids, start)
    if logged.is_cut:
        unknown = len(ids) - len(logged.reasons)
        echo(
            f"The log is longer than what is read of it ({LOG.seconds:.0f} s, {LOG.lines:,} lines): the reasons of "
            f"{unknown:,} dead letters may be in the rest.",
            err=True,
            color="yellow",
        )
    return logged
