"""The inputs and outputs of a resource type in the package `pulumi_aws`.

The package is imported on first use only: that takes a tenth of a second.
"""

import importlib
import re
from functools import cached_property
from typing import Any


class AwsType:
    """A resource type of the AWS provider, or the type of a nested object."""

    def __init__(self, module: str, name: str) -> None:
        self._module = module
        self._name = name

    @classmethod
    def of(cls, token: str) -> "AwsType":
        """Return the type with a token like `aws:sqs/queue:Queue`, or `pulumi:providers:aws`."""
        if token == "pulumi:providers:aws":
            return cls("pulumi_aws", "Provider")
        _, path, name = token.split(":")
        module = path.partition("/")[0]
        return cls(f"pulumi_aws.{module}{'_' if module == 'lambda' else ''}", name)

    @cached_property
    def inputs(self) -> list[str]:
        """The names of the inputs."""
        return list(self._getters("Args"))

    @cached_property
    def outputs(self) -> list[str]:
        """The names of the outputs, which include the inputs."""
        return [name for name in self._getters("") if name not in ("id", "urn")]

    @cached_property
    def text_outputs(self) -> set[str]:
        """The names of the outputs of type `str`."""
        kinds = {name: str(getter.__annotations__["return"]) for name, getter in self._getters("").items()}
        return {name for name, kind in kinds.items() if re.search(r"Output\[(Optional\[)?(_builtins\.)?str\]", kind)}

    def nested_type(self, name: str) -> "AwsType":
        """Return the type of the objects in an input property; raise TypeError if it has none."""
        if (nested := self.find_nested_type(name)) is None:
            raise TypeError(f"{self._name}.{name} has no nested objects")
        return nested

    def find_nested_type(self, name: str) -> "AwsType | None":
        """Return the type of the objects in an input property, or None if it has none."""
        # As text: the annotation has the class as a forward reference.
        annotation = str(self._getters("Args")[name].__annotations__["return"])
        nested = re.search(r"'(\w+)Args'", annotation)
        return AwsType(self._module, nested[1]) if nested else None

    def _getters(self, suffix: str) -> dict[str, Any]:
        """Return the getters of one of its classes, by Pulumi's names of the properties."""
        kind: type = getattr(importlib.import_module(self._module), self._name + suffix)
        getters: list[Any] = [member.fget for member in vars(kind).values() if isinstance(member, property)]
        return {getter._pulumi_name: getter for getter in getters}  # pulumi.getter has set it
