"""Message move tasks: what is asked of SQS, and what its answers mean."""

import base64
from collections.abc import Iterator
from typing import Any

import boto3  # pyright: ignore[reportMissingTypeStubs]
import pytest
from botocore.stub import Stubber  # pyright: ignore[reportMissingTypeStubs]

from consumers.operations.dead_letters import move_tasks
from consumers.operations.dead_letters.move_tasks import MoveTask

SOURCE = "arn:aws:sqs:eu-west-1:123456789012:dead"
DESTINATION = "arn:aws:sqs:eu-west-1:123456789012:queue"
HANDLE = base64.b64encode(b"handle").decode()


@pytest.fixture
def sqs() -> Any:
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    library: Any = boto3
    return library.client("sqs", region_name="eu-west-1", **keys)


@pytest.fixture
def stub(sqs: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(move_tasks, "INTERVAL", 0)
    with Stubber(sqs) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def listed(status: str, started: int, moved: int = 0, **more: Any) -> dict[str, Any]:
    return {"Status": status, "StartedTimestamp": started, "ApproximateNumberOfMessagesMoved": moved, **more}


def lists(stub: Any, *tasks: dict[str, Any] | None) -> None:
    for task in tasks:
        asked = {"SourceArn": SOURCE, "MaxResults": 1}
        stub.add_response("list_message_move_tasks", {"Results": [task] if task else []}, asked)


def test_the_newest_task_is_read_whole(sqs: Any, stub: Any) -> None:
    more = {
        "TaskHandle": HANDLE,
        "DestinationArn": DESTINATION,
        "ApproximateNumberOfMessagesToMove": 9,
        "FailureReason": "CouldNotDetermineMessageSource",
    }
    lists(stub, listed("RUNNING", 1_700_000_000_500, 3, **more), None)
    assert move_tasks.newest(sqs, SOURCE) == MoveTask(
        "RUNNING", 3, 9, HANDLE, "CouldNotDetermineMessageSource", DESTINATION, 1_700_000_000.5
    )
    assert move_tasks.newest(sqs, SOURCE) is None


@pytest.mark.parametrize("rate", [None, 1, 500])
def test_the_destination_is_always_named(sqs: Any, stub: Any, rate: int | None) -> None:
    asked: dict[str, Any] = {"SourceArn": SOURCE, "DestinationArn": DESTINATION}
    asked |= {"MaxNumberOfMessagesPerSecond": rate} if rate else {}
    stub.add_response("start_message_move_task", {"TaskHandle": HANDLE}, asked)
    move_tasks.start(sqs, SOURCE, DESTINATION, rate)


@pytest.mark.parametrize(
    "before", [None, MoveTask("FAILED", 0, 1, "", "why", DESTINATION, 1.0)], ids=["first", "second"]
)
def test_a_task_is_followed_to_its_end_and_an_earlier_one_is_not_taken_for_it(
    sqs: Any, stub: Any, before: MoveTask | None
) -> None:
    old = listed("FAILED", 1_000) if before else None
    lists(stub, old, old, listed("RUNNING", 2_000, 5), listed("CANCELLING", 2_000, 7), listed("CANCELLED", 2_000, 8))
    followed = list(move_tasks.follow(sqs, SOURCE, before))
    assert [(task.status, task.moved) for task in followed] == [("RUNNING", 5), ("CANCELLING", 7), ("CANCELLED", 8)]


def test_a_cancelled_task_says_how_many_it_has_moved(sqs: Any, stub: Any) -> None:
    asked = {"TaskHandle": HANDLE}
    stub.add_response("cancel_message_move_task", {"ApproximateNumberOfMessagesMoved": 4}, asked)
    assert move_tasks.cancel(sqs, MoveTask("RUNNING", 3, 9, HANDLE, "", DESTINATION, 1.0)) == 4
