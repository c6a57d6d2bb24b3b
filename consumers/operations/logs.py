"""The log lines of a function."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

LATE_SECONDS = 30.0
"""How much later than newer lines of other streams a line may arrive, so that `Tail` still reads it."""

PAGE_SIZE = 10_000  # maximum of events in a response


@dataclass(frozen=True)
class Line:
    """One log line."""

    timestamp: int
    """Milliseconds since 1970, UTC."""
    stream: str
    """Each execution environment of a function writes its own log stream."""
    message: str
    """Without the newline at its end."""


class Tail:
    """Polls a log group, and returns each line once."""

    def __init__(self, logs: Any, log_group: str, since: float = 0) -> None:
        """Start at `since` (seconds since 1970)."""
        self._logs, self._log_group, self._start = logs, log_group, int(since * 1000)
        self._seen: set[tuple[Line, int]] = set()

    def new(self) -> list[Line]:
        """Return the lines since the last call, sorted by time across streams."""
        fresh: list[Line] = []
        while True:
            lines, is_truncated = self._read()
            fresh += self._unseen(lines)
            if not is_truncated or lines[-1].timestamp <= self._start:
                break
            self._start = lines[-1].timestamp
        newest = max((line.timestamp for line in fresh), default=0)
        self._start = max(self._start, newest - int(LATE_SECONDS * 1000))
        self._seen = {(line, n) for line, n in self._seen if line.timestamp >= self._start}
        return sorted(fresh, key=lambda line: line.timestamp)

    def _read(self) -> tuple[list[Line], bool]:
        """Return the lines, and whether there are more: the local AWS truncates them without a next token."""
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=self._log_group, startTime=self._start
        )
        lines: list[Line] = []
        size = 0
        for page in pages:
            size = len(page["events"])
            lines += [Line(e["timestamp"], e["logStreamName"], e["message"].rstrip("\n")) for e in page["events"]]
        return lines, size >= PAGE_SIZE

    def _unseen(self, lines: list[Line]) -> list[Line]:
        # The local AWS has no eventId, so equal lines are numbered. Every response contains all lines of a
        # millisecond, so equal lines always get the same numbers.
        fresh: list[Line] = []
        counts: Counter[Line] = Counter()
        for line in lines:
            counts[line] += 1
            if (line, counts[line]) not in self._seen:
                self._seen.add((line, counts[line]))
                fresh.append(line)
        return fresh


def lines(logs: Any, log_group: str, since: float = 0) -> list[str]:
    """Return the lines of a log group since `since` (seconds since 1970), sorted by time."""
    return [line.message for line in Tail(logs, log_group, since).new()]


def matching(
    logs: Any, log_group: str, pattern: str, start: float, end: float | None = None
) -> Iterator[list[tuple[float, str]]]:
    """Yield pages of the lines that match a filter pattern: time (seconds since 1970, as `start` and `end`) and text.

    AWS returns empty pages while it searches. The local AWS cuts an answer without a token: begin again at its last
    line, which then comes twice.
    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
    """
    until = {} if end is None else {"endTime": int(end * 1000)}
    while True:
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=log_group, startTime=int(start * 1000), filterPattern=pattern, **until
        )
        last, size = start, 0
        try:
            for page in pages:
                found = [(event["timestamp"] / 1000, event["message"].rstrip("\n")) for event in page["events"]]
                size, last = len(found), max([last, *(when for when, _ in found)])
                yield found
        except logs.exceptions.ResourceNotFoundException:  # the function was never invoked, or its log is deleted
            return
        if size < PAGE_SIZE or last == start:
            return
        start = last
