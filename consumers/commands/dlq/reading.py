"""What the `dlq` commands share: find the queue, read its letters, say what limited the reading."""

from collections.abc import Collection, Generator, Iterator
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
from consumers.operations.dead_letters.scanning import explained
from consumers.operations.dead_letters.selection import Selection, selected

LOG = Bounds()


def find_queue(target: Target, name: str, stack: str | None) -> DeadLetterQueue:
    """Return the dead-letter queue of one consumer, with the others that share it."""
    consumer = discovery.find_one(target.client, name, stack)
    queue = dead_letter_queue.of(target.client, consumer)
    if not queue.is_shared:
        return queue
    return dead_letter_queue.of(target.client, consumer, discovery.find(target.client))


@contextmanager
def held(target: Target, queue: DeadLetterQueue) -> Generator[Hold]:
    """Hold what is read until the end of the block; say so if the in-flight quota ended the reading."""
    with queue.hold(target.client) as hold:
        yield hold
        if hold.is_full:
            echo(
                f"Not all of {queue.name} is read: SQS allows 120,000 messages in flight. Redrive or purge some of "
                "them, and repeat this.",
                err=True,
                color="yellow",
            )


def read(
    target: Target, queue: DeadLetterQueue, hold: Hold, selection: Selection, consumer: str | None = None
) -> Iterator[list[Explained]]:
    """Yield the letters that a selection means, with their reasons; of a shared queue only those of the consumer."""
    found = explained(hold, partial(_read_logs, target, queue), fifo=queue.fifo)
    if consumer is not None:
        found = ([one for one in letters if queue.origin(one.letter) == consumer] for letters in found)
    return selected(found, selection)


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
