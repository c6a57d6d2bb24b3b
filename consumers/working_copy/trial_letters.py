"""Letters that wait for a trial, on the disk, in the order in which they were sent."""

import pickle
import tempfile
from collections.abc import Collection, Iterator, Sequence
from types import TracebackType

from consumers.operations.dead_letters.reasons import Explained
from consumers.operations.dead_letters.scanning import IN_MEMORY


class TrialLetters:
    """Letters in memory while they are few, else in a temporary file that no name leads to.

    Of each one only its place stays in memory. A file holds one message at a time, which has 1 MiB at most.
    """

    def __init__(self, *, fifo: bool) -> None:
        """With `fifo` the order is that of reading: of a group, SQS returns the messages in order."""
        self._file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
        self._places: list[tuple[float, int]] = []
        self._fifo = fifo

    def __enter__(self) -> "TrialLetters":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    @property
    def count(self) -> int:
        return len(self._places)

    def add(self, letters: Sequence[Explained]) -> None:
        for one in letters:
            self._places.append((0 if self._fifo else one.letter.sent, self._file.tell()))
            pickle.dump(one, self._file)

    def all(self, ids: Collection[str] | None = None) -> Iterator[Explained]:
        """Yield the letters, or those with these ids. None may be added after."""
        for _, place in sorted(self._places):
            self._file.seek(place)
            one: Explained = pickle.load(self._file)
            if ids is None or one.letter.id in ids:
                yield one
