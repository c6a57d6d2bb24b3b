"""What needs a look."""

from dataclasses import replace
from typing import Any

import pytest

from consumers.operations import status
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
    well = status.judged(consumer(), Depth(3, 2, 1), EMPTY)
    assert well.advice == []
    assert (well.queue, well.dead_letters, well.mapping, well.function) == (Depth(3, 2, 1), 0, "Enabled", "Active")
    assert (well.last_result, well.last_modified) == ("OK", "2025-01-31T12:00")


@pytest.mark.parametrize(
    ("found", "dead", "advice"),
    [
        (consumer(), Depth(1, 1, 0), "hands has 2 dead letters: see `consumers logs hands --since 1d`"),
        (consumer(), None, "hands has no dead-letter queue: deploy its stack again, or remove what is left of it"),
        (
            replace(consumer(), has_own_queue=False),
            None,
            "hands reads a queue without a dead-letter queue: what fails is tried again until it expires, "
            "and is lost then",
        ),
        (consumer(mapping={"State": "Disabled"}), EMPTY, "hands reads nothing, because its mapping is Disabled"),
        (
            consumer(mapping={"LastProcessingResult": "PROBLEM: Function call failed"}),
            EMPTY,
            "hands could not hand over its last batch (PROBLEM: Function call failed): "
            "see `consumers logs hands --since 1d`",
        ),
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
    assert status.judged(found, EMPTY, dead).advice == [advice]


def test_of_a_consumer_that_is_half_deleted_what_is_missing_is_named() -> None:
    half = status.judged(Consumer("hands", "dev", "poker"), EMPTY, None)
    assert half.advice == [
        "hands has no dead-letter queue, no function, no mapping: deploy its stack again, or remove what is left of it"
    ]
    assert (half.mapping, half.function, half.dead_letters) == ("gone", "gone", None)
