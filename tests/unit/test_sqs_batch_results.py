"""What a function returns, and what wraps it: every message is handled or comes back, whatever the combination."""

import asyncio
import contextlib
import enum
import functools
import logging
import threading
from collections.abc import AsyncIterator, Callable, Generator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from sqs_batch import Record
from sqs_events import deploy, fifo_record, raw_record

handled: list[str] = []


@pytest.fixture(autouse=True)
def _nothing_handled() -> None:
    handled.clear()


def work(record: Record) -> None:
    if record.body == "bad":
        raise ValueError("it is bad")
    handled.append(record.body)


async def work_later(record: Record) -> None:
    await asyncio.sleep(0)
    work(record)


def steps(record: Record) -> Generator[None]:
    yield
    work(record)


async def steps_later(record: Record) -> AsyncIterator[None]:
    yield
    work(record)


# What comes back


class Color(enum.Enum):
    RED = 1


@dataclass
class Receipt:
    number: int


class Point(NamedTuple):
    x: Any
    y: Any


DATA: list[Any] = [
    *(None, True, False, 0, 1.5, 2j, "text", b"bytes", bytearray(b"x"), Decimal(1), date(2026, 1, 1), UUID(int=1)),
    *(Path("x"), Color.RED, Color.RED.value, Receipt(1), Point(1, 2), SimpleNamespace(x=1), range(3)),
    *([], [1, [2, None]], (1, "a"), {1}, frozenset({1}), {"batchItemFailures": []}, {"a": [{"b": (1, Receipt(2))}]}),
]


@pytest.mark.parametrize("kind", ["def", "async def"])
@pytest.mark.parametrize("result", DATA, ids=repr)
def test_a_function_that_returns_plain_data_has_handled_its_message(result: Any, kind: str) -> None:
    async def later(record: Record) -> Any:
        return result

    assert deploy(later if kind == "async def" else lambda record: result).failed(raw_record()) == []


class Later:
    def __await__(self) -> Any:
        yield


@dataclass
class Lazy:
    """It compares by value, and is no data all the same."""

    def __next__(self) -> None: ...


def loop_future(record: Record) -> Any:
    loop = asyncio.new_event_loop()
    loop.close()
    return loop.create_future()


AWAIT, LOOP, CALL = "await it in an `async def`", "loop over it", "call it"
ASYNC_LOOP, RESULT, RAISE = "loop over it with `async for` in an `async def`", "wait for its result()", "raise it"
NOT_DATA: list[tuple[Callable[[Record], Any], str, str]] = [
    (lambda record: steps(record), "generator", LOOP),
    (lambda record: steps_later(record), "async_generator", ASYNC_LOOP),
    (lambda record: (work(record) for _ in "x"), "generator", LOOP),
    (lambda record: map(work, [record]), "map", LOOP),
    (lambda record: filter(work, [record]), "filter", LOOP),
    (lambda record: zip([record], [record], strict=True), "zip", LOOP),
    (lambda record: iter([record]), "list_iterator", LOOP),
    (lambda record: Lazy(), "Lazy", LOOP),
    (lambda record: work_later(record), "coroutine", AWAIT),
    (lambda record: Later(), "Later", AWAIT),
    (loop_future, "Future", AWAIT),
    (lambda record: Future[None](), "Future", RESULT),
    (lambda record: functools.partial(work, record), "partial", CALL),
    (lambda record: lambda: work(record), "function", CALL),
    (lambda record: handled.append, "builtin_function_or_method", CALL),
    (lambda record: Receipt, "type", CALL),
    (lambda record: ValueError("it is bad"), "ValueError", RAISE),
    (lambda record: threading.Thread(target=work, args=[record]), "Thread", "return nothing"),
    (lambda record: object(), "object", "return nothing"),
    (lambda record: [work_later(record)], "coroutine", AWAIT),
    (lambda record: (None, 1, {"a": {"b": Future[None]()}}), "Future", RESULT),
    (lambda record: frozenset({steps(record)}), "generator", LOOP),
    (lambda record: Point(1, steps(record)), "generator", LOOP),
]


def unchanged(function: Any) -> Any:
    return function


def as_async(function: Any) -> Any:
    async def later(record: Record) -> Any:
        return function(record)

    return later


@pytest.mark.parametrize("wrap", [unchanged, as_async], ids=["def", "async def"])
@pytest.mark.parametrize(("function", "kind", "advice"), NOT_DATA, ids=[f"{n} {c[1]}" for n, c in enumerate(NOT_DATA)])
def test_a_result_that_is_no_plain_data_is_a_failure_that_says_what_to_write(
    function: Any, kind: str, advice: str, wrap: Any, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = raw_record("1", id="x"), raw_record("2", id="y")
    with caplog.at_level(logging.ERROR, "sqs_batch"):
        assert deploy(wrap(function)).failed(first, second) == ["x", "y"]
    reason = f"the function must return None or plain data, got a value of type {kind}: {advice}"
    assert caplog.messages == [f"FAIL message_id={id} receive_count=1 reason={reason}" for id in "xy"]
    assert handled == []


def test_a_list_that_contains_itself_is_a_failure_and_no_hang() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert deploy(lambda record: endless).failed(raw_record(id="x")) == ["x"]


# What wraps the function


def passing(function: Any) -> Any:
    """A plain wrapper that returns what it gets, and counts on the way."""

    @functools.wraps(function)
    def wrapper(record: Record) -> Any:
        return function(record)

    return wrapper


def awaiting(function: Any) -> Any:
    @functools.wraps(function)
    async def wrapper(record: Record) -> Any:
        return await function(record)

    return wrapper


def calling_later(function: Any) -> Any:
    @functools.wraps(function)
    async def wrapper(record: Record) -> Any:
        await asyncio.sleep(0)
        return function(record)

    return wrapper


def running(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(record: Record) -> Any:
        return asyncio.run(function(record))

    return wrapper


def draining(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(record: Record) -> Any:
        return list(function(record))

    return wrapper


def draining_later(function: Any) -> Any:
    @functools.wraps(function)
    async def wrapper(record: Record) -> Any:
        return [step async for step in function(record)]

    return wrapper


class Decorator:
    """A decorator that is a class, as functools.update_wrapper is for."""

    def __init__(self, function: Any) -> None:
        functools.update_wrapper(self, function)
        self.function = function

    def __call__(self, record: Record) -> Any:
        return self.function(record)


class Running(Decorator):
    def __call__(self, record: Record) -> Any:
        return asyncio.run(self.function(record))


class AsyncDecorator(Decorator):
    async def __call__(self, record: Record) -> Any:
        return self.function(record)


class Worker:
    def method(self, record: Record) -> None:
        work(record)

    async def method_later(self, record: Record) -> None:
        await work_later(record)

    @staticmethod
    @passing
    async def static(record: Record) -> None:
        await work_later(record)


class CallableWorker:
    @functools.wraps(Worker.method_later)
    def __call__(self, record: Record) -> Any:
        return work_later(record)


def with_prefix(prefix: str, record: Record) -> Any:
    return work(record)


async def with_prefix_later(prefix: str, record: Record) -> Any:
    await work_later(record)


def nothing_to_do_but(function: Any) -> Any:
    """As an idempotency decorator: without a word for what was handled before."""

    @functools.wraps(function)
    def wrapper(record: Record) -> Any:
        if record.body.startswith("known"):
            handled.append(record.body)
            return None
        return function(record)

    return wrapper


WORKING: dict[str, Any] = {
    "def": work,
    "async def": work_later,
    "plain wrapper of def": passing(work),
    "plain wrapper of async def": passing(work_later),
    "two plain wrappers of async def": passing(passing(work_later)),
    "async wrapper of async def": awaiting(work_later),
    "async wrapper of def": calling_later(work),
    "plain wrapper of an async wrapper of def": passing(calling_later(work)),
    "event loop around async def": running(work_later),
    "plain wrapper of an event loop around async def": passing(running(work_later)),
    "async wrapper of an event loop's own def": awaiting(passing(work_later)),
    "drained generator": draining(steps),
    "drained async generator": draining_later(steps_later),
    "event loop around a drained async generator": running(draining_later(steps_later)),
    "class decorator of def": Decorator(work),
    "class decorator of async def": Decorator(work_later),
    "class decorator with an event loop": Running(work_later),
    "class decorator with async __call__ of def": AsyncDecorator(work),
    "partial of def": functools.partial(with_prefix, "x"),
    "partial of async def": functools.partial(with_prefix_later, "x"),
    "partial of a wrapper with an event loop": functools.partial(running(work_later)),
    "wrapper of a partial of async def": passing(functools.partial(with_prefix_later, "x")),
    "bound method": Worker().method,
    "bound async method": Worker().method_later,
    "static method": Worker.static,
    "object with a wrapped async __call__": CallableWorker(),
    "cached async def": functools.lru_cache(work_later),
    "sometimes async": nothing_to_do_but(work_later),
}


@pytest.mark.parametrize("name", WORKING)
def test_what_counts_is_what_comes_back_from_the_call(name: str) -> None:
    handle = deploy(WORKING[name])
    for invocation in range(3):
        bodies = [f"known {invocation}", f"1 {invocation}", "bad", f"2 {invocation}"]
        records = [raw_record(body) for body in bodies]
        assert handle.failed(*records) == [records[2]["messageId"]]
    assert sorted(handled) == sorted(f"{body} {invocation}" for body in ["known", "1", "2"] for invocation in range(3))


@pytest.mark.parametrize("name", WORKING)
def test_a_fifo_group_stays_in_order_whatever_wraps_the_function(name: str) -> None:
    records = [fifo_record(body, group) for body, group in ["1a", "2b", "3a", "4b"]]
    bad = [fifo_record("bad", "a"), fifo_record("5", "a"), fifo_record("6", "b")]
    assert deploy(WORKING[name]).failed(*records, *bad) == [raw["messageId"] for raw in bad[:2]]
    assert [body for body in handled if body in "13"] == ["1", "3"]
    assert [body for body in handled if body in "246"] == ["2", "4", "6"]


LOSING: dict[str, Any] = {
    "plain wrapper of a generator": passing(steps),
    "plain wrapper of an async generator": passing(steps_later),
    "async wrapper of a generator": calling_later(steps),
    "async wrapper that does not await": calling_later(work_later),
    "contextmanager": contextlib.contextmanager(steps),
    "class decorator of a generator": Decorator(steps),
    "lambda of an async def": lambda record: work_later(record),  # type: ignore[misc]
}


@pytest.mark.parametrize("name", LOSING)
def test_a_wrapper_that_leaves_the_work_undone_fails_every_message(name: str) -> None:
    records = [raw_record("1"), raw_record("2")]
    assert deploy(LOSING[name]).failed(*records) == [raw["messageId"] for raw in records]
    assert handled == []


@pytest.mark.parametrize("wrap", [passing, awaiting, Decorator])
def test_records_run_together_behind_a_wrapper_too(wrap: Any) -> None:
    most = now = 0

    async def crowd(record: Record) -> None:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.001)
        now -= 1

    assert deploy(wrap(crowd), concurrency=7).failed(*(raw_record() for _ in range(20))) == []
    assert most == 7


def test_a_wrapper_is_called_once_for_each_message() -> None:
    calls: list[str] = []

    @functools.wraps(work_later)
    def counting(record: Record) -> Any:
        calls.append(record.body)
        return work_later(record)

    assert deploy(counting).failed(*(raw_record(body) for body in "123")) == []
    assert sorted(calls) == sorted(handled) == ["1", "2", "3"]


def test_what_a_plain_wrapper_handled_before_the_first_coroutine_stays_handled() -> None:
    records = [raw_record(body) for body in ["known 1", "bad", "2", "known 3"]]

    @functools.wraps(work_later)
    def function(record: Record) -> Any:
        return work(record) if record.body != "2" else work_later(record)

    assert deploy(function).failed(*records) == [records[1]["messageId"]]
    assert sorted(handled) == ["2", "known 1", "known 3"]


@pytest.mark.parametrize("name", [name for name in WORKING if "async" in name or "event loop" in name])
def test_concurrency_is_taken_wherever_there_is_an_async_def(name: str) -> None:
    records = [raw_record("1"), raw_record("bad")]
    assert deploy(WORKING[name], concurrency=2).failed(*records) == [records[1]["messageId"]]
