"""The status of consumers, and what needs attention."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from consumers.operations import advice, ages, details, inactive_sources, invocation_errors, queues
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
    """Query the status of each consumer; on the local AWS, with its inactive sources.

    Dead letters are only counted, and not received, unless `reasons` is passed.
    """
    seconds = ages.oldest(client("cloudwatch"), [one.queue_name for one in consumers if one.queue_name])
    functions = [one.function_name for one in consumers if one.function_name]
    errors = invocation_errors.of_last_hour(client("cloudwatch"), functions)
    with ThreadPoolExecutor(CONCURRENCY) as pool:
        found = list(pool.map(partial(_status, client, seconds, errors, reasons), consumers))
    if is_local:
        for one, consumer in zip(found, consumers, strict=True):
            for source in inactive_sources.sources(client, consumer.queue_arn):
                one.advice.append(f"{one.name} gets nothing from its {source}: it is inactive on the local AWS")
    return found


def _status(
    client: Client,
    seconds: Mapping[str, int],
    errors: Mapping[str, int],
    reasons: Reasons | None,
    consumer: Consumer,
) -> Status:
    sqs = client("sqs")
    queue, dead = _depth(sqs, consumer.queue_url), _depth(sqs, consumer.dead_letter_queue_url)
    has_letters = dead is not None and dead.total > 0
    more = Details(
        errors_last_hour=errors.get(consumer.function_name or ""),
        pause=details.pause_of(client, consumer),
        top_reason=reasons.top(consumer, dead.total) if reasons and dead else None,
        move_task=details.running_move_task(client, consumer) if has_letters else None,
        is_code_deployed=details.is_code_deployed(client, consumer),
    )
    return assess(consumer, queue, dead, seconds.get(consumer.queue_name or ""), more)


def _depth(sqs: Any, url: str | None) -> Depth | None:
    try:
        return queues.depth(sqs, url) if url else None
    except sqs.exceptions.QueueDoesNotExist:  # a queue keeps its URL for a minute after its deletion
        return None


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
