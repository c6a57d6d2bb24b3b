"""No line that a function writes is lost, however late the thread runs that reads them."""

# ministack comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownMemberType=false

import io
import os
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ministack.core import lambda_runtime

from consumers.local import ministack_patches
from consumers.local.pipe import Pipe

HANDLER = """
import logging, time

print("imported")

def handle(event, context):
    for number in range(event["lines"]):
        print("line", number)
    if event.get("fails"):
        raise ValueError("no such player")
    time.sleep(event.get("seconds", 0))
"""
Invoke = Callable[..., dict[str, Any]]


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Invoke]:
    """Invokes a new function. The thread that reads what it writes never gets the processor."""
    monkeypatch.setattr(lambda_runtime, "Worker", lambda_runtime.Worker)  # put back after the test
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(Pipe, "read", _never)
    ministack_patches.read_all_log_lines()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("handler.py", HANDLER)
    arn = "arn:aws:lambda:eu-central-1:000000000000:function:hands"
    config = {"FunctionName": "hands", "Runtime": "python3.13", "Handler": "handler.handle", "FunctionArn": arn}
    worker: Any = lambda_runtime.Worker("hands", config | {"Timeout": 1}, archive.getvalue())

    def run(**event: Any) -> dict[str, Any]:
        return worker.invoke(event, "request-1")

    yield run
    worker.kill()


def _never(pipe: Pipe) -> None: ...


def lines(number: int) -> list[str]:
    return [f"line {n}" for n in range(number)]


def test_lines_are_in_the_log_of_the_invocation_that_wrote_them(invoke: Invoke) -> None:
    assert invoke(lines=3)["log"].splitlines() == ["imported", *lines(3)]
    assert invoke(lines=2)["log"].splitlines() == lines(2)
    assert invoke(lines=0)["log"] == ""
    failed = invoke(lines=3, fails=True)
    assert (failed["status"], failed["log"].splitlines()[:3]) == ("error", lines(3))
    assert invoke(lines=1)["log"].splitlines() == ["imported", *lines(1)]  # in a new process


def test_lines_before_a_timeout_are_in_the_log(invoke: Invoke) -> None:
    late = invoke(lines=3, seconds=30)
    assert late["error"] == "Task timed out after 1.00 seconds"
    assert late["log"].splitlines() == ["imported", *lines(3)]


@pytest.fixture
def ends() -> Iterator[tuple[Any, Any]]:
    reader, writer = (os.fdopen(end, mode, buffering=0) for end, mode in zip(os.pipe(), ("rb", "wb"), strict=True))
    with reader, writer:
        yield reader, writer


def test_a_line_is_delivered_when_it_is_complete_and_the_last_one_when_the_writer_ends(ends: tuple[Any, Any]) -> None:
    got: list[str] = []
    pipe = Pipe(ends[0], got.append)
    ends[1].write("a\nhalf of \N{GREEK SMALL LETTER OMEGA}".encode()[:-1])
    assert (pipe.take(), got) == (True, ["a"])
    ends[1].write("\N{GREEK SMALL LETTER OMEGA}".encode()[-1:] + b"\nlast")
    assert (pipe.take(), got) == (True, ["a", "half of \N{GREEK SMALL LETTER OMEGA}"])
    ends[1].close()
    assert (pipe.take(), pipe.take(), got[2:]) == (False, False, ["last"])


def test_a_line_without_end_is_read_in_time_that_grows_with_its_length(ends: tuple[Any, Any]) -> None:
    got: list[str] = []
    pipe = Pipe(ends[0], got.append)
    reader = threading.Thread(target=pipe.read, daemon=True)
    reader.start()
    for _ in range(2_000):
        ends[1].write(b"x" * 65_536)
    ends[1].close()
    reader.join(60)
    assert [len(line) for line in got] == [2_000 * 65_536]


def test_two_concurrent_readers_deliver_each_line_once_and_in_order(ends: tuple[Any, Any]) -> None:
    got: list[str] = []
    pipe = Pipe(ends[0], got.append)
    reader = threading.Thread(target=pipe.read)
    reader.start()
    for number in range(5_000):
        ends[1].write(f"line {number}\n".encode())
        pipe.take()
        assert len(got) == number + 1
    ends[1].close()
    reader.join(10)
    assert got == lines(5_000)
