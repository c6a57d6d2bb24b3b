"""Rules on the queue, its dead-letter queue, and retries."""

import re
from collections.abc import Iterator
from typing import Any

from .. import pages
from ..findings import Breach, show
from ..model import DAY, Settings
from ..reading import default_visibility_timeout
from ..shapes import SHORTEN, at_least, requires
from . import rules


@rules.error(
    "queue.visibility_timeout_seconds",
    "timeout",
    "mapping.maximum_batching_window_in_seconds",
    page=pages.LAMBDA_SQS_CONFIGURE,
)
def visibility_below_timeout(settings: Settings) -> Iterator[Breach]:
    """SQS would redeliver a message while the function still processes it, and Lambda rejects such a mapping."""
    fix = f"Leave it out: it defaults to {default_visibility_timeout(settings):,}"
    limit = "the function's timeout"
    return at_least(settings.queue.visibility_timeout_seconds, settings.timeout, fix, "seconds", limit)


@rules.warning(
    "queue.visibility_timeout_seconds",
    "timeout",
    "mapping.maximum_batching_window_in_seconds",
    page=pages.LAMBDA_SQS_CONFIGURE,
)
def visibility_below_advice(settings: Settings) -> Iterator[Breach]:
    """Lambda needs time to retry when it is throttled; AWS advises six times the timeout plus the batching window."""
    visibility, advice = settings.queue.visibility_timeout_seconds, default_visibility_timeout(settings)
    if visibility >= settings.timeout:  # otherwise an error
        yield from at_least(visibility, advice, f"Leave it out: it defaults to {advice:,}", "seconds")


@rules.error("queue.content_based_deduplication", "fifo", page=pages.SQS_FIFO)
def deduplication_without_fifo(settings: Settings) -> Iterator[Breach]:
    """Only FIFO queues deduplicate."""
    return requires(settings.queue.content_based_deduplication, settings.fifo, "fifo=True")


@rules.error("queue.high_throughput", "fifo", page=pages.SQS_HIGH_THROUGHPUT)
def high_throughput_without_fifo(settings: Settings) -> Iterator[Breach]:
    """High throughput is a quota per message group, and standard queues have no quota."""
    return requires(settings.queue.high_throughput, settings.fifo, "fifo=True")


@rules.error(
    "dead_letter_queue.message_retention_seconds",
    "queue.message_retention_seconds",
    "fifo",
    page=pages.SQS_DEAD_LETTER_RETENTION,
)
def dead_letters_expire_first(settings: Settings) -> Iterator[Breach]:
    """A message keeps its age when it moves to a standard dead-letter queue, so it may be deleted at once."""
    if not settings.fifo:
        kept, minimum = settings.dead_letter_queue.message_retention_seconds, settings.queue.message_retention_seconds
        yield from at_least(kept, minimum, "Leave it out for 14 days", "seconds", "the queue's own")


@rules.warning(
    "dead_letter_queue.message_retention_seconds",
    "queue.message_retention_seconds",
    "fifo",
    page=pages.SQS_DEAD_LETTER_RETENTION,
)
def dead_letters_expire_soon(settings: Settings) -> Iterator[Breach]:
    """A message keeps its age when it moves, so a late one is deleted before anybody reads it."""
    kept = settings.dead_letter_queue.message_retention_seconds
    if not settings.fifo and kept == settings.queue.message_retention_seconds and kept < 14 * DAY:
        yield Breach(f"{kept:,} seconds, as the queue", f"more than {kept:,} seconds", "Leave it out for 14 days")


@rules.warning("max_receive_count", page=pages.SQS_DEAD_LETTERS)
def few_receives(settings: Settings) -> Iterator[Breach]:
    """A throttled or interrupted invocation counts as a receive, so good messages would be dead-lettered too."""
    return at_least(settings.max_receive_count, 3, "Raise it, ideally to 5")


@rules.warning(
    "queue.message_retention_seconds",
    "queue.visibility_timeout_seconds",
    "max_receive_count",
    "timeout",
    "queue.arn",
    page=pages.SQS_DEAD_LETTERS,
)
def retention_below_receives(settings: Settings) -> Iterator[Breach]:
    """A failing message expires before its last receive, and never reaches the dead-letter queue."""
    queue = settings.queue
    if queue.arn is None:
        minimum = queue.visibility_timeout_seconds * settings.max_receive_count
        fix, limit = "Raise it, or lower one of the two", "visibility timeout x max_receive_count"
        yield from at_least(queue.message_retention_seconds, minimum, fix, "seconds", limit)


QUEUE_NAMES = "SQS names have at most 80 characters, '.fifo' of a FIFO queue included"


@rules.error("queue.name", "fifo", why=QUEUE_NAMES, page=pages.SQS_QUEUE_QUOTAS)
def queue_name(settings: Settings) -> Iterator[Breach]:
    return invalid_queue_name(settings.queue.name, settings.fifo)


@rules.error("dead_letter_queue.name", "fifo", why=QUEUE_NAMES, page=pages.SQS_QUEUE_QUOTAS)
def dead_letter_queue_name(settings: Settings) -> Iterator[Breach]:
    return invalid_queue_name(settings.dead_letter_queue.name, settings.fifo)


def invalid_queue_name(name: Any, fifo: bool) -> Iterator[Breach]:
    """Yield a breach for a name that SQS rejects."""
    if isinstance(name, str):
        max_length, base = (75, name.removesuffix(".fifo")) if fifo else (80, name)
        fix = "Set fifo=True, or drop '.fifo'" if base.endswith(".fifo") else SHORTEN
        allowed = f"1 to {max_length} of letters, digits, '-' and '_'"
        if not re.fullmatch(f"[0-9A-Za-z_-]{{1,{max_length}}}", base):
            yield Breach(show(name), allowed, fix)


@rules.error("dead_letter_queue.name", "queue.name", page=pages.SQS_DEAD_LETTERS)
def same_queue_name(settings: Settings) -> Iterator[Breach]:
    """A queue cannot be its own dead-letter queue."""
    name, taken = settings.dead_letter_queue.name, settings.queue.name
    if isinstance(name, str) and isinstance(taken, str) and name.removesuffix(".fifo") == taken.removesuffix(".fifo"):
        yield Breach(show(name), "a name other than queue.name", "Rename one of the two")


@rules.error("retry.maximum_delay_seconds", "retry.base_delay_seconds", page=pages.SQS_CHANGE_VISIBILITY)
def retry_delays_crossed(settings: Settings) -> Iterator[Breach]:
    """The delay doubles from the base up to the maximum."""
    if retry := settings.retry:
        fix = "Raise it, or lower base_delay_seconds"
        yield from at_least(retry.maximum_delay_seconds, retry.base_delay_seconds, fix, "seconds", "the base")
