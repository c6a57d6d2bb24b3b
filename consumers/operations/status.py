"""The status of consumers, and what needs attention."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from consumers.operations import ages, inactive_sources, queues
from consumers.operations.discovery import CONCURRENCY, Client, Consumer
from consumers.operations.queues import Depth


@dataclass(frozen=True)
class Status:
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


def read(client: Client, consumers: Sequence[Consumer], *, is_local: bool = False) -> list[Status]:
    """Query the status of each consumer; on the local AWS, with its inactive sources."""
    names = [one.queue_name for one in consumers if one.queue_name]
    seconds = ages.oldest(client("cloudwatch"), names)
    with ThreadPoolExecutor(CONCURRENCY) as pool:
        found = list(pool.map(partial(_status, client("sqs"), seconds), consumers))
    if is_local:
        for one, consumer in zip(found, consumers, strict=True):
            for source in inactive_sources.sources(client, consumer.queue_arn):
                one.advice.append(f"{one.name} gets nothing from its {source}: it is inactive on the local AWS")
    return found


def _status(sqs: Any, seconds: Mapping[str, int], consumer: Consumer) -> Status:
    queue, dead = _depth(sqs, consumer.queue_url), _depth(sqs, consumer.dead_letter_queue_url)
    return assess(consumer, queue, dead, seconds.get(consumer.queue_name or ""))


def _depth(sqs: Any, url: str | None) -> Depth | None:
    try:
        return queues.depth(sqs, url) if url else None
    except sqs.exceptions.QueueDoesNotExist:  # a queue keeps its URL for a minute after its deletion
        return None


def assess(consumer: Consumer, queue: Depth | None, dead: Depth | None, oldest: int | None = None) -> Status:
    """Return the consumer's status from its parts, with advice."""
    mapping = consumer.mappings[0] if consumer.mappings else {}
    return Status(
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
        advice=_advice(consumer, mapping, queue, dead),
    )


def _advice(consumer: Consumer, mapping: dict[str, Any], queue: Depth | None, dead: Depth | None) -> list[str]:
    function, see_log = consumer.function, f"see `consumers logs {consumer.name} --since 1d`"
    parts = {"queue": queue, "dead-letter queue": dead, "function": function, "mapping": mapping}
    missing = [part for part, found in parts.items() if found is None or found == {}]
    keeps_failing = not consumer.has_own_queue and dead is None
    if keeps_failing:
        missing.remove("dead-letter queue")
    dead_letters = dead.total if dead else 0
    state, result = mapping.get("State", ""), mapping.get("LastProcessingResult", "")
    update_failed = function.get("LastUpdateStatus") == "Failed"
    reason = function.get("LastUpdateStatusReason" if update_failed else "StateReason") or "Lambda gives no reason"
    checks = {
        f"has no {', no '.join(missing)}: deploy its stack again, or destroy it": missing,
        "reads a queue without a dead-letter queue: a failing message is retried until it expires, and is then lost": (
            keeps_failing
        ),
        f"has {dead_letters} dead letter{'s' if dead_letters > 1 else ''}: {see_log}": dead_letters,
        f"reads nothing, because its mapping is {state}": state.startswith("Disabl"),
        f"has a function that failed: {reason}": update_failed or function.get("State") == "Failed",
        # Lambda reports PROBLEM, the local AWS FAILED.
        f"could not process its last batch ({result}): {see_log}": "PROBLEM" in result or result == "FAILED",
    }
    return [f"{consumer.name} {text}" for text, applies in checks.items() if applies]
