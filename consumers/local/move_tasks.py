"""Message move tasks for the local AWS: ministack has none, and answers InvalidAction.

Each message is sent anew, as on AWS: with a new id, and no receives. Messages in flight stay.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
"""

import asyncio
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Data = dict[str, Any]
TICK = 0.02  # seconds between two rounds
DEFAULT_RATE = 500  # messages a second, AWS's maximum
MOST_TASKS = 10  # that are listed of a queue


@dataclass
class Task:
    """One task, running or ended."""

    source: str
    destination: str | None
    rate: int
    to_move: int
    started: float = field(default_factory=time.time)
    handle: str = field(default_factory=lambda: uuid.uuid4().hex)
    status: str = "RUNNING"
    moved: int = 0
    failure: str = ""

    def listed(self) -> Data:
        """Return the task as ListMessageMoveTasks shows it."""
        optional = {
            "TaskHandle": self.handle if self.status == "RUNNING" else "",
            "DestinationArn": self.destination or "",
            "FailureReason": self.failure,
        }
        return {
            "Status": self.status,
            "SourceArn": self.source,
            "MaxNumberOfMessagesPerSecond": self.rate,
            "ApproximateNumberOfMessagesMoved": self.moved,
            "ApproximateNumberOfMessagesToMove": self.to_move,
            "StartedTimestamp": int(self.started * 1000),
            **{key: value for key, value in optional.items() if value},
        }


class MoveTasks:
    """The three actions, over ministack's module `services.sqs`."""

    def __init__(self, sqs: Any) -> None:
        self._sqs = sqs
        self._tasks: list[Task] = []
        self._running: set[asyncio.Task[None]] = set()

    def handlers(self) -> dict[str, Callable[[Data, str], Data]]:
        """Return what answers each action."""
        return {
            "StartMessageMoveTask": self._start,
            "ListMessageMoveTasks": self._list,
            "CancelMessageMoveTask": self._cancel,
        }

    def _start(self, data: Data, url: str) -> Data:
        source, destination = data.get("SourceArn", ""), data.get("DestinationArn")
        queue = self._queue(source)
        if destination is not None:
            self._queue(destination)
        if any(task.source == source and task.status == "RUNNING" for task in self._tasks):
            raise self._error("UnsupportedOperation", "There is already a task running. Only one is allowed per queue.")
        rate = int(data.get("MaxNumberOfMessagesPerSecond") or DEFAULT_RATE)
        task = Task(source, destination, rate, len(queue["messages"]))
        self._tasks.insert(0, task)
        running = asyncio.get_running_loop().create_task(self._run(task))
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        return {"TaskHandle": task.handle}

    def _list(self, data: Data, url: str) -> Data:
        most = min(int(data.get("MaxResults") or 1), MOST_TASKS)
        self._queue(data.get("SourceArn", ""))
        return {"Results": [task.listed() for task in self._tasks if task.source == data["SourceArn"]][:most]}

    def _cancel(self, data: Data, url: str) -> Data:
        for task in self._tasks:
            if task.handle == data.get("TaskHandle") and task.status == "RUNNING":
                task.status = "CANCELLED"
                return {"ApproximateNumberOfMessagesMoved": task.moved}
        raise self._error("ResourceNotFoundException", "The task does not exist, or has ended.")

    async def _run(self, task: Task) -> None:
        while task.status == "RUNNING":
            due = max(1, int((time.time() - task.started) * task.rate)) - task.moved
            try:
                batch = [message for message, _ in zip(self._visible(task), range(due), strict=False)]
                for message in batch:
                    self._move(task, message)
            except Exception as error:
                task.status, task.failure = "FAILED", getattr(error, "code", type(error).__name__)
            else:
                if due > len(batch):
                    task.status = "COMPLETED"
            await asyncio.sleep(TICK)

    def _visible(self, task: Task) -> Iterator[Data]:
        now = time.time()
        return (message for message in list(self._queue(task.source)["messages"]) if message["visible_at"] <= now)

    def _move(self, task: Task, message: Data) -> None:
        destination = task.destination or message["sys"].get("DeadLetterQueueSourceArn")
        if destination is None:
            raise self._error("CouldNotDetermineMessageSource", "The message was not moved here by SQS.")
        trace = message["sys"].get("AWSTraceHeader")
        copy = {
            "QueueUrl": self._queue(destination)["url"],
            "MessageBody": message["body"],
            "MessageAttributes": message["message_attributes"],
            "MessageSystemAttributes": {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
            if trace
            else {},
        }
        if message.get("group_id"):
            copy |= {"MessageGroupId": message["group_id"]}
        if self._queue(destination)["is_fifo"]:
            copy |= {"MessageDeduplicationId": uuid.uuid4().hex}
        self._sqs._act_send_message(copy, copy["QueueUrl"])
        self._queue(task.source)["messages"].remove(message)
        task.moved += 1

    def _queue(self, arn: str) -> Any:
        queue = self._sqs._queue_by_arn(arn)
        if queue is None:
            raise self._error(
                "ResourceNotFoundException",
                "The resource that you specified for the SourceArn or DestinationArn parameter doesn't exist.",
            )
        return queue

    def _error(self, code: str, message: str) -> Exception:
        return self._sqs._Err(code, message)
