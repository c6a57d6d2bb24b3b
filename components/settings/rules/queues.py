"""Rules on the queue, its dead-letter queue and how messages move between them."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from .. import pages
from ..findings import Breach, show
from ..model import DAY, Settings
from ..reading import safe_visibility_timeout
from ..rule import Rule, error, warning

QUEUE_NAME = re.compile(r"[0-9A-Za-z_-]+")


@error(
    "visibility-below-timeout",
    *("queue.visibility_timeout_seconds", "timeout"),
    why="SQS would hand out a message again while the function still works on it, and Lambda refuses such a mapping",
    page=pages.LAMBDA_SQS_CONFIGURE,
)
def visibility_below_timeout(s: Settings) -> Iterator[Breach]:
    if s.queue.visibility_timeout_seconds < s.timeout:
        yield _too_short(s, f"{s.timeout:,} seconds, the function's timeout, or more")


@warning(
    "visibility-below-advice",
    *("queue.visibility_timeout_seconds", "timeout", "mapping.maximum_batching_window_in_seconds"),
    why="Lambda needs time to try again when it is throttled; AWS advises six times the timeout plus the window",
    page=pages.LAMBDA_SQS_CONFIGURE,
)
def visibility_below_advice(s: Settings) -> Iterator[Breach]:
    if s.timeout <= s.queue.visibility_timeout_seconds < safe_visibility_timeout(s):
        yield _too_short(s, f"{safe_visibility_timeout(s):,} seconds or more")


def _too_short(s: Settings, allowed: str) -> Breach:
    fix = f"Leave it out: {safe_visibility_timeout(s):,} is derived"
    return Breach(f"{s.queue.visibility_timeout_seconds:,} seconds", allowed, fix)


@error(
    "deduplication-without-fifo",
    *("queue.content_based_deduplication", "fifo"),
    why="only FIFO queues deduplicate",
    page=pages.SQS_FIFO,
)
def deduplication_without_fifo(s: Settings) -> Iterator[Breach]:
    if s.queue.content_based_deduplication and not s.fifo:
        yield Breach("True on a standard queue", "only False there", "Set fifo=True, or leave it out")


@error(
    "high-throughput-without-fifo",
    *("queue.high_throughput", "fifo"),
    why="it counts by message group, and standard queues have no limit",
    page=pages.SQS_HIGH_THROUGHPUT,
)
def high_throughput_without_fifo(s: Settings) -> Iterator[Breach]:
    if s.queue.high_throughput and not s.fifo:
        yield Breach("True on a standard queue", "only False there", "Set fifo=True, or leave it out")


@error(
    "dead-letters-expire-first",
    *("dead_letter_queue.message_retention_seconds", "queue.message_retention_seconds", "fifo"),
    why="a message that moves to a standard dead-letter queue keeps its age, so it would be deleted there at once",
    page=pages.SQS_DEAD_LETTER_RETENTION,
)
def dead_letters_expire_first(s: Settings) -> Iterator[Breach]:
    kept, least = s.dead_letter_queue.message_retention_seconds, s.queue.message_retention_seconds
    if not s.fifo and kept < least:
        yield Breach(f"{kept:,} seconds", f"{least:,} seconds, the queue's own, or more", "Leave it out for 14 days")


@warning(
    "dead-letters-expire-soon",
    *("dead_letter_queue.message_retention_seconds", "queue.message_retention_seconds", "fifo"),
    why="a message keeps its age when it moves, so one that moves late is gone before anybody looks",
    page=pages.SQS_DEAD_LETTER_RETENTION,
)
def dead_letters_expire_soon(s: Settings) -> Iterator[Breach]:
    kept = s.dead_letter_queue.message_retention_seconds
    if not s.fifo and kept == s.queue.message_retention_seconds and kept < 14 * DAY:
        yield Breach(f"{kept:,} seconds, as the queue", f"more than {kept:,} seconds", "Leave it out for 14 days")


@warning(
    "few-receives",
    "max_receive_count",
    why="a throttled or interrupted invocation counts as a receive, so good messages would be dead-lettered too",
    page=pages.SQS_DEAD_LETTERS,
)
def few_receives(s: Settings) -> Iterator[Breach]:
    if s.max_receive_count < 3:
        yield Breach(str(s.max_receive_count), "3 or more, better 5", "Raise it")


@warning(
    "retention-below-receives",
    *(
        "queue.message_retention_seconds",
        "queue.visibility_timeout_seconds",
        "max_receive_count",
        "timeout",
        "queue.arn",
    ),
    why="a message that fails is deleted by age before its last receive, and never reaches the dead-letter queue",
    page=pages.SQS_DEAD_LETTERS,
)
def retention_below_receives(s: Settings) -> Iterator[Breach]:
    least = s.queue.visibility_timeout_seconds * s.max_receive_count
    if s.queue.arn is None and s.queue.message_retention_seconds < least:
        allowed = f"{least:,} seconds (visibility timeout x max_receive_count) or more"
        yield Breach(f"{s.queue.message_retention_seconds:,} seconds", allowed, "Raise it, or lower one of these two")


def name_rule(id: str, argument: str, name_of: Callable[[Any], Any]) -> Rule:
    """Return the rule that the queue's name in `argument` is one that SQS takes."""

    @error(
        id,
        *(argument, "fifo"),
        why="SQS names have at most 80 characters, '.fifo' of a FIFO queue included",
        page=pages.SQS_QUEUE_QUOTAS,
    )
    def check(s: Settings) -> Iterator[Breach]:
        name, longest = name_of(s), 75 if s.fifo else 80
        if not isinstance(name, str):
            return
        bare = name.removesuffix(".fifo") if s.fifo else name
        if not QUEUE_NAME.fullmatch(bare) or len(bare) > longest:
            allowed = f"1 to {longest} of letters, digits, '-' and '_'"
            fix = (
                "Set fifo=True, or drop '.fifo'" if bare.endswith(".fifo") else "Shorten or correct it, or leave it out"
            )
            yield Breach(show(name), allowed, fix)

    return check


queue_name = name_rule("queue-name", "queue.name", lambda s: s.queue.name)
dead_letter_queue_name = name_rule(
    "dead-letter-queue-name", "dead_letter_queue.name", lambda s: s.dead_letter_queue.name
)


@error(
    "same-queue-name",
    *("dead_letter_queue.name", "queue.name", "fifo"),
    why="a queue cannot be its own dead-letter queue",
    page=pages.SQS_DEAD_LETTERS,
)
def same_queue_name(s: Settings) -> Iterator[Breach]:
    name, taken = s.dead_letter_queue.name, s.queue.name
    if isinstance(name, str) and isinstance(taken, str) and name.removesuffix(".fifo") == taken.removesuffix(".fifo"):
        yield Breach(show(name), "a name other than queue.name", "Rename one of the two")


@error(
    "retry-delays-crossed",
    *("retry.maximum_delay_seconds", "retry.base_delay_seconds"),
    why="the delay doubles from the base up to the maximum",
    page=pages.SQS_CHANGE_VISIBILITY,
)
def retry_delays_crossed(s: Settings) -> Iterator[Breach]:
    if s.retry and s.retry.maximum_delay_seconds < s.retry.base_delay_seconds:
        allowed = f"{s.retry.base_delay_seconds:,} seconds, the base, or more"
        yield Breach(f"{s.retry.maximum_delay_seconds:,} seconds", allowed, "Raise it, or lower base_delay_seconds")


RULES = (
    *(visibility_below_timeout, visibility_below_advice, deduplication_without_fifo),
    high_throughput_without_fifo,
    *(dead_letters_expire_first, dead_letters_expire_soon, few_receives, retention_below_receives),
    *(queue_name, dead_letter_queue_name, same_queue_name, retry_delays_crossed),
)
