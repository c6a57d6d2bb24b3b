"""The table of resource types: Pulumi type token → create, read, update and delete through boto3.

Used in two ways: under Pulumi mocks (`evaluate`), and by the real engine through the provider (`provider`).

A class with a `token` in any module of this folder is in the table. Within a module, each type depends on earlier ones
only: `provider/repair.py` deletes in the reverse order.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

from consumers.did_you_mean import did_you_mean
from consumers.resource_table.properties import Property, Values
from consumers.resource_table.resource_type import Aws, ResourceError, ResourceType, tags_in

__all__ = ["TABLE", "Aws", "Property", "ResourceError", "ResourceType", "Values", "find", "tags_in"]


def _types() -> Iterator[ResourceType]:
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        for member in vars(module).values():
            if inspect.isclass(member) and issubclass(member, ResourceType) and "token" in vars(member):
                yield member()


TABLE: dict[str, ResourceType] = {resource_type.token: resource_type for resource_type in _types()}


def find(token: str, name: str) -> ResourceType:
    """Return the type with this token, for the resource with this logical name.

    Raises:
        ResourceError: the table lacks it. The text names the resource and the nearest type.
    """
    if token not in TABLE:
        hint = did_you_mean(token, TABLE, "Supported are")
        raise ResourceError(f"{token} '{name}': the local AWS does not support this resource type.{hint}")
    return TABLE[token]
