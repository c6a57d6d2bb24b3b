"""What the components that send to a consumer have in common."""

import dataclasses
from collections.abc import Iterable
from typing import Any

import pulumi
from pulumi_aws import iam

from .. import policies, settings
from ..queue_consumer import QueueConsumer
from . import claims, refusals
from .children import Children
from .senders import account_of


def accept(model: Any, name: str, args: Any, **more: Any) -> Any:
    """Return the settings of a source, as `settings.accept_component` does; raise RunError where it is refused."""
    with refusals.told():
        return settings.accept_component(model, name, args, **more)


def settings_of(consumer: Any) -> Any:
    """Return the settings of a consumer; of anything else, itself, which `accept` refuses."""
    return consumer.settings if isinstance(consumer, QueueConsumer) else consumer


def sender(children: Children, argument: str, kind: str) -> Any:
    """Return the ARN of the sender in `argument`, which the rules see when it and whom the queue allows are known."""
    source: Any = children.settings
    arn, allowed = getattr(source, argument), getattr(source.target.queue.allowed_senders, kind)
    if settings.is_known([arn, *allowed]):
        return arn
    return pulumi.Output.all(arn, [*allowed]).apply(lambda known: _accepted(source, argument, kind, *known))


def _accepted(source: Any, argument: str, kind: str, arn: Any, allowed: list[Any]) -> Any:
    return accept_later(source, argument, arn, target=allowing(source.target, kind, allowed))


def allowing(target: Any, kind: str, arns: Iterable[Any]) -> Any:
    """Return the settings of a consumer with what its `queue.allowed_senders` turned out to be."""
    senders = dataclasses.replace(target.queue.allowed_senders, **{kind: tuple(arns)})
    return dataclasses.replace(target, queue=dataclasses.replace(target.queue, allowed_senders=senders))


def accept_later(source: Any, argument: str, value: Any, **also: Any) -> Any:
    """Return `value`, as `settings.accept_later` does; raise RunError where it is refused."""
    with refusals.told():
        return settings.accept_later(source, argument, value, **also)


def claim(source: Any, argument: str, value: Any) -> Any:
    """Return `value`; raise RunError where another such source of the same consumer, if it is of one, has it already.

    Of an Output that is told at once where the other has the same Output, and else when it is known: claim it then too.
    """
    of = source.target.consumer if source.target else ""
    first = claims.claim(f"{type(source).__name__} {of}", value, source.consumer)
    return accept_later(source, argument, value, taken_by=first) if first else value


def as_json(document: Any) -> Any:
    """Return a document, in which there may be Outputs, as canonical JSON; None stays None."""
    if document is None:
        return None
    return pulumi.Output.from_input(document).apply(policies.canonical_json)


def given(kind: Any, **values: Any) -> Any:
    """Return an object of a resource's arguments, of what is given; None where nothing is."""
    return kind(**values) if any(value is not None for value in values.values()) else None


def retries(source: Any) -> dict[str, Any]:
    """Return how EventBridge tries again. AWS's own defaults in place of one of the two: the provider sends a 0."""
    age, attempts = source.maximum_event_age_in_seconds, source.maximum_retry_attempts
    if age is None and attempts is None:
        return {}
    return {
        "maximum_event_age_in_seconds": 86_400 if age is None else age,
        "maximum_retry_attempts": 185 if attempts is None else attempts,
    }


def validated(children: Children, argument: str) -> Any:
    """Return the value of an argument of a source, which the rules see when it is known; None where it is left out."""
    return children.validated(argument, getattr(children.settings, argument))


def dead_letters(children: Children) -> tuple[Any, list[dict[str, Any]]]:
    """Return the ARN of the queue for what a source cannot deliver, or None, and what its role may do there."""
    source: Any = children.settings
    if source.dead_letter_queue is not None:
        return source.dead_letter_queue.arn, source.dead_letter_queue.send_statements()
    arn = validated(children, "dead_letter_queue_arn")
    return arn, [] if arn is None else [policies.send(arn)]


def sending_role(children: Children, service: str, consumer: Any, *statements: Any) -> tuple[iam.Role, iam.RolePolicy]:
    """Register the role by which a service sends to a consumer, and what it may do: that, and these statements."""
    own: pulumi.Output[str] = consumer.role_arn
    role = iam.Role(
        children.name("role"),
        # The consumer's role is of the account that all of this is made in; its queue need not be.
        assume_role_policy=own.apply(
            lambda arn: policies.canonical_json(policies.service_trust(service, account_of(arn)))
        ),
        tags=children.tags("sending-role"),
        opts=children.options(),
    )
    allowed: Any = [*consumer.send_statements(), *statements]
    policy = iam.RolePolicy(
        children.name("policy"),
        role=role.name,
        policy=pulumi.Output.from_input(allowed).apply(
            lambda known: policies.canonical_json(policies.document(*known))
        ),
        opts=children.options(),
    )
    return role, policy
