"""What needs a look."""

from dataclasses import replace
from typing import Any

import pytest

from consumers.operations import ages, inactive_sources, status
from consumers.operations.discovery import Consumer
from consumers.operations.queues import Depth

FUNCTION = {
    "FunctionName": "f",
    "State": "Active",
    "LastUpdateStatus": "Successful",
    "LastModified": "2025-01-31T12:00",
}
MAPPING = {"UUID": "1", "State": "Enabled", "LastProcessingResult": "OK"}
EMPTY = Depth(0, 0, 0)


def consumer(function: dict[str, Any] | None = None, mapping: dict[str, Any] | None = None) -> Consumer:
    return Consumer("hands", "dev", "poker", function=FUNCTION | (function or {}), mappings=[MAPPING | (mapping or {})])


def test_of_a_consumer_that_is_well_there_is_nothing_to_say() -> None:
    assert status.assess(consumer(), Depth(3, 2, 1), EMPTY, 60) == status.Status(
        *("hands", "dev", "poker", Depth(3, 2, 1), 60, 0, "Enabled", "OK", "Active", "2025-01-31T12:00", list[str]())
    )


@pytest.mark.parametrize(
    ("found", "dead", "advice"),
    [
        (consumer(), Depth(1, 1, 0), "hands has 2 dead letters: see `consumers logs hands --since 1d`"),
        (consumer(), Depth(1, 0, 0), "hands has 1 dead letter: see `consumers logs hands --since 1d`"),
        (consumer(), None, "hands has no dead-letter queue: deploy its stack again, or destroy it"),
        (
            replace(consumer(), has_own_queue=False),
            None,
            "hands reads a queue without a dead-letter queue: a failing message is retried until it expires, "
            "and is then lost",
        ),
        (consumer(mapping={"State": "Disabled"}), EMPTY, "hands reads nothing, because its mapping is Disabled"),
        (
            consumer(mapping={"LastProcessingResult": "PROBLEM: Function call failed"}),
            EMPTY,
            "hands could not process its last batch (PROBLEM: Function call failed): "
            "see `consumers logs hands --since 1d`",
        ),
        (  # in the word of the local AWS
            consumer(mapping={"LastProcessingResult": "FAILED"}),
            EMPTY,
            "hands could not process its last batch (FAILED): see `consumers logs hands --since 1d`",
        ),
        (consumer({"State": "Failed"}), EMPTY, "hands has a function that failed: Lambda gives no reason"),
        (
            consumer({"State": "Failed", "StateReason": "no such image"}),
            EMPTY,
            "hands has a function that failed: no such image",
        ),
        (
            consumer({"LastUpdateStatus": "Failed", "LastUpdateStatusReason": "key is disabled"}),
            EMPTY,
            "hands has a function that failed: key is disabled",
        ),
    ],
)
def test_what_needs_a_look_gets_a_line(found: Consumer, dead: Depth | None, advice: str) -> None:
    assert status.assess(found, EMPTY, dead).advice == [advice]


def test_of_a_consumer_that_is_half_deleted_what_is_missing_is_named() -> None:
    missing = "no queue, no dead-letter queue, no function, no mapping"
    assert status.assess(Consumer("hands", "dev", "poker"), None, None) == status.Status(
        *("hands", "dev", "poker", None, None, None, "gone", "", "gone", ""),
        [f"hands has {missing}: deploy its stack again, or destroy it"],
    )


class Sqs:
    class exceptions:  # noqa: N801
        class QueueDoesNotExist(Exception): ...

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:  # noqa: N803
        if QueueUrl == "url/gone":
            raise self.exceptions.QueueDoesNotExist
        return {"Attributes": dict(zip(AttributeNames, {"url/queue": "321", "url/dead": "000"}[QueueUrl], strict=True))}


def test_each_is_asked_about_and_a_queue_that_has_just_gone_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
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
    assert status.of(client, [here, gone]) == expected
    expected[0].advice.append("hands gets nothing from its stream of IAM to sqs:hands: it is inactive on the local AWS")
    assert status.of(client, [here, gone], is_local=True) == expected
