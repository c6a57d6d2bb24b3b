"""What needs attention: a line for each thing, with the command to run next."""

from collections.abc import Iterator

from consumers.operations.details import Details, is_disabled
from consumers.operations.discovery import Consumer
from consumers.operations.leases import Lease
from consumers.operations.queues import Depth


def lines(consumer: Consumer, queue: Depth | None, dead: Depth | None, more: Details) -> Iterator[str]:
    """Yield the lines, without the consumer's name at their beginning."""
    yield from _missing(consumer, queue, dead)
    if dead and dead.total:
        yield _dead_letters(consumer, dead.total, more)
    if count := more.noisy_groups:
        groups = f"{count:,} noisy message groups" if count > 1 else "a noisy message group"
        yield f"has {groups} on its fair queue: SQS delivers the messages of the others first"
    yield from _reading(consumer, more.pause)
    yield from _function(consumer, more)


def _missing(consumer: Consumer, queue: Depth | None, dead: Depth | None) -> Iterator[str]:
    parts = {
        "queue": queue is None,
        "dead-letter queue": dead is None and consumer.has_own_queue,
        "function": not consumer.function,
        "mapping": not consumer.mappings,
    }
    if missing := [part for part, is_missing in parts.items() if is_missing]:
        yield f"has no {', no '.join(missing)}: deploy its stack again, or destroy it"
    if dead is None and not consumer.has_own_queue:
        yield "reads a queue without a dead-letter queue: a failing message is retried until it expires, then lost"


def _dead_letters(consumer: Consumer, count: int, more: Details) -> str:
    text = f"has {count:,} dead letter{'s' if count > 1 else ''}"
    if task := more.move_task:
        total = "" if task.total is None else f" of {task.total:,}"
        destination = f" to {task.destination.rpartition(':')[2]}" if task.destination else ""
        return f"{text}, which are being moved{destination}: {task.moved:,}{total} so far"
    reason = f", most often: {more.top_reason}" if more.top_reason else ""
    return f"{text}{reason}: see `consumers dlq list {consumer.name}`"


def _reading(consumer: Consumer, lease: Lease | None) -> Iterator[str]:
    mapping = consumer.mappings[0] if consumer.mappings else {}
    state, result = mapping.get("State", ""), mapping.get("LastProcessingResult", "")
    resume = f"`consumers resume {consumer.name}`"
    if lease and not is_disabled(consumer):
        yield f"is marked as paused {lease}, but its mapping is {state or 'gone'}: {resume} removes the mark"
    elif lease:
        over = "is still paused, although its time is up," if lease.is_over else "is paused"
        yield f"{over} {lease}: {resume} ends it"
    elif state.startswith("Disabl"):
        yield f"reads nothing, because its mapping is {state}"
    if "PROBLEM" in result or result == "FAILED":  # Lambda reports PROBLEM, the local AWS FAILED
        yield f"could not process its last batch ({result}): {_see_log(consumer)}"


def _function(consumer: Consumer, more: Details) -> Iterator[str]:
    function = consumer.function
    update_failed = function.get("LastUpdateStatus") == "Failed"
    if update_failed or function.get("State") == "Failed":
        reason = function.get("LastUpdateStatusReason" if update_failed else "StateReason") or "Lambda gives no reason"
        yield f"has a function that failed: {reason}"
    if count := more.errors_last_hour:
        yield f"has a function with {count:,} error{'s' if count > 1 else ''} in the last hour: {_see_log(consumer)}"
    if more.is_code_deployed is False:
        changed = function.get("LastModified", "")[:16].replace("T", " ")
        yield (
            f"runs code that its stack did not deploy (changed {changed} UTC): the next deployment of a code change "
            "replaces it"
        )


def _see_log(consumer: Consumer) -> str:
    return f"see `consumers logs {consumer.name} --since 1d`"
