"""Reads of a log that is still written."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.operations import logs
from consumers.operations.logs import Tail


class Logs:
    """A log group whose answers have two pages."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def write(self, *lines: tuple[int, str, str]) -> None:
        self.events += [{"timestamp": at, "logStreamName": stream, "message": text} for at, stream, text in lines]

    def get_paginator(self, _: str) -> "Logs":
        return self

    def paginate(self, logGroupName: str, startTime: int) -> Any:  # noqa: N803
        events = sorted((e for e in self.events if e["timestamp"] >= startTime), key=lambda e: e["timestamp"])
        half = len(events) // 2
        return iter([{"events": events[:half]}, {"events": events[half:]}])


def texts(tail: Tail) -> list[str]:
    return [line.message for line in tail.new()]


def test_each_line_comes_once_and_in_order_across_streams() -> None:
    group = Logs()
    tail = Tail(group, "group")
    group.write((1, "a", "one"), (3, "a", "three\n"), (2, "b", "two"))
    assert texts(tail) == ["one", "two", "three"]
    assert texts(tail) == []
    group.write((4, "b", "four"))
    assert texts(tail) == ["four"]


def test_a_late_line_is_not_lost() -> None:
    group = Logs()
    tail = Tail(group, "group")
    group.write((100_000, "a", "new"))
    assert texts(tail) == ["new"]
    group.write((100_000 - int(logs.LATE_SECONDS * 1000), "b", "late"))
    assert texts(tail) == ["late"]
    assert texts(tail) == []


def test_equal_lines_of_one_millisecond_are_as_many_as_were_written() -> None:
    group = Logs()
    tail = Tail(group, "group")
    group.write((1, "a", "x"), (1, "a", "x"), (1, "b", "x"))
    assert texts(tail) == ["x"] * 3
    group.write((1, "a", "x"))
    assert texts(tail) == ["x"]


def test_lines_from_before_are_not_read() -> None:
    group = Logs()
    group.write((999, "a", "before"), (1000, "a", "since"))
    assert texts(Tail(group, "group", since=1.0)) == logs.lines(group, "group", since=1.0) == ["since"]


class CutLogs(Logs):
    """Returns the first three lines and no token for the rest, like the local AWS."""

    def paginate(self, logGroupName: str, startTime: int) -> Any:  # noqa: N803
        events = [event for page in super().paginate(logGroupName, startTime) for event in page["events"]]
        return iter([{"events": events[:3]}])


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from("ab")), max_size=40))
def test_the_rest_of_a_truncated_answer_is_read(written: list[tuple[int, str]]) -> None:
    group = CutLogs()
    group.write(*((number * 3 + at % 2, stream, str(number)) for number, (at, stream) in enumerate(written)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "PAGE_SIZE", 3)
        tail = Tail(group, "group")
        assert texts(tail) == [str(number) for number in range(len(written))]
        assert texts(tail) == []
