"""The reasons that a function's log gives, joined by the ids of messages, which SQS keeps when it moves them."""

import re
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from consumers.operations.dead_letters.reasons import Reason

_FAILED = re.compile(r"\b(?:FAIL|REJECT) message_id=(\S+) receive_count=(\d+) reason=(.*)", re.DOTALL)
_ENDED = re.compile(
    r"Task timed out after \S+ seconds|Status: timeout|Runtime exited.*|Runtime\.ExitError.*|signal: killed"
)
_PATTERN = '?"message_id" ?"timed out" ?"Status: timeout" ?"Runtime exited" ?"ExitError" ?"signal: killed"'
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html"""


@dataclass(frozen=True)
class Bounds:
    """How much of a log is read. AWS throttles FilterLogEvents at a few calls a second."""

    seconds: float = 30
    lines: int = 200_000


@dataclass
class Logged:
    """What was found."""

    reasons: dict[str, Reason] = field(default_factory=dict[str, Reason])
    """The newest reason of each message, by its id."""
    ends: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])
    """When an invocation timed out or crashed (seconds since 1970), and the line that says so."""
    is_cut: bool = False
    """Whether the bounds ended the reading before the log did."""


def read(logs: Any, log_group: str, ids: Collection[str], start: float, bounds: Bounds | None = None) -> Logged:
    """Read the log from `start` (seconds since 1970) on, within the bounds."""
    bounds = bounds or Bounds()
    found, until = Logged(), time.monotonic() + bounds.seconds
    for count, event in enumerate(_events(logs, log_group, start), 1):
        if count > bounds.lines or time.monotonic() > until:
            found.is_cut = True
            break
        _note(found, event["timestamp"] / 1000, event["message"].rstrip("\n"), ids)
    return found


def _events(logs: Any, log_group: str, start: float) -> Iterator[dict[str, Any]]:
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=log_group, startTime=int(start * 1000), filterPattern=_PATTERN
    )
    for page in pages:
        yield from page["events"]


def _note(found: Logged, when: float, line: str, ids: Collection[str]) -> None:
    if (match := _FAILED.search(line)) and match[1] in ids:
        found.reasons[match[1]] = Reason(match[3], "log")
    elif match := _ENDED.search(line):
        found.ends.append((when, match[0]))
