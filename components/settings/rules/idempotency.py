"""Rules on the table that remembers what was handled."""

import re
from collections.abc import Iterator

from .. import pages
from ..findings import Breach, show
from ..model import Settings
from ..reading import longest_way_back
from ..rule import error, warning

IDEMPOTENCY_VARIABLES = ("IDEMPOTENCY_TABLE", "IDEMPOTENCY_EXPIRES_AFTER_SECONDS")


@error(
    "idempotency-variable",
    *("environment", "idempotency"),
    why="with the group idempotency the component sets these variables itself",
    page=pages.POWERTOOLS_IDEMPOTENCY,
)
def idempotency_variable(s: Settings) -> Iterator[Breach]:
    for name in IDEMPOTENCY_VARIABLES if s.idempotency else ():
        if name in s.environment:
            yield Breach(f"the name {show(name)}", "other names", "Remove the variable, or leave the group out")


@error(
    "idempotency-table-name",
    "idempotency.name",
    why="DynamoDB takes no other names",
    page=pages.DYNAMODB_NAMES,
)
def idempotency_table_name(s: Settings) -> Iterator[Breach]:
    name = s.idempotency.name if s.idempotency else None
    if isinstance(name, str) and not re.fullmatch(r"[a-zA-Z0-9_.-]{3,255}", name):
        allowed = "3 to 255 of letters, digits, '_', '.' and '-'"
        yield Breach(show(name), allowed, "Shorten or correct it, or leave it out")


@warning(
    "idempotency-expires-early",
    *("idempotency.expires_after_seconds", "queue.message_retention_seconds"),
    *("dead_letter_queue.message_retention_seconds",),
    why="a dead letter that is redriven after that has its effect a second time",
    page=pages.POWERTOOLS_IDEMPOTENCY,
)
def idempotency_expires_early(s: Settings) -> Iterator[Breach]:
    least = longest_way_back(s)
    if s.idempotency and s.idempotency.expires_after_seconds < least:
        allowed = f"{least:,} seconds, the retention of both queues together, or more"
        yield Breach(f"{s.idempotency.expires_after_seconds:,} seconds", allowed, "Leave it out")


RULES = (idempotency_variable, idempotency_table_name, idempotency_expires_early)
