"""Reads a dead-letter queue: each letter with its reason, as a stream, whatever their number."""

import pickle
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from types import TracebackType
from typing import Generic, TypeVar

from consumers.operations.dead_letters.holding import Hold
from consumers.operations.dead_letters.letters import DeadLetter
from consumers.operations.dead_letters.logged import Logged
from consumers.operations.dead_letters.reasons import Explained, written

ReadLog = Callable[[Collection[str], float], Logged]
"""Reads the function's log for the ids of messages, from a time on (seconds since 1970)."""
IN_MEMORY = 16 * 2**20  # bytes; more goes to a temporary file
CHUNK = 100
CHUNK_BYTES = 8 * 2**20
Item = TypeVar("Item")


class Spool(Generic[Item]):
    """Items that are put aside: in memory while they are few, else in a temporary file that no name leads to."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
        self.count = 0

    def __enter__(self) -> "Spool[Item]":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def add(self, items: Sequence[Item]) -> None:
        for item in items:
            pickle.dump(item, self._file)
        self.count += len(items)

    def chunks(self) -> Iterator[list[Item]]:
        """Yield everything that was added, in its order: a hundred items at a time, or fewer large ones."""
        self._file.seek(0)
        chunk: list[Item] = []
        end = CHUNK_BYTES
        for _ in range(self.count):
            chunk.append(pickle.load(self._file))
            if len(chunk) == CHUNK or self._file.tell() >= end:
                yield chunk
                chunk, end = [], self._file.tell() + CHUNK_BYTES
        if chunk:
            yield chunk


def without_log(ids: Collection[str], start: float) -> Logged:
    """Read no log, where nobody needs the reasons: those that only the log has stay unknown."""
    return Logged()


def explained(hold: Hold, read_log: ReadLog, *, fifo: bool) -> Iterator[list[Explained]]:
    """Yield the letters with their reasons.

    On a standard queue those that need the log come last, so that it is read once. On a FIFO queue the order counts.
    """
    if fifo:
        for letters in hold.rounds():
            yield with_reasons(letters, read_log)
        return
    with Spool[DeadLetter]() as spool:
        ids, start = set[str](), float("inf")
        for letters in hold.rounds():
            yield [Explained(letter, reason) for letter in letters if (reason := written(letter))]
            others = [letter for letter in letters if not written(letter)]
            spool.add(others)
            ids.update(letter.id for letter in others)
            start = min([start, *(letter.sent for letter in others)])
        logged = read_log(ids, start) if ids else Logged()
        for chunk in spool.chunks():
            yield [Explained(letter, logged.reason(letter)) for letter in chunk]


def with_reasons(letters: Sequence[DeadLetter], read_log: ReadLog) -> list[Explained]:
    """Return the letters with their reasons; the log is read once, for those that need it."""
    others = [letter for letter in letters if not written(letter)]
    logged = read_log({letter.id for letter in others}, min(each.sent for each in others)) if others else Logged()
    return [Explained(letter, written(letter) or logged.reason(letter)) for letter in letters]
