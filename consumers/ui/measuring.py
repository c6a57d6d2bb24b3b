"""Where the figures of the last hour come from: CloudWatch, or on the local AWS our own sampling."""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError  # pyright: ignore[reportMissingTypeStubs]

from consumers.operations import metrics
from consumers.operations.discovery import Consumer
from consumers.operations.log_lines import FAILED, INVOKED, REPORT, readable
from consumers.operations.logs import Tail
from consumers.operations.metrics import Metric
from consumers.operations.status import Status
from consumers.percentiles import percentile
from consumers.ui.series import History, Points

PERIOD = 10.0
"""Seconds between two points of our own."""
REFRESH = 60.0
"""Seconds for which CloudWatch's figures are kept: it has none newer before that, and each query of a metric costs."""
PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}

Key = tuple[str, str, str]
"""Project, stack and name of a consumer."""


def key_of(consumer: Consumer) -> Key:
    return consumer.project, consumer.stack, consumer.name


class Measuring(Protocol):
    """A source of figures."""

    def note(self, found: Sequence[tuple[Consumer, Status]]) -> None:
        """Take the newest status of all consumers."""
        ...

    def points(self, consumer: Consumer, name: str) -> Points:
        """Return a series of one consumer: see `series.NAMES`."""
        ...


@dataclass
class _Sampled:
    """What is known of one consumer since the last point."""

    tail: Tail
    history: History = field(default_factory=lambda: History(PERIOD))
    since: float = field(default_factory=time.time)
    handled: int | None = None
    """None until the runtime has logged a batch: other runtimes do not."""
    failed: int = 0
    durations: list[float] = field(default_factory=list[float])

    def read(self) -> None:
        """Count what the log has new."""
        with suppress(BotoCoreError, ClientError):  # it was never invoked, or the local AWS has just ended
            for line in self.tail.new():
                self._count(readable(line.message))

    def _count(self, line: str) -> None:
        if match := INVOKED.search(line):
            self.handled = (self.handled or 0) + int(match[2])
        elif FAILED.search(line):
            self.handled, self.failed = (self.handled or 0) - 1, self.failed + 1
        elif match := REPORT.match(line):
            self.durations.append(float(match[1]))

    def rates(self, now: float) -> dict[str, float | None]:
        """Return messages a minute and durations since the last call."""
        minutes = max(1.0, now - self.since) / 60
        rates = {name: percentile(self.durations, share) for name, share in PERCENTILES.items()}
        if self.handled is not None:  # a batch may end after the point that has its start
            rates |= {"handled": max(0, self.handled) / minutes, "failed": self.failed / minutes}
            self.handled = 0
        self.since, self.failed, self.durations = now, 0, []
        return rates


class Sampling:
    """Figures of the local AWS, which has no metrics: from each status, and from the functions' logs."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._client = client
        self.sampled: dict[Key, _Sampled] = {}
        self._next = 0.0

    def note(self, found: Sequence[tuple[Consumer, Status]]) -> None:
        now = time.time()
        if now < self._next:
            return
        self._next = now + PERIOD
        gone = set(self.sampled) - {key_of(consumer) for consumer, _ in found}
        for key in gone:
            del self.sampled[key]
        for consumer, status in found:
            self._sample(consumer, status, now)

    def points(self, consumer: Consumer, name: str) -> Points:
        sampled = self.sampled.get(key_of(consumer))
        return sampled.history.points(name) if sampled else []

    def _sample(self, consumer: Consumer, status: Status, now: float) -> None:
        key = key_of(consumer)
        if key not in self.sampled:
            self.sampled[key] = _Sampled(Tail(self._client("logs"), consumer.log_group or "", now))
        sampled = self.sampled[key]
        sampled.read()
        depth = status.queue
        values = {
            "visible": depth and depth.visible,
            "in_flight": depth and depth.in_flight,
            "dead": status.dead_letters,
        }
        sampled.history.add(now, {**values, **sampled.rates(now)})


_SQS = {
    "visible": Metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "Maximum", 60),
    "in_flight": Metric("AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "QueueName", "Maximum", 60),
    "age": Metric("AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", "Maximum", 60),
    "received": Metric("AWS/SQS", "NumberOfMessagesReceived", "QueueName", "Sum", 60),
    "handled": Metric("AWS/SQS", "NumberOfMessagesDeleted", "QueueName", "Sum", 60),
}
_DEAD = Metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "Maximum", 60)
_DURATIONS = {name: Metric("AWS/Lambda", "Duration", "FunctionName", name, 60) for name in PERCENTILES}


class CloudWatch:
    """Figures of AWS: nine queries of a metric for each consumer, once a minute while somebody looks.

    https://aws.amazon.com/cloudwatch/pricing/ : $0.01 for 1,000.
    """

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._client = client
        self._found: dict[str, dict[str, Points]] = {}
        self._next = 0.0

    def note(self, found: Sequence[tuple[Consumer, Status]]) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + REFRESH
        queues = [consumer.queue_name for consumer, _ in found if consumer.queue_name]
        dead = sorted({name for consumer, _ in found if (name := consumer.dead_letter_queue_name)})
        functions = [consumer.function_name for consumer, _ in found if consumer.function_name]
        series = {name: self._series(metric, queues) for name, metric in _SQS.items()}
        series |= {name: self._series(metric, functions) for name, metric in _DURATIONS.items()}
        self._found = series | {"dead": self._series(_DEAD, dead)}

    def points(self, consumer: Consumer, name: str) -> Points:
        if name == "failed":
            return _differences(self.points(consumer, "received"), self.points(consumer, "handled"))
        if name == "dead":
            resource = consumer.dead_letter_queue_name or ""
        else:
            resource = (consumer.function_name if name in _DURATIONS else consumer.queue_name) or ""
        return self._found.get(name, {}).get(resource, [])

    def _series(self, metric: Metric, names: Sequence[str]) -> dict[str, Points]:
        read: Mapping[str, Points] = metrics.series(self._client("cloudwatch"), metric, names, timedelta(hours=1))
        return {name: points[::-1] for name, points in read.items()}


def _differences(received: Points, handled: Points) -> Points:
    """Return what was received and not deleted, by the minute: failed, or still under way."""
    deleted: dict[float, float] = defaultdict(float, handled)
    return [(moment, max(0.0, count - deleted[moment])) for moment, count in received]
