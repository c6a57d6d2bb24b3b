"""For tests of the batch runtime: events, functions, a Lambda context, and a fake SQS that records its calls."""

import asyncio
import contextlib
import functools
import json
import os
import selectors
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import pytest

import sqs_batch
from consumers.testing import failed_ids, record

ARN = "arn:aws:sqs:eu-west-1:123456789012:hands"
FIFO_ARN = f"{ARN}.fifo"
DLQ_URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/hands-dlq"
FIFO_DLQ_URL = f"{DLQ_URL}.fifo"

Raw = dict[str, Any]
Function = Callable[[sqs_batch.Record], Any]


def raw_record(body: str = "{}", **changes: Any) -> Raw:
    """Return a record as in Lambda's events. The changes are fields, or `id`, `group` and `receives`."""
    made = record(
        message_id=changes.pop("id", None),
        group_id=changes.pop("group", None),
        receive_count=changes.pop("receives", 1),
        queue_arn=FIFO_ARN if changes.get("eventSourceARN") == FIFO_ARN else ARN,
    )
    return {**made, "body": body, **changes}


def fifo_record(body: str = "{}", group: str = "a", **changes: Any) -> Raw:
    return raw_record(body, group=group, eventSourceARN=FIFO_ARN, **changes)


def records_of(*bodies: object, **changes: Any) -> list[Raw]:
    return [raw_record(str(body), **changes) for body in bodies]


def ids(*raws: Raw) -> list[str]:
    return [raw["messageId"] for raw in raws]


def event_of(*records: Raw) -> dict[str, list[Raw]]:
    return {"Records": list(records)}


def by_body(record: sqs_batch.Record) -> None:
    """Fail or reject if the body says so."""
    if record.body == "bad":
        raise ValueError("it is bad")
    if record.body == "reject":
        raise sqs_batch.Reject("no such player")


def later(function: Function) -> Any:
    """Return the function as an `async def`."""

    @functools.wraps(function)
    async def function_later(record: sqs_batch.Record) -> Any:
        await asyncio.sleep(0)
        return function(record)

    return function_later


by_body_later = later(by_body)
BOTH = pytest.mark.parametrize("function", [by_body, by_body_later], ids=["def", "async def"])


@dataclass
class Context:
    """Lambda's context; `clock` returns the seconds since the start of the invocation."""

    seconds: float = 10.0
    clock: Callable[[], float] = lambda: 0.0
    memory_limit_in_mb: str = "128"
    aws_request_id: str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"

    def get_remaining_time_in_millis(self) -> int:
        return int((self.seconds - self.clock()) * 1000)


class FakeSqs:
    """A client that records its calls. An operation's answer can be replaced by another, a function or an exception."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def send_message(self, **parameters: Any) -> Any:
        return self._answer("send_message", parameters, {"MessageId": f"new-{len(self.calls)}"})

    def send_message_batch(self, **parameters: Any) -> Any:
        successful = [{"Id": entry["Id"], "MessageId": f"new-{entry['Id']}"} for entry in parameters["Entries"]]
        return self._answer("send_message_batch", parameters, {"Successful": successful})

    def change_message_visibility_batch(self, **parameters: Any) -> Any:
        successful = [{"Id": entry["Id"]} for entry in parameters["Entries"]]
        return self._answer("change_message_visibility_batch", parameters, {"Successful": successful})

    def _answer(self, operation: str, parameters: dict[str, Any], answer: Any) -> Any:
        self.calls.append((operation, parameters))
        answer = self.answers.get(operation, answer)
        if isinstance(answer, BaseException):
            raise answer
        return answer(parameters) if callable(answer) else answer

    def sent(self) -> list[dict[str, Any]]:
        return [parameters for operation, parameters in self.calls if operation == "send_message"]

    def batches(self) -> list[list[dict[str, Any]]]:
        """Return the entries of each SendMessageBatch."""
        return [parameters["Entries"] for operation, parameters in self.calls if operation == "send_message_batch"]

    def timeouts(self) -> dict[str, int]:
        """Return the visibility timeouts that were set, by message id."""
        changes = [parameters for operation, parameters in self.calls if operation == "change_message_visibility_batch"]
        entries = [entry for parameters in changes for entry in parameters["Entries"]]
        return {entry["ReceiptHandle"].removeprefix("handle of "): entry["VisibilityTimeout"] for entry in entries}


@dataclass
class Deployed:
    """A decorated function with its own environment and SQS. Calling it is an invocation."""

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
    """Decorate the function, with settings such as `max_receive_count=3` in the environment."""
    environment = {f"SQS_BATCH_{name.upper()}": str(value) for name, value in settings.items()}
    environment["AWS_LAMBDA_FUNCTION_NAME"] = "hands-consumer"
    with mock.patch.dict(os.environ, environment, clear=True):
        decorate: Any = sqs_batch.batch_handler
        handler = decorate(function) if concurrency is None else decorate(concurrency=concurrency)(function)
    return Deployed(handler, environment, sqs or FakeSqs())


REASONS: dict[str, Any] = {"dead_letter_queue_url": DLQ_URL, "dead_letter_reasons": 1, "max_receive_count": 3}


def last(*bodies: str, **changes: Any) -> list[Raw]:
    return [raw_record(body, receives=3, **changes) for body in bodies]


def with_reasons(function: Function = by_body, sqs: FakeSqs | None = None, **settings: Any) -> Deployed:
    return deploy(function, sqs, **REASONS | settings)


def why(letter: dict[str, Any]) -> dict[str, Any]:
    return json.loads(letter["MessageAttributes"]["Rejected"]["StringValue"])


class Clock:
    """Replaces time.monotonic; a test sets the time."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class SkippingLoop(asyncio.SelectorEventLoop):
    """Advances the clock to the next timer instead of waiting."""

    def __init__(self, clock: Clock) -> None:
        selector = selectors.DefaultSelector()
        select = selector.select

        def skip(timeout: float | None = None) -> Any:
            clock.now += timeout or 0
            return select(0)

        selector.select = skip
        super().__init__(selector)
        self.time = clock


@contextlib.contextmanager
def stopped_clock() -> Generator[Clock]:
    """Give the runtime, and its event loop, this clock."""
    clock = Clock()
    loop = functools.cache(lambda: SkippingLoop(clock))
    with mock.patch.object(sqs_batch, "monotonic", clock), mock.patch.object(sqs_batch, "event_loop", loop):
        yield clock
    if loop.cache_info().currsize:
        loop().close()
