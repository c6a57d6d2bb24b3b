"""Checks what the roles of a program are allowed to do by their inline policies."""

import json
from fnmatch import fnmatchcase
from typing import Any

from consumers.evaluate.consequences import permissions, texts_of
from consumers.testing.program import Run

ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"


def statements(run: Run, role: str) -> list[dict[str, Any]]:
    """Return the statements of every inline policy of a role.

    :param role: the physical name of a role, or the name of a QueueConsumer for the role of its function.
    """
    own = run.resources.get(f"{role}-role")
    name = own.outputs["name"] if own else role
    policies = [one for one in run.resources.values() if one.type == ROLE_POLICY and one.inputs["role"] == name]
    return [statement for policy in policies for statement in json.loads(policy.inputs["policy"])["Statement"]]


def allows(run: Run, role: str, action: str, resource: str) -> bool:
    """Whether a role is allowed `action` (`sqs:SendMessage`) on `resource` (an ARN).

    Conditions count as met, and policies that are attached by ARN are ignored.
    """
    effects = {s["Effect"] for s in statements(run, role) if _applies_to(s, action, resource)}
    return effects == {"Allow"}


def assert_allows(run: Run, role: str, action: str, resource: str) -> None:
    """Fail unless the role is allowed to; the message lists what it is allowed."""
    assert allows(run, role, action, resource), f"{role} may not {action} on {resource}. It may: {_all(run, role)}"


def assert_does_not_allow(run: Run, role: str, action: str, resource: str) -> None:
    """Fail if the role is allowed to, or has no policies."""
    assert statements(run, role), f"{role} has no policies at all: is it the name of a role, or of a consumer?"
    assert not allows(run, role, action, resource), f"{role} may {action} on {resource}. It may: {_all(run, role)}"


def _applies_to(statement: dict[str, Any], action: str, resource: str) -> bool:
    return _matches(statement, "Action", action.lower()) and _matches(statement, "Resource", resource)


def _matches(statement: dict[str, Any], key: str, value: str) -> bool:
    if key in statement:
        return any(fnmatchcase(value, _pattern(key, text)) for text in texts_of(statement[key]))
    return not any(fnmatchcase(value, _pattern(key, text)) for text in texts_of(statement[f"Not{key}"]))


def _pattern(key: str, text: str) -> str:
    plain = text.replace("[", "[[]")  # IAM has no bracket wildcards
    return plain.lower() if key == "Action" else plain


def _all(run: Run, role: str) -> str:
    return "; ".join(permissions(statements(run, role))) or "nothing"
