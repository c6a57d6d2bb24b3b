"""Reads the letters that a command changes: once, or on a FIFO queue round by round."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from consumers.operations.dead_letters.holding import Hold
from consumers.operations.dead_letters.reasons import Explained
from consumers.operations.dead_letters.scanning import Spool
from consumers.operations.dead_letters.selection import Selection

Read = Callable[[Selection], Iterable[list[Explained]]]
"""Reads what is visible, and yields the selected letters."""


class Chosen:
    """The selected letters of a queue, which stay held.

    Of a FIFO group SQS shows the first messages only, until those are deleted. So there `first` is what can be shown
    before anything is changed, and `all` has more.
    """

    def __init__(self, hold: Hold, read: Read, selection: Selection, spool: Spool[Explained], *, fifo: bool) -> None:
        self._hold, self._read, self._selection, self._spool = hold, read, selection, spool
        self._fifo = fifo

    def first(self) -> Iterator[list[Explained]]:
        """Yield the letters that are visible now, put them aside, and give back all others."""
        ids: set[str] = set()
        for letters in self._read(self._selection):
            self._spool.add(letters)
            ids.update(one.letter.id for one in letters)
            yield letters
        if not self._fifo:
            self._hold.give_back_all_but(ids)

    def all(self) -> Iterator[list[Explained]]:
        """Yield the letters that `first` put aside, and on a FIFO queue those behind them.

        On a FIFO queue the caller deletes the letters of each list before it asks for the next one.
        """
        groups: set[str | None] = set()
        for letters in self._spool.chunks():
            groups.update(one.letter.group for one in letters)
            yield letters
        limit, count = self._selection.limit, self._spool.count
        if not self._fifo or count == limit:
            return
        # Those that are not selected, or that failed, lead their groups: give them back, and SQS shows what follows.
        self._hold.give_back_groups(groups)
        for letters in self._read(replace(self._selection, limit=limit and limit - count)):
            yield letters
            self._hold.give_back_groups({one.letter.group for one in letters})
