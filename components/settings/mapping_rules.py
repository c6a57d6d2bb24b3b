"""Rules on the event source mapping: batches, scaling and filters."""

import json
from collections.abc import Iterator

from . import pages
from .findings import Breach, show
from .model import Settings
from .rule import advise, refuse

LONGEST_PATTERN = 4_096
# Lambda's payload holds 6 MB, and one record with its metadata takes a kilobyte of them at the least.
MOST_RECORDS = 6 * 1_024


@refuse(
    "fifo-batch-size",
    *("batch_size", "fifo"),
    why="Lambda reads at most 10 messages at once from a FIFO queue",
    page=pages.LAMBDA_SQS_PARAMETERS,
)
def fifo_batch_size(s: Settings) -> Iterator[Breach]:
    if s.fifo and s.batch_size > 10:
        yield Breach(f"{s.batch_size:,} on a FIFO queue", "1 to 10", "Lower it to 10")


@refuse(
    "large-batch-without-window",
    *("batch_size", "mapping.maximum_batching_window_in_seconds", "fifo"),
    why="SQS hands out at most 10 messages a call, so Lambda needs time to collect more",
    page=pages.LAMBDA_CREATE_MAPPING,
)
def large_batch_without_window(s: Settings) -> Iterator[Breach]:
    if not s.fifo and s.batch_size > 10 and s.mapping.maximum_batching_window_in_seconds < 1:
        todo = "Set mapping.maximum_batching_window_in_seconds to 1 or more"
        yield Breach(f"{s.batch_size:,} with a batching window of 0 seconds", "1 to 10", todo)


@refuse(
    "fifo-batching-window",
    *("mapping.maximum_batching_window_in_seconds", "fifo"),
    why="Lambda has no batching window on FIFO queues",
    page=pages.LAMBDA_SQS_PARAMETERS,
)
def fifo_batching_window(s: Settings) -> Iterator[Breach]:
    window = s.mapping.maximum_batching_window_in_seconds
    if s.fifo and window:
        yield Breach(f"{window:,} seconds on a FIFO queue", "only 0", "Leave it out")


@advise(
    "batch-never-fills",
    "batch_size",
    why="a batch is at most 6 MB, and a record with its metadata takes about 1 KB or more",
    page=pages.LAMBDA_SQS_PARAMETERS,
)
def batch_never_fills(s: Settings) -> Iterator[Breach]:
    if s.batch_size > MOST_RECORDS:
        yield Breach(f"{s.batch_size:,}", f"{MOST_RECORDS:,} or less", "Lower it: batches stop growing before that")


@advise(
    "concurrency-above-quota",
    "mapping.maximum_concurrency",
    why="an account starts with a quota of 1,000 concurrent invocations for all its functions together",
    page=pages.LAMBDA_SQS_SCALING,
)
def concurrency_above_quota(s: Settings) -> Iterator[Breach]:
    most = s.mapping.maximum_concurrency
    if most is not None and most > 1_000:
        yield Breach(f"{most:,}", "2 to 1,000 without a raised quota", "Have the quota raised, or lower it")


@refuse("too-many-filters", "filters", why="a mapping has at most 10 patterns, quota raised", page=pages.LAMBDA_FILTERS)
def too_many_filters(s: Settings) -> Iterator[Breach]:
    if len(s.filters) > 10:
        yield Breach(f"{len(s.filters)} patterns", "at most 10", "Join patterns: a list of values matches any of them")


@advise("many-filters", "filters", why="more than 5 patterns need a raised quota", page=pages.LAMBDA_FILTERS)
def many_filters(s: Settings) -> Iterator[Breach]:
    if 5 < len(s.filters) <= 10:
        yield Breach(
            f"{len(s.filters)} patterns", "at most 5 without a raised quota", "Join patterns, or raise the quota"
        )


@refuse(
    "filter-not-on-body",
    "filters",
    why="SQS messages are filtered on their body only, and one that matches no pattern is deleted unseen",
    page=pages.LAMBDA_SQS_FILTERS,
)
def filter_not_on_body(s: Settings) -> Iterator[Breach]:
    for pattern in s.filters:
        for key in [key for key in pattern if key != "body"] or ([] if pattern else ["an empty pattern"]):
            todo = "Write {'body': {…}}"
            yield Breach(f"{show(key)} in {show(pattern)}", "only the key 'body'", todo)


@refuse(
    "filter-not-json",
    "filters",
    why=f"Lambda takes a pattern as a JSON object of at most {LONGEST_PATTERN:,} characters",
    page=pages.LAMBDA_FILTERS,
)
def filter_not_json(s: Settings) -> Iterator[Breach]:
    for pattern in s.filters:
        try:
            length = len(filter_json(pattern))
        except (TypeError, ValueError) as error:
            yield Breach(f"{show(pattern)} ({error})", "plain JSON values", "Use text, numbers, booleans, lists, dicts")
            continue
        if length > LONGEST_PATTERN:
            given = f"a pattern of {length:,} characters"
            yield Breach(given, f"at most {LONGEST_PATTERN:,}", "Split it into several patterns: any of them may match")


def filter_json(pattern: object) -> str:
    """Return a filter pattern as Lambda takes it; raise TypeError or ValueError where it is no JSON."""
    return json.dumps(pattern, separators=(",", ":"), allow_nan=False)


RULES = (
    *(fifo_batch_size, large_batch_without_window, fifo_batching_window, batch_never_fills),
    *(concurrency_above_quota, too_many_filters, many_filters, filter_not_on_body, filter_not_json),
)
