"""The status of a consumer, and the advice for one that needs attention."""

from dataclasses import replace
from typing import Any

import pytest

from consumers.operations import ages, inactive_sources, status
from consumers.operations.discovery import Consumer
from consumers.operations.queues import Depth
from error_texts import ErrorTexts

FUNCTION = {"FunctionName": "f", "State": "Active", "LastUpdateStatus": "Successful", "LastModified": "2025-01-31"}
MAPPING = {"UUID": "1", "State": "Enabled", "LastProcessingResult": "OK"}
EMPTY = Depth(0, 0, 0)


def consumer(function: dict[str, Any] | None = None, mapping: dict[str, Any] | None = None) -> Consumer:
    return Consumer("hands", "dev", "poker", function=FUNCTION | (function or {}), mappings=[MAPPING | (mapping or {})])


def test_a_healthy_consumer_has_no_advice() -> None:
    assert status.assess(consumer(), Depth(3, 2, 1), EMPTY, 60) == status.Status(
        *("hands", "dev", "poker", Depth(3, 2, 1), 60, 0, "Enabled", "OK", "Active", "2025-01-31", list[str]())
    )


BAD: dict[str, tuple[Consumer, Depth | None]] = {
    "two dead letters": (consumer(), Depth(1, 1, 0)),
    "one dead letter": (consumer(), Depth(1, 0, 0)),
    "no dead-letter queue": (consumer(), None),
    "a foreign queue without a dead-letter queue": (replace(consumer(), has_own_queue=False), None),
    "a disabled mapping": (consumer(mapping={"State": "Disabled"}), EMPTY),
    "a failed batch": (consumer(mapping={"LastProcessingResult": "PROBLEM: Function call failed"}), EMPTY),
    "a failed batch on the local AWS": (consumer(mapping={"LastProcessingResult": "FAILED"}), EMPTY),
    "a failed function": (consumer({"State": "Failed"}), EMPTY),
    "a failed function with a reason": (consumer({"State": "Failed", "StateReason": "no such image"}), EMPTY),
    "a failed update": (consumer({"LastUpdateStatus": "Failed", "LastUpdateStatusReason": "key is disabled"}), EMPTY),
}


@pytest.mark.parametrize("bad", BAD)
def test_a_consumer_that_needs_attention_gets_a_line(error_text: ErrorTexts, bad: str) -> None:
    found, dead = BAD[bad]
    [line] = status.assess(found, EMPTY, dead).advice
    error_text(line)


def test_a_consumer_that_is_half_deleted_names_what_is_missing(error_text: ErrorTexts) -> None:
    judged = status.assess(Consumer("hands", "dev", "poker"), None, None)
    [line] = judged.advice
    assert judged == status.Status(*("hands", "dev", "poker", None, None, None, "gone", "", "gone", ""), [line])
    error_text(line)


class Sqs:
    class exceptions:  # noqa: N801
        class QueueDoesNotExist(Exception): ...

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:  # noqa: N803
        if QueueUrl == "url/gone":
            raise self.exceptions.QueueDoesNotExist
        return {"Attributes": dict(zip(AttributeNames, {"url/queue": "321", "url/dead": "000"}[QueueUrl], strict=True))}


def test_each_consumer_is_queried_and_a_queue_that_was_just_deleted_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def oldest(cloudwatch: Any, names: list[str]) -> dict[str, int]:
        assert (cloudwatch, names) == ("CloudWatch", ["hands"])
        return {"hands": 60}

    def sources(client: Any, arn: str | None) -> list[str]:
        return [f"stream of {client('iam')} to {arn}"] if arn else []

    monkeypatch.setattr(ages, "oldest", oldest)
    monkeypatch.setattr(inactive_sources, "sources", sources)
    here = replace(consumer(), queue_arn="sqs:hands", queue_url="url/queue", dead_letter_queue_url="url/dead")
    gone = replace(consumer(), queue_url="url/gone")
    client = {"sqs": Sqs(), "cloudwatch": "CloudWatch", "iam": "IAM"}.__getitem__
    expected = [status.assess(here, Depth(3, 2, 1), EMPTY, 60), status.assess(gone, None, None)]
    assert status.read(client, [here, gone]) == expected
    locally = status.read(client, [here, gone], is_local=True)
    assert [one.advice for one in locally[1:]] == [one.advice for one in expected[1:]]
    assert "stream of IAM to sqs:hands" in locally[0].advice[-1]
