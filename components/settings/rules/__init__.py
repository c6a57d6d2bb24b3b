"""The rules on a consumer's settings, a module for each part of a consumer."""

from ..model import Settings
from ..rule import Rules

rules = Rules[Settings]("QueueConsumer")

# A module declares its rules when it is imported. Users read them in this order.
# isort: off
from . import functions, runtimes, concurrency  # noqa: E402
from . import queues, existing_queues, senders, mappings, filters, alarms, idempotency  # noqa: E402

__all__ = [
    "alarms",
    "concurrency",
    "existing_queues",
    "filters",
    "functions",
    "idempotency",
    "mappings",
    "queues",
    "rules",
    "runtimes",
    "senders",
]
