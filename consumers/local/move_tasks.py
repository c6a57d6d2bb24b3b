"""Message move tasks for the local AWS: ministack has none, and answers InvalidAction.

Each message is sent anew, as on AWS: with a new id, and no receives. Messages in flight stay. The texts of errors are
AWS's own where they are known.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
"""

import asyncio
import base64
import itertools
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Data = dict[str, Any]
TICK = 0.02  # seconds between two rounds
MOST_PER_SECOND = 500
"""Messages. It is also the rate without one: AWS chooses it by the backlog."""
MOST_TASKS = 10  # that are listed of a queue


@dataclass
class Task:
    """One task, running or ended."""

    source: str
    """ARN of the queue."""
    destination: str | None
    """ARN; None sends each message to the queue that SQS moved it from."""
    rate: int | None
    """Messages a second, if the request says so."""
    to_move: int
    started: float = field(default_factory=time.time)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "RUNNING"
    moved: int = 0
    failure: str | None = None

    @property
    def handle(self) -> str:
        return base64.b64encode(json.dumps({"taskId": self.id, "sourceArn": self.source}).encode()).decode()

    @property
    def due(self) -> int:
        """How many messages are to be moved now."""
        elapsed = time.time() - self.started
        return int(elapsed * (self.rate or MOST_PER_SECOND)) - self.moved

    def listed(self) -> Data:
        """Return the task as ListMessageMoveTasks shows it."""
        optional = {
            "TaskHandle": self.handle if self.status == "RUNNING" else None,
            "DestinationArn": self.destination,
            "MaxNumberOfMessagesPerSecond": self.rate,
            "FailureReason": self.failure,
        }
        return {
            "Status": self.status,
            "SourceArn": self.source,
            "ApproximateNumberOfMessagesMoved": self.moved,
            "ApproximateNumberOfMessagesToMove": self.to_move,
            "StartedTimestamp": int(self.started * 1000),
            **{key: value for key, value in optional.items() if value is not None},
        }


def source_arn(handle: str) -> str | None:
    """Return the ARN of the queue whose task a handle names; None if it is not a handle."""
    try:
        return json.loads(base64.b64decode(handle, validate=True))["sourceArn"]
    except (ValueError, KeyError, TypeError):
        return None


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
        task = self._checked(data)
        self._tasks.insert(0, task)
        running = asyncio.get_running_loop().create_task(self._run(task))
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        return {"TaskHandle": task.handle}

    def _checked(self, data: Data) -> Task:
        rate, destination = data.get("MaxNumberOfMessagesPerSecond"), data.get("DestinationArn")
        if rate is not None and not 1 <= int(rate) <= MOST_PER_SECOND:
            reason = f"Must be between 1 and {MOST_PER_SECOND}, if provided."
            raise self._invalid(f"Value {rate} for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: {reason}")
        queue, source = self._queue(data, "SourceArn"), data["SourceArn"]
        policies = [other["attributes"].get("RedrivePolicy", "") for other in self._sqs._queues.values()]
        if not any(json.dumps(source) in policy for policy in policies):
            raise self._invalid("Source queue must be configured as a Dead Letter Queue.")
        if destination is not None:
            self._check_destination(queue, self._queue(data, "DestinationArn"))
        if self._active(source):
            raise self._invalid(
                "There is already a task running. Only one active task is allowed for a source queue arn at a given "
                "time."
            )
        visible = sum(message["visible_at"] <= time.time() for message in queue["messages"])
        return Task(source, destination, rate and int(rate), visible)

    def _check_destination(self, source: Any, destination: Any) -> None:
        if source is destination:
            raise self._invalid("Source queue arn and destination queue arn cannot be the same.")
        if source["is_fifo"] != destination["is_fifo"]:
            raise self._invalid("Source queue and destination queue must be of the same type, standard or FIFO.")

    def _list(self, data: Data, url: str) -> Data:
        self._queue(data, "SourceArn")
        most = int(data.get("MaxResults") or 1)
        if not 1 <= most <= MOST_TASKS:
            reason = f"Must be between 1 and {MOST_TASKS}, if provided."
            raise self._invalid(f"Value {most} for parameter MaxResults is invalid. Reason: {reason}")
        return {"Results": [task.listed() for task in self._tasks if task.source == data["SourceArn"]][:most]}

    def _cancel(self, data: Data, url: str) -> Data:
        handle = data.get("TaskHandle", "")
        source = source_arn(handle)
        if source is None:
            raise self._invalid("Value for parameter TaskHandle is invalid.")
        self._queue({"SourceArn": source}, "SourceArn")
        task = self._active(source)
        if task is None or task.handle != handle:
            raise self._sqs._Err("ResourceNotFoundException", "Task does not exist.", 404)
        task.status = "CANCELLED"
        return {"ApproximateNumberOfMessagesMoved": task.moved}

    def _active(self, source: str) -> Task | None:
        return next((task for task in self._tasks if task.source == source and task.status == "RUNNING"), None)

    async def _run(self, task: Task) -> None:
        while task.status == "RUNNING":
            try:
                self._move_due(task)
            except Exception as error:  # the queue is gone, or its policy denies: AWS names only the error's code
                task.status, task.failure = "FAILED", getattr(error, "code", type(error).__name__)
            await asyncio.sleep(TICK)

    def _move_due(self, task: Task) -> None:
        now, due = time.time(), task.due
        visible = (message for message in self._existing(task.source)["messages"] if message["visible_at"] <= now)
        batch = list(itertools.islice(visible, due + 1))
        for message in batch[:due]:
            self._move(task, message)
        if not batch[due:]:
            task.status = "COMPLETED"

    def _move(self, task: Task, message: Data) -> None:
        destination = task.destination or message["sys"].get("DeadLetterQueueSourceArn")
        if destination is None:
            raise self._sqs._Err("CouldNotDetermineMessageSource", "The message was not moved here by SQS.")
        queue = self._existing(destination)
        trace = message["sys"].get("AWSTraceHeader")
        copy = {
            "QueueUrl": queue["url"],
            "MessageBody": message["body"],
            "MessageAttributes": message["message_attributes"],
            "MessageSystemAttributes": {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}},
            "MessageGroupId": message.get("group_id"),
            # A new one: within five minutes, SQS would drop the message as a copy of the first one.
            "MessageDeduplicationId": str(uuid.uuid4()) if queue["is_fifo"] else None,
        }
        self._sqs._act_send_message(copy, queue["url"])
        self._existing(task.source)["messages"].remove(message)
        task.moved += 1

    def _queue(self, data: Data, parameter: str) -> Any:
        queue = self._sqs._queue_by_arn(data.get(parameter, ""))
        if queue is None:
            text = f"The resource that you specified for the {parameter} parameter doesn't exist."
            raise self._sqs._Err("ResourceNotFoundException", text, 404)
        return queue

    def _existing(self, arn: str) -> Any:
        queue = self._sqs._queue_by_arn(arn)
        if queue is None:
            raise self._sqs._Err("AWS.SimpleQueueService.NonExistentQueue", "The queue was deleted.")
        return queue

    def _invalid(self, message: str) -> Exception:
        return self._sqs._Err("InvalidParameterValue", message)
