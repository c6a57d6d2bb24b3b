"""Sources of a consumer that the local AWS accepts but that send nothing there."""

import json
from bisect import insort
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from consumers.operations.discovery import TAG_PREFIX, Client

API_GATEWAY, PIPES = "apigateway.amazonaws.com", "pipes.amazonaws.com"
KINDS = {API_GATEWAY: "HTTP route by JWT", PIPES: "stream"}
"""The kinds of inactive sources, by the service that sends for them."""


def sources(client: Client, queue_arns: Sequence[str]) -> dict[str, list[str]]:
    """Return the inactive sources that may send to each of these queues, such as `stream 'hand-changes'`, by its ARN.

    Queues without any are left out.
    """
    if not queue_arns:
        return {}
    iam = client("iam")
    pages = iam.get_paginator("list_roles").paginate()
    found = [(service, role) for page in pages for role in page["Roles"] for service in _trusted_services(role)]
    has_routes = any(service == API_GATEWAY for service, _ in found)
    jwt_roles = _roles_of_jwt_routes(client("apigatewayv2")) if has_routes else ()
    inactive = [(service, role) for service, role in found if service == PIPES or role["Arn"] in jwt_roles]
    by_queue: dict[str, list[str]] = defaultdict(list)
    for service, role in inactive:
        policies, source = _policies(iam, role), f"{KINDS[service]} {_name(iam, role)!r}"
        for arn in queue_arns:
            if any(_contains(policy, arn) for policy in policies):
                insort(by_queue[arn], source)
    return by_queue


def _trusted_services(role: dict[str, Any]) -> Iterator[str]:
    return (service for service in KINDS if _contains(role["AssumeRolePolicyDocument"], service))


def _roles_of_jwt_routes(gateway: Any) -> set[str]:
    """Return the roles of routes with a JWT authorizer, which the local AWS cannot validate."""
    roles = set[str]()
    for api in gateway.get_apis()["Items"]:
        integrations = gateway.get_integrations(ApiId=api["ApiId"])["Items"]
        by_target = {f"integrations/{one['IntegrationId']}": one.get("CredentialsArn", "") for one in integrations}
        routes = gateway.get_routes(ApiId=api["ApiId"])["Items"]
        roles |= {by_target.get(route["Target"], "") for route in routes if route["AuthorizationType"] == "JWT"}
    return roles


def _name(iam: Any, role: dict[str, Any]) -> str:
    tags = {tag["Key"]: tag["Value"] for tag in iam.list_role_tags(RoleName=role["RoleName"])["Tags"]}
    return tags.get(f"{TAG_PREFIX}consumer", role["RoleName"])


def _policies(iam: Any, role: dict[str, Any]) -> list[dict[str, Any]]:
    names = iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
    return [iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"] for name in names]


def _contains(policy: dict[str, Any], text: str) -> bool:
    """Whether a policy contains this text as a value, alone or in a list."""
    return f'"{text}"' in json.dumps(policy)
