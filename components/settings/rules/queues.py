"""Rules on the queue, its dead-letter queue and how messages move between them."""

import re
from collections.abc import Iterator
from typing import Any

from .. import pages
from ..findings import Breach, show
from ..model import DAY, Settings
from ..reading import safe_visibility_timeout
from . import rules

QUEUE_NAME = re.compile(r"[0-9A-Za-z_-]+")


@rules.error(
    "queue.visibility_timeout_seconds",
    "timeout",
    "mapping.maximum_batching_window_in_seconds",
    page=pages.LAMBDA_SQS_CONFIGURE,
)
def visibility_below_timeout(settings: Settings) -> Iterator[Breach]:
    """SQS would hand out a message again while the function still works on it, and Lambda refuses such a mapping."""
    if settings.queue.visibility_timeout_seconds < settings.timeout:
        yield _too_short(settings, f"{settings.timeout:,} seconds, the function's timeout, or more")


@rules.warning(
    "queue.visibility_timeout_seconds",
    "timeout",
    "mapping.maximum_batching_window_in_seconds",
    page=pages.LAMBDA_SQS_CONFIGURE,
)
def visibility_below_advice(settings: Settings) -> Iterator[Breach]:
    """Lambda needs time to try again when it is throttled; AWS advises six times the timeout plus the window."""
    if settings.timeout <= settings.queue.visibility_timeout_seconds < safe_visibility_timeout(settings):
        yield _too_short(settings, f"{safe_visibility_timeout(settings):,} seconds or more")


def _too_short(settings: Settings, allowed: str) -> Breach:
    fix = f"Leave it out: {safe_visibility_timeout(settings):,} is derived"
    return Breach(f"{settings.queue.visibility_timeout_seconds:,} seconds", allowed, fix)


@rules.error("queue.content_based_deduplication", "fifo", page=pages.SQS_FIFO)
def deduplication_without_fifo(settings: Settings) -> Iterator[Breach]:
    """Only FIFO queues deduplicate."""
    if settings.queue.content_based_deduplication and not settings.fifo:
        yield Breach("True on a standard queue", "only False there", "Set fifo=True, or leave it out")


@rules.error("queue.high_throughput", "fifo", page=pages.SQS_HIGH_THROUGHPUT)
def high_throughput_without_fifo(settings: Settings) -> Iterator[Breach]:
    """It counts by message group, and standard queues have no limit."""
    if settings.queue.high_throughput and not settings.fifo:
        yield Breach("True on a standard queue", "only False there", "Set fifo=True, or leave it out")


@rules.error(
    "dead_letter_queue.message_retention_seconds",
    "queue.message_retention_seconds",
    "fifo",
    page=pages.SQS_DEAD_LETTER_RETENTION,
)
def dead_letters_expire_first(settings: Settings) -> Iterator[Breach]:
    """A message that moves to a standard dead-letter queue keeps its age, so it would be deleted there at once."""
    kept, least = settings.dead_letter_queue.message_retention_seconds, settings.queue.message_retention_seconds
    if not settings.fifo and kept < least:
        yield Breach(f"{kept:,} seconds", f"{least:,} seconds, the queue's own, or more", "Leave it out for 14 days")


@rules.warning(
    "dead_letter_queue.message_retention_seconds",
    "queue.message_retention_seconds",
    "fifo",
    page=pages.SQS_DEAD_LETTER_RETENTION,
)
def dead_letters_expire_soon(settings: Settings) -> Iterator[Breach]:
    """A message keeps its age when it moves, so one that moves late is gone before anybody looks."""
    kept = settings.dead_letter_queue.message_retention_seconds
    if not settings.fifo and kept == settings.queue.message_retention_seconds and kept < 14 * DAY:
        yield Breach(f"{kept:,} seconds, as the queue", f"more than {kept:,} seconds", "Leave it out for 14 days")


@rules.warning("max_receive_count", page=pages.SQS_DEAD_LETTERS)
def few_receives(settings: Settings) -> Iterator[Breach]:
    """A throttled or interrupted invocation counts as a receive, so good messages would be dead-lettered too."""
    if settings.max_receive_count < 3:
        yield Breach(str(settings.max_receive_count), "3 or more, better 5", "Raise it")


@rules.warning(
    "queue.message_retention_seconds",
    "queue.visibility_timeout_seconds",
    "max_receive_count",
    "timeout",
    "queue.arn",
    page=pages.SQS_DEAD_LETTERS,
)
def retention_below_receives(settings: Settings) -> Iterator[Breach]:
    """A message that fails is deleted by age before its last receive, and never reaches the dead-letter queue."""
    least = settings.queue.visibility_timeout_seconds * settings.max_receive_count
    if settings.queue.arn is None and settings.queue.message_retention_seconds < least:
        allowed = f"{least:,} seconds (visibility timeout x max_receive_count) or more"
        yield Breach(
            f"{settings.queue.message_retention_seconds:,} seconds", allowed, "Raise it, or lower one of these two"
        )


QUEUE_NAMES = "SQS names have at most 80 characters, '.fifo' of a FIFO queue included"


@rules.error("queue.name", "fifo", why=QUEUE_NAMES, page=pages.SQS_QUEUE_QUOTAS)
def queue_name(settings: Settings) -> Iterator[Breach]:
    return wrong_name(settings.queue.name, settings.fifo)


@rules.error("dead_letter_queue.name", "fifo", why=QUEUE_NAMES, page=pages.SQS_QUEUE_QUOTAS)
def dead_letter_queue_name(settings: Settings) -> Iterator[Breach]:
    return wrong_name(settings.dead_letter_queue.name, settings.fifo)


def wrong_name(name: Any, fifo: bool) -> Iterator[Breach]:
    """Yield a breach where SQS does not take this name of a queue."""
    if not isinstance(name, str):
        return
    longest, bare = (75, name.removesuffix(".fifo")) if fifo else (80, name)
    if not QUEUE_NAME.fullmatch(bare) or len(bare) > longest:
        allowed = f"1 to {longest} of letters, digits, '-' and '_'"
        rename = "Shorten or correct it, or leave it out"
        yield Breach(show(name), allowed, "Set fifo=True, or drop '.fifo'" if bare.endswith(".fifo") else rename)


@rules.error("dead_letter_queue.name", "queue.name", page=pages.SQS_DEAD_LETTERS)
def same_queue_name(settings: Settings) -> Iterator[Breach]:
    """A queue cannot be its own dead-letter queue."""
    name, taken = settings.dead_letter_queue.name, settings.queue.name
    if isinstance(name, str) and isinstance(taken, str) and name.removesuffix(".fifo") == taken.removesuffix(".fifo"):
        yield Breach(show(name), "a name other than queue.name", "Rename one of the two")


@rules.error("retry.maximum_delay_seconds", "retry.base_delay_seconds", page=pages.SQS_CHANGE_VISIBILITY)
def retry_delays_crossed(settings: Settings) -> Iterator[Breach]:
    """The delay doubles from the base up to the maximum."""
    if settings.retry and settings.retry.maximum_delay_seconds < settings.retry.base_delay_seconds:
        allowed = f"{settings.retry.base_delay_seconds:,} seconds, the base, or more"
        yield Breach(
            f"{settings.retry.maximum_delay_seconds:,} seconds", allowed, "Raise it, or lower base_delay_seconds"
        )
