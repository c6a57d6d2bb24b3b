"""Lambda's REPORT lines: what each invocation took, used and is billed.

FilterLogEvents returns the oldest lines first. So where a log is too large to read, short parts of it are read that
are spread evenly over the time. Each invocation is as likely in such a sample as any other. If all fall between these
parts, the sample is the oldest ones.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
"""

import re
import time
from dataclasses import dataclass, field, replace
from typing import Any

from consumers.operations.log_lines import INVOKED, readable
from consumers.operations.logs import matching

LIMIT = 20_000
"""Reports at most. The 99th percentile then rests on 200 of them."""
MAX_SECONDS = 60.0
PARTS_BITS = 5
PARTS = 2**PARTS_BITS
SHARES = [4.0**-power for power in range(6, 0, -1)]
"""Shares of the time that a sample may cover, the smallest first."""

LEAST_PARTS = 8
"""A sample with less than an eighth of the reports that the first reading has is not used: even traffic gives a quarter
at least."""

_PATTERN = '?"REPORT RequestId" ?"platform.report" ?"invoke request_id"'
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html"""
_REPORT = re.compile(r"REPORT RequestId: (\S+)\t")
_FIGURE = re.compile(r"\t([A-Z][A-Za-z ]*): (\d+(?:\.\d+)?) (?:ms|MB)\b")
_STATUS = re.compile(r"\tStatus: (\w+)")


@dataclass(frozen=True)
class Report:
    """One invocation."""

    time: float
    """Seconds since 1970, at its end."""
    request_id: str
    duration_ms: float
    """Without the initialization."""
    billed_ms: float
    """As Lambda writes it. Since August 2025 it includes the initialization of a cold start, and with SnapStart a part
    of the restore.
    https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/"""
    memory_mb: int
    """The configured memory."""
    used_mb: int
    """The most that its execution environment has used since its start: earlier invocations count too."""
    init_ms: float | None
    """The initialization, or with SnapStart the restore, of a cold start. None where the environment existed before,
    as it does with provisioned concurrency.
    https://docs.aws.amazon.com/lambda/latest/dg/snapstart-monitoring.html"""
    messages: int | None
    """The size of the batch, as `sqs_batch` logs it. None for other runtimes, for a log level above INFO, and where
    that line is in a part of the log that was not read."""
    status: str = "success"
    """`success`, `error`, `failure` or `timeout`. An invocation that reports failed messages is a success."""


@dataclass(frozen=True)
class Reports:
    """The invocations in a log."""

    reports: list[Report]
    """By time."""
    since: float
    until: float
    """Seconds since 1970."""
    share: float = 1.0
    """The share of the time from `since` to `until` that was read, above 0, to 1. A sum over `reports`, divided by it,
    estimates the sum over the whole time."""

    @property
    def is_cut(self) -> bool:
        """Whether only a part of the log was read, because it has too many lines or takes too long."""
        return self.share < 1


def read(logs: Any, log_group: str, since: float, limit: int = LIMIT, max_seconds: float = MAX_SECONDS) -> Reports:
    """Return the invocations that ended since `since` (seconds since 1970): all, or else a sample.

    :param logs: the boto3 client of CloudWatch Logs.
    :param limit: reports at most.
    :param max_seconds: how long to read. A log of many other lines takes long, although they are not transferred.
    """
    begin, now = time.monotonic(), time.time()
    until = max(now, since + 1)
    whole = _Reading(logs, log_group, limit, begin + max_seconds / 2)
    whole.read(since, until)
    found = whole
    if not whole.is_complete:
        sample = _sample(logs, log_group, (since, until), limit, begin + max_seconds)
        # A burst may fall between the parts: then the first invocations say more.
        found = sample if len(sample.reports) * LEAST_PARTS > len(whole.reports) else whole
    reports = [replace(one, messages=found.batches.get(one.request_id)) for one in found.reports.values()]
    share = min(1.0, max(found.seconds, 0.001) / (until - since))
    return Reports(sorted(reports, key=lambda one: one.time), since, until, share)


def parsed(line: str, when: float) -> Report | None:
    """Return the report in a line of either log format, with its time; None for any other line."""
    line = readable(line)
    match = _REPORT.match(line)
    figures = dict(_FIGURE.findall(line)) if match else {}
    try:
        return Report(
            when,
            match[1] if match else "",
            float(figures["Duration"]),
            float(figures["Billed Duration"]),
            int(figures["Memory Size"]),
            int(figures["Max Memory Used"]),
            next((float(figures[name]) for name in ("Init Duration", "Restore Duration") if name in figures), None),
            None,
            status[1] if (status := _STATUS.search(line)) else "success",
        )
    except (KeyError, ValueError):
        return None


@dataclass
class _Reading:
    """What was read of a log, within bounds."""

    logs: Any
    log_group: str
    limit: int
    deadline: float
    reports: dict[str, Report] = field(default_factory=dict[str, Report])
    """By request id, because the local AWS returns some lines twice."""
    batches: dict[str, int] = field(default_factory=dict[str, int])
    """Messages by request id."""
    seconds: float = 0.0
    """The time that was read."""
    is_complete: bool = True

    def read(self, start: float, end: float) -> None:
        """Read from `start` to `end`, or to a bound."""
        last = start
        for page in matching(self.logs, self.log_group, _PATTERN, start, end):
            for when, line in page:
                if len(self.reports) >= self.limit:
                    break
                self._note(when, line)
                last = when
            if len(self.reports) >= self.limit or time.monotonic() > self.deadline:
                self.is_complete = False
                self.seconds += last - start
                return
        self.seconds += end - start

    def _note(self, when: float, line: str) -> None:
        if report := parsed(line, when):
            self.reports[report.request_id] = report
        elif match := INVOKED.search(readable(line)):
            self.batches[match[1]] = int(match[2])


def _sample(logs: Any, log_group: str, period: tuple[float, float], limit: int, deadline: float) -> _Reading:
    """Return the largest sample within the bounds: the same share of each of `PARTS` parts of the period."""
    since, until = period
    length = (until - since) / PARTS
    largest = _Reading(logs, log_group, limit, deadline)
    for share in SHARES:
        sample = _Reading(logs, log_group, limit, deadline)
        for start in (since + part * length for part in _SPREAD):
            sample.read(start, start + share * length)
            if not sample.is_complete:
                return largest if largest.reports else sample
        largest = sample
    return largest


_SPREAD = [int(f"{part:0{PARTS_BITS}b}"[::-1], 2) for part in range(PARTS)]
"""The numbers of the parts, in an order in which those before any point are spread evenly too."""
