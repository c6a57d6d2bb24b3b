"""Pulumi's mocks, made real: what a program registers is realised by `resource_table`."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, rpc
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto import engine_pb2, resource_pb2

from consumers.evaluate.program import Made, Message, Realize, Registration
from consumers.provider.provider_values import Secret, has_secrets, unmarshalled, without_secrets
from consumers.resource_table import Aws, ResourceError, Values, find, tags_in
from consumers.resource_table.invokes import invoke

_SEVERITIES = {engine_pb2.INFO: "info", engine_pb2.WARNING: "warning", engine_pb2.ERROR: "error"}


class _Registering(threading.local):
    """What mocks do not get of the resource that this thread registers."""

    urn = ""
    request: Any = resource_pb2.RegisterResourceRequest()
    aliases: Sequence[str] = ()


class RealMocks(Mocks):
    """Realizes each resource on `aws`, and remembers it."""

    def __init__(
        self, aws: Aws, config: Mapping[str, str], realize: Realize, on_resource: Callable[[Made], None]
    ) -> None:
        self.made: list[Made] = []
        self.faults: list[str] = []
        self.aws = aws
        self.registering = _Registering()
        self._realize = realize
        self._on_resource = on_resource
        self._lock = threading.Lock()
        self._start = time.perf_counter()
        self._default_tags = {"": tags_in(config.get("aws:defaultTags"))}
        self._secret_tags: set[str] = set()  # providers whose default tags are secret

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """The id and the outputs of what the program registers. Called from several threads at once."""
        given: Any = args
        inputs = {key: rpc.unwrap_rpc_secret(value) for key, value in given.inputs.items()}
        try:
            if args.resource_id:
                return self._read(args, args.resource_id)
            if not args.custom:
                return "", inputs  # a component is nothing but its children
            if args.typ.startswith("pulumi:providers:"):
                return self._provider(args, inputs, rpc.is_rpc_secret(given.inputs.get("defaultTags")))
            return self._make(args, inputs)
        except ResourceError as error:
            text = without_secrets(self.registering.request, str(error))
            self.faults.append(text)
            raise ResourceError(text) from error

    def call(self, args: MockCallArgs) -> dict[str, Any]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """What a function of the AWS provider gives."""
        return invoke(self.aws, args.token)

    def _make(self, args: MockResourceArgs, inputs: Values) -> tuple[str, Values]:
        start = time.perf_counter()
        provider = (args.provider or "").rpartition("::")[2]
        known = self.registering
        marked = _secrets_of(known.request, provider in self._secret_tags)
        registration = _registration(
            known.urn, known.request, known.aliases, inputs, marked, self._default_tags[provider]
        )
        resource_id, outputs = self._realize(self.aws, registration)
        end = time.perf_counter()
        made = Made(args.typ, args.name, resource_id, outputs, start - self._start, end - start)
        with self._lock:
            self.made.append(made)
            self._on_resource(made)
        # What is secret as an input is secret as an output, as in the engine.
        return resource_id, {
            key: rpc.wrap_rpc_secret(value) if has_secrets(marked.get(key)) else value for key, value in outputs.items()
        }

    def _read(self, args: MockResourceArgs, resource_id: str) -> tuple[str, Values]:
        if args.typ == "pulumi:pulumi:StackReference":
            raise ResourceError(f"StackReference '{args.name}': a local run has no other stacks. Use configuration.")
        outputs = find(args.typ, args.name).read(self.aws, resource_id)
        if outputs is None:
            raise ResourceError(f"{args.typ} '{args.name}': the local AWS has none with the id '{resource_id}'.")
        return resource_id, outputs

    def _provider(self, args: MockResourceArgs, inputs: Values, has_secret_tags: bool) -> tuple[str, Values]:
        region = inputs.get("region", self.aws.region)
        if args.typ != "pulumi:providers:aws" or region != self.aws.region:
            raise ResourceError(
                f"{args.typ} '{args.name}': this local run has one provider, aws, and one region, {self.aws.region}."
            )
        provider_id = secrets.token_hex(8)
        self._default_tags[provider_id] = tags_in(inputs.get("defaultTags"))
        if has_secret_tags:
            self._secret_tags.add(provider_id)
        return provider_id, inputs


def _secrets_of(request: Any, has_secret_tags: bool) -> Values:
    given = unmarshalled(request.object)
    all_tags = Secret("") if has_secret_tags else given.get("tags")
    return given | {"tagsAll": all_tags} | dict.fromkeys(request.additionalSecretOutputs, Secret(""))


def _registration(
    urn: str,
    request: Any,
    aliases: Sequence[str],
    inputs: Values,
    marked: Values,
    default_tags: Mapping[str, str],
) -> Registration:
    return Registration(
        urn=urn,
        type=request.type,
        name=request.name,
        inputs=inputs,
        secrets=marked,
        default_tags=default_tags,
        refers_to={key: frozenset(found.urns) for key, found in request.propertyDependencies.items()},
        protect=request.protect,
        retain_on_delete=request.retainOnDelete,
        delete_before_replace=request.deleteBeforeReplace,
        aliases=tuple(aliases),
        ignore_changes=tuple(request.ignoreChanges),
        replace_on_changes=tuple(request.replaceOnChanges),
    )


class RealMonitor(MockMonitor):
    """Does what the engine does and mocks do not: no URN twice, whole URNs, and the stack's outputs."""

    def __init__(self, mocks: RealMocks, finding_collector: Any = None) -> None:
        super().__init__(mocks)
        self.finding_collector = finding_collector
        self.exports: dict[str, Any] = {}
        self.secret_exports: set[str] = set()
        self._registering = mocks.registering
        self._urns: set[str] = set()
        self._aliases: dict[str, list[str]] = {}
        self._lock = threading.Lock()

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """The URN as the engine makes it: with the types of all parents but the stack."""
        if parent and (parents := parent.split("::")[2]) != "pulumi:pulumi:Stack":
            type_ = f"{parents}${type_}"
        return super().make_urn("", type_, name)

    def GetDeploymentInfo(self, request: Any) -> Any:  # noqa: N802
        """Have the SDK say each alias as a whole URN."""
        mocks: Any = super()
        info = mocks.GetDeploymentInfo(request)
        info.supportedFeatures.remove(resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS)
        return info

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802
        """Register, unless that URN is there already."""
        urn = self.make_urn(request.parent, request.type, request.name)
        with self._lock:
            if urn in self._urns and request.type != "pulumi:pulumi:Stack":
                raise ResourceError(f"Duplicate resource URN '{urn}'; try giving it a unique name")
            self._urns.add(urn)
            self._aliases[urn] = [*request.aliasURNs, *self._inherited(request)]
        self._registering.aliases = self._aliases[urn]
        self._registering.urn, self._registering.request = urn, request
        mocks: Any = super()
        return mocks.RegisterResource(request)

    def _inherited(self, request: Any) -> Iterator[str]:
        """The URNs that a child had below its parent's earlier ones, whose name its own began with."""
        name = request.parent.rpartition("::")[2]
        for alias in self._aliases.get(request.parent, ()):
            end = request.name.removeprefix(name)
            before = request.name if end == request.name else alias.rpartition("::")[2] + end
            yield self.make_urn(alias, request.type, before)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802
        """Keep the stack's."""
        if "::pulumi:pulumi:Stack::" in request.urn:
            outputs: dict[str, Any] = rpc.deserialize_properties(request.outputs)
            self.secret_exports |= {key for key, value in outputs.items() if rpc.is_rpc_secret(value)}
            self.exports |= {key: rpc.unwrap_rpc_secret(value) for key, value in outputs.items()}
        mocks: Any = super()
        return mocks.RegisterResourceOutputs(request)


class RealEngine:
    """Hands on what the program and its components log."""

    def __init__(self, on_message: Callable[[Message], None]) -> None:
        self._on_message = on_message

    def Log(self, request: Any) -> None:  # noqa: N802
        """Hand on, unless it is the SDK's own chatter."""
        if severity := _SEVERITIES.get(request.severity):
            self._on_message(Message(severity, request.message, request.urn.rpartition("::")[2]))
