"""Explains what follows from a consumer's settings, in a sentence each."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from consumers.simulation import consumer as simulated
from consumers.simulation.consumer import ACCOUNT_CONCURRENCY

if TYPE_CHECKING:
    from consumers.library import PackagedSettings

FIFO_ONLY = ("Schedule", "Stream")
"""Sources for which AWS documents message group ids on FIFO queues only.

https://docs.aws.amazon.com/scheduler/latest/APIReference/API_SqsParameters.html
https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_PipeTargetSqsQueueParameters.html
"""


def dead_after(settings: "PackagedSettings") -> str:
    """How long after its first failure a message that always fails moves to the dead-letter queue."""
    consumer = simulated.of(settings)
    if consumer.receives is None:
        return "unknown: the queue exists already, with its own redrive policy"
    receives = f"{consumer.receives} receives" if consumer.receives > 1 else "1 receive"
    waits = consumer.waits
    if not waits:
        return f"at once: after {receives}"
    longest = [wait.longest for wait in waits]
    if consumer.base_delay:
        shortest = sum(wait.shortest for wait in waits)
        return f"{span(shortest)} to {span(sum(longest))}: {receives}, with retries after {_list(longest)}"
    return f"{span(sum(longest))}: {receives}, {span(longest[0])} (the visibility timeout) apart"


def concurrency(settings: "PackagedSettings") -> str:
    """The maximum number of concurrent invocations."""
    consumer = simulated.of(settings)
    most, at_once = consumer.most_at_once, "as many as there are message groups in flight, one each"
    if consumer.is_limited:
        limit = f"{most:,} invocations at once, {most * consumer.batch_size:,} messages"
        return f"{limit}; {at_once}" if consumer.fifo else limit
    quota = f"{most:,} invocations at once, or the rest of the account's quota ({ACCOUNT_CONCURRENCY:,} at first)"
    return at_once if consumer.fifo else quota


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
    """What a cold start compiles, and what would save that; empty with bytecode, and for what is not Python source."""
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


def _list(delays: Sequence[float]) -> str:
    shown = [span(delay) for delay in delays]
    return ", ".join(shown if len(shown) <= 5 else [*shown[:3], "…", shown[-1]])


def span(seconds: float) -> str:
    """Seconds in the largest unit that fits twice."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}" if seconds >= 1_000 * size else f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def several(count: float, one: str, many: str = "") -> str:
    """Return a number with the noun, or the sentence, that fits it. By default the plural ends with an s."""
    number = f"{count:,.0f}" if count >= 1_000 else f"{count:g}"
    return f"{number} {one if count == 1 else many or f'{one}s'}"
