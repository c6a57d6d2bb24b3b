"""Function results and wrapped functions: every message is handled, or it returns to the queue."""

import asyncio
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
from typing import Any
from uuid import UUID

import pytest

from sqs_batch import Record
from sqs_events import deploy, fifo_record, ids, later, raw_record, records_of

handled: list[str] = []


@pytest.fixture(autouse=True)
def _nothing_handled() -> None:
    handled.clear()


def work(record: Record) -> None:
    if record.body == "bad":
        raise ValueError("it is bad")
    handled.append(record.body)


async def work_later(record: Record) -> str:
    await asyncio.sleep(0)
    work(record)
    return "done"


def steps(record: Record) -> Generator[None]:
    yield
    work(record)


async def steps_later(record: Record) -> AsyncIterator[None]:
    yield
    work(record)


# Results


class Color(enum.Enum):
    RED = 1


@dataclass
class Receipt:
    number: int


DATA: list[Any] = [
    *(None, True, False, 0, 1.5, 2j, "text", b"bytes", bytearray(b"x"), Decimal(1), date(2026, 1, 1), UUID(int=1)),
    *(Path("x"), Color.RED, Receipt(1), SimpleNamespace(x=1), range(3)),
    *([], [1, [2, None]], (1, "a"), {1}, frozenset({1}), {"batchItemFailures": []}, {"a": [{"b": (1, Receipt(2))}]}),
]


def test_a_function_that_returns_plain_data_has_handled_its_message() -> None:
    def function(record: Record) -> Any:
        return DATA[record.json]

    for each in (function, later(function)):
        assert deploy(each).failed(*records_of(*range(len(DATA)))) == []


@dataclass
class Lazy:
    """Compares by value, but is an iterator."""

    def __next__(self) -> Any: ...


def loop_future(record: Record) -> Any:
    loop = asyncio.new_event_loop()
    future = loop.create_future()
    loop.close()
    return future


LOOP, AWAIT = "loop over it", "await it in an `async def`"
ASYNC_LOOP = "loop over it with `async for` in an `async def`"
RESULT, CALL, RAISE, NOTHING = "wait for its result()", "call it", "raise it", "return nothing"
NOT_DATA: list[tuple[Callable[[Record], Any], str, str]] = [
    (steps, "generator", LOOP),
    (steps_later, "async_generator", ASYNC_LOOP),
    (lambda record: Lazy(), "Lazy", LOOP),
    (work_later, "coroutine", AWAIT),
    (loop_future, "Future", AWAIT),
    (lambda record: Future[None](), "Future", RESULT),
    (lambda record: functools.partial(work, record), "partial", CALL),
    (lambda record: Receipt, "type", CALL),
    (lambda record: ValueError("it is bad"), "ValueError", RAISE),
    (lambda record: threading.Thread(target=work, args=[record]), "Thread", NOTHING),
    (lambda record: object(), "object", NOTHING),
    (lambda record: [work_later(record)], "coroutine", AWAIT),
    (lambda record: (None, 1, {"a": {"b": Future[None]()}}), "Future", RESULT),
]


def not_data(record: Record) -> object:
    return NOT_DATA[record.json][0](record)  # pyright: ignore


@pytest.mark.parametrize("function", [not_data, later(not_data)])
def test_any_other_result_is_a_failure_with_advice(function: Any, caplog: pytest.LogCaptureFixture) -> None:
    records = records_of(*range(len(NOT_DATA)))
    with caplog.at_level(logging.ERROR, "sqs_batch"):
        assert deploy(function).failed(*records) == ids(*records)
    assert [text.partition("reason=")[2] for text in caplog.messages] == [
        f"the function must return None or plain data, got a value of type {kind}: {advice}"
        for _, kind, advice in NOT_DATA
    ]
    assert handled == []


def test_a_list_that_contains_itself_is_a_failure() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert deploy(lambda record: endless).failed(raw_record(id="x")) == ["x"]


# Wrapped functions


def passing(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(record: Record) -> Any:
        return function(record)

    return wrapper


def running(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(record: Record) -> Any:
        return asyncio.run(function(record))

    return wrapper


class AsyncDecorator:
    def __init__(self, function: Any) -> None:
        functools.update_wrapper(self, function)
        self.function = function

    async def __call__(self, record: Record) -> Any:
        return self.function(record)


class Worker:
    @functools.wraps(work_later)
    def __call__(self, record: Record) -> Any:
        return work_later(record)


def skipping(function: Any) -> Any:
    """Handles some messages itself, as an idempotency decorator does."""

    @functools.wraps(function)
    def wrapper(record: Record) -> Any:
        if record.body.startswith("seen"):
            return handled.append(record.body)
        return function(record)

    return wrapper


@functools.wraps(work_later)
def unfinished(record: Record) -> Any:
    return steps(record)


WRAPPED: dict[str, Any] = {
    "def": work,
    "partial of def": functools.partial(work),
    "async def": work_later,
    "two plain wrappers of async def": passing(passing(work_later)),
    "plain wrapper of an async wrapper of def": passing(later(work)),
    "plain wrapper of an event loop around async def": passing(running(work_later)),
    "class decorator with async __call__ of def": AsyncDecorator(work),
    "partial of a partial of a wrapper": functools.partial(functools.partial(running(work_later))),
    "object with a wrapped __call__": Worker(),
    "cached async def": functools.lru_cache(work_later),
    "sometimes async": skipping(work_later),
}
LOSING: dict[str, Any] = {
    "async wrapper of a generator": later(steps),
    "async wrapper that does not await": later(work_later),
    "plain wrapper with an unfinished result": unfinished,
    "lambda of an async def": lambda record: work_later(record),  # type: ignore[misc]
}


@pytest.mark.parametrize("name", WRAPPED)
def test_wrapped_functions_handle_every_message_and_keep_fifo_groups_in_order(name: str) -> None:
    handle = deploy(WRAPPED[name], concurrency=None if name in ("def", "partial of def") else 2)
    for invocation in range(2):
        records = records_of(f"seen {invocation}", f"1 {invocation}", "bad", f"2 {invocation}")
        assert handle.failed(*records) == ids(records[2])
    assert sorted(handled) == sorted(f"{body} {invocation}" for body in ("seen", 1, 2) for invocation in range(2))
    handled.clear()
    records = [fifo_record(body, group) for body, group in ("1a", "2b", "3a", "4b")]
    bad = [fifo_record("bad", "a"), fifo_record("5", "a"), fifo_record("6", "b")]
    assert handle.failed(*records, *bad) == ids(*bad[:2])
    assert [body for body in handled if body in "13"] == ["1", "3"]
    assert [body for body in handled if body in "246"] == ["2", "4", "6"]


@pytest.mark.parametrize("name", LOSING)
def test_a_wrapper_that_does_not_finish_the_work_fails_every_message(name: str) -> None:
    records = records_of("1", "2")
    assert deploy(LOSING[name]).failed(*records) == ids(*records)
    assert handled == []


def test_builtins_are_accepted() -> None:
    assert deploy(id).failed(raw_record()) == []
