"""What a dead-letter queue holds: a row for each reason."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from consumers.operations.dead_letters import dead_letter_queue
from consumers.operations.dead_letters.reasons import Explained
from consumers.operations.dead_letters.scanning import explained
from consumers.operations.discovery import Client, Consumer

SAMPLE = 10
"""Letters that `top_reason` looks at."""


@dataclass
class Row:
    """Letters of one origin that failed for the same reason."""

    consumer: str
    reason: str
    """Without numbers, ids and quoted values, where they differ."""
    source: str
    """Where the reason comes from: see `Reason.source`."""
    count: int
    first: float
    """When the first of them was sent, in seconds since 1970."""
    last: float
    receives: int
    """The most receives of one of them."""
    example: str
    """The id of the newest."""


class Summary:
    """Counts letters by origin and reason. It keeps nothing of the letters themselves."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], Row] = {}

    @property
    def total(self) -> int:
        return sum(row.count for row in self._rows.values())

    def add(self, found: Iterable[tuple[str, Explained]]) -> None:
        """Count letters with the names of the consumers that they come from."""
        for consumer, one in found:
            self._add(consumer, one)

    def rows(self) -> list[Row]:
        """Return the rows by consumer, and the most frequent reason first."""
        return sorted(self._rows.values(), key=lambda row: (row.consumer, -row.count, row.reason))

    def _add(self, consumer: str, one: Explained) -> None:
        letter, reason = one.letter, one.reason
        new = Row(consumer, reason.group, reason.source, 0, letter.sent, letter.sent, 0, letter.id)
        row = self._rows.setdefault((consumer, reason.group), new)
        row.count += 1
        row.first = min(row.first, letter.sent)
        row.receives = max(row.receives, one.receives)
        if letter.sent >= row.last:
            row.last, row.example, row.source = letter.sent, letter.id, reason.source


def top_reason(client: Client, consumer: Consumer) -> str | None:
    """Return the most frequent reason among the first letters that SQS returns; None without dead letters."""
    if consumer.dead_letter_queue_url is None:
        return None
    queue = dead_letter_queue.of(client, consumer)
    summary = Summary()
    with queue.hold(client, SAMPLE) as hold:
        for letters in explained(hold, partial(dead_letter_queue.read_logs, client, queue), fifo=queue.fifo):
            summary.add((consumer.name, one) for one in letters if queue.is_own(one.letter))
    rows = summary.rows()
    return max(rows, key=lambda row: row.count).reason if rows else None
