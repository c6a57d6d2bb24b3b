"""Rules on what depends on whether the function imports `sqs_batch`."""

import json
from collections.abc import Iterator

from ...settings import pages
from ...settings.findings import Breach
from ...settings.shapes import at_most
from ..package import PackagedSettings
from . import rules

ENVIRONMENT_BYTES = 4_096
OWN_VARIABLES_BYTES = 512  # six names, four numbers, a namespace and the longest URL of a queue
IDEMPOTENCY_BYTES = 384  # two names, a number and the longest name of a table


@rules.warning("retry", "source", "runtime", page=pages.LAMBDA_SQS_ERRORS)
def retry_without_runtime(settings: PackagedSettings) -> Iterator[Breach]:
    """sqs_batch sets the delays, and the function does not import it."""
    if settings.retry is not None and settings.package.files and not settings.has_runtime:
        yield Breach("delays", "a function that imports sqs_batch", "Use its batch_handler, or leave retry out")


@rules.warning("function.record_metrics", "source", "runtime", page=pages.EMBEDDED_METRICS)
def record_metrics_without_runtime(settings: PackagedSettings) -> Iterator[Breach]:
    """sqs_batch counts the records, and the function does not import it."""
    if settings.function.record_metrics and settings.package.files and not settings.has_runtime:
        yield Breach("True", "a function that imports sqs_batch", "Use its batch_handler, or leave record_metrics out")


@rules.warning("dead_letter_queue.reasons", "source", "runtime", page=pages.SQS_REDRIVE)
def reasons_without_runtime(settings: PackagedSettings) -> Iterator[Breach]:
    """sqs_batch adds the reasons, and the function does not import it."""
    if settings.dead_letter_queue.reasons and settings.package.files and not settings.has_runtime:
        yield Breach("True", "a function that imports sqs_batch", "Use its batch_handler, or leave reasons out")


@rules.error(
    "environment",
    "source",
    "runtime",
    "retry",
    "dead_letter_queue.allow_rejects",
    "function.record_metrics",
    "idempotency",
    page=pages.LAMBDA_QUOTAS,
)
def environment_size(settings: PackagedSettings) -> Iterator[Breach]:
    """Lambda accepts 4,096 bytes of variables, including those that the component sets."""
    # An Output counts nothing: the rule runs again when all values have resolved.
    texts = {name: text for name, text in settings.environment.items() if isinstance(text, str)}
    size = len(json.dumps(texts, separators=(",", ":"), ensure_ascii=False).encode())
    has_own = (
        settings.has_runtime
        or settings.retry
        or settings.dead_letter_queue.allow_rejects
        or settings.function.record_metrics
    )
    most = ENVIRONMENT_BYTES - bool(has_own) * OWN_VARIABLES_BYTES - bool(settings.idempotency) * IDEMPOTENCY_BYTES
    fix = "Keep large values in Parameter Store or in the archive, and their names here"
    return at_most(size, most, fix, "bytes as JSON")
