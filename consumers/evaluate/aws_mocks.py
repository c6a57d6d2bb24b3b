"""Mocks that pass each resource to a function, which creates it on the local AWS or only records it."""

import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pulumi.runtime import MockCallArgs, MockResourceArgs, rpc

from consumers.evaluate.mock_engine import ProgramMocks
from consumers.evaluate.results import DeployedResource, Registration
from consumers.provider.provider_values import Secret, has_secrets, unmarshalled, without_secrets
from consumers.resource_table import Aws, ResourceError, Values, find, tags_in
from consumers.resource_table.invokes import invoke

Provision = Callable[[Aws, Registration], tuple[str, Values]]
"""Creates or records a resource, and returns its id and outputs. Called from several threads at once."""


class AwsMocks(ProgramMocks):
    """Provisions each resource, and keeps it in `deployed`; failures are in `errors`, without secrets."""

    def __init__(self, aws: Aws, config: Mapping[str, str], provision: Provision) -> None:
        self.deployed: list[DeployedResource] = []
        self.errors: list[str] = []
        self._aws = aws
        self._provision = provision
        self._current: Any = threading.local()
        self._default_tags = {"": tags_in(config.get("aws:defaultTags"))}
        self._secret_tags: set[str] = set()  # ids of providers whose default tags are secret

    def on_register(self, urn: str, request: Any, aliases: Sequence[str]) -> None:
        """Keep the request for `new_resource`."""
        self._current.urn, self._current.request, self._current.aliases = urn, request, aliases

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, Values]:
        """Return the id and the outputs of a resource."""
        sent: Values = vars(args)["inputs"]
        inputs = {key: rpc.unwrap_rpc_secret(value) for key, value in sent.items()}
        try:
            if args.resource_id:
                return self._read(args, args.resource_id)
            if not args.custom:
                return "", inputs
            if args.typ.startswith("pulumi:providers:"):
                return self._provider(args, inputs, rpc.is_rpc_secret(sent.get("defaultTags")))
            return self._resource(args, inputs)
        except ResourceError as error:
            request = getattr(self._current, "request", None)
            text = without_secrets(request, str(error)) if request else str(error)
            self.errors.append(text)
            raise ResourceError(text) from error

    def call(self, args: MockCallArgs) -> Values:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return the result of a function of the AWS provider."""
        return invoke(self._aws, args.token)

    def _resource(self, args: MockResourceArgs, inputs: Values) -> tuple[str, Values]:
        registration = self._registration((args.provider or "").rpartition("::")[2], inputs)
        resource_id, outputs = self._provision(self._aws, registration)
        self.deployed.append(DeployedResource(args.typ, args.name, resource_id, outputs))
        # As in the engine, the outputs of secret inputs are secret.
        secret = [key for key, value in registration.secrets.items() if has_secrets(value)]
        return resource_id, {k: rpc.wrap_rpc_secret(v) if k in secret else v for k, v in outputs.items()}

    def _registration(self, provider: str, inputs: Values) -> Registration:
        request = self._current.request
        marked = unmarshalled(request.object)
        marked["tagsAll"] = Secret("") if provider in self._secret_tags else marked.get("tags")
        return Registration(
            urn=self._current.urn,
            type=request.type,
            name=request.name,
            inputs=inputs,
            secrets=marked | dict.fromkeys(request.additionalSecretOutputs, Secret("")),
            default_tags=self._default_tags[provider],
            property_dependencies={key: frozenset(each.urns) for key, each in request.propertyDependencies.items()},
            protect=request.protect,
            retain_on_delete=request.retainOnDelete,
            delete_before_replace=request.deleteBeforeReplace,
            aliases=tuple(self._current.aliases),
            ignore_changes=tuple(request.ignoreChanges),
            replace_on_changes=tuple(request.replaceOnChanges),
        )

    def _read(self, args: MockResourceArgs, resource_id: str) -> tuple[str, Values]:
        if args.typ == "pulumi:pulumi:StackReference":
            raise ResourceError(f"StackReference '{args.name}': a local run has no other stacks. Use configuration.")
        outputs = find(args.typ, args.name).read(self._aws, resource_id)
        if outputs is None:
            raise ResourceError(f"{args.typ} '{args.name}': the local AWS has none with the id '{resource_id}'.")
        return resource_id, outputs

    def _provider(self, args: MockResourceArgs, inputs: Values, has_secret_tags: bool) -> tuple[str, Values]:
        region = self._aws.region
        if args.typ != "pulumi:providers:aws" or inputs.get("region", region) != region:
            raise ResourceError(
                f"{args.typ} '{args.name}': a local run supports one provider, aws, and one region, {region}."
            )
        provider_id = secrets.token_hex(8)
        self._default_tags[provider_id] = tags_in(inputs.get("defaultTags"))
        if has_secret_tags:
            self._secret_tags.add(provider_id)
        return provider_id, inputs
