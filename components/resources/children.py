"""What the children of one consumer have in common: names that begin with its name, its options, its tags."""

from typing import Any

import pulumi

from .. import settings
from ..settings import Settings
from . import refusals


class Children:
    """The names, options and tags of the resources under one consumer."""

    def __init__(self, consumer: pulumi.Resource, accepted: Any) -> None:
        """Speak for `consumer`, whose settings are `accepted`: those of another component have fewer of them."""
        self.settings: Settings = accepted
        self._consumer = consumer

    def name(self, part: str) -> str:
        """Return the logical name of a child."""
        return f"{self.settings.consumer}-{part}"

    def options(self, **more: Any) -> pulumi.ResourceOptions:
        """Return the options of a child."""
        return pulumi.ResourceOptions(parent=self._consumer, **more)

    def tags(self, part: str) -> dict[str, Any]:
        """Return tags by which `consumers` finds this consumer on AWS, without Pulumi's state."""
        own = {
            "consumer": self.settings.consumer,
            "part": part,
            "stack": pulumi.get_stack(),
            "project": pulumi.get_project(),
        }
        return {**self.settings.tags, **{f"{settings.OWN_TAGS}{key}": value for key, value in own.items()}}

    def validated(self, argument: str, value: Any) -> Any:
        """Return `value` as it is where the rules have seen it, else an Output that they see when it is known."""
        if isinstance(value, tuple):
            value = [*value]  # pyright: ignore[reportUnknownVariableType]
        if settings.is_known(value):
            return value
        return pulumi.Output.from_input(value).apply(lambda known: self._accept_later(argument, known))

    def _accept_later(self, argument: str, value: Any) -> Any:
        with refusals.told():
            return settings.accept_later(self.settings, argument, value)
