"""Explains in a sentence each what follows from a consumer's settings."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from consumers.library import PackagedSettings

MAPPING_LIMIT = 1_250  # concurrent invocations for one standard queue, whatever the account's quota
FIFO_ONLY = ("Schedule", "Stream")
"""Sources for which AWS documents message group ids on FIFO queues only.

https://docs.aws.amazon.com/scheduler/latest/APIReference/API_SqsParameters.html
https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_PipeTargetSqsQueueParameters.html
"""
PER_POLLER = 10  # concurrent invocations of one provisioned poller


def dead_after(settings: "PackagedSettings") -> str:
    """How long after its first failure a message that always fails moves to the dead-letter queue."""
    if settings.receives is None:
        return "unknown: the queue exists already, with its own redrive policy"
    count = settings.receives
    receives = f"{count} receives" if count > 1 else "1 receive"
    if settings.retry and settings.has_runtime:
        delays = longest_delays(settings)
        if not delays:
            return f"at once: after {receives}"
        # Half of each delay is random.
        return f"{span(sum(delays) / 2)} to {span(sum(delays))}: {receives}, with retries after {_list(delays)}"
    visibility = settings.queue.visibility_timeout_seconds
    # On FIFO queues, and with reasons, the runtime moves a message at its last receive. Elsewhere SQS moves it at the
    # receive after that.
    group = settings.dead_letter_queue
    waits = count - 1 if group.allow_rejects and (settings.fifo or group.reasons) else count
    if not waits:
        return f"at once: after {receives}"
    return f"{span(waits * visibility)}: {receives}, {span(visibility)} (the visibility timeout) apart"


def longest_delays(settings: "PackagedSettings") -> list[int]:
    """The longest delay after each receive but the last: `sqs_batch` takes between half of it and all of it."""
    receives = range(1, settings.receives or 1) if settings.retry else ()
    return [longest_delay(settings, receive) for receive in receives]


def longest_delay(settings: "PackagedSettings", receive: int) -> int:
    """The longest delay after this receive, in seconds; 0 without delays."""
    retry = settings.retry
    return (
        max(1, min(retry.base_delay_seconds * 2 ** min(receive - 1, 16), retry.maximum_delay_seconds)) if retry else 0
    )


def concurrency(settings: "PackagedSettings") -> str:
    """The maximum number of concurrent invocations."""
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
    return at_once or f"{MAPPING_LIMIT:,} invocations at once, or the rest of the account's quota (1,000 at first)"


def unmatched(settings: "PackagedSettings") -> str:
    """The messages that the filters make Lambda delete; empty without filters."""
    count = len(settings.filters)
    patterns = "the pattern" if count == 1 else f"any of the {count} patterns"
    return f"messages that do not match {patterns}, without a trace" if count else ""


def message_group(source: Any, component: str) -> str:
    """What the message group id of a source means on a standard queue; empty without one, and on FIFO queues."""
    group, target = getattr(source, "message_group_id", None), getattr(source, "target", None)
    if group is None or target is None or target.fifo:
        return ""
    if component in FIFO_ONLY:
        return f"AWS documents that of a {component} for FIFO queues only, and {target.consumer} has a standard one"
    is_watched = target.alarms and target.alarms.on_fair_queue
    watch = "" if is_watched else f"; alarms.maximum_noisy_groups of {target.consumer} reports noisy ones"
    return f"makes the queue of {target.consumer} fair: a noisy group waits behind the others, in no order{watch}"


def compiles(settings: "PackagedSettings") -> str:
    """What a cold start compiles, and what would save that; empty with bytecode, and for what is no Python source."""
    sizes = settings.package.python_sizes
    if not sizes or settings.function.bytecode:
        return ""
    files = "1 file" if len(sizes) == 1 else f"{len(sizes):,} files"
    return (
        f"up to {files} ({max(1, sum(sizes) // 1_024):,} KB) at each cold start, about half the time of the imports: "
        'function={"bytecode": True} saves it'
    )


def permissions(statements: list[dict[str, Any]]) -> list[str]:
    """A line for each permission of the role."""
    return [line for statement in statements for line in _permission(statement)]


def _permission(statement: dict[str, Any]) -> Iterator[str]:
    actions = statement.get("Action") or [f"all but {action}" for action in texts_of(statement.get("NotAction"))]
    resources = texts_of(statement.get("Resource")) or [f"all but {r}" for r in texts_of(statement.get("NotResource"))]
    verb = "" if statement["Effect"] == "Allow" else "never "
    where = " where " + str(statement["Condition"]) if statement.get("Condition") else ""
    for resource in resources:
        yield f"{verb}{', '.join(texts_of(actions))} on {resource}{where}"


def texts_of(value: Any) -> list[str]:
    """Return the texts in an element of a policy statement, which is one or a list of them."""
    return [value] if isinstance(value, str) else list(value or [])


def _list(delays: list[int]) -> str:
    shown = [span(delay) for delay in delays]
    return ", ".join(shown if len(shown) <= 5 else [*shown[:3], "…", shown[-1]])


def span(seconds: float) -> str:
    """Seconds in the largest unit that fits twice."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
