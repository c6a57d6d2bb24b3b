"""The lines that a function has written."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

LATE = 30.0
"""Seconds that a line may come after later ones of other streams, and is still read by a `Tail`."""

PAGE = 10_000  # events in one answer at the most


@dataclass(frozen=True)
class Line:
    """A line of a log."""

    timestamp: int
    """Milliseconds since 1970, UTC."""
    stream: str
    """Each worker of a function writes a stream of its own."""
    message: str
    """Without the newline at its end."""


class Tail:
    """Reads a log group again and again, and gives each line once."""

    def __init__(self, logs: Any, log_group: str, since: float = 0) -> None:
        """Begin at `since` (seconds since 1970)."""
        self._logs, self._log_group, self._start = logs, log_group, int(since * 1000)
        self._seen: set[tuple[Line, int]] = set()

    def new(self) -> list[Line]:
        """Return what has come since the last call, in the order in which it was written, across streams."""
        fresh: list[Line] = []
        while True:
            lines, is_cut = self._read()
            fresh += self._unseen(lines)
            if not is_cut or lines[-1].timestamp <= self._start:
                break
            self._start = lines[-1].timestamp
        newest = max((line.timestamp for line in fresh), default=0)
        self._start = max(self._start, newest - int(LATE * 1000))
        self._seen = {(line, n) for line, n in self._seen if line.timestamp >= self._start}
        return sorted(fresh, key=lambda line: line.timestamp)

    def _read(self) -> tuple[list[Line], bool]:
        """Return the lines from the start on, and whether there are more: the local AWS cuts, and gives no token."""
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=self._log_group, startTime=self._start
        )
        lines: list[Line] = []
        size = 0
        for page in pages:
            size = len(page["events"])
            lines += [Line(e["timestamp"], e["logStreamName"], e["message"].rstrip("\n")) for e in page["events"]]
        return lines, size >= PAGE

    def _unseen(self, lines: list[Line]) -> list[Line]:
        # Not by eventId, which the local AWS does not give. Of equal lines the first, the second, … is the same one in
        # each reading, because a reading has all the lines of a millisecond.
        fresh: list[Line] = []
        counts: Counter[Line] = Counter()
        for line in lines:
            counts[line] += 1
            if (line, counts[line]) not in self._seen:
                self._seen.add((line, counts[line]))
                fresh.append(line)
        return fresh


def lines(logs: Any, log_group: str, since: float = 0) -> list[str]:
    """Return the lines of a log group from `since` (seconds since 1970) on, in the order in which they were written."""
    return [line.message for line in Tail(logs, log_group, since).new()]
