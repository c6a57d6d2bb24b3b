"""The execution role, and the one policy that says what it may do."""

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
        name=children.known("function.role_name", children.settings.function.role_name),
        assume_role_policy=policies.canonical_json(policies.lambda_trust()),
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
    return policies.canonical_json(policies.document(*statements, *given))


def _changes_visibility(settings: Settings) -> bool:
    """Retries set visibility timeouts; on FIFO queues the runtime also gives back at once what it never started."""
    return settings.retry is not None or (settings.fifo and settings.dead_letter_queue.allow_rejects)
