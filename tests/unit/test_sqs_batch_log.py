"""What the log shows: one line for each failure, and nothing for a success."""

import logging
import os
import re
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from sqs_batch import Record, Reject, batch_handler, logger
from sqs_events import Context, deploy, event_of, raw_record


@pytest.fixture(autouse=True)
def level() -> Iterator[None]:
    """Each test starts with a logger that nobody has configured."""
    before, logger.level = logger.level, logging.NOTSET
    yield
    logger.setLevel(before)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [f"[{record.levelname}] {record.getMessage()}" for record in caplog.records if record.name == "sqs_batch"]


def raise_it(error: BaseException) -> Any:
    def function(record: Record) -> None:
        raise error

    return function


def reason(error: BaseException, caplog: pytest.LogCaptureFixture) -> str:
    """What the log gives as the reason of a record that failed with it."""
    deploy(raise_it(error))(event_of(raw_record()))
    (line,) = [line for line in lines(caplog) if line.startswith("[ERROR]")]
    assert len(line.splitlines()) == 1
    return line.partition(" reason=")[2]


def test_a_batch_that_is_handled_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    deploy(lambda record: None)(
        event_of(raw_record(), raw_record()), Context(aws_request_id="r", memory_limit_in_mb="128")
    )
    assert lines(caplog) == ["[INFO] invoke request_id=r memory_mb=128 records=2"]


def test_without_a_context_the_line_says_so(caplog: pytest.LogCaptureFixture) -> None:
    deploy(lambda record: None)(event_of())
    assert lines(caplog) == ["[INFO] invoke request_id=? memory_mb=? records=0"]


def test_a_failure_is_one_line_with_id_receive_count_and_reason(caplog: pytest.LogCaptureFixture) -> None:
    function = raise_it(ValueError("chip_delta must be int, got str"))
    deploy(function)(event_of(raw_record(id="x", receives=2)))
    assert lines(caplog)[1:] == ["[ERROR] FAIL message_id=x receive_count=2 reason=chip_delta must be int, got str"]


def test_a_value_error_speaks_for_itself(caplog: pytest.LogCaptureFixture) -> None:
    class BadHand(ValueError): ...

    assert reason(BadHand("no cards"), caplog) == "no cards"


def test_a_reject_speaks_for_itself(caplog: pytest.LogCaptureFixture) -> None:
    assert reason(Reject("no such player"), caplog) == "no such player"


def test_any_other_error_says_what_it_is_and_where(caplog: pytest.LogCaptureFixture) -> None:
    assert re.fullmatch(r"KeyError: 'pot' at test_sqs_batch_log\.py:\d+", reason(KeyError("pot"), caplog))


@pytest.mark.parametrize("error", [ValueError(), SystemExit(), Reject("")], ids=repr)
def test_an_error_without_a_message_says_what_it_is_and_where(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    pattern = rf"{type(error).__name__}(: )?(\(\))? at test_sqs_batch_log\.py:\d+"
    assert re.fullmatch(pattern, reason(error, caplog))


def test_the_place_is_in_the_functions_own_files_not_in_a_library(caplog: pytest.LogCaptureFixture) -> None:
    def function(record: Record) -> None:
        re.compile("(")  # raises inside the standard library

    deploy(function)(event_of(raw_record()))
    assert re.search(r" at test_sqs_batch_log\.py:\d+$", lines(caplog)[1])


def test_a_body_that_is_no_json_is_told_without_a_place(caplog: pytest.LogCaptureFixture) -> None:
    deploy(lambda record: record.json)(event_of(raw_record("hands")))
    assert lines(caplog)[1].endswith("reason=body is not JSON: line 1 column 1 (char 0)")


def test_a_coroutine_that_nobody_awaits_is_told_how_to_mend(caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None: ...

    deploy(lambda record: work())(event_of(raw_record()))
    reason = "the function must return None or plain data, got a value of type coroutine: await it in an `async def`"
    assert lines(caplog)[1].endswith(f" reason={reason}")


def test_a_reason_is_one_line_whatever_is_in_it(caplog: pytest.LogCaptureFixture) -> None:
    error = ValueError("a\nb\r\x1b[31m\u2028\x00ü😀 \ud800")
    assert reason(error, caplog) == "a\\nb\\r\\x1b[31m\\u2028\\x00ü😀 \\ud800"


def test_a_reason_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    assert reason(ValueError("x" * 10_000), caplog) == "x" * 499 + "…"


def test_an_error_that_cannot_be_printed_is_told_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    class Unprintable(Exception):
        def __str__(self) -> str:
            raise SystemExit("no text")

    assert reason(Unprintable(), caplog).startswith("Unprintable: its __str__ raised SystemExit at ")


def test_the_traceback_is_there_at_debug(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "sqs_batch"):
        deploy(raise_it(KeyError("pot")))(event_of(raw_record(id="x")))
    (record,) = [record for record in caplog.records if record.levelno == logging.DEBUG]
    assert record.getMessage() == "message_id=x"
    assert record.exc_text is not None
    assert record.exc_text.endswith("KeyError: 'pot'")


def test_info_is_shown_though_lambdas_root_logger_passes_warnings_only() -> None:
    deploy(lambda record: None)
    assert logger.level == logging.INFO


def test_a_level_that_the_code_has_set_stays() -> None:
    logger.setLevel(logging.ERROR)
    deploy(lambda record: None)
    assert logger.level == logging.ERROR


def test_a_level_that_the_root_logger_was_given_holds() -> None:
    with mock.patch.object(logging.getLogger(), "level", logging.DEBUG):
        deploy(lambda record: None)
    assert logger.level == logging.NOTSET


def test_the_level_of_the_functions_logging_configuration_holds() -> None:
    with mock.patch.dict(os.environ, AWS_LAMBDA_LOG_LEVEL="WARN"):
        batch_handler(raise_it(KeyError()))
    assert logger.level == logging.NOTSET
