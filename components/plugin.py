"""The component as a Pulumi plugin for programs in other languages: its schema, and the conversion of arguments.

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

from .alarm_topic import AlarmTopic
from .queue_consumer import QueueConsumer

PACKAGE = "queue-consumer"


class Plugin(ComponentProvider):
    """The SDK's host for components, with another way to read arguments.

    The SDK's crashes on a number that is an Output, turns a group that is an Output into `{}`, drops unknown arguments,
    and prints all arguments, including secrets. This one only renames arguments, so that the rules of the component
    validate them, with the same errors in every language.
    """

    def __init__(self) -> None:
        # No version: a plugin from a repository has the version of its tag.
        super().__init__([QueueConsumer, AlarmTopic], PACKAGE)
        self.schema = _tidy(self.schema)

    def construct(self, name: str, resource_type: str, inputs: Any, options: Any = None) -> Any:
        """Construct a component; raise RunError for invalid arguments, with its text alone."""
        try:
            return super().construct(name, resource_type, inputs, options)
        except server.ComponentInitError as error:
            if isinstance(error.inner, pulumi.RunError):
                raise error.inner from None
            raise

    def map_inputs(self, inputs: Any, component_def: ComponentDefinition) -> Any:
        """Return the arguments under their Python names."""
        return self._renamed(inputs, component_def.inputs, component_def.inputs_mapping)

    def _renamed(self, args: Any, definitions: dict[str, PropertyDefinition], python_names: dict[str, str]) -> Any:
        return {
            python_names.get(name, name): self._renamed_value(value, definitions.get(name))
            for name, value in args.items()
            if value is not None
        }

    def _renamed_value(self, value: Any, definition: PropertyDefinition | None) -> Any:
        group = self.get_type_definition(definition) if definition and definition.ref else None
        if group is None or not isinstance(value, dict):
            return value
        return self._renamed(value, group.properties, group.properties_mapping)


class Servicer(server.ProviderServicer):
    """The SDK's servicer, which lets gRPC print a RunError with its class and traceback.

    An error about an Output that resolves after the component was constructed would be printed that way.
    """

    async def Construct(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Construct a component; report errors as text, without properties, whose values the CLI would print."""
        try:
            return await super().Construct(request, context)
        except pulumi.RunError as error:
            await context.abort_with_status(self.create_grpc_invalid_properties_status(str(error), []))


def schema() -> str:
    """Return the schema of the public interface as JSON."""
    return json.dumps(json.loads(Plugin().schema or ""), indent=2) + "\n"


def main() -> None:
    """Serve the plugin to the engine that started it."""
    server.ProviderServicer = Servicer
    server.main(Plugin(), sys.argv[1:])


def _tidy(schema: str | None) -> str:
    """Remove the indentation of the source from descriptions."""
    return json.dumps(json.loads(schema or "", object_hook=_tidy_description))


def _tidy_description(node: dict[str, Any]) -> dict[str, Any]:
    text = node.get("description")
    return {**node, "description": inspect.cleandoc(text)} if isinstance(text, str) else node
