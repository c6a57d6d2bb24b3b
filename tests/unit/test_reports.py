"""REPORT lines: how they are parsed, and how a log that is too large is sampled."""

import json
import random
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.operations import reports
from consumers.operations.reports import Report, Reports, parsed

TEXT = "REPORT RequestId: r\tDuration: 8.21 ms\tBilled Duration: 195 ms\tMemory Size: 128 MB\tMax Memory Used: 42 MB\t"


def as_json(status: str = "success", **metrics: float) -> str:
    figures = {"durationMs": 8.21, "billedDurationMs": 195, "memorySizeMB": 128, "maxMemoryUsedMB": 42} | metrics
    record = {"requestId": "r", "metrics": figures, "status": status}
    return json.dumps({"time": "t", "type": "platform.report", "record": record})


@pytest.mark.parametrize(
    ("line", "init_ms", "status"),
    [
        (TEXT, None, "success"),
        (f"{TEXT}Init Duration: 186.53 ms\t", 186.53, "success"),
        (f"{TEXT}Restore Duration: 474.16 ms\tBilled Restore Duration: 186 ms\t", 474.16, "success"),
        (f"{TEXT}Status: timeout", None, "timeout"),
        (f"{TEXT}Init Duration: 186.53 ms\tStatus: error\tError Type: Runtime.ExitError", 186.53, "error"),
        (f"{TEXT}\nXRAY TraceId: 1-2\tSegmentId: 3\tSampled: true\t", None, "success"),
        (as_json(), None, "success"),
        (as_json(initDurationMs=186.53), 186.53, "success"),
        (as_json(restoreDurationMs=474.16), 474.16, "success"),
        (as_json("timeout"), None, "timeout"),
    ],
)
def test_a_report_is_the_same_in_both_log_formats(line: str, init_ms: float | None, status: str) -> None:
    assert parsed(line, 5.0) == Report(5.0, "r", 8.21, 195, 128, 42, init_ms, None, status)


@pytest.mark.parametrize(
    "line",
    [
        "START RequestId: r Version: $LATEST",
        f"[INFO]\tt\tr\t{TEXT}",
        "INIT_REPORT Init Duration: 9999.01 ms\tPhase: init\tStatus: timeout",
        "RESTORE_REPORT Restore Duration: 474.16 ms",
        "REPORT RequestId: r\tDuration: 8.21 ms",
        TEXT.replace("128", "128.5"),
        as_json().replace("platform.report", "platform.restoreReport"),
        "",
    ],
)
def test_any_other_line_is_no_report(line: str) -> None:
    assert parsed(line, 5.0) is None


milliseconds = st.decimals(0, 900_000, places=2).map(float)
megabytes = st.integers(0, 10_240)


@given(milliseconds, milliseconds, megabytes, megabytes, st.none() | milliseconds)
def test_every_figure_is_read_from_both_formats(
    duration: float, billed: float, memory: int, used: int, init: float | None
) -> None:
    text = (
        f"REPORT RequestId: r\tDuration: {duration:.2f} ms\tBilled Duration: {billed:.2f} ms"
        f"\tMemory Size: {memory} MB\tMax Memory Used: {used} MB\t"
    )
    more: dict[str, Any] = {"durationMs": duration, "billedDurationMs": billed}
    more |= {"memorySizeMB": memory, "maxMemoryUsedMB": used}
    if init is not None:
        text, more = f"{text}Init Duration: {init:.2f} ms\t", more | {"initDurationMs": init}
    expected = Report(5.0, "r", duration, billed, memory, used, init, None)
    assert parsed(text, 5.0) == parsed(as_json(**more), 5.0) == expected


@settings(max_examples=50)
@given(st.text() | st.text().map(lambda rest: f"REPORT RequestId: r\t{rest}"))
def test_no_line_is_too_odd_to_read(line: str) -> None:
    assert parsed(line, 5.0) is None or "Duration" in line


class Logs:
    """A log group of reports at these times. It answers in pages of `page`, oldest first, as FilterLogEvents does."""

    class exceptions:  # noqa: N801
        class ResourceNotFoundException(Exception):
            pass

    def __init__(self, lines: list[tuple[float, str]], page: int = 100) -> None:
        self.lines, self.page, self.patterns, self.pages = lines, page, set[tuple[str, str]](), 0

    def get_paginator(self, _: str) -> "Logs":
        return self

    def paginate(self, **parameters: Any) -> Iterator[dict[str, Any]]:
        self.patterns.add((parameters["logGroupName"], parameters["filterPattern"]))
        events = [
            {"timestamp": int(when * 1000), "message": line}
            for when, line in self.lines
            if parameters["startTime"] <= int(when * 1000) <= parameters["endTime"]
        ]
        yield {"events": []}  # AWS answers so while it searches
        for at in range(0, len(events), self.page):
            self.pages += 1
            yield {"events": events[at : at + self.page]}


def invocation(when: float, request: str, messages: int = 10) -> list[tuple[float, str]]:
    return [
        (when, f"[INFO]\tt\t{request}\tinvoke request_id={request} memory_mb=128 records={messages}\n"),
        (when, TEXT.replace(": r\t", f": {request}\t") + "\n"),
    ]


def test_a_report_has_the_size_of_its_batch() -> None:
    now = time.time()
    other = TEXT.replace(": r\t", ": other\t")
    logs = Logs([*invocation(now - 9, "a", 3), *invocation(now - 8, "b", 7), (now - 7, other)])
    found = reports.read(logs, "group", now - 60)
    assert [(one.request_id, one.messages) for one in found.reports] == [("a", 3), ("b", 7), ("other", None)]
    assert not found.is_cut
    assert logs.patterns == {("group", '?"REPORT RequestId" ?"platform.report" ?"invoke request_id"')}
    assert (found.since, found.share) == (now - 60, 1)
    assert now <= found.until <= time.time()


def test_a_function_that_was_never_invoked_has_no_reports() -> None:
    class NoGroup(Logs):
        def paginate(self, **_: Any) -> Iterator[dict[str, Any]]:
            yield {"events": []}
            raise self.exceptions.ResourceNotFoundException

    assert reports.read(NoGroup([]), "group", time.time() - 60).reports == []


def test_a_time_in_the_future_has_no_reports() -> None:
    since = time.time() + 3600
    assert reports.read(Logs([]), "group", since) == Reports([], since, since + 1)


def test_of_a_large_log_a_sample_of_all_times_is_read() -> None:
    day = 86_400.0
    now = time.time()
    since = now - day
    busy = [line for at in range(12_000) for line in invocation(since + at * day / 2 / 12_000, f"busy{at}")]
    quiet = [line for at in range(4_000) for line in invocation(since + day / 2 * (1 + at / 4_000), f"quiet{at}")]
    found = reports.read(Logs(busy + quiet), "group", since, limit=2_000)
    assert found.is_cut
    assert 500 <= len(found.reports) < 2_000
    share_of_quiet = sum(one.request_id.startswith("quiet") for one in found.reports) / len(found.reports)
    assert share_of_quiet == pytest.approx(0.25, abs=0.03)
    assert len(found.reports) / found.share == pytest.approx(16_000, rel=0.05)
    assert all(one.messages == 10 for one in found.reports)


def test_a_sample_that_is_cut_itself_is_of_several_times(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_800_000_000.0
    monkeypatch.setattr(reports, "time", SimpleNamespace(time=lambda: now, monotonic=time.monotonic))
    since = now - 4096
    numbers = random.Random(1)
    times = sorted(numbers.uniform(since, now) for _ in range(40_960))
    busy = [line for at, when in enumerate(times) for line in invocation(when, f"r{at}")]
    found = reports.read(Logs(busy, page=1), "group", since, limit=5)
    assert len(found.reports) == 5
    assert found.reports[-1].time - found.reports[0].time > 2_000
    assert 10_000 < len(found.reports) / found.share < 160_000  # five of 40,960 show the magnitude


def test_of_a_burst_that_falls_between_the_parts_of_a_sample_the_first_invocations_are_read() -> None:
    since = time.time() - 86_400
    burst = [line for at in range(3_000) for line in invocation(since + 40_000 + at / 100, f"r{at}")]
    found = reports.read(Logs(burst), "group", since, limit=1_000)
    assert [one.request_id for one in found.reports] == [f"r{at}" for at in range(1_000)]
    assert found.share == pytest.approx(40_010 / 86_400, rel=0.001)


def test_half_of_the_time_is_for_the_whole_log_and_half_for_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_800_000_000.0
    logs = Logs([line for at in range(64_000) for line in invocation(now - 64_000 + at, f"r{at}")], page=4_000)
    slow = SimpleNamespace(time=lambda: now, monotonic=lambda: logs.pages * 2.0)  # seconds for a page
    monkeypatch.setattr(reports, "time", slow)
    found = reports.read(logs, "group", now - 64_000, limit=64_001)
    # 16 pages of 32, then 15 parts of a sample with one report each: the first half says more.
    assert logs.pages == 16 + 15
    assert len(found.reports) == 32_000
    assert found.share == pytest.approx(0.5, rel=0.001)


def test_without_time_only_the_first_lines_are_read() -> None:
    now = time.time()
    lines = [line for at in range(300) for line in invocation(now - 3000 + at, f"r{at}")]
    found = reports.read(Logs(lines), "group", now - 3600, max_seconds=0)
    assert found.is_cut
    assert found.share > 0
