"""What a dead-letter queue holds: a row for each reason."""

from collections.abc import Iterable
from dataclasses import dataclass

from consumers.operations.dead_letters.reasons import Explained


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
