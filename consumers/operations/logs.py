"""The lines that a function has written."""

from typing import Any


def lines(logs: Any, log_group: str, since: float = 0) -> list[str]:
    """Return the lines of a log group from `since` (seconds since 1970) on, in the order in which they were written.

    Each worker of a function writes a stream of its own, so lines are put in order across streams.
    """
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=log_group, startTime=int(since * 1000))
    events = [event for page in pages for event in page["events"]]
    return [event["message"].rstrip("\n") for event in sorted(events, key=lambda event: event["timestamp"])]
