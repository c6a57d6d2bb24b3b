"""Sends many messages: in batches, several batches at a time, every entry's answer checked."""

import hashlib
import queue
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from consumers.operations.message_lines import MAX_BYTES, Broken, Message
from consumers.operations.queues import ENTRIES

LANES = 8  # batches under way at a time; more gain nothing, for Python is the bottleneck then
ATTEMPTS = 5
FIRST_PAUSE = 0.2  # seconds before the second attempt; twice as long before each further one
INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Destination:
    """What sending needs to know of a queue."""

    url: str
    fifo: bool
    content_based_deduplication: bool
    max_bytes: int


@dataclass(frozen=True)
class Failure:
    """A line that was not sent (or, where the reason says so, may not have been)."""

    line: int
    reason: str


@dataclass
class Outcome:
    """What became of the messages."""

    sent: int = 0
    failed: list[Failure] = field(default_factory=list[Failure])


def destination(sqs: Any, url: str) -> Destination:
    """Ask for what sending needs to know of a queue."""
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return Destination(
        url,
        attributes.get("FifoQueue") == "true",
        attributes.get("ContentBasedDeduplication") == "true",
        min(int(attributes.get("MaximumMessageSize", MAX_BYTES)), MAX_BYTES),
    )


def batches(messages: Iterable[Message], fifo: bool = False) -> Iterator[list[Message]]:
    """Put messages together as SQS takes them: ten at most, 1 MiB together at most, in their order.

    On a FIFO queue, at most one of a group: SQS may fail any entry of a call and take the others, so a later message of
    the group could overtake the failed one.
    """
    batch: list[Message] = []
    size = 0
    for message in messages:
        is_full = len(batch) == ENTRIES or size + message.size > MAX_BYTES
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
    messages: Iterable[Message | Broken],
    *,
    tell: Callable[[int], None] = lambda done: None,
    stop: threading.Event | None = None,
) -> Outcome:
    """Send each message, and return what became of each. On a FIFO queue the order within a group is kept.

    What SQS refuses and is not the sender's fault is tried five times. Where a group's message has failed for good, the
    later ones of its group are not sent, so that they do not overtake it. Where a whole call is refused, or gets no
    answer five times, nothing more is sent. Where `messages` raises an OSError, what comes before it is sent, and the
    line after that is a failure. `sqs` should not repeat calls by itself: see `Target.client`.

    `tell` hears of how many messages are done, in any thread. When `stop` is set, no further batch is sent.
    """
    return _Sender(sqs, to, tell, stop or threading.Event()).send(messages)


class _Sender:
    def __init__(self, sqs: Any, to: Destination, tell: Callable[[int], None], stop: threading.Event) -> None:
        self._sqs, self._to, self._tell, self._stop = sqs, to, tell, stop
        self._outcome, self._lock = Outcome(), threading.Lock()
        self._refusal: str | None = None
        self._failed_groups: set[str] = set()
        self._lanes: dict[str, int] = {}  # of the first groups

    def send(self, messages: Iterable[Message | Broken]) -> Outcome:
        # Short, so that a large file waits on the disk and not in memory.
        lanes: list[queue.Queue[Message | None]] = [queue.Queue(ENTRIES) for _ in range(LANES)]
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

    def _feed(self, lanes: list["queue.Queue[Message | None]"], messages: Iterable[Message | Broken]) -> None:
        for number, message in enumerate(self._readable(messages)):
            if isinstance(message, Broken):
                self._fail([message], f"the file has changed while it was read: {message.reason}")
                if self._to.fifo:
                    self._refusal = "an earlier line has changed while it was read, and its group is not known"
            elif self._to.fifo:
                lanes[self._lane(message.group or "")].put(message)
            else:
                lanes[number // ENTRIES % LANES].put(message)

    def _lane(self, group: str) -> int:
        """Return the group's lane, which it never leaves. The first ones share lanes by tens: few make full batches."""
        if len(self._lanes) < LANES * ENTRIES:
            self._lanes.setdefault(group, len(self._lanes) // ENTRIES)
        return self._lanes.get(group, zlib.crc32(group.encode()) % LANES)

    def _readable(self, messages: Iterable[Message | Broken]) -> Iterator[Message | Broken]:
        """Yield the messages until the file cannot be read any further, which is a failure of its own."""
        line = 0
        try:
            for message in messages:
                line = message.line
                yield message
        except OSError as error:
            reason = f"the file cannot be read from this line on: {error.strerror}"
            self._fail([Broken(line + 1, reason)], reason)

    def _run(self, lane: "queue.Queue[Message | None]") -> None:
        messages = iter(lane.get, None)
        try:
            for batch in batches(messages, self._to.fifo):
                self._send(batch)
                self._tell(len(batch))
        finally:
            for _ in messages:  # after an exception the lane must not fill up, or feeding it never ends
                pass

    def _send(self, batch: list[Message]) -> None:
        left, reason, is_answered = self._without_failed_groups(batch), "", True
        for attempt in range(ATTEMPTS):
            if not left:
                return
            if attempt:
                self._stop.wait(FIRST_PAUSE * 2 ** (attempt - 1))
            if reason_to_end := self._refusal or (INTERRUPTED if self._stop.is_set() else None):
                self._fail(left, reason_to_end)
                return
            left, reason, is_answered = self._call(left)
        final = f"SQS has failed {ATTEMPTS} times: {reason}"
        if left and not is_answered:
            self._refusal = final  # the next batch would wait as long, for nothing
        self._fail(left, final)

    def _without_failed_groups(self, batch: list[Message]) -> list[Message]:
        late = [message for message in batch if message.group in self._failed_groups]
        self._fail(late, "an earlier message of its group was not sent")
        return [message for message in batch if message not in late] if late else batch

    def _call(self, batch: list[Message]) -> tuple[list[Message], str, bool]:
        """Send a batch once; return what is to be sent again, and why, and whether there was a reply."""
        try:
            entries = [self._entry(number, message) for number, message in enumerate(batch)]
            reply = self._sqs.send_message_batch(QueueUrl=self._to.url, Entries=entries)
        except Exception as error:
            return *self._after_error(batch, error), False
        return *self._after_reply(batch, reply), True

    def _entry(self, number: int, message: Message) -> dict[str, str]:
        entry = {"Id": str(number), "MessageBody": message.body}
        if message.group:
            entry["MessageGroupId"] = message.group
        if self._to.fifo and not self._to.content_based_deduplication:
            # Equal lines of a file are messages of their own, hence the line's number; but the same file, sent again
            # within five minutes after something went wrong, adds what is missing and nothing twice.
            content = f"{message.line}\n{message.group}\n{message.body}"
            entry["MessageDeduplicationId"] = hashlib.sha256(content.encode()).hexdigest()
        return entry

    def _after_reply(self, batch: list[Message], reply: dict[str, Any]) -> tuple[list[Message], str]:
        sent = {entry["Id"] for entry in reply.get("Successful", [])}
        failed = {entry["Id"]: entry for entry in reply.get("Failed", [])}
        again: list[Message] = []
        reason = ""
        for number, message in enumerate(batch):
            entry = failed.get(str(number), {})
            if entry and not entry.get("SenderFault"):
                again.append(message)
                reason = entry.get("Message") or entry["Code"]
            elif str(number) not in sent:
                self._fail([message], entry.get("Message") or entry.get("Code") or "SQS gave no answer for it")
        with self._lock:
            self._outcome.sent += len(sent)
        return again, reason

    def _after_error(self, batch: list[Message], error: Exception) -> tuple[list[Message], str]:
        """A call that was throttled, or never arrived, is made again; one that is refused ends everything.

        Where no answer came SQS may have the messages. On a FIFO queue sending them again does no harm; on a standard
        queue it would write them twice, so that is left to the user.
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
            self._fail(batch, f"no answer came, so it may have been sent or not: {error}")
            return [], ""
        self._refusal = str(error)
        self._fail(batch, self._refusal)
        return [], ""

    def _fail(self, messages: Sequence[Message | Broken], reason: str) -> None:
        with self._lock:
            self._outcome.failed += [Failure(message.line, reason) for message in messages]
            if self._to.fifo:
                self._failed_groups |= {message.group or "" for message in messages if isinstance(message, Message)}
