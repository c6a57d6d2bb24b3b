"""How consumers are doing, and what needs a look."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from consumers.operations import ages, inactive_sources, queues
from consumers.operations.discovery import SIDE_BY_SIDE, Client, Consumer
from consumers.operations.queues import Depth


@dataclass(frozen=True)
class Status:
    """One consumer. None and "gone" stand for what does not exist."""

    name: str
    stack: str
    project: str
    queue: Depth | None
    oldest_message_seconds: int | None
    """Age of the oldest message in the queue, or in flight; None where CloudWatch has no word of it."""
    dead_letters: int | None
    mapping: str
    """`Enabled`, `Disabled`, or on the way between them."""
    last_result: str
    """Of the mapping's last poll, in Lambda's words; empty where Lambda says nothing, as it often does for SQS."""
    function: str
    """`Active`, `Inactive` (asleep: the next message wakes it), `Pending` or `Failed`."""
    last_modified: str
    """When the function was last changed, as Lambda writes it (ISO 8601)."""
    advice: list[str]
    """A line for each thing that needs a look."""


def of(client: Client, consumers: Sequence[Consumer], *, is_local: bool = False) -> list[Status]:
    """Return the status of each; on the local AWS with the sources that it does not carry."""
    names = [one.queue_name for one in consumers if one.queue_name]
    known = ages.oldest(client("cloudwatch"), names)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        found = list(pool.map(partial(_of, client("sqs"), known), consumers))
    if is_local:
        for one, consumer in zip(found, consumers, strict=True):
            one.advice.extend(_not_live(one.name, inactive_sources.sources(client, consumer.queue_arn)))
    return found


def _not_live(name: str, sources: Sequence[str]) -> list[str]:
    return [f"{name} gets nothing from its {source}: it is not live on the local AWS" for source in sources]


def _of(sqs: Any, known: Mapping[str, int], consumer: Consumer) -> Status:
    queue, dead = _depth(sqs, consumer.queue_url), _depth(sqs, consumer.dead_letter_queue_url)
    return judged(consumer, queue, dead, known.get(consumer.queue_name or ""))


def _depth(sqs: Any, url: str | None) -> Depth | None:
    try:
        return queues.depth(sqs, url) if url else None
    except sqs.exceptions.QueueDoesNotExist:  # for a minute after its deletion a queue still has a URL
        return None


def judged(consumer: Consumer, queue: Depth | None, dead: Depth | None, oldest: int | None = None) -> Status:
    """Put together what was asked, and say what needs a look."""
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
    reason = function.get("LastUpdateStatusReason" if update_failed else "StateReason") or "no reason is given"
    checks = {
        f"has no {', no '.join(missing)}: deploy its stack again, or remove what is left of it": missing,
        "reads a queue without a dead-letter queue: what fails is tried again until it expires, and is lost then": (
            keeps_failing
        ),
        f"has {dead_letters} dead letter{'s' if dead_letters > 1 else ''}: {see_log}": dead_letters,
        f"reads nothing, because its mapping is {state}": state.startswith("Disabl"),
        f"has a function that failed: {reason}": update_failed or function.get("State") == "Failed",
        # Lambda's word is PROBLEM, the local AWS' is FAILED.
        f"could not hand over its last batch ({result}): {see_log}": "PROBLEM" in result or result == "FAILED",
    }
    return [f"{consumer.name} {text}" for text, applies in checks.items() if applies]
