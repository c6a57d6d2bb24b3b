"""Who may send to the queue: its access policy, or the statements for that of a queue which exists already."""

from typing import Any

import pulumi

from .. import policies
from .children import Children


def access_policy(children: Children, dead_letters_arn: pulumi.Output[str]) -> Any:
    """Return the queue's policy as JSON. The account is that of its dead-letter queue, which exists before it."""
    senders = _senders(children)
    if not any(senders.values()):
        return policies.canonical_json(policies.tls_only())
    return pulumi.Output.all(account=dead_letters_arn.apply(account_of), senders=senders).apply(
        lambda known: policies.canonical_json(policies.queue_access(known["account"], known["senders"]))
    )


def statements(children: Children, queue_arn: pulumi.Output[str]) -> list[dict[str, Any]]:
    """Return the statements for the policy of this queue."""
    return policies.sender_statements(queue_arn, queue_arn.apply(account_of), _senders(children))


def account_of(arn: str) -> str:
    """Return the account in an ARN; of what is refused as no ARN, in a mere check, an empty one."""
    return arn.split(":")[4] if arn.count(":") >= 5 else ""


def _senders(children: Children) -> dict[str, Any]:
    return {kind: _known(children, kind) for kind in policies.SENDING_SERVICES}


def _known(children: Children, kind: str) -> list[Any]:
    arns: Any = getattr(children.settings.queue.allowed_senders, kind)
    known: Any = children.known(f"queue.allowed_senders.{kind}", [*arns])
    return [known[place] for place in range(len(arns))]
