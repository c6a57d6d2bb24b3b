"""FIFO queues, one invocation: order within a group, and what happens to the rest of it."""

from typing import Any

import pytest

from sqs_batch import Record, Reject
from sqs_events import FIFO_DLQ_URL, Deployed, FakeSqs, deploy, fifo_record, raw_record

WITH_DLQ: dict[str, Any] = {"max_receive_count": 3, "dead_letter_queue_url": FIFO_DLQ_URL}


def fail_on_bad(record: Record) -> None:
    if record.body == "bad":
        raise ValueError("it is bad")
    if record.body == "reject":
        raise Reject("never")


async def fail_on_bad_later(record: Record) -> None:
    fail_on_bad(record)


@pytest.fixture(params=[fail_on_bad, fail_on_bad_later], ids=["def", "async def"])
def function(request: pytest.FixtureRequest) -> Any:
    return request.param


def ids(*records: dict[str, Any]) -> list[str]:
    return [raw["messageId"] for raw in records]


def test_a_group_that_is_handled_reports_nothing(function: Any) -> None:
    assert deploy(function).failed(fifo_record("good"), fifo_record("good")) == []


def test_what_follows_a_failure_in_its_group_comes_back_unhandled() -> None:
    seen: list[str] = []

    def function(record: Record) -> None:
        seen.append(record.message_id)
        fail_on_bad(record)

    good, bad, rest, last = (fifo_record(body) for body in ("good", "bad", "good", "good"))
    assert deploy(function).failed(good, bad, rest, last) == ids(bad, rest, last)
    assert seen == ids(good, bad)


def test_other_groups_go_on(function: Any) -> None:
    first = [fifo_record("good", "1"), fifo_record("good", "1")]
    second = [fifo_record("bad", "2"), fifo_record("good", "2")]
    third = [fifo_record("bad", "3")]
    assert deploy(function).failed(*first, *second, *third) == ids(*second, *third)


def test_groups_that_fail_at_their_first_record_do_not_touch_the_others(function: Any) -> None:
    first = [fifo_record("bad", "1"), fifo_record("good", "1")]
    second = [fifo_record("bad", "2"), fifo_record("good", "2")]
    third = [fifo_record("good", "3")]
    assert deploy(function).failed(*first, *second, *third) == ids(*first, *second)


def test_a_function_that_changes_its_copy_of_the_message_does_not_let_its_group_go_on() -> None:
    def vandal(record: Record) -> None:
        record.raw["attributes"].clear()
        fail_on_bad(record)

    records = [fifo_record("bad", "a"), fifo_record("good", "a"), fifo_record("good", "b")]
    assert deploy(vandal).failed(*records) == ids(*records[:2])


def test_groups_may_be_interleaved(function: Any) -> None:
    records = [fifo_record(body, group) for body, group in [("good", "a"), ("bad", "b"), ("good", "a"), ("good", "b")]]
    assert deploy(function).failed(*records) == ids(records[1], records[3])


def test_a_group_on_a_standard_queue_is_no_order(function: Any) -> None:
    bad, good = raw_record("bad", group="a"), raw_record("good", group="a")
    assert deploy(function, **WITH_DLQ).failed(bad, good) == ids(bad)


def test_on_a_standard_queue_the_last_receive_is_left_to_sqs(function: Any) -> None:
    bad, sqs = raw_record("bad", group="a", receives=3), FakeSqs()
    assert deploy(function, sqs, **WITH_DLQ).failed(bad) == ids(bad)
    assert sqs.calls == []


def test_on_its_last_receive_a_poison_goes_to_the_dead_letter_queue_and_its_group_goes_on(function: Any) -> None:
    sqs = FakeSqs()
    bad, good = fifo_record("bad", receives=3), fifo_record("good", receives=3)
    assert deploy(function, sqs, **WITH_DLQ).failed(bad, good) == []
    (sent,) = sqs.sent()
    assert (sent["QueueUrl"], sent["MessageBody"], sent["MessageGroupId"]) == (FIFO_DLQ_URL, "bad", "a")
    assert sent["MessageDeduplicationId"] == bad["messageId"]


def test_a_record_that_was_received_too_often_already_goes_to_the_dead_letter_queue_too(function: Any) -> None:
    sqs = FakeSqs()
    assert deploy(function, sqs, **WITH_DLQ).failed(fifo_record("bad", receives=4)) == []
    assert len(sqs.sent()) == 1


def test_before_its_last_receive_a_poison_comes_back_with_its_group(function: Any) -> None:
    sqs = FakeSqs()
    bad, good = fifo_record("bad", receives=2), fifo_record("good", receives=2)
    assert deploy(function, sqs, **WITH_DLQ).failed(bad, good) == ids(bad, good)
    assert sqs.sent() == []


def test_without_the_receive_count_the_last_receive_is_like_any(function: Any) -> None:
    bad, good = fifo_record("bad", receives=3), fifo_record("good", receives=3)
    sqs = FakeSqs()
    assert deploy(function, sqs, dead_letter_queue_url=FIFO_DLQ_URL).failed(bad, good) == ids(bad, good)
    assert sqs.sent() == []


def test_without_the_permission_to_send_sqs_moves_the_poison_and_its_group_goes_on(function: Any) -> None:
    bad, good = fifo_record("bad", receives=3), fifo_record("good", receives=3)
    sqs = FakeSqs()
    assert deploy(function, sqs, max_receive_count=3).failed(bad, good) == ids(bad)
    assert sqs.sent() == []


@pytest.mark.parametrize("failure", [OSError("no route"), {}], ids=["raises", "does not confirm"])
def test_where_the_send_fails_the_poison_is_reported_and_its_group_goes_on(failure: Any, function: Any) -> None:
    sqs = FakeSqs(send_message=failure)
    bad, good = fifo_record("bad", receives=3), fifo_record("good", receives=3)
    assert deploy(function, sqs, **WITH_DLQ).failed(bad, good) == ids(bad)
    assert len(sqs.sent()) == 1


def test_a_poison_whose_send_failed_is_moved_by_sqs_at_once(function: Any) -> None:
    sqs = FakeSqs(send_message=OSError("no route"))
    bad = fifo_record("bad", receives=3)
    deploy(function, sqs, **WITH_DLQ).failed(bad)
    assert sqs.timeouts() == {bad["receiptHandle"]: 0}


def test_a_reject_goes_to_the_dead_letter_queue_and_its_group_goes_on(function: Any) -> None:
    sqs = FakeSqs()
    assert deploy(function, sqs, **WITH_DLQ).failed(fifo_record("reject"), fifo_record("good")) == []
    assert [sent["MessageBody"] for sent in sqs.sent()] == ["reject"]


def test_a_reject_whose_send_failed_holds_up_its_group_like_any_failure(function: Any) -> None:
    sqs = FakeSqs(send_message=OSError("no route"))
    bad, good = fifo_record("reject"), fifo_record("good")
    assert deploy(function, sqs, **WITH_DLQ).failed(bad, good) == ids(bad, good)


def test_what_was_never_started_may_be_received_again_at_once(function: Any) -> None:
    sqs = FakeSqs()
    good, bad, rest, last = (fifo_record(body) for body in ("good", "bad", "good", "good"))
    deploy(function, sqs, **WITH_DLQ).failed(good, bad, rest, last)
    assert sqs.timeouts() == {rest["receiptHandle"]: 0, last["receiptHandle"]: 0}
    assert [parameters["QueueUrl"] for _, parameters in sqs.calls] == [FIFO_DLQ_URL.replace("-dlq", "")]


def test_without_the_permission_no_visibility_timeout_is_changed(function: Any) -> None:
    handle = deploy(function, max_receive_count=3)
    bad, rest = fifo_record("bad"), fifo_record("good")
    assert handle.failed(bad, rest) == ids(bad, rest)
    assert handle.clients_made == 0


def test_the_happy_path_makes_no_client(function: Any) -> None:
    handle: Deployed = deploy(function, **WITH_DLQ, retry_base_delay_seconds=1)
    assert handle.failed(fifo_record("good", receives=3)) == []
    assert handle.clients_made == 0
