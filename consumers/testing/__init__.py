"""Helps to test a program with QueueConsumers, and its handlers.

    from consumers.testing import context, event, failed_ids, record, run

Requires the extra `local`. With pytest, the fixture `local_aws` is available without an import.
"""

from consumers.evaluate.program import deploy
from consumers.testing.events import Context, context, event, failed_ids, record
from consumers.testing.grants import allows, assert_allows, assert_does_not_allow, statements
from consumers.testing.program import Registered, Run, evaluate, run

__all__ = [
    "Context",
    "Registered",
    "Run",
    "allows",
    "assert_allows",
    "assert_does_not_allow",
    "context",
    "deploy",
    "evaluate",
    "event",
    "failed_ids",
    "record",
    "run",
    "statements",
]
