"""Which consumer a dead letter comes from: another one's must never be sent to this one's queue."""

import json

import pytest

from consumers.operations.dead_letters.dead_letter_queue import DeadLetterQueue
from consumers.operations.dead_letters.letters import DeadLetter
from consumers.operations.discovery import Consumer

SCOPE = "arn:aws:sqs:us-east-1:000000000000"
HANDS, POTS, OLD = f"{SCOPE}:hands-queue", f"{SCOPE}:pots-queue", f"{SCOPE}:hands-queue-before"
CONSUMER = Consumer("hands", "dev", "poker", queue_arn=HANDS, function={"FunctionName": "hands-function"})
# The other stack has a consumer of the same name.
NAMES = {HANDS: "hands", "hands-function": "hands", POTS: "hands", "pots-function": "hands"}


def queue(*sources: str) -> DeadLetterQueue:
    return DeadLetterQueue("url", f"{SCOPE}:dead", (CONSUMER,), frozenset(sources), NAMES)


def moved(source: str) -> DeadLetter:
    return DeadLetter("id", "", {}, {"DeadLetterQueueSourceArn": source}, "")


def sent(function: str | None) -> DeadLetter:
    value = json.dumps({"reason": "no card", "function": function})
    return DeadLetter("id", "", {"Rejected": {"DataType": "String", "StringValue": value}} if function else {}, {}, "")


@pytest.mark.parametrize("sources", [(), (HANDS,), (HANDS, POTS)], ids=["none", "own", "shared"])
def test_a_letter_of_the_queue_or_the_function_is_its_own_and_one_of_another_consumer_is_not(
    sources: tuple[str, ...],
) -> None:
    own = [queue(*sources).is_own(letter) for letter in (moved(HANDS), sent("hands-function"))]
    others = [queue(*sources).is_own(letter) for letter in (moved(POTS), sent("pots-function"))]
    assert (own, others) == ([True, True], [False, False])


@pytest.mark.parametrize("letter", [moved(OLD), sent("function-before"), sent(None)], ids=["queue", "function", "none"])
def test_a_letter_without_a_trace_of_another_consumer_is_its_own_unless_the_queue_is_shared(letter: DeadLetter) -> None:
    assert queue(HANDS).is_own(letter)
    assert not queue(HANDS, POTS).is_own(letter)
    assert not queue(POTS).is_own(letter)


def test_a_letter_is_listed_under_its_consumer_else_its_queue_else_as_unknown() -> None:
    letters = (moved(HANDS), moved(OLD), sent("pots-function"), sent(None))
    assert [queue(HANDS).origin(letter) for letter in letters] == ["hands", "hands-queue-before", "hands", "hands"]
    assert queue(HANDS, POTS).origin(sent(None)) == "unknown"
