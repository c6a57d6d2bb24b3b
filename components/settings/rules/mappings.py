"""Rules on the event source mapping: batches and scaling."""

from collections.abc import Iterator

from .. import pages
from ..findings import Breach
from ..model import Settings
from ..rule import error, warning

# Lambda's payload holds 6 MB, and one record with its metadata takes a kilobyte of them at the least.
MOST_RECORDS = 6 * 1_024


@error(
    "fifo-batch-size",
    *("batch_size", "fifo"),
    why="Lambda reads at most 10 messages at once from a FIFO queue",
    page=pages.LAMBDA_SQS_PARAMETERS,
)
def fifo_batch_size(s: Settings) -> Iterator[Breach]:
    if s.fifo and s.batch_size > 10:
        yield Breach(f"{s.batch_size:,} on a FIFO queue", "1 to 10", "Lower it to 10")


@error(
    "large-batch-without-window",
    *("batch_size", "mapping.maximum_batching_window_in_seconds", "fifo"),
    why="SQS hands out at most 10 messages a call, so Lambda needs time to collect more",
    page=pages.LAMBDA_CREATE_MAPPING,
)
def large_batch_without_window(s: Settings) -> Iterator[Breach]:
    if not s.fifo and s.batch_size > 10 and s.mapping.maximum_batching_window_in_seconds < 1:
        fix = "Set mapping.maximum_batching_window_in_seconds to 1 or more"
        yield Breach(f"{s.batch_size:,} with a batching window of 0 seconds", "1 to 10", fix)


@error(
    "fifo-batching-window",
    *("mapping.maximum_batching_window_in_seconds", "fifo"),
    why="Lambda has no batching window on FIFO queues",
    page=pages.LAMBDA_SQS_PARAMETERS,
)
def fifo_batching_window(s: Settings) -> Iterator[Breach]:
    window = s.mapping.maximum_batching_window_in_seconds
    if s.fifo and window:
        yield Breach(f"{window:,} seconds on a FIFO queue", "only 0", "Leave it out")


@warning(
    "batch-never-fills",
    "batch_size",
    why="a batch is at most 6 MB, and a record with its metadata takes about 1 KB or more",
    page=pages.LAMBDA_SQS_PARAMETERS,
)
def batch_never_fills(s: Settings) -> Iterator[Breach]:
    if s.batch_size > MOST_RECORDS:
        yield Breach(f"{s.batch_size:,}", f"{MOST_RECORDS:,} or less", "Lower it: batches stop growing before that")


@warning(
    "concurrency-above-quota",
    "mapping.maximum_concurrency",
    why="Lambda's API documents 2 to 1,000 and has taken more from accounts with a raised quota; where it does not, it "
    "refuses the mapping after the queues are made",
    page=pages.LAMBDA_SCALING_CONFIG,
)
def concurrency_above_quota(s: Settings) -> Iterator[Breach]:
    most = s.mapping.maximum_concurrency
    if most is not None and most > 1_000:
        yield Breach(f"{most:,}", "2 to 1,000", "Lower it, or have the quota of concurrent executions raised first")


@error(
    "pollers-crossed",
    *("mapping.provisioned_pollers.maximum", "mapping.provisioned_pollers.minimum"),
    why="Lambda scales its pollers between the two",
    page=pages.LAMBDA_SQS_SCALING,
)
def pollers_crossed(s: Settings) -> Iterator[Breach]:
    pollers = s.mapping.provisioned_pollers
    if pollers and pollers.maximum < pollers.minimum:
        yield Breach(f"{pollers.maximum:,}", f"{pollers.minimum:,}, the minimum, or more", "Raise it, or lower minimum")


@error(
    "pollers-and-concurrency",
    *("mapping.provisioned_pollers", "mapping.maximum_concurrency"),
    why="Lambda scales a mapping in one of the two ways only",
    page=pages.LAMBDA_SQS_SCALING,
)
def pollers_and_concurrency(s: Settings) -> Iterator[Breach]:
    if s.mapping.provisioned_pollers and s.mapping.maximum_concurrency is not None:
        fix = "Leave one out: a maximum of pollers limits the concurrency too, to ten invocations each"
        yield Breach("pollers together with mapping.maximum_concurrency", "one of the two", fix)


@warning(
    "pollers-above-quota",
    "mapping.provisioned_pollers.maximum",
    why="a mapping starts with a quota of 2,000 pollers",
    page=pages.LAMBDA_SQS_SCALING,
)
def pollers_above_quota(s: Settings) -> Iterator[Breach]:
    pollers = s.mapping.provisioned_pollers
    if pollers and pollers.maximum > 2_000:
        fix = "Have the quota raised, or lower it"
        yield Breach(f"{pollers.maximum:,}", "2 to 2,000 without a raised quota", fix)


RULES = (
    *(fifo_batch_size, large_batch_without_window, fifo_batching_window, batch_never_fills),
    *(concurrency_above_quota, pollers_crossed, pollers_and_concurrency, pollers_above_quota),
)
