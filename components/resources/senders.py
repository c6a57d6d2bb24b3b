"""Who may send to the queue: its access policy, or the statements for that of a queue which exists already."""

from typing import Any

import pulumi

from .. import policies
from .children import Children


def access_policy(children: Children, path: str, allowed: Any, near: Any = "") -> Any:
    """Return a queue's policy as JSON, by the group of arguments at `path`.

    Its account is that of the ARN `near`, of something that exists before the queue.
    """
    senders = _senders(children, path, allowed)
    if not any(senders.values()):
        return policies.canonical_json(policies.tls_only())
    account = pulumi.Output.from_input(near).apply(account_of)
    return pulumi.Output.all(account=account, senders=senders).apply(
        lambda known: policies.canonical_json(policies.queue_access(known["account"], known["senders"]))
    )


def statements(children: Children, queue_arn: pulumi.Output[str]) -> list[dict[str, Any]]:
    """Return the statements for the policy of this queue."""
    senders = _senders(children, "queue.allowed_senders", children.settings.queue.allowed_senders)
    return policies.sender_statements(queue_arn, queue_arn.apply(account_of), senders)


def account_of(arn: str) -> str:
    """Return the account in an ARN; of what is refused as no ARN, in a mere check, an empty one."""
    return arn.split(":")[4] if arn.count(":") >= 5 else ""


def _senders(children: Children, path: str, allowed: Any) -> dict[str, Any]:
    """Return the lists of ARNs. The rules see each when it is known, and then all of them: they share one policy."""
    lists = {kind: children.validated(f"{path}.{kind}", getattr(allowed, kind)) for kind in policies.SENDING_SERVICES}
    known: Any = children.validated(path, lists)
    return {kind: [known[kind][place] for place in range(len(getattr(allowed, kind)))] for kind in lists}
