"""The newest lines of a log: as many as a page shows."""

import time
from collections import deque
from typing import Any

from consumers.operations.logs import Line

MOST_PAGES = 20
"""At most this many calls: AWS throttles FilterLogEvents at a few a second."""


def read(logs: Any, log_group: str, seconds: float, most: int) -> tuple[list[Line], bool]:
    """Return the newest lines of the last `seconds`, at most `most`; and whether there may be newer ones.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
    """
    start = int((time.time() - seconds) * 1000)
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=log_group, startTime=start)
    lines: deque[Line] = deque(maxlen=most)
    try:
        for number, page in enumerate(pages, 1):
            events = sorted(page["events"], key=lambda event: event["timestamp"])
            lines.extend(Line(e["timestamp"], e["logStreamName"], e["message"].rstrip("\n")) for e in events)
            if number == MOST_PAGES:
                return list(lines), True
    except logs.exceptions.ResourceNotFoundException:  # the function was never invoked
        pass
    return list(lines), False
