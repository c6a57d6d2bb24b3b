"""The batch runtime: makes a Lambda handler that loses no message of a function that handles one.

    @batch_handler
    def handle(record: Record) -> None:
        parse_hand(record.json)

`handle(event, context)` is the Lambda handler, `handle.__wrapped__` the plain function, for unit tests. A record whose
handling raises goes back to the queue, alone; so does what is not reached before the timeout. All others are handled.

These environment variables, each optional, say what the function may do. The component that deploys it sets them.

    SQS_BATCH_MAX_RECEIVE_COUNT            the maxReceiveCount of the queue
    SQS_BATCH_DEAD_LETTER_QUEUE_URL        the function may send messages to this queue
    SQS_BATCH_RETRY_BASE_DELAY_SECONDS     what failed comes back after this delay, doubled with every receive, …
    SQS_BATCH_RETRY_MAXIMUM_DELAY_SECONDS  … up to this one, by default 900
    SQS_BATCH_METRICS_NAMESPACE            each batch tells CloudWatch, in this namespace, what became of its records

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

# Cold start is the budget of this file. So it imports what json and logging import anyway (typing alone costs 2 ms),
# and asyncio, random and botocore only where they are needed.
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
raw_decode = JSONDecoder().raw_decode
# A result with one of these is unfinished work; this is what to write instead.
UNFINISHED = {
    "__await__": "await it in an `async def`",
    "__aiter__": "loop over it with `async for` in an `async def`",
    "__next__": "loop over it",
    "add_done_callback": "wait for its result()",
    "with_traceback": "raise it",
}


class Reject(Exception):
    """Raise it, with the reason, for a message that will never succeed: `raise Reject("no such player")`.

    Where the component allows it, the message goes to the dead-letter queue at once, with the reason in its message
    attribute `Rejected`. Otherwise it is a failure like any other.
    """


class Record:
    """One SQS message of the event. It cannot be changed: the runtime reports and dead-letters what SQS delivered."""

    __slots__ = ("_json", "_raw")

    def __init__(self, raw: dict[str, Any]) -> None:
        self._raw = raw
        self._json: Any = UNREAD

    @property
    def raw(self) -> dict[str, Any]:
        """A copy of the record as Lambda passes it."""
        return copy_of(self._raw)

    @property
    def message_id(self) -> str:
        return self._raw.get("messageId", "")

    @property
    def body(self) -> str:
        return self._raw["body"]

    @property
    def json(self) -> Any:
        """The body's JSON document, parsed once. Raises json.JSONDecodeError, which is a ValueError, if it is none."""
        if self._json is UNREAD:
            self._json = parse_json(self._raw["body"])
        return self._json

    @property
    def receive_count(self) -> int:
        """How often the message was received, this time included; 1 where the event does not say."""
        try:
            return int(self._raw["attributes"]["ApproximateReceiveCount"])
        except (KeyError, TypeError, ValueError):
            return 1

    @property
    def group_id(self) -> str | None:
        """The message group: of every message of a FIFO queue, and on a standard one where the producer set it."""
        return self.attributes.get("MessageGroupId")

    @property
    def attributes(self) -> dict[str, str]:
        """What SQS says about the message: SentTimestamp, SenderId, AWSTraceHeader, …"""
        return copy_of(self._raw.get("attributes") or {})

    @property
    def message_attributes(self) -> dict[str, dict[str, Any]]:
        """What the producer set, as Lambda passes it: {"name": {"dataType": "String", "stringValue": …}}."""
        return copy_of(self._raw.get("messageAttributes") or {})


def copy_of(json: Any) -> Any:
    if isinstance(json, dict):
        return {name: copy_of(value) for name, value in json.items()}  # pyright: ignore
    return [*map(copy_of, json)] if isinstance(json, list) else json  # pyright: ignore


def parse_json(body: str) -> Any:
    try:
        # Half the time of json.loads, which goes through two functions and two regular expressions more.
        value, end = raw_decode(body)
        if end == len(body):
            return value
    except (JSONDecodeError, TypeError):
        pass
    try:
        return loads(body)  # white space around it, or an error
    except JSONDecodeError as error:
        # With the place, and without Python's own words, which change from version to version.
        raise JSONDecodeError("body is not JSON", error.doc, error.pos) from None


@overload
def batch_handler(function: Function, /) -> LambdaHandler[Function]: ...
@overload
def batch_handler(  # noqa: F811 - ruff knows overload by its import only
    *, concurrency: int = 10
) -> Callable[[AsyncFunction], LambdaHandler[AsyncFunction]]: ...
def batch_handler(function: Any = None, /, *, concurrency: int | None = None) -> Any:  # noqa: F811
    """Make a Lambda handler for SQS events, with partial batch responses, of a function that handles one Record.

    concurrency: how many records of a batch an `async def` handles at once, at least 1, by default 10, which is SQS'
        default batch. The records of a FIFO group stay in order.

    Raises TypeError or ValueError for a function or concurrency that cannot work.
    """
    if function is None:
        return functools.partial(lambda_handler, concurrency)
    return lambda_handler(concurrency, function)


def lambda_handler(concurrency: int | None, function: Callable[[Record], Any]) -> Any:
    consumer = Consumer(function, concurrency)
    # Lambda's root logger passes warnings only, unless the function's logging configuration or its code has set it.
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
            # Not by logging, which would put its own words before the JSON.
            sys.stdout.write(f"{dumps(batch.metrics(consumer.metrics_namespace), separators=(',', ':'))}\n")
        return reply

    return handle


def message_ids(event: Any) -> list[str]:
    """Raises ValueError, before anything is handled, unless every record can be reported on."""
    records: Any = event.get("Records") if hasattr(event, "get") else None
    if not isinstance(records, list):
        raise ValueError("not an SQS event: there is no list of Records. Is it SQS that invokes this function?")
    try:
        ids: list[str] = [raw["messageId"] for raw in records if raw["eventSource"] == "aws:sqs"]  # pyright: ignore
        "".join(ids)  # raises TypeError for what is no string
        if all(ids) and len(ids) == len(event["Records"]):
            return ids
    except (KeyError, TypeError):
        pass
    raise ValueError(what_is_wrong(event["Records"]))


def what_is_wrong(records: list[Any]) -> str:
    for index, raw in enumerate(records):
        source, id = (raw.get(name) if isinstance(raw, dict) else None for name in ("eventSource", "messageId"))  # pyright: ignore
        if source != "aws:sqs":
            return f"not an SQS event: the eventSource of Records[{index}] must be aws:sqs, got {source!r}"
        if not isinstance(id, str) or not id:
            return f"Records[{index}] has no messageId to report it by, so the whole batch fails: got {id!r}"
    return "not an SQS event"


class Consumer:
    """The function, what it may ask of SQS, and the client that asks: one for all invocations of the process."""

    def __init__(self, function: Callable[[Record], Any], concurrency: int | None) -> None:
        setting = os.environ.get
        self.function = function
        codes = codes_of(function)
        self.code = codes[-1] if codes else None
        are_async = [bool(code.co_flags & 0x80) for code in codes]  # CO_COROUTINE
        self.check(codes, concurrency, any(are_async))
        # A plain function around an `async def` may return its coroutine, or run it in an event loop of its own: the
        # first result shows which, and this becomes True.
        self.is_async = are_async[:1] == [True]
        self.batch = AsyncBatch if any(are_async) else Batch
        self.concurrency = concurrency or 10
        self.max_receive_count = float(setting("SQS_BATCH_MAX_RECEIVE_COUNT") or INFINITY)
        self.dead_letter_queue_url = setting("SQS_BATCH_DEAD_LETTER_QUEUE_URL")
        self.retry_base_delay = float(setting("SQS_BATCH_RETRY_BASE_DELAY_SECONDS") or 0)
        self.retry_maximum_delay = float(setting("SQS_BATCH_RETRY_MAXIMUM_DELAY_SECONDS") or 900)
        self.metrics_namespace = setting("SQS_BATCH_METRICS_NAMESPACE")
        self.client: Any = None

    def check(self, codes: list[CodeType], concurrency: int | None, may_be_async: bool) -> None:
        name = getattr(self.function, "__name__", self.function)
        if codes and codes[0].co_flags & 0x220:  # CO_GENERATOR, CO_ASYNC_GENERATOR
            raise TypeError(f"{name} has a `yield`: calling it would run nothing")
        if concurrency is not None and not may_be_async:
            raise TypeError(f"concurrency is for `async def`: {name} is a plain function, one record after the other")
        if concurrency is not None and (type(concurrency) is not int or concurrency < 1):
            raise ValueError(f"concurrency must be a whole number of at least 1, got {concurrency!r}")

    def may_change_visibility(self, is_fifo: bool) -> bool:
        return bool(self.retry_base_delay or (is_fifo and self.dead_letter_queue_url))

    def is_last_receive(self, record: Record) -> bool:
        return record.receive_count >= self.max_receive_count

    def visibility_timeout(self, record: Record) -> int | None:
        """Seconds until a failed message may be received again; None for the queue's own."""
        if self.is_last_receive(record):
            return 0  # SQS moves it to the dead-letter queue at its next receive, which a delay would only put off
        if not self.retry_base_delay:
            return None
        import random

        # Equal jitter. Half of the delay is certain, so that a struggling dependency gets room; half is random, so that
        # messages that failed together do not come back together. Not below 1 s: a message that comes back at once has
        # used up its receives before anything can have changed.
        delay = min(self.retry_base_delay * 2 ** min(record.receive_count - 1, 16), self.retry_maximum_delay)
        return max(1, round(random.uniform(delay / 2, delay)))

    def queue_url(self, queue_arn: str) -> str:
        # Not from the environment: the function would be deployed only after the queue.
        _, partition, _, region, account, name = queue_arn.split(":")
        if self.dead_letter_queue_url:  # of the same account and region, and right for every endpoint
            return f"{self.dead_letter_queue_url.rpartition('/')[0]}/{name}"
        domain = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
        return f"https://sqs.{region}.{domain}/{account}/{name}"


class Batch:
    """One invocation: what became of each record, and how much time there is for the others."""

    grace = 0.0

    def __init__(self, consumer: Consumer, raws: list[dict[str, Any]], context: Any) -> None:
        self.consumer = consumer
        self.raws = raws
        self.context = context
        self.queue_arn: str = raws[0].get("eventSourceARN") or ""
        # Never judged by a group id: messages of standard queues may carry one too, for fair queues.
        self.is_fifo = self.queue_arn.endswith(".fifo")
        self.failed: list[Record] = []
        self.not_started: list[Record] = []
        self.rejected = 0
        self.blocked_groups: set[str | None] = set()
        self.sqs_hangs = False
        self.seconds = seconds_left(context)
        self.deadline = monotonic() + self.seconds
        self.slowest = -1.0
        self.stop_at = INFINITY  # until one record is through, so that every invocation gets on

    def run(self) -> list[Record]:
        """Handle one record after the other, and return what is left to await.

        What is in this loop is paid for every record.
        """
        function, raws = self.consumer.function, iter(self.raws)
        now = monotonic()
        for raw in raws:
            record = Record(raw)
            if now > self.stop_at:
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
                self.took(now - started)
        return []

    def must_await(self, record: Record, result: Any) -> bool:
        refuse_unless_data(result)
        return False

    def took(self, seconds: float) -> None:
        self.slowest = max(self.slowest, seconds)
        self.stop_at = self.ends_at() - self.slowest

    def ends_at(self) -> float:
        """From when on the time is needed for the reply, and for what SQS has to be told before."""
        consumer, margin = self.consumer, 0.2 + self.grace
        if consumer.retry_base_delay or consumer.dead_letter_queue_url:
            margin += 1 + len(self.raws) / 200  # one slow call, and calls of ten at 50 ms
            margin += self.client_seconds()
        return self.deadline - min(margin, self.seconds / 3)

    def client_seconds(self) -> float:
        """What it takes to make the client, if there is none yet."""
        # It is work for the CPU, of which Lambda gives a whole one at 1,769 MB, below that a share:
        # https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
        memory_mb = int(getattr(self.context, "memory_limit_in_mb", None) or 1769)
        return 0 if self.consumer.client else 0.2 * max(1, 1769 / memory_mb)

    def fail(self, record: Record, error: BaseException) -> None:
        """Log what the function raised, and send to the dead-letter queue what will not succeed."""
        self.failed.append(record)  # first of all, so that it is reported whatever happens below
        has_dlq = bool(self.consumer.dead_letter_queue_url)
        is_reject = has_dlq and isinstance(error, Reject)
        is_last = self.is_fifo and self.consumer.is_last_receive(record)
        reason = self.log(record, error, is_reject)
        if has_dlq and (is_reject or is_last) and self.is_moved(record, reason):
            self.failed.remove(record)
            self.rejected += 1
        elif self.is_fifo and not is_last:
            # AWS's rule: what follows a failure in its group goes back untried, or the order is lost. Not after the
            # last receive, even where nothing was sent: SQS does not deliver that message again but moves it, and
            # the rest, which was received as often, would be moved with it, untried.
            self.blocked_groups.add(record.group_id)

    def log(self, record: Record, error: BaseException, is_reject: bool = False) -> str:
        reason = reason_of(error, self.consumer.code)
        verb, level = ("REJECT", logging.WARNING) if is_reject else ("FAIL", logging.ERROR)
        line = "%s message_id=%s receive_count=%d reason=%s"
        logger.log(level, line, verb, record.message_id, record.receive_count, reason)
        logger.debug("message_id=%s", record.message_id, exc_info=error)
        return reason

    def is_moved(self, record: Record, reason: str) -> bool:
        """Send it to the dead-letter queue; whether SQS has confirmed that it is there."""
        try:
            letter = dead_letter(record, reason, self.is_fifo)
            answer = self.call("send_message", QueueUrl=self.consumer.dead_letter_queue_url, **letter)
            new_id = answer["MessageId"]
        except Exception as error:
            why = reason_of(error, self.consumer.code)
            logger.warning("not sent to the dead-letter queue: message_id=%s reason=%s", record.message_id, why)
            return False
        logger.info("sent to the dead-letter queue: message_id=%s as=%s", record.message_id, new_id)
        return True

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call SQS, but give up before it costs the invocation its reply."""
        if self.sqs_hangs:
            raise TimeoutError("an earlier call of this invocation failed slowly")
        started = monotonic()
        left = self.deadline - min(0.5, self.seconds / 6) - started  # the rest is for the reply
        if left < 0.05:
            raise TimeoutError("no time left for it")
        # The client limits each connect and each read, not the call: names resolve slowly, an endpoint has several
        # addresses, an answer comes in drops. So the call has a thread, which is abandoned when the time is up.
        answers: list[Any] = []
        thread = Thread(target=self.ask, args=(answers, operation, parameters), daemon=True)
        limit = min(left, 3 + self.client_seconds())
        thread.start()
        thread.join(limit)
        answer = answers[0] if answers else TimeoutError("SQS has not answered in time")
        if isinstance(answer, BaseException):
            self.sqs_hangs = not answers or monotonic() - started > 1
            raise answer
        return answer

    def ask(self, answers: list[Any], operation: str, parameters: dict[str, Any]) -> None:
        try:
            if not self.consumer.client:
                self.consumer.client = new_client(self.queue_arn)
            answers.append(getattr(self.consumer.client, operation)(**parameters))
        except BaseException as error:
            answers.append(error)

    def reply(self, ids: list[str]) -> Reply:
        """Which messages go back to the queue: ids of the event, each once, in its order."""
        if not self.failed and not self.not_started:
            return {"batchItemFailures": []}
        returned = {record.message_id for record in (*self.failed, *self.not_started)}
        if self.not_started:
            first = ",".join(record.message_id for record in self.not_started[:10])
            logger.warning("NOT STARTED records=%d message_ids=%s", len(self.not_started), first)
        if self.consumer.may_change_visibility(self.is_fifo):
            self.change_visibility()
        return {"batchItemFailures": [{"itemIdentifier": id} for id in dict.fromkeys(ids) if id in returned]}

    def metrics(self, namespace: str) -> dict[str, Any]:
        """What became of the records, as CloudWatch reads it out of a log line (embedded metric format).

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
        name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME") or "unknown"  # an empty dimension would lose the metrics
        return {
            "_aws": {"Timestamp": int(time() * 1000), "CloudWatchMetrics": [directive]},
            "FunctionName": name,
            **counts,
        }

    def change_visibility(self) -> None:
        """Tell SQS when to deliver again what goes back. Where that fails, the queue's own timeout holds."""
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
            reason = reason_of(error, self.consumer.code)
        if unchanged:
            logger.warning("visibility timeout not changed: records=%d reason=%s", unchanged, reason)


class AsyncBatch(Batch):
    """The same for `async def`: several records at once, those of a FIFO group in order."""

    grace = 0.5  # seconds that cancelled functions have to clean up
    is_over = False

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.called: dict[Record, Any] = {}  # what the function returned outside of the event loop
        self.running: dict[Record, Task[None]] = {}
        self.starts: dict[Record, float] = {}  # of those that run, the oldest first

    def run(self) -> list[Record]:
        self.waiting = dict.fromkeys(map(Record, self.raws) if self.consumer.is_async else super().run())
        if self.waiting:
            self.run_loop(list(self.waiting))
        return []

    def must_await(self, record: Record, result: Any) -> bool:
        if not is_awaitable(result):
            return super().must_await(record, result)
        self.consumer.is_async, self.called[record] = True, result
        return True

    def run_loop(self, records: list[Record]) -> None:
        loop = event_loop()
        main = loop.create_task(self.run_lanes(lanes_of(records, self.is_fifo)))
        try:
            while not main.done():
                try:
                    loop.run_until_complete(main)
                except (SystemExit, KeyboardInterrupt) as error:
                    # It comes from a task that a function has left behind. It stops the loop, but need not the batch.
                    logger.error("a background task ended with %s", reason_of(error, self.consumer.code))
        finally:
            main.cancel()
        self.not_started += self.waiting

    async def run_lanes(self, lanes: list[list[Record]]) -> None:
        import asyncio

        shared = iter(lanes)  # by all workers, so that each lane has one owner
        workers = [asyncio.create_task(self.work(shared)) for _ in lanes[: self.consumer.concurrency]]
        await asyncio.wait(workers, timeout=self.ends_at() - monotonic())
        self.is_over = True
        late = {record: self.running[record] for record in self.starts}
        for record, task in late.items():
            task.cancel()
            self.failed.append(record)
            self.log(record, TimeoutError("cancelled, the time of the invocation is up"))
        if late:  # but one that swallows its cancellation is not waited for
            await asyncio.wait(late.values(), timeout=min(self.grace, (self.deadline - monotonic()) / 2))
        for worker in workers:
            worker.cancel()
        await asyncio.wait(workers)

    async def work(self, lanes: Iterator[list[Record]]) -> None:
        import asyncio

        for record in (record for lane in lanes for record in lane):
            is_blocked = self.is_fifo and record.group_id in self.blocked_groups
            if is_blocked or self.is_late():
                continue
            # A task for each: a function that cancels its own task, or sets a context variable, touches no other's.
            self.running[record] = asyncio.create_task(self.attempt(record))
            await asyncio.wait((self.running[record],))
            del self.running[record]

    def is_late(self) -> bool:
        """Whether a record may not fit that takes as long as any other so far, one that still runs included."""
        now = monotonic()
        runs_for = now - next(iter(self.starts.values()), now)
        return self.is_over or now > self.stop_at or (bool(self.starts) and now + runs_for > self.ends_at())

    async def attempt(self, record: Record) -> None:
        if self.is_late():  # once more: others may have blocked the event loop since this task was made
            return
        del self.waiting[record]
        self.starts[record] = started = monotonic()
        try:
            result = self.called.pop(record) if record in self.called else self.consumer.function(record)
            if is_awaitable(result):
                result = await result
            refuse_unless_data(result)
        except BaseException as error:
            if not self.is_over:
                # Its SQS call holds up the others, shortly and seldom.
                self.fail(record, error)
        if not self.is_over:
            del self.starts[record]
            self.took(monotonic() - started)


@functools.cache
def event_loop() -> AbstractEventLoop:
    """One for all invocations of the process, so that clients which are bound to it live on."""
    import asyncio

    return asyncio.new_event_loop()


def lanes_of(records: list[Record], is_fifo: bool) -> list[list[Record]]:
    """Records that have to be handled in order, together."""
    if not is_fifo:
        return [[record] for record in records]
    groups: dict[str | None, list[Record]] = {}
    for record in records:
        groups.setdefault(record.group_id, []).append(record)
    return list(groups.values())


def refuse_unless_data(value: Any) -> None:
    """Plain data compares by value, or is an enum. What stands for work, such as a coroutine or a Future, does not."""
    kind: type[object] = type(value)  # pyright: ignore
    advice = next((advice for name, advice in UNFINISHED.items() if hasattr(kind, name)), None)
    if not advice and isinstance(value, (dict, list, tuple, set, frozenset)):
        for item in value.values() if isinstance(value, dict) else value:  # pyright: ignore
            refuse_unless_data(item)
        return
    if not advice and callable(value):
        advice = "call it"
    if advice or not (value is None or kind.__eq__ is not object.__eq__ or isinstance(value, Enum)):
        if hasattr(kind, "cr_code"):
            value.close()  # pyright: ignore - or Python warns that it was never awaited
        got = f"got a value of type {kind.__name__}: {advice or 'return nothing'}"
        raise ValueError(f"the function must return None or plain data, {got}")


def is_awaitable(result: object) -> bool:
    return hasattr(type(result), "__await__")


def new_client(queue_arn: str) -> Any:
    # Made when it is needed first, not at init: it takes many times what the rest of a cold start does, and most
    # processes never need it. botocore alone: boto3 takes longer, and adds nothing that is used here.
    from botocore import config, session  # pyright: ignore

    # An endpoint that does not answer (a VPC without a way to SQS) must not eat the invocation.
    limits = config.Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2})
    return session.Session().create_client("sqs", region_name=queue_arn.split(":")[3], config=limits)  # pyright: ignore


def dead_letter(record: Record, reason: str, is_fifo: bool) -> dict[str, Any]:
    """The message as it was, with the reason, as SendMessage takes it."""
    attributes = {name: message_attribute(value) for name, value in record.message_attributes.items()}
    if len(attributes) < 10 or "Rejected" in attributes:  # SQS takes no more
        why = {
            "reason": reason,
            "function": os.environ.get("AWS_LAMBDA_FUNCTION_NAME"),
            "receiveCount": record.receive_count,
            "messageId": record.message_id,
        }
        attributes["Rejected"] = {"DataType": "String", "StringValue": dumps(why, separators=(",", ":"))}
    letter: dict[str, Any] = {"MessageBody": record.body, "MessageAttributes": attributes}
    if record.group_id:
        letter["MessageGroupId"] = record.group_id
    if is_fifo:
        letter["MessageDeduplicationId"] = record.message_id  # sent again after a lost answer, it stays one message
    if trace := record.attributes.get("AWSTraceHeader"):
        letter["MessageSystemAttributes"] = {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
    return letter


def message_attribute(value: dict[str, Any]) -> dict[str, Any]:
    """From how a Lambda event writes it to how SendMessage takes it."""
    if value["dataType"].startswith("Binary"):
        from binascii import a2b_base64

        return {"DataType": value["dataType"], "BinaryValue": a2b_base64(value["binaryValue"], strict_mode=True)}
    return {"DataType": value["dataType"], "StringValue": value["stringValue"]}


def seconds_left(context: Any) -> float:
    """Until Lambda ends the invocation; infinite where nobody says so, as in unit tests."""
    milliseconds = getattr(context, "get_remaining_time_in_millis", str)()
    return milliseconds / 1000 if isinstance(milliseconds, (int, float)) else INFINITY


def codes_of(function: Any) -> list[CodeType]:
    """The code of a function and of what it wraps, from the outside in (`inspect` would cost 6 ms of cold start)."""
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


def reason_of(error: BaseException, code: CodeType | None) -> str:
    """One line, printable and bounded. What a ValueError or Reject says is enough; others say where, too."""
    try:
        text = str(error)
    except BaseException as worse:
        text = f"its __str__ raised {type(worse).__name__}"
    text = text if len(text) <= 500 else f"{text[:499]}…"
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    if text and isinstance(error, (ValueError, Reject)):
        return text
    return f"{type(error).__name__}{': ' if text else ''}{text}{place_of(error, code)}"


def place_of(error: BaseException, code: CodeType | None) -> str:
    """The innermost line that is beside or below the function's own file, rather than one of a library."""
    home = code.co_filename.rpartition("/")[0] if code else ""
    place, frame = "", error.__traceback__ and error.__traceback__.tb_next
    while frame:
        path = frame.tb_frame.f_code.co_filename
        if not place or path.startswith(home):
            place = f" at {path.rpartition('/')[2]}:{frame.tb_lineno}"
        frame = frame.tb_next
    return place
