"""What follows from a consumer's settings, in a sentence each."""

from collections.abc import Iterator
from typing import Any

MAPPING_LIMIT = 1_250  # invocations at once for one standard queue, whatever the account's quota
PER_POLLER = 10  # invocations at once of one provisioned poller


def dead_after(settings: Any) -> str:
    """How long after its first failure a message is in the dead-letter queue, if it fails each time."""
    if settings.receives is None:
        return "as the queue itself says: it exists already, and its redrive policy is not known"
    most = settings.receives
    receives = f"{most} receives" if most > 1 else "1 receive"
    if settings.retry and settings.has_runtime:
        delays = list(longest_delays(settings))
        if not delays:
            return f"at once: after {receives}"
        # Half of each delay is random.
        return f"{_span(sum(delays) / 2)} to {_span(sum(delays))}: {receives}, with retries after {_list(delays)}"
    visibility = settings.queue.visibility_timeout_seconds
    # On FIFO queues the runtime moves a poison message at its last receive; else SQS does at the receive after it.
    waits = most - 1 if settings.fifo and settings.dead_letter_queue.allow_rejects else most
    if not waits:
        return f"at once: after {receives}"
    return f"{_span(waits * visibility)}: {receives}, {_span(visibility)} (the visibility timeout) apart"


def longest_delays(settings: Any) -> Iterator[int]:
    """The longest delay after each receive but the last: `sqs_batch` takes between half of it and all of it."""
    retry = settings.retry
    for receive in range(1, settings.receives):
        yield max(1, min(retry.base_delay_seconds * 2 ** min(receive - 1, 16), retry.maximum_delay_seconds))


def concurrency(settings: Any) -> str:
    """How many invocations there are at once at the most."""
    pollers, batch = settings.mapping.provisioned_pollers, settings.batch_size
    limits = (
        settings.mapping.maximum_concurrency,
        pollers.maximum * PER_POLLER if pollers else None,
        settings.function.reserved_concurrent_executions,
    )
    limit = min((limit for limit in limits if limit is not None), default=None)
    at_once = "as many as there are message groups in flight, one each" if settings.fifo else None
    if limit is not None:
        return f"{limit:,} invocations at once, {limit * batch:,} messages" + (f"; {at_once}" if at_once else "")
    return at_once or f"{MAPPING_LIMIT:,} invocations at once, or what is left of the account's quota (1,000 at first)"


def unmatched(settings: Any) -> str:
    """What becomes of the messages that the filters keep from the function; empty where all pass."""
    count = len(settings.filters)
    patterns = "the pattern" if count == 1 else f"any of the {count} patterns"
    return f"messages that do not match {patterns}, without a trace" if count else ""


def permissions(statements: list[dict[str, Any]]) -> list[str]:
    """Each thing that the role may do, in a line."""
    return [line for statement in statements for line in _permission(statement)]


def _permission(statement: dict[str, Any]) -> Iterator[str]:
    actions = statement.get("Action") or [f"all but {action}" for action in _texts(statement.get("NotAction"))]
    resources = _texts(statement.get("Resource")) or [f"all but {r}" for r in _texts(statement.get("NotResource"))]
    verb = "" if statement["Effect"] == "Allow" else "never "
    where = " where " + str(statement["Condition"]) if statement.get("Condition") else ""
    for resource in resources:
        yield f"{verb}{', '.join(_texts(actions))} on {resource}{where}"


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])


def _list(delays: list[int]) -> str:
    shown = [_span(delay) for delay in delays]
    return ", ".join(shown if len(shown) <= 5 else [*shown[:3], "…", shown[-1]])


def _span(seconds: float) -> str:
    """A time in the unit that a reader would use."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
