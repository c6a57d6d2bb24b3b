"""The log: one line for each invocation and for each failure."""

import logging
import os
import re
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from sqs_batch import Record, Reject, batch_handler, logger
from sqs_events import Context, by_body, deploy, event_of, raw_record


@pytest.fixture(autouse=True)
def level() -> Iterator[None]:
    """Each test starts with an unconfigured logger."""
    before, logger.level = logger.level, logging.NOTSET
    yield
    logger.setLevel(before)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [f"[{record.levelname}] {record.getMessage()}" for record in caplog.records if record.name == "sqs_batch"]


def raise_it(error: BaseException) -> Any:
    def function(record: Record) -> None:
        raise error

    return function


def test_an_invocation_is_one_line_and_so_is_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    context = Context(aws_request_id="r", memory_limit_in_mb="128")
    deploy(lambda record: None)(event_of(raw_record(), raw_record()), context)
    deploy(by_body)(event_of(raw_record("bad", id="x", receives=2)))
    assert lines(caplog) == [
        "[INFO] invoke request_id=r memory_mb=128 records=2",
        "[INFO] invoke request_id=? memory_mb=? records=1",
        "[ERROR] FAIL message_id=x receive_count=2 reason=it is bad",
    ]


class BadHand(ValueError): ...


class Unprintable(Exception):
    def __str__(self) -> str:
        raise SystemExit("no text")


def broken_pattern(record: Record) -> None:
    re.compile("(")


def parse(record: Record) -> object:
    return record.json


PLACE = r" at test_sqs_batch_log\.py:\d+"
REASONS: list[tuple[Any, str]] = [
    (raise_it(BadHand("no cards")), "no cards"),
    (raise_it(Reject("no such player")), "no such player"),
    (raise_it(KeyError("pot")), "KeyError: 'pot'" + PLACE),
    (raise_it(ValueError()), "ValueError" + PLACE),
    (raise_it(Reject("")), "Reject" + PLACE),
    (raise_it(Unprintable()), "Unprintable: its __str__ raised SystemExit" + PLACE),
    (broken_pattern, r"(Pattern)?[eE]rror: .*" + PLACE),
    (parse, re.escape("body is not JSON: line 1 column 1 (char 0)")),
    (raise_it(ValueError("a\nb\r\x1b[31m\u2028\x00ü😀 \ud800")), re.escape("a\\nb\\r\\x1b[31m\\u2028\\x00ü😀 \\ud800")),
    (raise_it(ValueError("x" * 500)), "x{500}"),
    (raise_it(ValueError("x" * 501)), "x{499}…"),
]


@pytest.mark.parametrize(("function", "reason"), REASONS, ids=[str(number) for number in range(len(REASONS))])
def test_the_reason_is_one_short_line_and_has_a_place_unless_it_is_a_value_error(
    function: Any, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    deploy(function)(event_of(raw_record("hands")))
    assert re.fullmatch(rf"\[ERROR\] FAIL message_id=\S+ receive_count=1 reason={reason}", lines(caplog)[1])


def test_the_place_is_in_a_library_if_no_line_is_in_the_function_s_folder(caplog: pytest.LogCaptureFixture) -> None:
    compile_it: Any = re.compile
    deploy(compile_it)(event_of(raw_record()))
    assert re.search(r" at (re|__init__)\.py:\d+$", lines(caplog)[1])


def test_the_traceback_is_logged_at_debug(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "sqs_batch"):
        deploy(raise_it(KeyError("pot")))(event_of(raw_record(id="x")))
    (record,) = [record for record in caplog.records if record.levelno == logging.DEBUG]
    assert record.getMessage() == "message_id=x"
    assert record.exc_text is not None
    assert record.exc_text.endswith("KeyError: 'pot'")


def test_info_is_logged_unless_a_level_of_the_logger_of_the_root_or_of_lambda_was_configured() -> None:
    with mock.patch.object(logging.getLogger(), "level", logging.DEBUG):
        deploy(by_body)
    with mock.patch.dict(os.environ, AWS_LAMBDA_LOG_LEVEL="WARN"):
        batch_handler(by_body)
    assert logger.level == logging.NOTSET
    deploy(by_body)
    assert logger.level == logging.INFO
    logger.setLevel(logging.ERROR)
    deploy(by_body)
    assert logger.level == logging.ERROR
