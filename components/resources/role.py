"""The execution role, and the one policy that says what it may do."""

import re
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_aws import iam

from .. import policies
from ..settings import Settings
from .children import Children


def execution_role(children: Children) -> iam.Role:
    """Register the role that Lambda assumes."""
    return iam.Role(
        children.name("role"),
        name=children.validated("function.role_name", children.settings.function.role_name),
        assume_role_policy=policies.canonical_json(policies.lambda_trust()),
        permissions_boundary=children.validated(
            "function.permissions_boundary", children.settings.function.permissions_boundary
        ),
        tags=children.tags("role"),
        opts=children.options(),
    )


def role_policy(children: Children, role: iam.Role, arns: Mapping[str, Any]) -> iam.RolePolicy:
    """Register what the role may do on the things with these ARNs, which are named by what they are to the consumer."""
    # The ARNs one by one: an Output made of the whole document would be one for each of its values.
    statements = children.settings.policy_statements
    given: Any = pulumi.Output.from_input(statements) if statements else []
    return iam.RolePolicy(
        children.name("policy"),
        role=role.name,
        policy=pulumi.Output.all(arns, given).apply(lambda known: _permissions(children.settings, *known)),
        opts=children.options(),
    )


def managed_policies(children: Children, role: iam.Role) -> list[pulumi.Resource]:
    """Register the managed policies that the role gets too, one by one: others may attach more."""
    arns: Any = children.settings.function.managed_policy_arns
    return [
        iam.RolePolicyAttachment(
            children.name(_attachment(position, arn)),
            role=role.name,
            policy_arn=_known(children, arn),
            opts=children.options(),
        )
        for position, arn in enumerate(arns)
    ]


def _known(children: Children, arn: Any) -> Any:
    known: Any = pulumi.Output.from_input(children.validated("function.managed_policy_arns", [arn]))
    return known[0]


def _attachment(position: int, arn: Any) -> str:
    """Name it after its policy, if that is known: by its place, taking out one would detach the next."""
    account_and_policy = arn.split(":", 4)[4] if isinstance(arn, str) else f"managed-policy-{position}"
    return re.sub(r"\W+", "-", account_and_policy).strip("-")


def _permissions(settings: Settings, arns: Mapping[str, Any], given: list[Any]) -> str:
    statements = [
        policies.consume(arns["queue"], change_visibility=_changes_visibility(settings)),
        policies.write_logs(f"{arns['log_group']}:*"),
    ]
    if key := arns["queue_key"]:
        statements.append(policies.decrypt(key, "DecryptMessages"))
    if settings.dead_letter_queue.allow_rejects:
        statements.append(policies.send(arns["dead_letter_queue"], "Reject"))
        if key := arns["dead_letter_key"]:
            statements.append(policies.encrypt(key, "EncryptRejects"))
    if table := arns["idempotency_table"]:
        statements.append(policies.remember(table))
    if key := arns["table_key"]:
        statements.append(policies.use_table_key(key))
    if key := arns["environment_key"]:
        statements.append(policies.decrypt(key, "DecryptEnvironment"))
    if settings.function.tracing:
        statements.append(policies.trace())
    if settings.function.vpc:
        statements += policies.network_interfaces()
    return policies.canonical_json(policies.document(*statements, *given))


def _changes_visibility(settings: Settings) -> bool:
    """Retries set visibility timeouts; on FIFO queues the runtime also gives back at once what it never started."""
    return settings.retry is not None or (settings.fifo and settings.dead_letter_queue.allow_rejects)
