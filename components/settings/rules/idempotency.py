"""Rules on the idempotency table."""

from collections.abc import Iterator

from .. import pages
from ..findings import Breach, show
from ..model import Settings
from ..reading import total_retention_seconds
from ..shapes import at_least, matches
from . import rules

IDEMPOTENCY_VARIABLES = ("IDEMPOTENCY_TABLE", "IDEMPOTENCY_EXPIRES_AFTER_SECONDS")


@rules.error("environment", "idempotency", page=pages.POWERTOOLS_IDEMPOTENCY)
def idempotency_variable(settings: Settings) -> Iterator[Breach]:
    """With idempotency, the component sets these variables."""
    for name in IDEMPOTENCY_VARIABLES if settings.idempotency else ():
        if name in settings.environment:
            yield Breach(f"the name {show(name)}", "other names", "Remove the variable, or leave idempotency out")


@rules.error("idempotency.name", page=pages.DYNAMODB_NAMES)
def idempotency_table_name(settings: Settings) -> Iterator[Breach]:
    """DynamoDB rejects other names."""
    name = settings.idempotency.name if settings.idempotency else None
    return matches(name, r"[a-zA-Z0-9_.-]{3,255}", "3 to 255 of letters, digits, '_', '.' and '-'")


@rules.warning(
    "idempotency.expires_after_seconds",
    "queue.message_retention_seconds",
    "dead_letter_queue.message_retention_seconds",
    page=pages.POWERTOOLS_IDEMPOTENCY,
)
def idempotency_expires_early(settings: Settings) -> Iterator[Breach]:
    """A dead letter that is redriven after its record has expired takes effect a second time."""
    if group := settings.idempotency:
        least, limit = total_retention_seconds(settings), "the retention of both queues together"
        yield from at_least(group.expires_after_seconds, least, "Leave it out", "seconds", limit)
