"""Which requests the local AWS's message move tasks refuse, with AWS's own words where they are known."""

# pyright: reportMissingTypeStubs=false

import asyncio
import json
import uuid
from typing import Any

import pytest
from ministack.services import sqs as service

from consumers.local.move_tasks import MoveTasks

PREFIX = "arn:aws:sqs:us-east-1:000000000000:"
sqs: Any = service


def queue(name: str, dead: str | None = None) -> str:
    """Create a queue; return its ARN. `dead` is the ARN of its dead-letter queue."""
    redrive = {} if dead is None else {"RedrivePolicy": json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 3})}
    sqs._act_create_queue({"QueueName": name, "Attributes": redrive}, "")
    return PREFIX + name


@pytest.fixture
def name() -> str:
    return f"queue-{uuid.uuid4().hex}"


@pytest.fixture
def dead(name: str) -> str:
    """The ARN of a dead-letter queue, whose source has the test's name."""
    arn = queue(f"{name}-dlq")
    queue(name, arn)
    return arn


def refused(action: str, **data: Any) -> str:
    """Return the error's code, status and text."""

    async def call() -> None:
        MoveTasks(sqs).handlers()[action](data, "")

    with pytest.raises(sqs._Err) as caught:
        asyncio.run(call())
    return f"{caught.value.code} {caught.value.status} {caught.value.message}"


def test_a_source_that_does_not_exist_is_refused() -> None:
    text = "ResourceNotFoundException 404 The resource that you specified for the SourceArn parameter doesn't exist."
    assert refused("StartMessageMoveTask", SourceArn=f"{PREFIX}none") == text
    assert refused("ListMessageMoveTasks", SourceArn=f"{PREFIX}none") == text


def test_a_source_that_is_nobodys_dead_letter_queue_is_refused(name: str, dead: str) -> None:
    text = "InvalidParameterValue 400 Source queue must be configured as a Dead Letter Queue."
    assert refused("StartMessageMoveTask", SourceArn=PREFIX + name) == text
    begins_with_its_name = queue(f"{name}-dl")
    assert refused("StartMessageMoveTask", SourceArn=begins_with_its_name) == text


def test_a_destination_that_does_not_exist_is_refused(dead: str) -> None:
    assert refused("StartMessageMoveTask", SourceArn=dead, DestinationArn=f"{PREFIX}none") == (
        "ResourceNotFoundException 404 The resource that you specified for the DestinationArn parameter doesn't exist."
    )


def test_the_source_is_no_destination(dead: str) -> None:
    assert refused("StartMessageMoveTask", SourceArn=dead, DestinationArn=dead) == (
        "InvalidParameterValue 400 Source queue arn and destination queue arn cannot be the same."
    )


def test_a_destination_of_the_other_type_is_refused(name: str, dead: str) -> None:
    fifo = queue(f"{name}.fifo")
    text = "InvalidParameterValue 400 Source queue and destination queue must be of the same type, standard or FIFO."
    assert refused("StartMessageMoveTask", SourceArn=dead, DestinationArn=fifo) == text
    fifo_dead = queue(f"{name}-dlq.fifo")
    queue(f"{name}-live.fifo", fifo_dead)
    assert refused("StartMessageMoveTask", SourceArn=fifo_dead, DestinationArn=PREFIX + name) == text


@pytest.mark.parametrize("rate", [-1, 0, 501])
def test_a_rate_outside_of_1_to_500_is_refused(dead: str, rate: int) -> None:
    assert refused("StartMessageMoveTask", SourceArn=dead, MaxNumberOfMessagesPerSecond=rate) == (
        f"InvalidParameterValue 400 Value {rate} for parameter MaxNumberOfMessagesPerSecond is invalid. "
        "Reason: Must be between 1 and 500, if provided."
    )


@pytest.mark.parametrize("rate", [1, 500])
def test_the_limits_of_the_rate_are_accepted(dead: str, rate: int) -> None:
    async def start() -> Any:
        actions = MoveTasks(sqs).handlers()
        actions["StartMessageMoveTask"]({"SourceArn": dead, "MaxNumberOfMessagesPerSecond": rate}, "")
        return actions["ListMessageMoveTasks"]({"SourceArn": dead}, "")["Results"]

    assert [task["MaxNumberOfMessagesPerSecond"] for task in asyncio.run(start())] == [rate]


@pytest.mark.parametrize("most", [11, -1])
def test_more_than_ten_tasks_are_not_listed(dead: str, most: int) -> None:
    assert refused("ListMessageMoveTasks", SourceArn=dead, MaxResults=most) == (
        f"InvalidParameterValue 400 Value {most} for parameter MaxResults is invalid. "
        "Reason: Must be between 1 and 10, if provided."
    )


@pytest.mark.parametrize("handle", ["", "handle", "e30=", "W10=", "*"])
def test_a_handle_that_is_none_is_refused(handle: str) -> None:
    text = "InvalidParameterValue 400 Value for parameter TaskHandle is invalid."
    assert refused("CancelMessageMoveTask", TaskHandle=handle) == text
