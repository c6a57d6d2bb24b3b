"""The component as a Pulumi plugin, for programs in other languages: its schema, and how their arguments become ours.

https://www.pulumi.com/docs/iac/guides/building-extending/components/build-a-component/
"""

# pyright: reportMissingTypeStubs=false

import inspect
import json
import sys
from typing import Any

import pulumi
from pulumi.provider import server
from pulumi.provider.experimental.analyzer import ComponentDefinition, PropertyDefinition
from pulumi.provider.experimental.component import ComponentProvider

from .queue_consumer import QueueConsumer

PACKAGE = "queue-consumer"


class Plugin(ComponentProvider):
    """The SDK's host for components, but for what it does with arguments that are wrong.

    Where the SDK's reads values, it crashes on a number that is an Output, makes `{}` of a group that is one, drops
    what it does not know, and prints all arguments, secrets in clear. This one changes names only, so that the rules
    of the component see what was given, and say the same to everybody.
    """

    def __init__(self) -> None:
        # Without a version: a plugin from a repository has that of its tag.
        super().__init__([QueueConsumer], PACKAGE)
        self.schema = _tidy(self.schema)

    def construct(self, name: str, resource_type: str, inputs: Any, options: Any = None) -> Any:
        """Construct a component; raise RunError where it is refused, with its text alone."""
        try:
            return super().construct(name, resource_type, inputs, options)
        except server.ComponentInitError as error:
            if isinstance(error.inner, pulumi.RunError):
                raise error.inner from None
            raise

    def map_inputs(self, inputs: Any, component_def: ComponentDefinition) -> Any:
        """Return the arguments under the names that they have in Python."""
        return self._renamed(inputs, component_def.inputs, component_def.inputs_mapping)

    def _renamed(self, given: Any, known: dict[str, PropertyDefinition], python_names: dict[str, str]) -> Any:
        return {
            python_names.get(name, name): self._renamed_value(value, known.get(name))
            for name, value in given.items()
            if value is not None
        }

    def _renamed_value(self, value: Any, definition: PropertyDefinition | None) -> Any:
        group = self.get_type_definition(definition) if definition and definition.ref else None
        if group is None or not isinstance(value, dict):
            return value
        return self._renamed(value, group.properties, group.properties_mapping)


class Servicer(server.ProviderServicer):
    """The SDK's servicer, which knows RunError and yet lets gRPC print it, with its class and our frames.

    That is how a refusal would be told that comes when an Output is known, after the component was constructed.
    """

    async def Construct(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Construct a component; tell a refusal as its text, and without properties: the CLI prints their values."""
        try:
            return await super().Construct(request, context)
        except pulumi.RunError as error:
            await context.abort_with_status(self.create_grpc_invalid_properties_status(str(error), []))


def schema() -> str:
    """Return the public interface as every language sees it, as JSON."""
    return json.dumps(json.loads(Plugin().schema or ""), indent=2) + "\n"


def main() -> None:
    """Serve the plugin to the engine that has started it."""
    server.ProviderServicer = Servicer
    server.main(Plugin(), sys.argv[1:])


def _tidy(schema: str | None) -> str:
    """Take the indentation of our source out of the descriptions."""
    return json.dumps(json.loads(schema or "", object_hook=_tidy_description))


def _tidy_description(node: dict[str, Any]) -> dict[str, Any]:
    text = node.get("description")
    return {**node, "description": inspect.cleandoc(text)} if isinstance(text, str) else node
