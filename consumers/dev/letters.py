"""The dead letters of all consumers on the local AWS, as the screen knows them."""

from collections import Counter
from collections.abc import Sequence

from consumers.local import dead_letters
from consumers.local.dead_letters import MOST_COMPARED
from consumers.local.emulator import LocalAws
from consumers.operations.dead_letters.reasons import Explained
from consumers.operations.discovery import Consumer


def counted(letters: Sequence[Explained]) -> list[tuple[str, int]]:
    """Return each reason and the number of its letters, the most frequent first."""
    counts = Counter(one.reason.group for one in letters)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


class Letters:
    """The dead letters of each consumer. They are read again only when they change, because their reasons may be in
    the function's log."""

    def __init__(self, aws: LocalAws) -> None:
        self._aws = aws
        self._known: dict[str, tuple[int, frozenset[str], list[Explained]]] = {}

    def known(self, name: str) -> list[Explained]:
        """Return the letters of a consumer as they were read last."""
        return self._known[name][2] if name in self._known else []

    def update(self, consumer: Consumer, count: int) -> bool:
        """Read the letters of a consumer whose dead-letter queue holds `count` now; return whether they changed."""
        before, known, _ = self._known.get(consumer.name, (0, frozenset(), []))
        url = consumer.dead_letter_queue_url
        if url is None or (
            count == before and (count == 0 or count > MOST_COMPARED or known == dead_letters.ids(self._aws, url))
        ):
            return False
        letters = dead_letters.read(self._aws, consumer) if count else []
        self._known[consumer.name] = (count, dead_letters.ids(self._aws, url), letters)
        return True
