"""Helps to test a program with QueueConsumers, and its handlers.

    from consumers.testing import context, event, failed_ids, record, run

Requires the extra `local`. With pytest, the fixtures `local_aws` and `working_copy` are available without an import.
"""

from consumers.evaluate.program import deploy
from consumers.testing.events import Context, context, event, failed_ids, record
from consumers.testing.grants import allows, assert_allows, assert_does_not_allow, statements
from consumers.testing.program import Registered, Run, evaluate, run
from consumers.testing.working_copies import HandlerCopy, WorkingCopies

__all__ = [
    "Context",
    "HandlerCopy",
    "Registered",
    "Run",
    "WorkingCopies",
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
