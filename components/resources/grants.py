"""Permissions of other roles on a consumer's queues, as statements and as inline policies."""

from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi_aws import iam

from .. import policies
from ..settings import Settings
from ..settings.findings import show
from ..settings.kinds import is_later
from .children import Children, as_json
from .queues import QueueReference


def send_statements(queue: QueueReference) -> list[dict[str, Any]]:
    """Return the permissions of a producer."""
    return [policies.send(queue.arn), *_with_key(policies.encrypt, queue)]


def redrive_statements(dead_letters: QueueReference, queue: QueueReference) -> list[dict[str, Any]]:
    """Return the permissions to inspect, delete and redrive dead letters."""
    receive = [policies.redrive_from(dead_letters.arn), *_with_key(policies.decrypt, dead_letters)]
    return [*receive, *send_statements(queue)]


def operate_statements(
    queue: QueueReference,
    dead_letters: QueueReference | None,
    function_arns: Sequence[Any],
    mapping_arn: Any,
    filter_key: Any,
    log_group_arn: Any,
    alarm_actions: Any,
) -> list[dict[str, Any]]:
    """Return the permissions of every command of `consumers`; `function_arns` are those of function and alias.

    `filter_key` is the KMS key of the mapping's filters, or None.
    """
    statements = [policies.operate_queue(queue.arn), *_with_key(policies.encrypt, queue)]
    if dead_letters:
        statements += [policies.operate_dead_letters(dead_letters.arn), *_with_key(policies.decrypt, dead_letters)]
    return [
        *statements,
        *policies.operate_function(function_arns[0], function_arns[1:]),
        policies.operate_mapping(mapping_arn, function_arns),
        *([] if filter_key is None else [policies.use_filter_key(filter_key)]),
        policies.read_log([log_group_arn, pulumi.Output.concat(log_group_arn, ":*")]),
        *([policies.read_topics(alarm_actions)] if alarm_actions else []),
        policies.find_consumers(has_alarms=bool(alarm_actions)),
    ]


def _with_key(use: Any, queue: QueueReference) -> list[dict[str, Any]]:
    return [] if queue.key is None else [use(queue.key)]


def grant(
    children: Children[Settings], kind: str, role: Any, name: str | None, statements: list[dict[str, Any]]
) -> iam.RolePolicy:
    """Register these statements as an inline policy of `role`; raise RunError if the policy would have no name."""
    is_resource = isinstance(role, iam.Role)
    if not is_resource and not _names_a_role(role):
        raise pulumi.RunError(
            f"QueueConsumer {children.settings.consumer!r}: grant_{kind} got {show(role)}; allowed: an aws.iam.Role, "
            "or the name of one. The grant is a policy of that role. Pass the role; a consumer's is its attribute role."
        )
    suffix = name or (role.pulumi_resource_name if is_resource else role)
    if not isinstance(suffix, str):
        raise pulumi.RunError(
            f"QueueConsumer {children.settings.consumer!r}: grant_{kind} got a role whose name has not resolved "
            "yet, and the policy is named after the role. Pass a name: "
            f"grant_{kind}(role, name='producer')."
        )
    return iam.RolePolicy(
        children.name(f"{kind}-{suffix}"),
        role=role.name if is_resource else role,
        policy=as_json(policies.document(*statements)),
        opts=children.options(),
    )


def _names_a_role(role: Any) -> bool:
    return not role.startswith("arn:") if isinstance(role, str) else is_later(role)
