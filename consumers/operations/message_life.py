"""The life of one message, from the lines of the function's log that name it, and from the receipts of redrives.

SQS keeps no history, and the runtime logs nothing about a message that it has handled. A message keeps its id when SQS
moves it to the dead-letter queue. It gets another one when the runtime sends it there, or when a redrive sends it back:
these ids are followed.
"""

import calendar
import json
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from consumers.operations.log_lines import FAILED, SENT, readable

MAX_SECONDS = 120.0
"""Limit of reading each id: AWS searches all lines since the time, and throttles the calls."""

_NOT_SENT = re.compile(r"\bnot sent to the dead-letter queue: message_id=(\S+) reason=(.*)", re.DOTALL)
_NOT_STARTED = re.compile(r"\bNOT STARTED records=\d+ message_ids=(\S+)")
_ID = re.compile(r"[\w-]{1,100}", re.ASCII)


class ReceiptsError(Exception):
    """A file does not hold the receipts of a redrive. The text says why."""


@dataclass(frozen=True)
class Event:
    """Something that happened to a message."""

    time: float
    """Seconds since 1970."""
    id: str
    """The id that the message had then."""
    kind: str
    """`failed`, `rejected`, `not started`, `sent to the dead-letter queue`, `not sent to the dead-letter queue`,
    `redriven`, `not redriven`, `redriven and not deleted`, `logged`, or `no line` for a receive that must have been."""
    detail: str
    """The reason, the new id, or the whole line of the log."""
    receive: int | None = field(default=None, compare=False)
    """The number of the receive, from 1, where the log has it."""
    stream: str = field(default="", compare=False)
    """The log stream."""

    @property
    def line(self) -> str:
        """The event in one line, with its time in UTC."""
        receive = "" if self.receive is None else f"receive {self.receive} "
        moment = datetime.fromtimestamp(self.time, UTC).isoformat(timespec="milliseconds")
        return f"{moment}  {receive}{self.kind}{self.detail and f': {self.detail}'}"


@dataclass(frozen=True)
class Receipt:
    """A line of a redrive's receipts."""

    old_id: str
    new_id: str | None
    time: float
    outcome: str
    """See `consumers.operations.dead_letters.receipts.Line`."""
    why: str = ""


@dataclass(frozen=True)
class Life:
    """What is known of a message, in order."""

    events: list[Event]
    is_cut: bool
    """Whether the time was up before the log was read to its end."""


def is_id(text: str) -> bool:
    """Whether this can be the id of a message."""
    return _ID.fullmatch(text) is not None


def read(
    logs: Any,
    log_group: str,
    message_id: str,
    since: float,
    receipts: Sequence[Receipt] = (),
    max_seconds: float = MAX_SECONDS,
) -> Life:
    """Return what happened to a message since `since` (seconds since 1970), under each of its ids."""
    end, is_cut = time.monotonic() + max_seconds, False
    ids, events = [message_id], dict[Event, None]()
    for one in ids:  # grows while other ids are found
        events |= dict.fromkeys(event for receipt in receipts for event in _redriven(receipt, one))
        for lines in _pages(logs, log_group, one, since):
            for event in (_parsed(line, one) for line in lines):
                if event.id == one:  # lines of one millisecond stay in the order of the search for their own id
                    events.pop(event, None)
                events.setdefault(event)
            if time.monotonic() > end:
                is_cut = True
                break
        ids += [other for other in dict.fromkeys(_linked(events, one)) if other not in ids]
    return Life(_with_gaps(sorted(events, key=lambda event: event.time)), is_cut)


def read_receipts(lines: Iterable[bytes], name: str) -> Iterator[Receipt]:
    """Yield the receipts in a file with this name; raise ReceiptsError for a line that is not one."""
    for number, line in enumerate(lines, 1):
        try:
            data: dict[str, str | None] = json.loads(line)
            when = calendar.timegm(time.strptime(str(data["when"]), "%Y-%m-%dT%H:%M:%SZ"))
            why = data.get("why") or ""
            yield Receipt(str(data["old_id"]), data.get("new_id"), float(when), str(data["outcome"]), why)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise ReceiptsError(f"{name}:{number}: not a receipt as `consumers dlq redrive` writes it.") from None


def _pages(logs: Any, log_group: str, message_id: str, since: float) -> Iterator[list[dict[str, Any]]]:
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=log_group, startTime=int(since * 1000), filterPattern=f'"{message_id}"'
    )
    try:
        for page in pages:
            yield page["events"]
    except logs.exceptions.ResourceNotFoundException:  # the function was never invoked, or its log is deleted
        return


def _parsed(event: dict[str, Any], message_id: str) -> Event:
    line, stream, when = readable(event["message"].rstrip("\n")), event["logStreamName"], event["timestamp"] / 1000
    if match := FAILED.search(line):
        kind = "failed" if match[1] == "FAIL" else "rejected"
        return Event(when, match[2], kind, match[4].strip(), int(match[3]), stream)
    if match := _NOT_SENT.search(line):
        return Event(when, match[1], "not sent to the dead-letter queue", match[2].strip(), None, stream)
    if match := SENT.search(line):
        return Event(when, match[1], "sent to the dead-letter queue", f"as {match[2]}", None, stream)
    if _NOT_STARTED.search(line):
        return Event(when, message_id, "not started", "", None, stream)
    return Event(when, message_id, "logged", line, None, stream)


def _redriven(receipt: Receipt, message_id: str) -> Iterator[Event]:
    if message_id not in (receipt.old_id, receipt.new_id):
        return
    if receipt.outcome == "sent":
        yield Event(receipt.time, receipt.old_id, "redriven", f"as {receipt.new_id}")
    elif receipt.outcome == "failed":
        yield Event(receipt.time, receipt.old_id, "not redriven", receipt.why)
    elif receipt.outcome == "twice":
        yield Event(receipt.time, receipt.old_id, "redriven and not deleted", receipt.why)


def _linked(events: Iterable[Event], message_id: str) -> Iterator[str]:
    """Yield the ids that the message had before and after this one."""
    for event in events:
        if event.kind in ("sent to the dead-letter queue", "redriven"):
            pair = (event.id, event.detail.removeprefix("as "))
            if message_id in pair:
                yield from pair


def _with_gaps(events: Sequence[Event]) -> list[Event]:
    """Add the receives that must have happened, because later ones are there, and that have left no line."""
    last: dict[str, int] = {}
    complete: list[Event] = []
    for event in events:
        if event.receive is not None:
            why = "not started, timed out or crashed"
            missing = range(last.get(event.id, 0) + 1, event.receive)
            complete += [Event(event.time, event.id, "no line", why, number) for number in missing]
            last[event.id] = event.receive
        complete.append(event)
    return complete
