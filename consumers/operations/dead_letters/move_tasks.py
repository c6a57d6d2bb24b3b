"""SQS's own way to move a whole dead-letter queue: message move tasks.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MOST_PER_SECOND = 500
INTERVAL = 1.0  # seconds between two polls


@dataclass(frozen=True)
class MoveTask:
    """One task of a dead-letter queue."""

    status: str
    """RUNNING, COMPLETED, CANCELLING, CANCELLED or FAILED."""
    moved: int
    total: int | None
    """Messages in the queue when the task began; None where SQS does not say."""
    handle: str
    """Empty unless it is running."""
    failure: str
    destination: str
    """ARN of the queue; empty where each message goes to the queue that it came from."""
    started: float
    """Seconds since 1970."""

    @property
    def is_running(self) -> bool:
        return self.status in ("RUNNING", "CANCELLING")


def newest(sqs: Any, source_arn: str) -> MoveTask | None:
    """Return the newest task, no matter who started it."""
    results = sqs.list_message_move_tasks(SourceArn=source_arn, MaxResults=1).get("Results", [])
    return _task(results[0]) if results else None


def start(sqs: Any, source_arn: str, destination_arn: str, rate: int | None) -> None:
    """Begin to move every message. The destination is named: of letters that were sent here, SQS knows no source.

    `sqs` must not retry by itself: the second try would fail, because the first has begun a task.
    """
    limit = {} if rate is None else {"MaxNumberOfMessagesPerSecond": rate}
    sqs.start_message_move_task(SourceArn=source_arn, DestinationArn=destination_arn, **limit)


def follow(sqs: Any, source_arn: str, before: MoveTask | None) -> Iterator[MoveTask]:
    """Yield what the task that has just begun came to, until it ends. `before` is the newest one before it."""
    while True:
        task = newest(sqs, source_arn)
        # The list can be older than the start of the task.
        if task and (before is None or task.started != before.started):
            yield task
            if not task.is_running:
                return
        time.sleep(INTERVAL)


def cancel(sqs: Any, task: MoveTask) -> int:
    """End a running task, and return how many messages it has moved. Those stay where they are now."""
    return int(sqs.cancel_message_move_task(TaskHandle=task.handle).get("ApproximateNumberOfMessagesMoved", 0))


def _task(result: dict[str, Any]) -> MoveTask:
    return MoveTask(
        result["Status"],
        int(result.get("ApproximateNumberOfMessagesMoved", 0)),
        result.get("ApproximateNumberOfMessagesToMove"),
        result.get("TaskHandle", ""),
        result.get("FailureReason", ""),
        result.get("DestinationArn", ""),
        result.get("StartedTimestamp", 0) / 1000,
    )
