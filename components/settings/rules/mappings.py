"""Rules on the event source mapping: batches and scaling."""

from collections.abc import Iterator

from .. import pages
from ..findings import Breach
from ..model import Settings
from . import rules

# Lambda's payload holds 6 MB, and one record with its metadata takes a kilobyte of them at the least.
MOST_RECORDS = 6 * 1_024


@rules.error("batch_size", "fifo", page=pages.LAMBDA_SQS_PARAMETERS)
def fifo_batch_size(settings: Settings) -> Iterator[Breach]:
    """Lambda reads at most 10 messages at once from a FIFO queue."""
    if settings.fifo and settings.batch_size > 10:
        yield Breach(f"{settings.batch_size:,} on a FIFO queue", "1 to 10", "Lower it to 10")


@rules.error("batch_size", "mapping.maximum_batching_window_in_seconds", "fifo", page=pages.LAMBDA_CREATE_MAPPING)
def large_batch_without_window(settings: Settings) -> Iterator[Breach]:
    """SQS hands out at most 10 messages a call, so Lambda needs time to collect more."""
    if not settings.fifo and settings.batch_size > 10 and settings.mapping.maximum_batching_window_in_seconds < 1:
        fix = "Set mapping.maximum_batching_window_in_seconds to 1 or more"
        yield Breach(f"{settings.batch_size:,} with a batching window of 0 seconds", "1 to 10", fix)


@rules.error("mapping.maximum_batching_window_in_seconds", "fifo", page=pages.LAMBDA_SQS_PARAMETERS)
def fifo_batching_window(settings: Settings) -> Iterator[Breach]:
    """Lambda has no batching window on FIFO queues."""
    window = settings.mapping.maximum_batching_window_in_seconds
    if settings.fifo and window:
        yield Breach(f"{window:,} seconds on a FIFO queue", "only 0", "Leave it out")


@rules.warning("batch_size", page=pages.LAMBDA_SQS_PARAMETERS)
def batch_never_fills(settings: Settings) -> Iterator[Breach]:
    """A batch is at most 6 MB, and a record with its metadata takes about 1 KB or more."""
    if settings.batch_size > MOST_RECORDS:
        yield Breach(
            f"{settings.batch_size:,}", f"{MOST_RECORDS:,} or less", "Lower it: batches stop growing before that"
        )


@rules.warning("mapping.maximum_concurrency", page=pages.LAMBDA_SCALING_CONFIG)
def concurrency_above_quota(settings: Settings) -> Iterator[Breach]:
    """Lambda's API documents 2 to 1,000 and has taken more from accounts with a raised quota; where it does not, it
    refuses the mapping after the queues are made."""
    most = settings.mapping.maximum_concurrency
    if most is not None and most > 1_000:
        yield Breach(f"{most:,}", "2 to 1,000", "Lower it, or have the quota of concurrent executions raised first")


@rules.error(
    "mapping.provisioned_pollers.maximum", "mapping.provisioned_pollers.minimum", page=pages.LAMBDA_SQS_SCALING
)
def pollers_crossed(settings: Settings) -> Iterator[Breach]:
    """Lambda scales its pollers between the two."""
    pollers = settings.mapping.provisioned_pollers
    if pollers and pollers.maximum < pollers.minimum:
        yield Breach(f"{pollers.maximum:,}", f"{pollers.minimum:,}, the minimum, or more", "Raise it, or lower minimum")


@rules.error("mapping.provisioned_pollers", "mapping.maximum_concurrency", page=pages.LAMBDA_SQS_SCALING)
def pollers_and_concurrency(settings: Settings) -> Iterator[Breach]:
    """Lambda scales a mapping in one of the two ways only."""
    if settings.mapping.provisioned_pollers and settings.mapping.maximum_concurrency is not None:
        fix = "Leave one out: a maximum of pollers limits the concurrency too, to ten invocations each"
        yield Breach("pollers together with mapping.maximum_concurrency", "one of the two", fix)


@rules.warning("mapping.provisioned_pollers.maximum", page=pages.LAMBDA_SQS_SCALING)
def pollers_above_quota(settings: Settings) -> Iterator[Breach]:
    """A mapping starts with a quota of 2,000 pollers."""
    pollers = settings.mapping.provisioned_pollers
    if pollers and pollers.maximum > 2_000:
        fix = "Have the quota raised, or lower it"
        yield Breach(f"{pollers.maximum:,}", "2 to 2,000 without a raised quota", fix)
