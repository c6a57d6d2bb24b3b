"""The dead letters of a consumer on the local AWS, with their reasons, seen without receiving them."""

from collections import Counter
from collections.abc import Sequence
from functools import partial

from consumers.local import queue_contents
from consumers.local.emulator import LocalAws
from consumers.operations.dead_letters import dead_letter_queue
from consumers.operations.dead_letters.letters import DeadLetter
from consumers.operations.dead_letters.reasons import Explained
from consumers.operations.dead_letters.scanning import with_reasons
from consumers.operations.discovery import Consumer

MOST_COMPARED = 100
"""Dead letters that are looked at again every second, and not only when their number has changed."""


def read(aws: LocalAws, consumer: Consumer) -> list[Explained]:
    """Return the dead letters that come from this consumer, the newest first."""
    queue = dead_letter_queue.of(aws.client, consumer)
    found = [DeadLetter.of(message) for message in queue_contents.messages(aws, queue.url)]
    own = [letter for letter in found if queue.is_own(letter)]
    return with_reasons(own[::-1], partial(dead_letter_queue.read_logs, aws.client, queue))


def counted(letters: Sequence[Explained]) -> list[tuple[str, int]]:
    """Return each reason and the number of its letters, the most frequent first."""
    counts = Counter(one.reason.group for one in letters)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def ids(aws: LocalAws, url: str) -> frozenset[str]:
    """Return the ids of all messages in a queue."""
    return frozenset(message["MessageId"] for message in queue_contents.messages(aws, url))


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
        if url is None or (count == before and (count == 0 or count > MOST_COMPARED or known == ids(self._aws, url))):
            return False
        self._known[consumer.name] = (count, ids(self._aws, url), read(self._aws, consumer) if count else [])
        return True
