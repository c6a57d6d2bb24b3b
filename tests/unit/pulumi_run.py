"""The test kit's evaluation of programs, with a project of our own."""

from collections.abc import Callable
from typing import Any

from consumers.evaluate.fake_outputs import ACCOUNT
from consumers.testing.program import REGION, Registered, Run, evaluate

__all__ = ["ACCOUNT", "REGION", "Registered", "Run", "run"]


def run(program: Callable[[], Any], **options: Any) -> Run:
    """Run `program` and return what it did; what it raised is in `error`, what it returned, resolved, in `value`."""
    options.setdefault("project", "shop")
    return evaluate(program, **options)
