"""What the tests of a program with QueueConsumers need, and those of its handlers.

    from consumers.testing import context, event, failed_ids, record, run

Needs the extra `local`. With pytest, the fixture `local_aws` is there by itself.
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
