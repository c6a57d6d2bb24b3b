"""What the components that send to a consumer have in common."""

import dataclasses
from collections.abc import Iterable
from typing import Any

import pulumi

from .. import policies, settings
from .children import Children


def accept(model: Any, name: str, args: Any, **more: Any) -> Any:
    """Return the settings of a source, as `settings.accept_source` does; raise RunError where it is refused.

    Of all errors, RunError is the one that the CLI prints as its text alone, once and without a traceback.
    """
    try:
        return settings.accept_source(model, name, args, **more)
    except settings.Refused as refused:
        raise pulumi.RunError(str(refused)) from None


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
    try:
        return settings.accept_later(source, argument, value, **also)
    except settings.Refused as refused:
        raise pulumi.RunError(str(refused)) from None


def as_json(document: Any) -> Any:
    """Return a document, in which there may be Outputs, as canonical JSON; None stays None."""
    if document is None:
        return None
    return pulumi.Output.from_input(document).apply(policies.canonical_json)
