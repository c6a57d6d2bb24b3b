"""The execution role, and the one policy that says what it may do."""

from typing import Any

import pulumi
from pulumi_aws import iam

from .. import policies
from ..settings import Settings
from .children import Children
from .queues import KnownQueue


def execution_role(children: Children) -> iam.Role:
    """Register the role that Lambda assumes."""
    return iam.Role(
        children.name("role"),
        name=children.known("function.role_name", children.settings.function.role_name),
        assume_role_policy=policies.canonical_json(policies.lambda_trust()),
        tags=children.tags("role"),
        opts=children.options(),
    )


def role_policy(
    children: Children,
    role: iam.Role,
    queue: KnownQueue,
    log_group: Any,
    dead_letters: KnownQueue | None,
    table: Any = None,
) -> iam.RolePolicy:
    """Register what the role may do; `log_group` and `table` are ARNs."""
    # The ARNs one by one: an Output made of the whole document would be one for each of its values.
    dead_letter_arns = (dead_letters.arn, dead_letters.key) if dead_letters else (None, None)
    arns = pulumi.Output.all(queue.arn, log_group, queue.key, *dead_letter_arns, table)
    statements = children.settings.policy_statements
    given: Any = pulumi.Output.from_input(statements) if statements else []
    return iam.RolePolicy(
        children.name("policy"),
        role=role.name,
        policy=pulumi.Output.all(arns, given).apply(lambda known: _permissions(children.settings, *known)),
        opts=children.options(),
    )


def _permissions(settings: Settings, arns: list[Any], given: list[Any]) -> str:
    queue, log_group, key, dead_letter_queue, dead_letter_key, table = arns
    statements = [
        policies.consume(queue, change_visibility=_changes_visibility(settings)),
        policies.write_logs(f"{log_group}:*"),
    ]
    if key:
        statements.append(policies.decrypt(key, "DecryptMessages"))
    if settings.dead_letter_queue.allow_rejects:
        statements.append(policies.send(dead_letter_queue, "Reject"))
        if dead_letter_key:
            statements.append(policies.encrypt(dead_letter_key, "EncryptRejects"))
    if table:
        statements.append(policies.remember(table))
    return policies.canonical_json(policies.document(*statements, *given))


def _changes_visibility(settings: Settings) -> bool:
    """Retries set visibility timeouts; on FIFO queues the runtime also gives back at once what it never started."""
    return settings.retry is not None or (settings.fifo and settings.dead_letter_queue.allow_rejects)
