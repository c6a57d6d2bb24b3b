"""Sends many messages: in concurrent batches, with a check of each message's result.

Retries are here, not in botocore: SQS can fail single messages of a batch, and after a lost answer only a FIFO queue
deduplicates a retry.
"""

import hashlib
import queue
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from consumers.operations.message_lines import MAX_BYTES, InvalidLine, Message
from consumers.operations.queues import MAX_ENTRIES

LANES = 8  # concurrent batches; with more, Python is the bottleneck
ATTEMPTS = 5
FIRST_PAUSE = 0.2  # seconds before the second attempt; twice as long before each further one
INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Destination:
    """A queue to send to."""

    url: str
    fifo: bool
    content_based_deduplication: bool
    max_bytes: int


@dataclass(frozen=True)
class Failure:
    """A line that was not sent; where the reason says so, it may have been."""

    line: int
    reason: str


@dataclass
class Outcome:
    """The result of sending."""

    sent: int = 0
    failed: list[Failure] = field(default_factory=list[Failure])


def destination(sqs: Any, url: str) -> Destination:
    """Read the attributes of a queue that sending depends on."""
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return Destination(
        url,
        attributes.get("FifoQueue") == "true",
        attributes.get("ContentBasedDeduplication") == "true",
        min(int(attributes.get("MaximumMessageSize", MAX_BYTES)), MAX_BYTES),
    )


def batches(messages: Iterable[Message], fifo: bool = False) -> Iterator[list[Message]]:
    """Group messages into batches within SQS's limits, ten messages and 1 MiB, in their order.

    On a FIFO queue a batch has one message of a group at most: SQS may fail any entry of a call and accept the others,
    so that a later message of the group could overtake the failed one.
    """
    batch: list[Message] = []
    size = 0
    for message in messages:
        is_full = len(batch) == MAX_ENTRIES or size + message.size > MAX_BYTES
        if batch and (is_full or (fifo and any(message.group == other.group for other in batch))):
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += message.size
    if batch:
        yield batch


def send(
    sqs: Any,
    to: Destination,
    messages: Iterable[Message | InvalidLine],
    *,
    on_finished: Callable[[int], None] = lambda done: None,
    stop: threading.Event | None = None,
) -> Outcome:
    """Send each message, and return the result. On a FIFO queue the order within a group is kept.

    A message that fails without `SenderFault` is tried five times. After a message fails for good, the later ones of
    its group are not sent, so that they do not overtake it. After a call is refused, or gets no answer five times, no
    further message is sent. After an OSError of `messages`, the lines before it are sent, and the next is a failure.
    `sqs` must not retry by itself: see `Target.client`.

    `on_finished` gets numbers of finished messages, in any thread. After `stop` is set, no further batch is sent.
    """
    return _Sender(sqs, to, on_finished, stop or threading.Event()).send(messages)


class _Sender:
    def __init__(self, sqs: Any, to: Destination, on_finished: Callable[[int], None], stop: threading.Event) -> None:
        self._sqs, self._to, self._on_finished, self._stop = sqs, to, on_finished, stop
        self._outcome, self._lock = Outcome(), threading.Lock()
        self._refusal: str | None = None
        self._failed_groups: set[str] = set()
        self._lanes: dict[str, int] = {}  # by group, for the first groups

    def send(self, messages: Iterable[Message | InvalidLine]) -> Outcome:
        # Short queues: a large file stays on the disk, not in memory.
        lanes: list[queue.Queue[Message | None]] = [queue.Queue(MAX_ENTRIES) for _ in range(LANES)]
        with ThreadPoolExecutor(LANES) as pool:
            running = [pool.submit(self._run, lane) for lane in lanes]
            try:
                self._feed(lanes, messages)
            finally:
                for lane in lanes:
                    lane.put(None)
        for lane in running:
            lane.result()
        self._outcome.failed.sort(key=lambda failure: failure.line)
        return self._outcome

    def _feed(self, lanes: list["queue.Queue[Message | None]"], messages: Iterable[Message | InvalidLine]) -> None:
        for number, message in enumerate(self._readable(messages)):
            if isinstance(message, InvalidLine):
                self._fail([message], f"the file changed while it was read: {message.reason}")
                if self._to.fifo:
                    self._refusal = "an earlier line changed while it was read, so that its group is unknown"
            elif self._to.fifo:
                lanes[self._lane(message.group or "")].put(message)
            else:
                lanes[number // MAX_ENTRIES % LANES].put(message)

    def _lane(self, group: str) -> int:
        """Return the lane of a group, always the same. The first groups share lanes by tens, which fills batches."""
        if len(self._lanes) < LANES * MAX_ENTRIES:
            self._lanes.setdefault(group, len(self._lanes) // MAX_ENTRIES)
        return self._lanes.get(group, zlib.crc32(group.encode()) % LANES)

    def _readable(self, messages: Iterable[Message | InvalidLine]) -> Iterator[Message | InvalidLine]:
        """Yield the messages until the file becomes unreadable, which is a failure of its own."""
        line = 0
        try:
            for message in messages:
                line = message.line
                yield message
        except OSError as error:
            reason = f"the file is unreadable from this line on: {error.strerror}"
            self._fail([InvalidLine(line + 1, reason)], reason)

    def _run(self, lane: "queue.Queue[Message | None]") -> None:
        messages = iter(lane.get, None)
        try:
            for batch in batches(messages, self._to.fifo):
                self._send(batch)
                self._on_finished(len(batch))
        finally:
            for _ in messages:  # empty the lane after an exception, or feeding it would block forever
                pass

    def _send(self, batch: list[Message]) -> None:
        left, reason, has_answer = self._without_failed_groups(batch), "", True
        for attempt in range(ATTEMPTS):
            if not left:
                return
            if attempt:
                self._stop.wait(FIRST_PAUSE * 2 ** (attempt - 1))
            if reason_to_end := self._refusal or (INTERRUPTED if self._stop.is_set() else None):
                self._fail(left, reason_to_end)
                return
            left, reason, has_answer = self._call(left)
        final = f"SQS failed {ATTEMPTS} times: {reason}"
        if left and not has_answer:
            self._refusal = final  # the next batch would only wait as long
        self._fail(left, final)

    def _without_failed_groups(self, batch: list[Message]) -> list[Message]:
        late = [message for message in batch if message.group in self._failed_groups]
        self._fail(late, "an earlier message of its group was not sent")
        return [message for message in batch if message not in late] if late else batch

    def _call(self, batch: list[Message]) -> tuple[list[Message], str, bool]:
        """Send a batch once; return the messages to retry, the reason, and whether SQS answered."""
        try:
            entries = [self._entry(number, message) for number, message in enumerate(batch)]
            reply = self._sqs.send_message_batch(QueueUrl=self._to.url, Entries=entries)
        except Exception as error:
            return *self._after_error(batch, error), False
        return *self._after_reply(batch, reply), True

    def _entry(self, number: int, message: Message) -> dict[str, Any]:
        entry: dict[str, Any] = {"Id": str(number), "MessageBody": message.body}
        if message.group:
            entry["MessageGroupId"] = message.group
        if message.attributes:
            entry["MessageAttributes"] = message.attributes
        if message.trace:
            entry["MessageSystemAttributes"] = {"AWSTraceHeader": {"DataType": "String", "StringValue": message.trace}}
        if self._to.fifo and (message.deduplication_id or not self._to.content_based_deduplication):
            entry["MessageDeduplicationId"] = message.deduplication_id or _deduplication_id(message)
        return entry

    def _after_reply(self, batch: list[Message], reply: dict[str, Any]) -> tuple[list[Message], str]:
        sent = {entry["Id"] for entry in reply.get("Successful", [])}
        failed = {entry["Id"]: entry for entry in reply.get("Failed", [])}
        retry: list[Message] = []
        reason = ""
        for number, message in enumerate(batch):
            entry = failed.get(str(number), {})
            if entry and not entry.get("SenderFault"):
                retry.append(message)
                reason = entry.get("Message") or entry["Code"]
            elif str(number) not in sent:
                self._fail([message], entry.get("Message") or entry.get("Code") or "SQS did not answer for it")
        with self._lock:
            self._outcome.sent += len(sent)
        return retry, reason

    def _after_error(self, batch: list[Message], error: Exception) -> tuple[list[Message], str]:
        """Retry a call that was throttled or never arrived; after a refused one, stop.

        Without an answer SQS may have the messages. A FIFO queue deduplicates a retry; on a standard queue it would
        duplicate them, so the user decides.
        """
        from botocore import exceptions as failures  # pyright: ignore[reportMissingTypeStubs]

        response: dict[str, Any] = getattr(error, "response", None) or {}
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        is_throttled = "Throttl" in response.get("Error", {}).get("Code", "") or status == 429
        has_not_arrived = isinstance(error, failures.EndpointConnectionError | failures.ConnectTimeoutError)
        has_no_answer = isinstance(error, failures.HTTPClientError)
        if is_throttled or status >= 500 or has_not_arrived or (has_no_answer and self._to.fifo):
            return batch, str(error)
        if has_no_answer:
            self._fail(batch, f"SQS did not answer, so it may have been sent or not: {error}")
            return [], ""
        self._refusal = str(error)
        self._fail(batch, self._refusal)
        return [], ""

    def _fail(self, messages: Sequence[Message | InvalidLine], reason: str) -> None:
        with self._lock:
            self._outcome.failed += [Failure(message.line, reason) for message in messages]
            if self._to.fifo:
                self._failed_groups |= {message.group or "" for message in messages if isinstance(message, Message)}


def _deduplication_id(message: Message) -> str:
    # With the line number, equal lines of a file are different messages; but the same file, sent again within five
    # minutes after a failure, adds only the missing ones.
    content = f"{message.line}\n{message.group}\n{message.body}"
    return hashlib.sha256(content.encode()).hexdigest()
