"""What a log and receipts tell of one message."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from consumers.operations import message_life
from consumers.operations.dead_letters.receipts import Line, Receipts
from consumers.operations.message_life import Receipt, ReceiptsError, read, read_receipts
from error_texts import ErrorTexts

A, B, C = "aaaa-1", "bbbb-2", "cccc-3"


class Logs:
    """A log group whose lines are one second apart, each on a page of its own."""

    class exceptions:  # noqa: N801
        class ResourceNotFoundException(Exception): ...

    def __init__(self, *lines: str) -> None:
        self.lines = lines
        self.searched: list[str] = []

    def get_paginator(self, _: str) -> "Logs":
        return self

    def paginate(self, logGroupName: str, startTime: int, filterPattern: str) -> Any:  # noqa: N803
        if logGroupName == "gone":
            raise self.exceptions.ResourceNotFoundException
        self.searched.append(filterPattern)
        for second, line in enumerate(self.lines):
            found = filterPattern.strip('"') in line and second * 1000 >= startTime
            event = {"timestamp": second * 1000, "logStreamName": "s", "message": f"{line}\n"}
            yield {"events": [event] if found else []}


def told(
    logs: Logs, message: str = A, receipts: tuple[Receipt, ...] = (), since: float = 0
) -> list[tuple[object, ...]]:
    life = read(logs, "group", message, since, receipts)
    assert not life.is_cut
    return [(event.time, event.id, event.kind, event.receive, event.detail) for event in life.events]


def fail(message: str, receive: int, reason: str = "no such player") -> str:
    return f"[ERROR]\t2025-01-31T12:00:00Z\trequest\tFAIL message_id={message} receive_count={receive} reason={reason}"


def test_each_line_with_the_id_is_an_event_in_order() -> None:
    logs = Logs(
        f"looking at {A}",
        fail(A, 1),
        f"NOT STARTED records=2 message_ids={B},{A}",
        f"[WARNING] REJECT message_id={A} receive_count=2 reason=no such table",
        f"[WARNING] not sent to the dead-letter queue: message_id={A} reason=TimeoutError: slow",
        fail(B, 1),
    )
    assert told(logs) == [
        (0, A, "logged", None, f"looking at {A}"),
        (1, A, "failed", 1, "no such player"),
        (2, A, "not started", None, ""),
        (3, A, "rejected", 2, "no such table"),
        (4, A, "not sent to the dead-letter queue", None, "TimeoutError: slow"),
    ]
    assert [event[2] for event in told(logs, since=3)][-2:] == ["rejected", "not sent to the dead-letter queue"]


def test_lines_of_a_json_log_are_read_too() -> None:
    line = {"level": "ERROR", "message": f"FAIL message_id={A} receive_count=1 reason=boom", "requestId": "r"}
    assert told(Logs(json.dumps(line))) == [(0, A, "failed", 1, "boom")]


def test_lines_of_one_millisecond_stay_in_the_order_of_the_log() -> None:
    class AtOnce(Logs):
        def paginate(self, logGroupName: str, startTime: int, filterPattern: str) -> Any:  # noqa: N803
            for page in super().paginate(logGroupName, startTime, filterPattern):
                yield {"events": [event | {"timestamp": 0} for event in page["events"]]}

    assert [event[2] for event in told(AtOnce(f"looking at {A}", fail(A, 1), f"after {A}"))] == [
        *("logged", "failed", "logged")
    ]


def test_a_receive_without_a_line_is_named() -> None:
    gap = "not started, timed out or crashed"
    assert [event[1:] for event in told(Logs(fail(A, 2), fail(A, 5)))] == [
        (A, "no line", 1, gap),
        (A, "failed", 2, "no such player"),
        (A, "no line", 3, gap),
        (A, "no line", 4, gap),
        (A, "failed", 5, "no such player"),
    ]


SENT = (fail(A, 1), f"[INFO] sent to the dead-letter queue: message_id={A} as={B}", "", fail(C, 1))
REDRIVEN = (Receipt(B, C, 2.0, "sent"), Receipt(B, None, 2.0, "done"), Receipt("other", "one", 2.0, "sent"))


@pytest.mark.parametrize("message", [A, B, C])
def test_a_message_is_followed_under_each_of_its_ids(message: str) -> None:
    logs = Logs(*SENT)
    assert told(logs, message, REDRIVEN) == [
        (0, A, "failed", 1, "no such player"),
        (1, A, "sent to the dead-letter queue", None, f"as {B}"),
        (2, B, "redriven", None, f"as {C}"),
        (3, C, "failed", 1, "no such player"),
    ]
    assert sorted(logs.searched) == [f'"{id}"' for id in (A, B, C)]


def test_a_redrive_that_failed_is_an_event() -> None:
    receipts = (Receipt(A, None, 1.0, "failed", "SQS did not confirm it"), Receipt(A, B, 2.0, "twice", "timed out"))
    assert told(Logs(), A, receipts) == [
        (1, A, "not redriven", None, "SQS did not confirm it"),
        (2, A, "redriven and not deleted", None, "timed out"),
    ]


def test_without_a_log_there_are_no_events() -> None:
    assert read(Logs(fail(A, 1)), "gone", A, 0).events == []


def test_a_search_that_takes_too_long_ends_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter(range(100))
    monkeypatch.setattr(message_life.time, "monotonic", lambda: next(seconds))
    life = read(Logs(*[fail(A, number) for number in range(1, 10)]), "group", A, 0, max_seconds=3)
    assert (life.is_cut, [event.receive for event in life.events]) == (True, [1, 2, 3, 4])


def test_receipts_are_read_as_a_redrive_writes_them(tmp_path: Path) -> None:
    written = [Line(A, B, "sent"), Line(A, B, "done"), Line(C, None, "failed", "SQS did not confirm it")]
    with Receipts(tmp_path / "receipts") as receipts:
        receipts.write(written)
    with (tmp_path / "receipts").open("rb") as file:
        read = list(read_receipts(file, "f"))
    assert [(one.old_id, one.new_id, one.outcome, one.why or None) for one in read] == [
        (one.old_id, one.new_id, one.outcome, one.why) for one in written
    ]
    assert abs(read[0].time - time.time()) < 60


@pytest.mark.parametrize("line", [b"", b"\xff", b"[]", b'{"old_id": "a"}', b'{"when": "yesterday"}'])
def test_any_other_file_is_an_error(error_text: ErrorTexts, line: bytes) -> None:
    with pytest.raises(ReceiptsError) as error:
        list(read_receipts([line], "receipts.jsonl"))
    error_text(str(error.value))


@pytest.mark.parametrize(("text", "valid"), [(A, True), ("5f2b7a0e-0c3a-4d9e", True), ('a"b', False), ("", False)])
def test_an_id_has_letters_digits_and_hyphens(text: str, valid: bool) -> None:
    assert message_life.is_id(text) is valid
