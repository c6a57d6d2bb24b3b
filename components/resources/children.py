"""Names, options and tags of the child resources of a component."""

from operator import attrgetter
from typing import Any, Generic, TypeVar

import pulumi

from .. import policies
from ..settings.kinds import is_known
from ..settings.rules.functions import OWN_TAGS
from ..validation import ComponentSettings
from . import reporting

S_co = TypeVar("S_co", bound=ComponentSettings, covariant=True)


def as_json(document: Any) -> Any:
    """Return a document, which may contain Outputs, as canonical JSON; None stays None."""
    return None if document is None else pulumi.Output.from_input(document).apply(policies.canonical_json)


class Children(Generic[S_co]):
    """Names, options and tags of the child resources of a component, and its validated arguments."""

    def __init__(self, component: pulumi.Resource, settings: S_co) -> None:
        self._component = component
        self._settings = settings

    @property
    def settings(self) -> S_co:
        """The settings of the component."""
        return self._settings

    def name(self, part: str) -> str:
        """Return the logical name of a child."""
        return f"{self.settings.consumer}-{part}"

    def options(self, **more: Any) -> pulumi.ResourceOptions:
        """Return the options of a child."""
        return pulumi.ResourceOptions(parent=self._component, **more)

    def tags(self, part: str) -> dict[str, Any]:
        """Return tags by which `consumers` finds this component on AWS, without Pulumi's state."""
        own = {
            "consumer": self.settings.consumer,
            "part": part,
            "stack": pulumi.get_stack(),
            "project": pulumi.get_project(),
        }
        return {**self.settings.tags, **{f"{OWN_TAGS}{key}": value for key, value in own.items()}}

    def validated(self, argument: str) -> Any:
        """Return the argument at this path; if it is an Output, validate it when it resolves."""
        return self.validated_value(argument, attrgetter(argument)(self.settings))

    def validated_value(self, argument: str, value: Any) -> Any:
        """Return `value`, a part or a new form of the argument; if it is an Output, validate it when it resolves."""
        if isinstance(value, tuple):
            value = [*value]  # pyright: ignore[reportUnknownVariableType]
        if is_known(value):
            return value
        output: pulumi.Output[Any] = pulumi.Output.from_input(value)
        return output.apply(lambda resolved: reporting.resolved(self.settings, argument, resolved))
