"""The reasons that a function's log gives, joined by the ids of messages, which SQS keeps when it moves them."""

import bisect
import re
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from consumers.operations.dead_letters.letters import DeadLetter
from consumers.operations.dead_letters.reasons import UNKNOWN, Reason
from consumers.operations.log_lines import FAILED, SENT, readable
from consumers.operations.logs import matching

_ENDED = re.compile(
    r"Task timed out after \S+ seconds|Status: timeout|Runtime exited[^\n]*|Runtime\.ExitError[^\n]*|signal: killed"
)
_PATTERN = '?"message_id" ?"timed out" ?"Status: timeout" ?"Runtime exited" ?"ExitError" ?"signal: killed"'
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html"""
RECENT = 1_000
NEAR = 3_600.0
"""Seconds between a message's first receive and the end of an invocation that may have been its own."""


@dataclass(frozen=True)
class Bounds:
    """How much of a log is read. AWS throttles FilterLogEvents at a few calls a second."""

    seconds: float = 30
    lines: int = 200_000


@dataclass
class Logged:
    """What a log says."""

    reasons: dict[str, Reason] = field(default_factory=dict[str, Reason])
    """The newest reason of each message, by its id."""
    ends: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])
    """When an invocation ended without a reply (seconds since 1970), and the line that says so, in order."""
    recent: dict[str, Reason] = field(default_factory=dict[str, Reason])
    """The reasons of the last `RECENT` failures, for those that the function then sent under a new id."""
    is_cut: bool = False
    """Whether the bounds ended the reading before the log did."""

    def reason(self, letter: DeadLetter) -> Reason:
        """Return the reason by the message's id, else by time, else unknown."""
        return self.reasons.get(letter.id) or self._end_near(letter) or UNKNOWN

    def _end_near(self, letter: DeadLetter) -> Reason | None:
        first = letter.first_received
        at = bisect.bisect_left(self.ends, (first, ""))
        if not first or at == len(self.ends) or self.ends[at][0] > first + NEAR:
            return None
        return Reason(f"unknown, probably: {self.ends[at][1]}", "time")


def read(logs: Any, log_group: str, ids: Collection[str], start: float, bounds: Bounds | None = None) -> Logged:
    """Read the log from `start` (seconds since 1970) on, within the bounds."""
    bounds = bounds or Bounds()
    found, until = Logged(), time.monotonic() + bounds.seconds
    lines = (line for page in matching(logs, log_group, _PATTERN, start) for line in page)
    for count, (when, line) in enumerate(lines, 1):
        if count > bounds.lines or time.monotonic() > until:
            found.is_cut = True
            break
        _note(found, when, readable(line), ids)
    found.ends.sort()
    return found


def _note(found: Logged, when: float, line: str, ids: Collection[str]) -> None:
    if match := FAILED.search(line):
        reason = Reason(match[4].strip(), "log", int(match[3]))
        found.recent.pop(match[2], None)  # so that the newest is the last
        found.recent[match[2]] = reason
        if match[2] in ids:
            found.reasons[match[2]] = reason
        if len(found.recent) > RECENT:
            del found.recent[next(iter(found.recent))]
    elif (match := SENT.search(line)) and match[2] in ids and match[1] in found.recent:
        found.reasons[match[2]] = found.recent[match[1]]
    elif match := _ENDED.search(line):
        found.ends.append((when, match[0]))
