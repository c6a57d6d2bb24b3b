"""Which AWS services may send to a queue: its policy, or statements for the policy of an existing queue."""

from typing import Any

import pulumi

from .. import policies
from ..settings import Settings
from ..settings.model import AllowedSendersSettings
from ..validation import ComponentSettings
from .children import Children


def access_policy(
    children: Children[ComponentSettings], path: str, allowed: AllowedSendersSettings, same_account: Any = ""
) -> Any:
    """Return a queue's policy as JSON; `path` is that of the group `allowed`.

    `same_account` is an ARN in the account of the queue, whose own ARN does not exist yet.
    """
    senders = _senders(children, path, allowed)
    if not any(senders.values()):
        return policies.canonical_json(policies.tls_only())
    account = pulumi.Output.from_input(same_account).apply(account_of)
    return pulumi.Output.all(account=account, senders=senders).apply(
        lambda resolved: policies.canonical_json(policies.queue_access(**resolved))
    )


def statements(children: Children[Settings], queue_arn: pulumi.Output[str]) -> list[dict[str, Any]]:
    """Return statements for the policy of the queue."""
    senders = _senders(children, "queue.allowed_senders", children.settings.queue.allowed_senders)
    return policies.sender_statements(queue_arn, queue_arn.apply(account_of), senders)


def account_of(arn: str) -> str:
    """Return the account in an ARN; empty in a dry run, where it may be an invalid ARN."""
    return arn.split(":")[4] if arn.count(":") >= 5 else ""


def _senders(children: Children[ComponentSettings], path: str, allowed: AllowedSendersSettings) -> dict[str, Any]:
    """Return the ARNs by kind, validated list by list, and then together, because they share one policy."""
    lists = {kind: children.validated(f"{path}.{kind}") for kind in policies.SENDING_SERVICES}
    together: Any = children.validated_value(path, lists)
    return {kind: [together[kind][place] for place in range(len(getattr(allowed, kind)))] for kind in lists}
