"""Retries: when a failed message may be received again."""

from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqs_batch import Record, Reject
from sqs_events import ARN, DLQ_URL, FIFO_ARN, FakeSqs, deploy, raw_record

RETRY: dict[str, Any] = {"retry_base_delay_seconds": 4, "retry_maximum_delay_seconds": 100, "max_receive_count": 9}


def fail_on_bad(record: Record) -> None:
    if record.body == "bad":
        raise ValueError("it is bad")


def delay(receives: int, luck: float, **settings: Any) -> int:
    """The visibility timeout of a message that failed; `luck` from 0 to 1 stands for chance."""
    sqs, bad = FakeSqs(), raw_record("bad", receives=receives)
    with mock.patch("random.uniform", lambda low, high: low + (high - low) * luck):  # pyright: ignore
        deploy(fail_on_bad, sqs, **{**RETRY, **settings}).failed(bad)
    return sqs.timeouts()[bad["receiptHandle"]]


def test_the_delay_doubles_with_every_receive() -> None:
    assert [delay(receives, 1) for receives in (1, 2, 3, 4)] == [4, 8, 16, 32]


def test_at_least_half_of_the_delay_is_certain() -> None:
    assert [delay(receives, 0) for receives in (1, 2, 3, 4)] == [2, 4, 8, 16]


def test_the_delay_has_a_maximum() -> None:
    assert delay(8, 1) == 100


@pytest.mark.parametrize("receives", [40, 1000, 10**6])
def test_any_number_of_receives_has_a_delay(receives: int) -> None:
    assert delay(receives, 1, max_receive_count=10**7) == 100


@pytest.mark.parametrize("luck", [0, 0.5, 1])
def test_the_shortest_delay_is_a_second(luck: float) -> None:
    assert delay(1, luck, retry_base_delay_seconds=1) == 1


def test_the_last_receive_gets_no_delay_because_sqs_moves_the_message_at_the_next() -> None:
    assert delay(9, 1) == 0


def test_where_the_last_receive_is_not_known_each_gets_a_delay() -> None:
    sqs, bad = FakeSqs(), raw_record("bad", receives=9)
    deploy(fail_on_bad, sqs, retry_base_delay_seconds=4).failed(bad)
    assert sqs.timeouts()[bad["receiptHandle"]] >= 450


@given(receives=st.integers(1, 50), base=st.integers(1, 42_300), maximum=st.integers(1, 42_300))
def test_every_delay_is_one_that_sqs_takes(receives: int, base: int, maximum: int) -> None:
    sqs, bad = FakeSqs(), raw_record("bad", receives=receives)
    deploy(fail_on_bad, sqs, retry_base_delay_seconds=base, retry_maximum_delay_seconds=maximum).failed(bad)
    seconds = sqs.timeouts()[bad["receiptHandle"]]
    assert type(seconds) is int
    assert 1 <= seconds <= maximum


def test_only_what_failed_gets_a_delay() -> None:
    sqs, good, bad = FakeSqs(), raw_record("good"), raw_record("bad")
    assert deploy(fail_on_bad, sqs, **RETRY).failed(good, bad) == [bad["messageId"]]
    assert sqs.timeouts().keys() == {bad["receiptHandle"]}


def test_a_batch_that_is_handled_asks_nothing_of_sqs() -> None:
    handle = deploy(fail_on_bad, **RETRY)
    assert handle.failed(raw_record("good")) == []
    assert handle.clients_made == 0


def test_without_retry_no_visibility_timeout_is_changed() -> None:
    handle = deploy(fail_on_bad, max_receive_count=1, dead_letter_queue_url=DLQ_URL)
    assert len(handle.failed(raw_record("bad"))) == 1
    assert handle.clients_made == 0


def test_twenty_five_failures_are_three_calls_and_each_is_in_one() -> None:
    sqs, bad = FakeSqs(), [raw_record("bad") for _ in range(25)]
    assert len(deploy(fail_on_bad, sqs, **RETRY).failed(*bad)) == 25
    entries = [parameters["Entries"] for _, parameters in sqs.calls]
    assert [len(batch) for batch in entries] == [10, 10, 5]
    assert all(len({entry["Id"] for entry in batch}) == len(batch) for batch in entries)
    assert len(sqs.timeouts()) == 25


def test_a_reject_without_a_dead_letter_queue_gets_the_delay_of_any_failure() -> None:
    def function(record: Record) -> None:
        raise Reject("never")

    sqs, bad = FakeSqs(), raw_record()
    deploy(function, sqs, **RETRY).failed(bad)
    assert 2 <= sqs.timeouts()[bad["receiptHandle"]] <= 4


ANSWERS: list[tuple[Any, str]] = [
    (OSError("no route"), "OSError: no route"),
    (KeyError("x"), "KeyError: 'x'"),
    ({"Failed": [{"Id": "0", "Code": "ReceiptHandleIsInvalid", "SenderFault": True}]}, "ReceiptHandleIsInvalid"),
]


@pytest.mark.parametrize(("answer", "reason"), ANSWERS, ids=["OSError", "KeyError", "Failed"])
def test_a_call_that_fails_is_one_warning_and_no_failure_of_the_batch(
    answer: Any, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    sqs, good, bad = FakeSqs(change_message_visibility_batch=answer), raw_record("good"), raw_record("bad")
    assert deploy(fail_on_bad, sqs, **RETRY).failed(good, bad) == [bad["messageId"]]
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1
    assert warnings[0].startswith(f"visibility timeout not changed: records=1 reason={reason}")


def test_calls_that_fail_are_one_warning_that_counts_the_records(caplog: pytest.LogCaptureFixture) -> None:
    def every_second(parameters: dict[str, Any]) -> Any:
        return {"Failed": [{"Id": entry["Id"], "Code": "Gone"} for entry in parameters["Entries"][::2]]}

    sqs = FakeSqs(change_message_visibility_batch=every_second)
    deploy(fail_on_bad, sqs, **RETRY).failed(*(raw_record("bad") for _ in range(20)))
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == ["visibility timeout not changed: records=10 reason=Gone"]
    assert len(sqs.calls) == 2


def test_a_record_without_a_receipt_handle_is_no_failure_of_the_batch() -> None:
    bad = raw_record("bad")
    del bad["receiptHandle"]
    assert deploy(fail_on_bad, **RETRY).failed(bad) == [bad["messageId"]]


def test_a_client_that_cannot_be_made_is_no_failure_of_the_batch(caplog: pytest.LogCaptureFixture) -> None:
    handle, bad = deploy(fail_on_bad, **RETRY), raw_record("bad")
    with mock.patch.object(handle, "_new_client", side_effect=ImportError("no botocore")):
        assert handle.failed(bad) == [bad["messageId"]]
    assert "reason=ImportError: no botocore" in caplog.text


CHINA = "arn:aws-cn:sqs:cn-north-1:123456789012:hands"


@pytest.mark.parametrize(
    ("arn", "settings", "url"),
    [
        (ARN, {}, "https://sqs.eu-west-1.amazonaws.com/123456789012/hands"),
        (FIFO_ARN, {}, "https://sqs.eu-west-1.amazonaws.com/123456789012/hands.fifo"),
        (CHINA, {}, "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/hands"),
        (ARN.replace("aws:", "aws-us-gov:", 1), {}, "https://sqs.eu-west-1.amazonaws.com/123456789012/hands"),
        (ARN, {"dead_letter_queue_url": "http://127.0.0.1:4566/000/dlq"}, "http://127.0.0.1:4566/000/hands"),
    ],
)
def test_the_queues_url_follows_from_its_arn(arn: str, settings: dict[str, Any], url: str) -> None:
    sqs = FakeSqs()
    deploy(fail_on_bad, sqs, **RETRY, **settings).failed(raw_record("bad", eventSourceARN=arn))
    assert [parameters["QueueUrl"] for _, parameters in sqs.calls] == [url]


@pytest.mark.parametrize("arn", ["", None, "arn:aws:sqs"])
def test_an_arn_that_cannot_be_read_is_no_failure_of_the_batch(arn: Any) -> None:
    bad = raw_record("bad", eventSourceARN=arn)
    assert deploy(fail_on_bad, **RETRY).failed(bad) == [bad["messageId"]]
