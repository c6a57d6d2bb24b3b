"""The execution role, its inline policy, and its managed policies."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_aws import iam

from .. import policies
from ..settings import Settings
from .children import Children


def execution_role(children: Children[Settings]) -> iam.Role:
    """Register the role that Lambda assumes."""
    return iam.Role(
        children.name("role"),
        name=children.validated("function.role_name"),
        assume_role_policy=policies.canonical_json(policies.lambda_trust()),
        permissions_boundary=children.validated("function.permissions_boundary"),
        tags=children.tags("role"),
        opts=children.options(),
    )


def role_policy(children: Children[Settings], role: iam.Role, arns: Mapping[str, Any]) -> iam.RolePolicy:
    """Register the inline policy on the resources with these ARNs, by their part in the consumer; None has no ARN."""
    # One Output per ARN that there is: of the whole document, every value would become an Output, which is slow.
    inputs = {part: arn for part, arn in arns.items() if arn is not None}
    if statements := children.settings.policy_statements:
        inputs["own"] = statements
    return iam.RolePolicy(
        children.name("policy"),
        role=role.name,
        policy=pulumi.Output.all(**inputs).apply(lambda resolved: _permissions(children.settings, **resolved)),
        opts=children.options(),
    )


def managed_policies(children: Children[Settings], role: iam.Role) -> list[pulumi.Resource]:
    """Attach managed policies one by one, so that others may attach more."""
    arns: Any = children.settings.function.managed_policy_arns
    return [
        iam.RolePolicyAttachment(
            children.name(_attachment(position, arn)),
            role=role.name,
            policy_arn=_validated(children, arn),
            opts=children.options(),
        )
        for position, arn in enumerate(arns)
    ]


def _validated(children: Children[Settings], arn: Any) -> Any:
    arns: Any = pulumi.Output.from_input(children.validated_value("function.managed_policy_arns", [arn]))
    return arns[0]


def _attachment(position: int, arn: Any) -> str:
    """Name it after the policy. By position, removing one would detach the next."""
    account_and_policy = arn.split(":", 4)[4] if isinstance(arn, str) else f"managed-policy-{position}"
    return re.sub(r"\W+", "-", account_and_policy).strip("-")


def _permissions(settings: Settings, own: Sequence[Any] = (), **arns: Any) -> str:
    statements = [
        policies.consume(arns["queue"], change_visibility=_changes_visibility(settings)),
        policies.write_logs(f"{arns['log_group']}:*"),
    ]
    if key := arns.get("queue_key"):
        statements.append(policies.decrypt(key, "DecryptMessages"))
    if settings.dead_letter_queue.allow_rejects:
        statements.append(policies.send(arns["dead_letter_queue"], "Reject"))
        if key := arns.get("dead_letter_key"):
            statements.append(policies.encrypt(key, "EncryptRejects"))
    if table := arns.get("idempotency_table"):
        statements.append(policies.remember(table))
    if key := arns.get("table_key"):
        statements.append(policies.use_table_key(key))
    if key := arns.get("environment_key"):
        statements.append(policies.decrypt(key, "DecryptEnvironment"))
    if settings.function.tracing:
        statements.append(policies.trace())
    if settings.function.vpc:
        statements += policies.network_interfaces()
    return policies.canonical_json(policies.document(*statements, *own))


def _changes_visibility(settings: Settings) -> bool:
    """Retries set visibility timeouts; on FIFO queues the runtime also releases records that it did not start."""
    return settings.retry is not None or (settings.fifo and settings.dead_letter_queue.allow_rejects)
