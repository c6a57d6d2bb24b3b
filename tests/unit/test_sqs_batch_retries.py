"""Retries: the visibility timeouts of failed messages."""

from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqs_events import ARN, DLQ_URL, FIFO_ARN, FakeSqs, by_body, deploy, ids, raw_record, records_of

RETRY: dict[str, Any] = {"retry_base_delay_seconds": 4, "retry_maximum_delay_seconds": 100, "max_receive_count": 9}


def delay(receives: int, position: float, **settings: Any) -> int:
    """Return a failed message's visibility timeout; `position`, from 0 to 1, replaces the random number."""
    sqs, bad = FakeSqs(), raw_record("bad", receives=receives)
    with mock.patch("random.uniform", lambda low, high: low + (high - low) * position):  # pyright: ignore
        deploy(by_body, sqs, **{**RETRY, **settings}).failed(bad)
    return sqs.timeouts()[bad["messageId"]]


@pytest.mark.parametrize(
    ("settings", "position", "delays"),
    [
        pytest.param({}, 1, {1: 4, 2: 8, 3: 16, 4: 32}, id="doubles"),
        pytest.param({}, 0, {1: 2, 2: 4, 3: 8, 4: 16}, id="half is fixed"),
        pytest.param({"max_receive_count": 10**7}, 1, {8: 100, 40: 100, 10**6: 100}, id="has a maximum"),
        pytest.param({"retry_maximum_delay_seconds": ""}, 1, {8: 512}, id="default maximum"),
        pytest.param({"retry_maximum_delay_seconds": "", "max_receive_count": ""}, 1, {9: 900}, id="no last receive"),
        pytest.param({"retry_base_delay_seconds": 1}, 0, {1: 1}, id="is at least a second"),
        pytest.param({}, 1, {9: 0, 10: 0}, id="is zero on the last receive"),
    ],
)
def test_the_delay(settings: dict[str, Any], position: float, delays: dict[int, int]) -> None:
    assert {receives: delay(receives, position, **settings) for receives in delays} == delays


@given(receives=st.integers(1, 50), base=st.integers(1, 42_300), maximum=st.integers(1, 42_300))
def test_sqs_accepts_every_delay(receives: int, base: int, maximum: int) -> None:
    sqs, bad = FakeSqs(), raw_record("bad", receives=receives)
    deploy(by_body, sqs, retry_base_delay_seconds=base, retry_maximum_delay_seconds=maximum).failed(bad)
    seconds = sqs.timeouts()[bad["messageId"]]
    assert type(seconds) is int
    assert 1 <= seconds <= maximum


def test_only_failed_messages_get_a_delay(caplog: pytest.LogCaptureFixture) -> None:
    sqs, batch = FakeSqs(), records_of("good", "bad", "reject")
    assert deploy(by_body, sqs, **RETRY).failed(*batch) == ids(*batch[1:])
    assert [*sqs.timeouts()] == ids(*batch[1:])
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


DLQ = {"dead_letter_queue_url": DLQ_URL}


@pytest.mark.parametrize(("body", "settings"), [("good", RETRY | DLQ), ("bad", {"max_receive_count": 1, **DLQ})])
def test_without_failures_or_retry_sqs_is_not_called(body: str, settings: dict[str, Any]) -> None:
    handle = deploy(by_body, **settings)
    handle.failed(raw_record(body))
    assert handle.clients_made == 0


def test_a_call_has_at_most_ten_messages() -> None:
    sqs = FakeSqs()
    assert len(deploy(by_body, sqs, **RETRY).failed(*records_of(*["bad"] * 25))) == 25
    entries = [parameters["Entries"] for _, parameters in sqs.calls]
    assert [[entry["Id"] for entry in batch] for batch in entries] == [[*"0123456789"], [*"0123456789"], [*"01234"]]
    assert len(sqs.timeouts()) == 25


def half_fails(parameters: dict[str, Any]) -> Any:
    return {"Failed": [{"Id": entry["Id"], "Code": "Gone"} for entry in parameters["Entries"][::2]]}


@pytest.mark.parametrize(
    ("answer", "warning"),
    [(OSError("no route"), "records=20 reason=OSError: no route at "), (half_fails, "records=10 reason=Gone")],
)
def test_failed_calls_are_one_warning(answer: Any, warning: str, caplog: pytest.LogCaptureFixture) -> None:
    sqs, bad = FakeSqs(change_message_visibility_batch=answer), records_of(*["bad"] * 20)
    assert deploy(by_body, sqs, **RETRY).failed(raw_record("good"), *bad) == ids(*bad)
    (text,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert text.startswith(f"visibility timeout not changed: {warning}")


@pytest.mark.parametrize(
    "changes",
    [{"receiptHandle": None}, {"eventSourceARN": ""}, {"eventSourceARN": None}, {"eventSourceARN": "arn:aws:sqs"}],
)
def test_an_invalid_record_does_not_fail_the_batch(changes: dict[str, Any]) -> None:
    bad = raw_record("bad", **changes)
    if "receiptHandle" in changes:
        del bad["receiptHandle"]
    assert deploy(by_body, **RETRY).failed(bad) == ids(bad)


def test_a_client_that_cannot_be_made_does_not_fail_the_batch(caplog: pytest.LogCaptureFixture) -> None:
    handle, bad = deploy(by_body, **RETRY), raw_record("bad")
    with mock.patch.object(handle, "_new_client", side_effect=ImportError("no botocore")):
        assert handle.failed(bad) == ids(bad)
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
def test_the_queue_url_is_derived_from_the_arn(arn: str, settings: dict[str, Any], url: str) -> None:
    sqs = FakeSqs()
    deploy(by_body, sqs, **RETRY, **settings).failed(raw_record("bad", eventSourceARN=arn))
    assert [parameters["QueueUrl"] for _, parameters in sqs.calls] == [url]
