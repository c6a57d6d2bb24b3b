"""The status of consumers, and what needs attention."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from consumers.operations import (
    advice,
    ages,
    alarm_endpoints,
    details,
    inactive_sources,
    invocation_errors,
    noisy_groups,
)
from consumers.operations.details import Details, Reasons
from consumers.operations.discovery import CONCURRENCY, Client, Consumer
from consumers.operations.queues import Depth

NO_DETAILS = Details()


@dataclass(frozen=True)
class Status(Details):
    """The status of one consumer. A part that does not exist is None or "gone"."""

    name: str
    stack: str
    project: str
    queue: Depth | None
    oldest_message_seconds: int | None
    """Age of the oldest message in the queue, or in flight; None where CloudWatch has no data."""
    dead_letters: int | None
    mapping: str
    """Lambda's state: `Enabled`, `Disabled`, or a transition between them."""
    last_result: str
    """Lambda's `LastProcessingResult` of the mapping, which is often empty for SQS."""
    function: str
    """`Active`, `Inactive` (the next message activates it), `Pending` or `Failed`."""
    last_modified: str
    """When the function was last changed (ISO 8601)."""
    advice: list[str]
    """A line for each thing that needs attention."""

    @property
    def state(self) -> str:
        """The mapping's state, or what matters more, in one word or two."""
        if self.pause:
            return "paused"
        if self.function in ("gone", "Failed", "Pending"):
            return f"function {self.function}"
        return self.mapping


def read(
    client: Client, consumers: Sequence[Consumer], *, is_local: bool = False, reasons: Reasons | None = None
) -> list[Status]:
    """Query the status of each consumer; on the local AWS, which has no metrics, with its inactive sources.

    Dead letters are only counted, and not received, unless `reasons` is passed.
    """
    measured = Measured() if is_local else _measured(client("cloudwatch"), consumers)
    with ThreadPoolExecutor(CONCURRENCY) as pool:
        found = list(pool.map(partial(_status, client, measured, reasons), consumers))
    silent = alarm_endpoints.silent_topics(client) if consumers else []
    for one, consumer in zip(found, consumers, strict=True):
        one.advice.extend(f"{one.name} {line}" for line in alarm_endpoints.advice(consumer, silent))
    if is_local:
        inactive = inactive_sources.sources(client, [one.queue_arn for one in consumers if one.queue_arn])
        for one, consumer in zip(found, consumers, strict=True):
            for source in inactive.get(consumer.queue_arn or "", ()):
                one.advice.append(f"{one.name} gets nothing from its {source}: it is inactive on the local AWS")
    return found


@dataclass(frozen=True)
class Measured:
    """What CloudWatch has, by the names of queues and functions."""

    ages: Mapping[str, int] = field(default_factory=dict[str, int])
    noisy_groups: Mapping[str, int] = field(default_factory=dict[str, int])
    errors: Mapping[str, int] = field(default_factory=dict[str, int])


def _measured(cloudwatch: Any, consumers: Sequence[Consumer]) -> Measured:
    queue_names = [one.queue_name for one in consumers if one.queue_name]
    functions = [one.function_name for one in consumers if one.function_name]
    return Measured(
        ages.oldest(cloudwatch, queue_names),
        noisy_groups.count(cloudwatch, [name for name in queue_names if not name.endswith(".fifo")]),
        invocation_errors.of_last_hour(cloudwatch, functions),
    )


def _status(client: Client, measured: Measured, reasons: Reasons | None, consumer: Consumer) -> Status:
    queue, dead = consumer.depth, consumer.dead_letter_depth
    has_letters = dead is not None and dead.total > 0
    more = Details(
        errors_last_hour=measured.errors.get(consumer.function_name or ""),
        noisy_groups=measured.noisy_groups.get(consumer.queue_name or ""),
        pause=details.pause_of(client, consumer),
        top_reason=reasons.top(consumer, dead.total) if reasons and dead else None,
        move_task=details.running_move_task(client, consumer) if has_letters else None,
        is_code_deployed=details.is_code_deployed(client, consumer),
    )
    return assess(consumer, queue, dead, measured.ages.get(consumer.queue_name or ""), more)


def assess(
    consumer: Consumer,
    queue: Depth | None,
    dead: Depth | None,
    oldest: int | None = None,
    more: Details = NO_DETAILS,
) -> Status:
    """Return the consumer's status from its parts, with advice."""
    mapping = consumer.mappings[0] if consumer.mappings else {}
    return Status(
        **vars(more),
        name=consumer.name,
        stack=consumer.stack,
        project=consumer.project,
        queue=queue,
        oldest_message_seconds=oldest,
        dead_letters=dead.total if dead else None,
        mapping=mapping.get("State", "gone"),
        last_result=mapping.get("LastProcessingResult", ""),
        function=consumer.function.get("State", "gone"),
        last_modified=consumer.function.get("LastModified", ""),
        advice=[f"{consumer.name} {text}" for text in advice.lines(consumer, queue, dead, more)],
    )
