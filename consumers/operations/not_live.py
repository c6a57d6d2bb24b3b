"""Which sources of a consumer the local AWS has, and does not carry to its queue."""

import json
from collections.abc import Iterator
from typing import Any

from consumers.operations.discovery import TAG

SERVICES = {"apigateway.amazonaws.com": "HTTP route", "pipes.amazonaws.com": "stream"}
"""The services that send by a role of their own and are not live, with what they are to a consumer."""


def sources(iam: Any, queue_arn: str | None) -> list[str]:
    """Return the sources that may send to this queue and are not live: `HTTP route 'post-hands'`."""
    if queue_arn is None:
        return []
    pages = iam.get_paginator("list_roles").paginate()
    roles = [role for page in pages for role in page["Roles"]]
    return sorted(
        f"{kind} {_name(iam, role)!r}" for role in roles for kind in _kinds(role) if _may_send(iam, role, queue_arn)
    )


def _kinds(role: dict[str, Any]) -> Iterator[str]:
    return (kind for service, kind in SERVICES.items() if _names(role["AssumeRolePolicyDocument"], service))


def _name(iam: Any, role: dict[str, Any]) -> str:
    tags = {tag["Key"]: tag["Value"] for tag in iam.list_role_tags(RoleName=role["RoleName"])["Tags"]}
    return tags.get(f"{TAG}consumer", role["RoleName"])


def _may_send(iam: Any, role: dict[str, Any], queue_arn: str) -> bool:
    names = iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
    policies = [iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"] for name in names]
    return any(_names(policy, queue_arn) for policy in policies)


def _names(policy: dict[str, Any], text: str) -> bool:
    """Whether a policy names this, in whichever of the forms that IAM takes: alone, or in a list."""
    return f'"{text}"' in json.dumps(policy)
