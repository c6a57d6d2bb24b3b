"""Helpers for the components that send to a consumer."""

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import pulumi
from pulumi_aws import iam

from .. import policies, validation
from ..queue_consumer import QueueConsumer
from ..settings import Settings
from ..settings.findings import error_list
from ..settings.kinds import is_known
from ..settings.sources.source import RetriedSettings, SourceSettings, no_consumer
from . import claims, reporting
from .children import Children, as_json
from .senders import account_of

AnySource = TypeVar("AnySource", bound=SourceSettings)
T = TypeVar("T")


def source_settings(model: type[AnySource], name: str, consumer: Any, args: Any, **more: Any) -> AnySource:
    """Return the settings of a source that sends to `consumer`; raise RunError for errors."""
    require_consumer(model, name, consumer)
    return reporting.component_settings(model, name, args, target=consumer.settings, **more)


def require_consumer(model: type[SourceSettings], name: str, consumer: Any) -> None:
    """Raise RunError if `consumer` is not a consumer; `name` is that of the source in the error."""
    if not isinstance(consumer, QueueConsumer):
        component = validation.COMPONENTS[model].component
        raise pulumi.RunError(error_list(component, name, [no_consumer(consumer)]))


def sender(children: Children[SourceSettings], argument: str, kind: str) -> Any:
    """Return the ARN of the sender in `argument`, validated when it and the senders that the queue allows resolve."""
    source = children.settings
    arn, allowed = getattr(source, argument), getattr(source.target.queue.allowed_senders, kind)
    if is_known([arn, *allowed]):
        return arn

    def validated(resolved: list[Any]) -> Any:
        arn, allowed = resolved
        return reporting.resolved(source, argument, arn, target=allowing(source.target, kind, allowed))

    return pulumi.Output.all(arn, [*allowed]).apply(validated)


def allowing(target: Settings, kind: str, arns: Iterable[Any]) -> Settings:
    """Return the settings of a consumer with the `queue.allowed_senders` that have resolved."""
    senders = dataclasses.replace(target.queue.allowed_senders, **{kind: tuple(arns)})
    return dataclasses.replace(target, queue=dataclasses.replace(target.queue, allowed_senders=senders))


def claim(source: SourceSettings, argument: str, value: Any) -> Any:
    """Return `value`; raise RunError if another source of this class and consumer has claimed it.

    Claim an Output again when it resolves: two Outputs may resolve to the same value.
    """
    consumer = source.target.consumer if source.target else ""
    first = claims.claim(f"{type(source).__name__} {consumer}", value, source.consumer)
    return reporting.resolved(source, argument, value, taken_by=first) if first else value


def without_nones(make: Callable[..., T], **values: Any) -> T | None:
    """Return `make(**values)`, or None if all values are None."""
    return make(**values) if any(value is not None for value in values.values()) else None


def retries(source: RetriedSettings) -> dict[str, Any]:
    """Return the retry arguments of EventBridge. If one is missing, add AWS's default: the provider sends 0."""
    age, attempts = source.maximum_event_age_in_seconds, source.maximum_retry_attempts
    if age is None and attempts is None:
        return {}
    return {
        "maximum_event_age_in_seconds": 86_400 if age is None else age,
        "maximum_retry_attempts": 185 if attempts is None else attempts,
    }


def dead_letters(children: Children[Any]) -> tuple[Any, list[dict[str, Any]]]:
    """Return the ARN of the queue for undeliverable events, or None, and the permissions to send there."""
    queue = children.settings.dead_letter_queue
    if queue is not None:
        return queue.arn, queue.send_statements()
    arn = children.validated("dead_letter_queue_arn")
    return arn, [] if arn is None else [policies.send(arn)]


def sending_role(
    children: Children[SourceSettings],
    service: str,
    consumer: QueueConsumer,
    *more_statements: Any,
    prefix: str = "",
) -> tuple[iam.Role, iam.RolePolicy]:
    """Register the role by which a service sends to a consumer, with these additional permissions.

    `prefix` begins the names of the role and its policy, where a source has several.
    """
    statements = [*consumer.send_statements(), *more_statements]
    role = iam.Role(
        children.name(f"{prefix}role"),
        # Take the account from the consumer's role: its queue may be in another account.
        assume_role_policy=as_json(policies.service_trust(service, consumer.role_arn.apply(account_of))),
        tags=children.tags("sending-role"),
        opts=children.options(),
    )
    policy = iam.RolePolicy(
        children.name(f"{prefix}policy"),
        role=role.name,
        policy=as_json(policies.document(*statements)),
        opts=children.options(),
    )
    return role, policy
