"""SQS events, a Lambda context, and an SQS that remembers what it was asked: what tests of the batch runtime need."""

import contextlib
import os
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, cast
from unittest import mock

import sqs_batch
from consumers.testing import failed_ids, record

ARN = "arn:aws:sqs:eu-west-1:123456789012:hands"
FIFO_ARN = f"{ARN}.fifo"
DLQ_URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/hands-dlq"
FIFO_DLQ_URL = f"{DLQ_URL}.fifo"

Raw = dict[str, Any]
Function = Callable[[sqs_batch.Record], Any]


def raw_record(body: str = "{}", **changes: Any) -> Raw:
    """A record as Lambda writes it; `id`, `group` and `receives` are short for what they change."""
    made = record(
        message_id=changes.pop("id", None),
        group_id=changes.pop("group", None),
        receive_count=changes.pop("receives", 1),
        queue_arn=FIFO_ARN if changes.get("eventSourceARN") == FIFO_ARN else ARN,
    )
    return {**made, "body": body, **changes}


def fifo_record(body: str = "{}", group: str = "a", **changes: Any) -> Raw:
    return raw_record(body, group=group, eventSourceARN=FIFO_ARN, **changes)


def event_of(*records: Raw) -> dict[str, list[Raw]]:
    return {"Records": list(records)}


@dataclass
class Context:
    """What Lambda passes as context; `clock` tells what has passed of the invocation's time."""

    seconds: float = 10.0
    clock: Callable[[], float] = lambda: 0.0
    memory_limit_in_mb: str = "128"
    aws_request_id: str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"

    def get_remaining_time_in_millis(self) -> int:
        return int((self.seconds - self.clock()) * 1000)


class FakeSqs:
    """A client that remembers its calls. What stands in `failures` for an operation is raised, or is its answer."""

    def __init__(self, **failures: Any) -> None:
        self.failures = failures
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def send_message(self, **parameters: Any) -> Any:
        return self._answer("send_message", parameters, {"MessageId": f"new-{len(self.calls)}"})

    def change_message_visibility_batch(self, **parameters: Any) -> Any:
        successful = [{"Id": entry["Id"]} for entry in parameters["Entries"]]
        return self._answer("change_message_visibility_batch", parameters, {"Successful": successful})

    def _answer(self, operation: str, parameters: dict[str, Any], answer: Any) -> Any:
        self.calls.append((operation, parameters))
        answer = self.failures.get(operation, answer)
        if isinstance(answer, BaseException):
            raise answer
        return answer(parameters) if callable(answer) else answer

    def sent(self) -> list[dict[str, Any]]:
        return [parameters for operation, parameters in self.calls if operation == "send_message"]

    def timeouts(self) -> dict[str, int]:
        """The visibility timeouts that were set, by receipt handle."""
        entries = [entry for _, parameters in self.calls for entry in parameters.get("Entries", [])]
        return {entry["ReceiptHandle"]: entry["VisibilityTimeout"] for entry in entries}


@dataclass
class Deployed:
    """A function behind `batch_handler` in an environment of its own; calling it invokes it."""

    handler: Any
    environment: dict[str, str]
    sqs: FakeSqs = field(default_factory=FakeSqs)
    clients_made: int = 0

    def __call__(self, event: Any, context: Any = None) -> Any:
        environment = mock.patch.dict(os.environ, self.environment, clear=True)
        with environment, mock.patch.object(sqs_batch, "new_client", self._new_client):
            return self.handler(event, context)

    def failed(self, *records: Raw, context: Any = None) -> list[str]:
        return failed_ids(self(event_of(*records), context))

    def _new_client(self, queue_arn: str) -> FakeSqs:
        self.clients_made += 1
        return self.sqs


def deploy(
    function: Function, sqs: FakeSqs | None = None, *, concurrency: int | None = None, **settings: Any
) -> Deployed:
    """Decorate the function where the settings `max_receive_count=3` and so on are in the environment."""
    environment = {f"SQS_BATCH_{name.upper()}": str(value) for name, value in settings.items()}
    environment["AWS_LAMBDA_FUNCTION_NAME"] = "hands-consumer"
    with mock.patch.dict(os.environ, environment, clear=True):
        handler: Any = sqs_batch.batch_handler(function) if concurrency is None else decorated(function, concurrency)
    return Deployed(handler, environment, sqs or FakeSqs())


def decorated(function: Any, concurrency: int) -> Any:
    return cast("Any", sqs_batch.batch_handler(concurrency=concurrency))(function)


class Clock:
    """Stands in for time.monotonic: time passes when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@contextlib.contextmanager
def stopped_clock() -> Generator[Clock]:
    """The runtime measures time by this clock; event loops have their own."""
    clock = Clock()
    with mock.patch.object(sqs_batch, "monotonic", clock):
        yield clock
