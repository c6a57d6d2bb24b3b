"""What became of dead letters in a trial: a row for each reason, before and after."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from consumers.operations.dead_letters.reasons import Explained, Reason

NO_REASON = "reported as failed, without a reason"
MOST_IDS = 10
"""Of letters that fail for one reason: a batch may fail for any one of its messages."""


@dataclass
class After:
    """Letters that fail for the same reason now."""

    reason: str
    """Without numbers, ids and quoted values, where they differ."""
    text: str
    """The reason of the newest, with them; empty without one."""
    count: int = 0
    sent: float = 0
    """When the newest was sent, in seconds since 1970."""
    example: str = ""
    """The id of the newest."""
    ids: dict[str, str] = field(default_factory=dict[str, str])
    """The reasons of the first ones, by their ids."""


@dataclass
class Row:
    """Letters that had failed for the same reason."""

    reason: str
    count: int = 0
    passed: int = 0
    reasons: dict[str, After] = field(default_factory=dict[str, After])
    """Why the others fail now."""

    @property
    def failed(self) -> int:
        return self.count - self.passed

    @property
    def after(self) -> list[After]:
        """Why letters fail now, the most frequent reason first."""
        return sorted(self.reasons.values(), key=lambda after: (-after.count, after.reason))

    @property
    def is_as_before(self) -> bool:
        """Whether those that fail do so for the same reason as before."""
        return set(self.reasons) == {self.reason}

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON shows it."""
        after = [{"reason": each.reason, "count": each.count, "example": each.example} for each in self.after]
        return {"reason": self.reason, "count": self.count, "passed": self.passed, "after": after}


class Rows:
    """Counts letters. It keeps nothing of the letters themselves."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}

    def succeed(self, one: Explained) -> None:
        """Count a letter that passes."""
        row = self._row(one)
        row.count += 1
        row.passed += 1

    def fail(self, one: Explained, reason: str) -> None:
        """Count a letter that fails; the reason is empty where the handler gives none."""
        row, group = self._row(one), Reason(reason, "log").group or NO_REASON
        row.count += 1
        after = row.reasons.setdefault(group, After(group, reason))
        after.count += 1
        if len(after.ids) < MOST_IDS:
            after.ids[one.letter.id] = reason
        if one.letter.sent >= after.sent:
            after.text, after.sent, after.example = reason, one.letter.sent, one.letter.id

    def all(self) -> list[Row]:
        """Return the rows, the most frequent reason first."""
        return sorted(self._rows.values(), key=lambda row: (-row.count, row.reason))

    def now(self) -> Iterable[After]:
        """Yield why letters fail now, one of each reason."""
        by_reason: dict[str, After] = {}
        for after in (each for row in self.all() for each in row.after):
            newest = by_reason.setdefault(after.reason, after)
            if after.sent > newest.sent:
                by_reason[after.reason] = after
        return by_reason.values()

    def _row(self, one: Explained) -> Row:
        return self._rows.setdefault(one.reason.group, Row(one.reason.group))
