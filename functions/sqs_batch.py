"""The batch runtime: turns a function that handles one message into a Lambda handler with partial batch responses.

    @batch_handler
    def handle(record: Record) -> None:
        parse_hand(record.json)

`handle(event, context)` is the Lambda handler, `handle.__wrapped__` the plain function, for unit tests. A record for
which the function raises returns to the queue, and so does each record that was not started before the timeout.

Environment variables, all optional, set by the component that deploys the function:

    SQS_BATCH_MAX_RECEIVE_COUNT            the queue's maxReceiveCount
    SQS_BATCH_DEAD_LETTER_QUEUE_URL        the function may send messages to this queue
    SQS_BATCH_DEAD_LETTER_REASONS          1: on standard queues too, it sends a message that fails on its last receive
    SQS_BATCH_RETRY_BASE_DELAY_SECONDS     delay before a failed message is received again, doubled with every receive
    SQS_BATCH_RETRY_MAXIMUM_DELAY_SECONDS  upper limit of that delay, defaults to 900
    SQS_BATCH_METRICS_NAMESPACE            write CloudWatch metrics for each batch in this namespace

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

# Every import here lengthens cold starts. This file imports only what json and logging import anyway (typing alone
# costs 2 ms), and asyncio, random and botocore only where they are needed.
from __future__ import annotations

import functools
import logging
import os
import sys
from enum import Enum
from json import JSONDecodeError, JSONDecoder, dumps, loads
from threading import Thread
from time import monotonic, time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Task
    from collections.abc import Awaitable, Callable, Iterator
    from types import CodeType
    from typing import Any, Protocol, TypeVar, overload

    Function = TypeVar("Function", bound=Callable[["Record"], object])
    AsyncFunction = TypeVar("AsyncFunction", bound=Callable[["Record"], Awaitable[object]])
    Wrapped = TypeVar("Wrapped", covariant=True)
    Reply = dict[str, list[dict[str, str]]]

    class LambdaHandler(Protocol[Wrapped]):
        @property
        def __wrapped__(self) -> Wrapped: ...
        def __call__(self, event: Any, context: Any = None) -> Reply: ...
else:

    def overload(function):
        return function


__all__ = ["Record", "Reject", "batch_handler"]

logger = logging.getLogger("sqs_batch")
INFINITY = float("inf")
UNREAD = object()
MAX_MESSAGE_BYTES = 1_048_576  # of one message with its attributes, and of one batch
MAX_REASON_BYTES = 1_024  # ours, of the attribute `Rejected`
raw_decode = JSONDecoder().raw_decode
# Attributes of results that stand for unfinished work, with the advice on how to finish it.
UNFINISHED = {
    "__await__": "await it in an `async def`",
    "__aiter__": "loop over it with `async for` in an `async def`",
    "__next__": "loop over it",
    "add_done_callback": "wait for its result()",
    "with_traceback": "raise it",
}


class Reject(Exception):
    """Raise this, with the reason, for a message that can never succeed: `raise Reject("no such player")`.

    If the function may send to the dead-letter queue, the message goes there at once, with the reason in its message
    attribute `Rejected`. Otherwise it fails and is retried like any other.
    """


class Record:
    """One SQS message of the event. Read-only: the runtime reports and dead-letters the message that SQS delivered."""

    __slots__ = ("_json", "_raw")

    def __init__(self, raw: dict[str, Any]) -> None:
        self._raw = raw
        self._json: Any = UNREAD

    @property
    def raw(self) -> dict[str, Any]:
        """A copy of the record as Lambda passes it."""
        return deep_copy(self._raw)

    @property
    def message_id(self) -> str:
        return self._raw.get("messageId", "")

    @property
    def body(self) -> str:
        return self._raw["body"]

    @property
    def json(self) -> Any:
        """The body, parsed as JSON once. Raises json.JSONDecodeError, a ValueError, if the body is not JSON."""
        if self._json is UNREAD:
            self._json = parse_json(self._raw["body"])
        return self._json

    @property
    def receive_count(self) -> int:
        """How often the message was received, including this time; 1 if the event does not have the count."""
        try:
            return int(self._raw["attributes"]["ApproximateReceiveCount"])
        except (KeyError, TypeError, ValueError):
            return 1

    @property
    def group_id(self) -> str | None:
        """The message group. Always set on FIFO queues; on standard queues only if the producer set it."""
        return self.attributes.get("MessageGroupId")

    @property
    def attributes(self) -> dict[str, str]:
        """SQS's attributes of the message: SentTimestamp, SenderId, AWSTraceHeader, …"""
        return deep_copy(self._raw.get("attributes") or {})

    @property
    def message_attributes(self) -> dict[str, dict[str, Any]]:
        """The producer's attributes, as Lambda passes them: {"name": {"dataType": "String", "stringValue": …}}."""
        return deep_copy(self._raw.get("messageAttributes") or {})


def deep_copy(json: Any) -> Any:
    if isinstance(json, dict):
        return {name: deep_copy(value) for name, value in json.items()}  # pyright: ignore
    return [*map(deep_copy, json)] if isinstance(json, list) else json  # pyright: ignore


def parse_json(body: str) -> Any:
    try:
        # Takes half the time of json.loads, which adds two function calls and two regular expressions.
        value, end = raw_decode(body)
        if end == len(body):
            return value
    except (JSONDecodeError, TypeError):
        pass
    try:
        return loads(body)  # surrounded by white space, or not JSON
    except JSONDecodeError as error:
        # Keep the position, and replace Python's message, which changes from version to version.
        raise JSONDecodeError("body is not JSON", error.doc, error.pos) from None


@overload
def batch_handler(function: Function, /) -> LambdaHandler[Function]: ...
@overload
def batch_handler(  # noqa: F811 - ruff recognises overload by its import only
    *, concurrency: int = 10
) -> Callable[[AsyncFunction], LambdaHandler[AsyncFunction]]: ...
def batch_handler(function: Any = None, /, *, concurrency: int | None = None) -> Any:  # noqa: F811
    """Turn a function that handles one Record into a Lambda handler for SQS events, with partial batch responses.

    concurrency: how many records of a batch an `async def` handles at the same time. At least 1, defaults to 10, the
        default batch size. The records of a FIFO message group stay in order.

    Raises TypeError or ValueError for an unsupported function or concurrency.
    """
    if function is None:
        return functools.partial(lambda_handler, concurrency)
    return lambda_handler(concurrency, function)


def lambda_handler(concurrency: int | None, function: Callable[[Record], Any]) -> Any:
    consumer = Consumer(function, concurrency)
    # Lambda's root logger drops INFO by default. Leave a level alone that somebody has configured.
    if not (logger.level or "AWS_LAMBDA_LOG_LEVEL" in os.environ) and logging.getLogger().level == logging.WARNING:
        logger.setLevel(logging.INFO)

    @functools.wraps(function)
    def handle(event: Any, context: Any = None) -> Reply:
        ids = message_ids(event)
        if logger.isEnabledFor(logging.INFO):
            request_id, memory_mb = (getattr(context, name, "?") for name in ("aws_request_id", "memory_limit_in_mb"))
            logger.info("invoke request_id=%s memory_mb=%s records=%d", request_id, memory_mb, len(ids))
        if not ids:
            return {"batchItemFailures": []}
        batch = consumer.batch(consumer, event["Records"][:], context)
        batch.run()
        reply = batch.reply(ids)
        if consumer.metrics_namespace:
            # CloudWatch requires the bare JSON; a logger would add a prefix.
            sys.stdout.write(f"{dumps(batch.metrics(consumer.metrics_namespace), separators=(',', ':'))}\n")
        return reply

    return handle


def message_ids(event: Any) -> list[str]:
    """Raise ValueError, before any record is handled, if the reply could not report every record."""
    records: Any = event.get("Records") if hasattr(event, "get") else None
    if not isinstance(records, list):
        raise ValueError("not an SQS event: it has no list of Records. Does SQS invoke this function?")
    try:
        ids: list[str] = [raw["messageId"] for raw in records if raw["eventSource"] == "aws:sqs"]  # pyright: ignore
        "".join(ids)  # raises TypeError unless all are strings
        if all(ids) and len(ids) == len(event["Records"]):
            return ids
    except (KeyError, TypeError):
        pass
    raise ValueError(event_error(event["Records"]))


def event_error(records: list[Any]) -> str:
    for index, raw in enumerate(records):
        source, id = (raw.get(name) if isinstance(raw, dict) else None for name in ("eventSource", "messageId"))  # pyright: ignore
        if source != "aws:sqs":
            return f"not an SQS event: the eventSource of Records[{index}] must be aws:sqs, got {source!r}"
        if not isinstance(id, str) or not id:
            return f"Records[{index}] has no messageId to report it by, so the whole batch fails: got {id!r}"
    return "not an SQS event"


class Consumer:
    """The decorated function, its settings and its SQS client, shared by all invocations of the process."""

    def __init__(self, function: Callable[[Record], Any], concurrency: int | None) -> None:
        setting = os.environ.get
        self.function = function
        codes = code_objects(function)
        self.code = codes[-1] if codes else None
        are_async = [bool(code.co_flags & 0x80) for code in codes]  # CO_COROUTINE
        self.check(codes, concurrency, any(are_async))
        # A plain wrapper of an `async def` may return the coroutine, or run it in its own event loop. The first result
        # decides: if it is awaitable, this becomes True.
        self.is_async = are_async[:1] == [True]
        self.batch = AsyncBatch if any(are_async) else Batch
        self.concurrency = concurrency or 10
        self.max_receive_count = float(setting("SQS_BATCH_MAX_RECEIVE_COUNT") or INFINITY)
        self.dead_letter_queue_url = setting("SQS_BATCH_DEAD_LETTER_QUEUE_URL")
        self.sends_reasons = bool(self.dead_letter_queue_url and setting("SQS_BATCH_DEAD_LETTER_REASONS"))
        self.retry_base_delay = float(setting("SQS_BATCH_RETRY_BASE_DELAY_SECONDS") or 0)
        self.retry_maximum_delay = float(setting("SQS_BATCH_RETRY_MAXIMUM_DELAY_SECONDS") or 900)
        self.metrics_namespace = setting("SQS_BATCH_METRICS_NAMESPACE")
        self.client: Any = None

    def check(self, codes: list[CodeType], concurrency: int | None, may_be_async: bool) -> None:
        name = getattr(self.function, "__name__", self.function)
        if codes and codes[0].co_flags & 0x220:  # CO_GENERATOR, CO_ASYNC_GENERATOR
            raise TypeError(f"{name} is a generator function: calling it would not run it. Remove the `yield`")
        if concurrency is not None and not may_be_async:
            raise TypeError(f"concurrency requires `async def`: {name} is a plain function")
        if concurrency is not None and (type(concurrency) is not int or concurrency < 1):
            raise ValueError(f"concurrency must be a whole number of at least 1, got {concurrency!r}")

    def may_change_visibility(self, is_fifo: bool) -> bool:
        return bool(self.retry_base_delay or (is_fifo and self.dead_letter_queue_url))

    def is_last_receive(self, record: Record) -> bool:
        return record.receive_count >= self.max_receive_count

    def visibility_timeout(self, record: Record) -> int | None:
        """Seconds until a failed message may be received again; None for the queue's own."""
        if self.is_last_receive(record):
            return 0  # the next receive moves it to the dead-letter queue, so a delay has no use
        if not self.retry_base_delay:
            return None
        import random

        # Equal jitter: half of the delay is fixed, to relieve a struggling dependency; half is random, to spread the
        # retries of messages that failed together. At least 1 s, or all receives are used up within an instant.
        delay = min(self.retry_base_delay * 2 ** min(record.receive_count - 1, 16), self.retry_maximum_delay)
        return max(1, round(random.uniform(delay / 2, delay)))

    def queue_url(self, queue_arn: str) -> str:
        # Not from the environment, which would make the function depend on the queue.
        _, partition, _, region, account, name = queue_arn.split(":")
        if self.dead_letter_queue_url:  # same account and region, and correct for custom endpoints
            return f"{self.dead_letter_queue_url.rpartition('/')[0]}/{name}"
        domain = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
        return f"https://sqs.{region}.{domain}/{account}/{name}"


class Batch:
    """One invocation: the outcome of each record, and the time left."""

    cleanup_seconds = 0.0

    def __init__(self, consumer: Consumer, raws: list[dict[str, Any]], context: Any) -> None:
        self.consumer = consumer
        self.raws = raws
        self.context = context
        self.queue_arn: str = raws[0].get("eventSourceARN") or ""
        # The group id does not tell: with fair queues, messages of standard queues have one too.
        self.is_fifo = self.queue_arn.endswith(".fifo")
        self.failed: list[Record] = []
        self.not_started: list[Record] = []
        self.poison: dict[Record, dict[str, Any]] = {}  # failed on their last receive, with the reasons to send
        self.rejected = 0
        self.blocked_groups: set[str | None] = set()
        self.sqs_is_slow = False
        milliseconds = getattr(context, "get_remaining_time_in_millis", str)()
        # Unlimited without a Lambda context, as in unit tests.
        self.seconds = milliseconds / 1000 if isinstance(milliseconds, (int, float)) else INFINITY
        self.deadline = monotonic() + self.seconds
        self.slowest = -1.0
        self.last_start = INFINITY  # the first record always starts, so every invocation makes progress

    def run(self) -> list[Record]:
        """Handle one record after another. Return the records that an event loop must handle, if any.

        Performance-critical: everything in this loop is executed for every record.
        """
        function, raws = self.consumer.function, iter(self.raws)
        now = monotonic()
        for raw in raws:
            record = Record(raw)
            if now > self.last_start:
                self.not_started += [record, *map(Record, raws)]
                break
            if self.blocked_groups and record.group_id in self.blocked_groups:
                self.not_started.append(record)
                continue
            try:
                result = function(record)
                if result is not None and self.must_await(record, result):
                    return [record, *map(Record, raws)]
            except BaseException as error:
                self.fail(record, error)
            started, now = now, monotonic()
            if now - started > self.slowest:
                self.add_duration(now - started)
        return []

    def must_await(self, record: Record, result: Any) -> bool:
        require_plain_data(result)
        return False

    def add_duration(self, seconds: float) -> None:
        self.slowest = max(self.slowest, seconds)
        self.last_start = self.handling_deadline() - self.slowest

    def handling_deadline(self) -> float:
        """The time after which only the reply, and the SQS calls before it, may run."""
        consumer, margin = self.consumer, 0.2 + self.cleanup_seconds
        if consumer.retry_base_delay or consumer.dead_letter_queue_url:
            margin += 1 + len(self.raws) / 200  # one slow call, and 50 ms for each call with ten messages
            margin += self.new_client_seconds()
        return self.deadline - min(margin, self.seconds / 3)

    def new_client_seconds(self) -> float:
        """How long creating the client takes, if there is none yet."""
        # This is CPU-bound. Lambda allocates one vCPU at 1,769 MB, and less in proportion below:
        # https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
        memory_mb = int(getattr(self.context, "memory_limit_in_mb", None) or 1769)
        return 0 if self.consumer.client else 0.2 * max(1, 1769 / memory_mb)

    def fail(self, record: Record, error: BaseException) -> None:
        """Log the error, and send the message to the dead-letter queue if it cannot succeed."""
        self.failed.append(record)  # first, so that it is reported whatever happens below
        has_dlq = bool(self.consumer.dead_letter_queue_url)
        is_reject = has_dlq and isinstance(error, Reject)
        is_last = self.is_fifo and self.consumer.is_last_receive(record)
        reason = self.log(record, error, is_reject)
        if has_dlq and (is_reject or is_last) and self.send_at_once(record, error, reason):
            self.failed.remove(record)
            self.rejected += 1
        elif self.is_fifo and not is_last:
            # To keep the order, AWS requires the rest of the group to return unprocessed. Not after the last receive,
            # even if nothing was sent: SQS then moves this message instead of delivering it again, and would also
            # move the rest, which was received as often but never tried.
            self.blocked_groups.add(record.group_id)
        elif not is_reject:
            self.note_poison(record, error, reason)

    def log(self, record: Record, error: BaseException, is_reject: bool = False) -> str:
        reason = describe(error, self.consumer.code)
        verb, level = ("REJECT", logging.WARNING) if is_reject else ("FAIL", logging.ERROR)
        line = "%s message_id=%s receive_count=%d reason=%s"
        logger.log(level, line, verb, record.message_id, record.receive_count, reason)
        logger.debug("message_id=%s", record.message_id, exc_info=error)
        return reason

    def note_poison(self, record: Record, error: BaseException, reason: str) -> None:
        """On a standard queue, remember to send what failed on its last receive, in one call for the whole batch."""
        if self.consumer.sends_reasons and not self.is_fifo and self.consumer.is_last_receive(record):
            self.poison[record] = self.why(record, error, reason)

    def why(self, record: Record, error: BaseException, reason: str) -> dict[str, Any]:
        """Return what the dead letter says about the failure."""
        details = {
            "type": type(error).__name__,
            "place": location(error, self.consumer.code),
            "version": os.environ.get("AWS_LAMBDA_FUNCTION_VERSION"),
            "requestId": getattr(self.context, "aws_request_id", None),
            "logStream": os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME"),
        }
        return {
            "reason": reason,
            "function": os.environ.get("AWS_LAMBDA_FUNCTION_NAME"),
            "receiveCount": record.receive_count,
            "messageId": record.message_id,
            **{name: printable(value) for name, value in details.items() if value and isinstance(value, str)},
        }

    def send_at_once(self, record: Record, error: BaseException, reason: str) -> bool:
        """Send one message to the dead-letter queue; return whether SQS has confirmed it."""
        try:
            letter = dead_letter(record, self.why(record, error, reason), self.is_fifo)
            answer = self.call("send_message", QueueUrl=self.consumer.dead_letter_queue_url, **letter)
            new_id = answer["MessageId"]
        except Exception as worse:
            self.log_not_sent(record, describe(worse, self.consumer.code))
            return False
        self.log_sent(record, new_id)
        return True

    def send_poison(self) -> None:
        """Send the noted messages to the dead-letter queue. SQS moves those that it does not confirm by itself."""
        letters: list[tuple[Record, dict[str, Any]]] = []
        for record, why in self.poison.items():
            try:
                letter = dead_letter(record, why, self.is_fifo)
            except Exception as error:
                self.log_not_sent(record, describe(error, self.consumer.code))
                continue
            if "Rejected" in letter["MessageAttributes"]:
                letters.append((record, letter))
            else:
                self.log_not_sent(record, "it leaves no room for the reason")
        for batch in batches_of(letters):
            self.send_batch(batch)

    def send_batch(self, letters: list[tuple[Record, dict[str, Any]]]) -> None:
        """Send these messages in one call. Each that SQS confirms is no longer reported as failed."""
        new_ids: dict[str, str] = {}
        refused: dict[str, str] = {}
        why = "SQS has not confirmed it"
        try:
            entries = [{"Id": str(index), **letter} for index, (_, letter) in enumerate(letters)]
            url = self.consumer.dead_letter_queue_url
            answer = self.call("send_message_batch", QueueUrl=url, Entries=entries)
            refused = {entry["Id"]: f"{entry['Code']}: {entry.get('Message')}" for entry in answer.get("Failed", [])}
            new_ids = {entry["Id"]: entry["MessageId"] for entry in answer.get("Successful", [])}
        except Exception as error:
            why = describe(error, self.consumer.code)
        for index, (record, _) in enumerate(letters):
            new_id, refusal = new_ids.get(str(index)), refused.get(str(index))
            if refusal or not new_id:
                self.log_not_sent(record, refusal or why)
                continue
            self.failed.remove(record)
            self.rejected += 1
            self.log_sent(record, new_id)

    def log_sent(self, record: Record, new_id: str) -> None:
        logger.info("sent to the dead-letter queue: message_id=%s as=%s", record.message_id, new_id)

    def log_not_sent(self, record: Record, why: str) -> None:
        logger.warning("not sent to the dead-letter queue: message_id=%s reason=%s", record.message_id, why)

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call SQS, but give up early enough to return the reply."""
        if self.sqs_is_slow:
            raise TimeoutError("an earlier call of this invocation failed slowly")
        started = monotonic()
        left = self.deadline - min(0.5, self.seconds / 6) - started  # the rest is for the reply
        if left < 0.05:
            raise TimeoutError("no time left for it")
        # The client limits each connect and each read, but not the call: name resolution may be slow, an endpoint may
        # have several addresses, an answer may trickle in. A thread can be abandoned when the time is up.
        answers: list[Any] = []

        def call_client() -> None:
            try:
                if not self.consumer.client:
                    self.consumer.client = new_client(self.queue_arn)
                answers.append(getattr(self.consumer.client, operation)(**parameters))
            except BaseException as error:
                answers.append(error)

        limit = min(left, 3 + self.new_client_seconds())
        thread = Thread(target=call_client, daemon=True)
        thread.start()
        thread.join(limit)
        answer = answers[0] if answers else TimeoutError("SQS has not answered in time")
        if isinstance(answer, BaseException):
            self.sqs_is_slow = not answers or monotonic() - started > 1
            raise answer
        return answer

    def reply(self, ids: list[str]) -> Reply:
        """Report the messages that return to the queue, each once, in the order of the event."""
        if not self.failed and not self.not_started:
            return {"batchItemFailures": []}
        if self.poison:
            self.send_poison()
        returned = {record.message_id for record in (*self.failed, *self.not_started)}
        if self.not_started:
            first = ",".join(record.message_id for record in self.not_started[:10])
            logger.warning("NOT STARTED records=%d message_ids=%s", len(self.not_started), first)
        if self.consumer.may_change_visibility(self.is_fifo):
            self.change_visibility()
        return {"batchItemFailures": [{"itemIdentifier": id} for id in dict.fromkeys(ids) if id in returned]}

    def metrics(self, namespace: str) -> dict[str, Any]:
        """Return the outcome of the batch in CloudWatch's embedded metric format.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
        """
        failed, not_started = len(self.failed), len(self.not_started)
        counts = {
            "Handled": len(self.raws) - failed - not_started - self.rejected,
            "Failed": failed,
            "Rejected": self.rejected,
            "NotStarted": not_started,
        }
        metrics = [{"Name": name, "Unit": "Count"} for name in counts]
        directive = {"Namespace": namespace, "Dimensions": [["FunctionName"]], "Metrics": metrics}
        metadata = {"Timestamp": int(time() * 1000), "CloudWatchMetrics": [directive]}
        name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME") or "unknown"  # CloudWatch drops metrics with empty dimensions
        return {"_aws": metadata, "FunctionName": name, **counts}

    def change_visibility(self) -> None:
        """Set when SQS delivers the returned messages again. If that fails, the queue's visibility timeout applies."""
        timeouts = [(record, self.consumer.visibility_timeout(record)) for record in self.failed]
        timeouts += [(record, 0) for record in self.not_started]
        timeouts = [(record, seconds) for record, seconds in timeouts if seconds is not None]
        unchanged, reason = len(timeouts), ""
        try:
            for start in range(0, len(timeouts), 10):
                entries = [
                    {"Id": str(index), "ReceiptHandle": record._raw["receiptHandle"], "VisibilityTimeout": seconds}  # pyright: ignore
                    for index, (record, seconds) in enumerate(timeouts[start : start + 10])
                ]
                url = self.consumer.queue_url(self.queue_arn)
                answer = self.call("change_message_visibility_batch", QueueUrl=url, Entries=entries)
                failures = answer.get("Failed", [])
                unchanged -= len(entries) - len(failures)
                reason = failures[0]["Code"] if failures else reason
        except Exception as error:
            reason = describe(error, self.consumer.code)
        if unchanged:
            logger.warning("visibility timeout not changed: records=%d reason=%s", unchanged, reason)


class AsyncBatch(Batch):
    """An invocation of an `async def`: several records at the same time, those of a FIFO group in order."""

    cleanup_seconds = 0.5  # for cancelled functions
    is_over = False

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.awaitables: dict[Record, Any] = {}  # results of calls that were made outside of the event loop
        self.tasks: dict[Record, Task[None]] = {}
        self.start_times: dict[Record, float] = {}  # of the running records, the oldest first

    def run(self) -> list[Record]:
        self.waiting = dict.fromkeys(map(Record, self.raws) if self.consumer.is_async else super().run())
        if self.waiting:
            self.run_loop(list(self.waiting))
        return []

    def must_await(self, record: Record, result: Any) -> bool:
        if not is_awaitable(result):
            return super().must_await(record, result)
        self.consumer.is_async, self.awaitables[record] = True, result
        return True

    def run_loop(self, records: list[Record]) -> None:
        loop = event_loop()
        main = loop.create_task(self.run_lanes(lanes_of(records, self.is_fifo)))
        try:
            while not main.done():
                try:
                    loop.run_until_complete(main)
                except (SystemExit, KeyboardInterrupt) as error:
                    # A task that a function left running raised this. It stops the loop, but must not stop the batch.
                    logger.error("a background task ended with %s", describe(error, self.consumer.code))
        finally:
            main.cancel()
        self.not_started += self.waiting

    async def run_lanes(self, lanes: list[list[Record]]) -> None:
        import asyncio

        shared = iter(lanes)  # all workers take from it, so each lane has one worker
        workers = [asyncio.create_task(self.work(shared)) for _ in lanes[: self.consumer.concurrency]]
        await asyncio.wait(workers, timeout=self.handling_deadline() - monotonic())
        self.is_over = True
        late = {record: self.tasks[record] for record in self.start_times}
        for record, task in late.items():
            task.cancel()
            self.failed.append(record)
            error = TimeoutError("cancelled, the time of the invocation is up")
            self.note_poison(record, error, self.log(record, error))
        if late:  # with a timeout, since a function may ignore its cancellation
            await asyncio.wait(late.values(), timeout=min(self.cleanup_seconds, (self.deadline - monotonic()) / 2))
        for worker in workers:
            worker.cancel()
        await asyncio.wait(workers)

    async def work(self, lanes: Iterator[list[Record]]) -> None:
        import asyncio

        for record in (record for lane in lanes for record in lane):
            is_blocked = self.is_fifo and record.group_id in self.blocked_groups
            if is_blocked or self.is_late():
                continue
            # One task for each record: cancelling it, or setting context variables in it, affects no other record.
            self.tasks[record] = asyncio.create_task(self.attempt(record))
            await asyncio.wait((self.tasks[record],))
            del self.tasks[record]

    def is_late(self) -> bool:
        """Return whether a record that takes as long as the slowest, running ones included, might not fit."""
        now = monotonic()
        if self.is_over or now > self.last_start:
            return True
        oldest = next(iter(self.start_times.values()), None)
        return oldest is not None and now + (now - oldest) > self.handling_deadline()

    async def attempt(self, record: Record) -> None:
        if self.is_late():  # again: other records may have blocked the event loop since this task was created
            return
        del self.waiting[record]
        self.start_times[record] = started = monotonic()
        try:
            result = self.awaitables.pop(record) if record in self.awaitables else self.consumer.function(record)
            if is_awaitable(result):
                result = await result
            require_plain_data(result)
        except BaseException as error:
            if not self.is_over:
                self.fail(record, error)  # its SQS call blocks the event loop, which is rare and short
        if not self.is_over:
            del self.start_times[record]
            self.add_duration(monotonic() - started)


@functools.cache
def event_loop() -> AbstractEventLoop:
    """Return the one event loop of the process, so that clients bound to it survive between invocations."""
    import asyncio

    return asyncio.new_event_loop()


def lanes_of(records: list[Record], is_fifo: bool) -> list[list[Record]]:
    """Group the records that must be handled in order."""
    lanes: dict[Any, list[Record]] = {}
    for record in records:
        lanes.setdefault(record.group_id if is_fifo else record, []).append(record)
    return list(lanes.values())


def require_plain_data(value: Any) -> None:
    """Raise ValueError unless the value compares by value or is an enum: coroutines, Futures and the like do not."""
    kind: type[object] = type(value)  # pyright: ignore
    advice = next((advice for name, advice in UNFINISHED.items() if hasattr(kind, name)), None)
    if not advice and isinstance(value, (dict, list, tuple, set, frozenset)):
        for item in value.values() if isinstance(value, dict) else value:  # pyright: ignore
            require_plain_data(item)
        return
    if not advice and callable(value):
        advice = "call it"
    if advice or not (value is None or kind.__eq__ is not object.__eq__ or isinstance(value, Enum)):
        if hasattr(kind, "cr_code"):
            value.close()  # pyright: ignore - avoids Python's "never awaited" warning
        got = f"got a value of type {kind.__name__}: {advice or 'return nothing'}"
        raise ValueError(f"the function must return None or plain data, {got}")


def is_awaitable(result: object) -> bool:
    return hasattr(type(result), "__await__")


def new_client(queue_arn: str) -> Any:
    # Created on first use: it takes many times as long as the rest of a cold start, and most processes never need it.
    # botocore, because boto3 takes longer to import.
    from botocore import config, session  # pyright: ignore

    # An unreachable endpoint (a VPC without a route to SQS) must not use up the invocation's time.
    limits = config.Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2})
    return session.Session().create_client("sqs", region_name=queue_arn.split(":")[3], config=limits)  # pyright: ignore


def dead_letter(record: Record, why: dict[str, Any], is_fifo: bool) -> dict[str, Any]:
    """Return SendMessage's parameters: the original message, with the reason added where there is room."""
    attributes = {name: message_attribute(value) for name, value in record.message_attributes.items()}
    attributes.pop("Rejected", None)  # of an earlier life: it was redriven
    reason = {"Rejected": {"DataType": "String", "StringValue": compact_json(why)}}
    letter: dict[str, Any] = {"MessageBody": record.body, "MessageAttributes": {**attributes, **reason}}
    if len(attributes) >= 10 or message_bytes(letter) > MAX_MESSAGE_BYTES:  # SQS's limits
        letter["MessageAttributes"] = attributes
    if record.group_id:
        letter["MessageGroupId"] = record.group_id
    if is_fifo:
        letter["MessageDeduplicationId"] = record.message_id  # a retry after a lost answer adds no second message
    if trace := record.attributes.get("AWSTraceHeader"):
        letter["MessageSystemAttributes"] = {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
    return letter


def compact_json(why: dict[str, Any]) -> str:
    """Return JSON of at most MAX_REASON_BYTES; the longest text is cut until it fits."""
    while True:
        text = dumps(why, separators=(",", ":"), ensure_ascii=False)
        excess = len(text.encode()) - MAX_REASON_BYTES
        if excess <= 0:
            return text
        longest = max((name for name, value in why.items() if isinstance(value, str)), key=lambda name: len(why[name]))
        # A character has at most four bytes, so this never cuts too much.
        why = {**why, longest: f"{why[longest][: -2 - excess // 4]}…"}


def message_bytes(letter: dict[str, Any]) -> int:
    """Return the size of a message as SQS counts it: body, and name, type and value of its attributes."""
    return len(letter["MessageBody"].encode()) + sum(
        len(f"{name}{value['DataType']}{value.get('StringValue', '')}".encode()) + len(value.get("BinaryValue", b""))
        for name, value in letter["MessageAttributes"].items()
    )


def batches_of(letters: list[tuple[Record, dict[str, Any]]]) -> Iterator[list[tuple[Record, dict[str, Any]]]]:
    """Split letters into what one SendMessageBatch takes: ten messages, and MAX_MESSAGE_BYTES together."""
    batch: list[tuple[Record, dict[str, Any]]] = []
    size = 0
    for record, letter in letters:
        own = message_bytes(letter)
        if batch and (len(batch) == 10 or size + own > MAX_MESSAGE_BYTES):
            yield batch
            batch, size = [], 0
        batch.append((record, letter))
        size += own
    if batch:
        yield batch


def message_attribute(value: dict[str, Any]) -> dict[str, Any]:
    """Convert an attribute from the Lambda event's form to SendMessage's."""
    if value["dataType"].startswith("Binary"):
        from binascii import a2b_base64

        return {"DataType": value["dataType"], "BinaryValue": a2b_base64(value["binaryValue"], strict_mode=True)}
    return {"DataType": value["dataType"], "StringValue": value["stringValue"]}


def code_objects(function: Any) -> list[CodeType]:
    """Return the code of a function and of those it wraps, outermost first. Importing inspect would take 6 ms."""
    codes: list[CodeType] = []
    while function is not None:
        if isinstance(function, functools.partial):
            function = function.func  # pyright: ignore
            continue
        called: Any = function if hasattr(function, "__code__") else type(function).__call__
        if hasattr(called, "__code__"):
            codes.append(called.__code__)
        function = getattr(function, "__wrapped__", None) or getattr(called, "__wrapped__", None)
    return codes


def describe(error: BaseException, code: CodeType | None) -> str:
    """Describe an error in one short, printable line; with its location, unless it is a ValueError or Reject."""
    try:
        text = str(error)
    except BaseException as worse:
        text = f"its __str__ raised {type(worse).__name__}"
    text = printable(text)
    if text and isinstance(error, (ValueError, Reject)):
        return text
    place = location(error, code)
    return f"{type(error).__name__}{': ' if text else ''}{text}{' at ' if place else ''}{place}"


def printable(text: str) -> str:
    """Return a text, cut to 500 characters, with escapes in place of those that are not printable."""
    text = text if len(text) <= 500 else f"{text[:499]}…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def location(error: BaseException, code: CodeType | None) -> str:
    """Return the innermost line within the function's own folder, or else the outermost line: `handler.py:7`."""
    home = code.co_filename.rpartition("/")[0] if code else ""
    place, frame = "", error.__traceback__ and error.__traceback__.tb_next
    while frame:
        path = frame.tb_frame.f_code.co_filename
        if not place or path.startswith(home):
            place = f"{path.rpartition('/')[2]}:{frame.tb_lineno}"
        frame = frame.tb_next
    return place
