"""What the roles of a program may do, by the documents that it attaches to them."""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from consumers.testing.program import Run

ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"


def statements(run: Run, role: str) -> list[dict[str, Any]]:
    """Return the statements of every inline policy of a role.

    :param role: the physical name of the role, or the name of a QueueConsumer, for its function's.
    """
    own = run.resources.get(f"{role}-role")
    name = own.outputs["name"] if own else role
    policies = [one for one in run.resources.values() if one.type == ROLE_POLICY and one.inputs["role"] == name]
    return [statement for policy in policies for statement in json.loads(policy.inputs["policy"])["Statement"]]


def allows(run: Run, role: str, action: str, resource: str) -> bool:
    """Whether a role may do `action` (`sqs:SendMessage`) on `resource` (an ARN).

    Conditions count as met, and policies that are attached by ARN are not known.
    """
    effects = {s["Effect"] for s in statements(run, role) if _speaks_of(s, action, resource)}
    return effects == {"Allow"}


def assert_allows(run: Run, role: str, action: str, resource: str) -> None:
    """Fail, with what is allowed instead, unless the role may."""
    assert allows(run, role, action, resource), f"{role} may not {action} on {resource}. It may: {_all(run, role)}"


def assert_does_not_allow(run: Run, role: str, action: str, resource: str) -> None:
    """Fail if the role may."""
    assert statements(run, role), f"{role} has no policies at all: is it the name of a role, or of a consumer?"
    assert not allows(run, role, action, resource), f"{role} may {action} on {resource}. It may: {_all(run, role)}"


def _speaks_of(statement: dict[str, Any], action: str, resource: str) -> bool:
    return _matches(statement, "Action", action.lower()) and _matches(statement, "Resource", resource)


def _matches(statement: dict[str, Any], key: str, value: str) -> bool:
    if key in statement:
        return any(fnmatchcase(value, _pattern(key, text)) for text in _texts(statement[key]))
    return not any(fnmatchcase(value, _pattern(key, text)) for text in _texts(statement[f"Not{key}"]))


def _pattern(key: str, text: str) -> str:
    plain = text.replace("[", "[[]")  # a bracket is no wildcard to IAM
    return plain.lower() if key == "Action" else plain


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _all(run: Run, role: str) -> str:
    return "; ".join(_lines(run, role)) or "nothing"


def _lines(run: Run, role: str) -> Iterator[str]:
    for statement in statements(run, role):
        actions, resources = (", ".join(_texts(statement.get(key, "all but some"))) for key in ("Action", "Resource"))
        yield f"{statement['Effect'].lower()} {actions} on {resources}"
