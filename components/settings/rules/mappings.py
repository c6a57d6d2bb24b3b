"""Rules on the event source mapping: batches and scaling."""

from collections.abc import Iterator

from .. import pages
from ..findings import Breach
from ..model import Settings
from ..shapes import at_least, at_most, excludes
from . import rules

# A payload is at most 6 MB, and a record with its metadata at least 1 KB.
MAX_RECORDS = 6 * 1_024


@rules.error("batch_size", "fifo", page=pages.LAMBDA_SQS_PARAMETERS)
def fifo_batch_size(settings: Settings) -> Iterator[Breach]:
    """A batch from a FIFO queue has at most 10 messages."""
    if settings.fifo:
        yield from at_most(settings.batch_size, 10, "Lower it to 10", limit="with fifo=True")


@rules.error("batch_size", "mapping.maximum_batching_window_in_seconds", "fifo", page=pages.LAMBDA_CREATE_MAPPING)
def large_batch_without_window(settings: Settings) -> Iterator[Breach]:
    """SQS returns at most 10 messages per call, so Lambda needs time to collect more."""
    if not settings.fifo and settings.mapping.maximum_batching_window_in_seconds == 0:
        fix = "Set mapping.maximum_batching_window_in_seconds to 1 or more"
        yield from at_most(settings.batch_size, 10, fix, limit="with a batching window of 0 seconds")


@rules.error("mapping.maximum_batching_window_in_seconds", "fifo", page=pages.LAMBDA_SQS_PARAMETERS)
def fifo_batching_window(settings: Settings) -> Iterator[Breach]:
    """Lambda does not support batching windows on FIFO queues."""
    if settings.fifo:
        window = settings.mapping.maximum_batching_window_in_seconds
        yield from at_most(window, 0, "Leave it out", "seconds", "with fifo=True")


@rules.warning("batch_size", page=pages.LAMBDA_SQS_PARAMETERS)
def batch_never_fills(settings: Settings) -> Iterator[Breach]:
    """A batch is at most 6 MB, and a record with its metadata takes about 1 KB or more."""
    return at_most(settings.batch_size, MAX_RECORDS, "Lower it: batches reach 6 MB before")


@rules.warning("mapping.maximum_concurrency", page=pages.LAMBDA_SCALING_CONFIG)
def concurrency_above_quota(settings: Settings) -> Iterator[Breach]:
    """Lambda accepts more than 1,000 only with a raised quota, and otherwise rejects the mapping after the queues are
    created."""
    fix = "Lower it, or have the quota of concurrent executions raised first"
    return at_most(settings.mapping.maximum_concurrency, 1_000, fix)


@rules.error(
    "mapping.provisioned_pollers.maximum", "mapping.provisioned_pollers.minimum", page=pages.LAMBDA_SQS_SCALING
)
def pollers_crossed(settings: Settings) -> Iterator[Breach]:
    """Lambda scales its pollers between the minimum and the maximum."""
    if pollers := settings.mapping.provisioned_pollers:
        yield from at_least(pollers.maximum, pollers.minimum, "Raise it, or lower minimum", limit="the minimum")


@rules.error("mapping.provisioned_pollers", "mapping.maximum_concurrency", page=pages.LAMBDA_SQS_SCALING)
def pollers_and_concurrency(settings: Settings) -> Iterator[Breach]:
    """Lambda supports only one of these two limits."""
    mapping = settings.mapping
    fix = "Leave one out: a maximum of pollers also limits the concurrency, to ten invocations per poller"
    return excludes(mapping.provisioned_pollers, mapping.maximum_concurrency, "mapping.maximum_concurrency", fix)


@rules.warning("mapping.provisioned_pollers.maximum", page=pages.LAMBDA_SQS_SCALING)
def pollers_above_quota(settings: Settings) -> Iterator[Breach]:
    """A mapping starts with a quota of 2,000 pollers."""
    if pollers := settings.mapping.provisioned_pollers:
        fix = "Have the quota raised, or lower it"
        yield from at_most(pollers.maximum, 2_000, fix, limit="without a raised quota")
