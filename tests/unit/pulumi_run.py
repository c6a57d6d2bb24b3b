"""The test kit's evaluation of programs, with a project of our own."""

import json
from collections.abc import Callable
from typing import Any

from consumers.evaluate.fake_outputs import ACCOUNT
from consumers.resource_table.properties import with_integers
from consumers.testing.program import REGION, Registered, Run, evaluate

__all__ = ["ACCOUNT", "REGION", "Registered", "Run", "inputs_of", "run"]


def run(program: Callable[[], Any], **options: Any) -> Run:
    """Run `program`; the result has the exception that it raised as `error`, and its resolved result as `value`."""
    options.setdefault("project", "shop")
    return evaluate(program, **options)


def inputs_of(result: Run, begin: str = "") -> str:
    """Return the inputs of the resources whose names begin like this, a property a line, for `error_text`."""
    assert result.error is None, result.error
    lines = [
        f"{name} {key}: {value if isinstance(value, str) else json.dumps(with_integers(value), sort_keys=True)}"
        for name, resource in sorted(result.resources.items())
        for key, value in sorted(resource.inputs.items())
        if resource.custom and name.startswith(begin) and key not in ("code", "tags")
    ]
    return "\n".join(lines)
