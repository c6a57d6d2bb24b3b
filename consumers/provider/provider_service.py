"""Implements Pulumi's provider protocol for the provider `aws`, with `resource_table`."""

# pyright: reportMissingTypeStubs=false
# ruff: noqa: N802

import importlib.metadata
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial, wraps
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime import proto
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2_grpc

from consumers.did_you_mean import did_you_mean
from consumers.local.emulator import LocalAws
from consumers.provider import provider_logic
from consumers.provider.connection_owner import is_own
from consumers.provider.crash_recovery import CreationNotes
from consumers.provider.provider_values import marshalled, revealed, secret_as, unmarshalled, without_secrets
from consumers.resource_table import ResourceError, ResourceType, Values, find, tags_in
from consumers.resource_table.aws_type import AwsType
from consumers.resource_table.changes import Change
from consumers.resource_table.invokes import invoke

LOG_TIMEOUT = 5
"""Seconds for a warning to reach the engine."""
OTHER_USER = "the local AWS: this provider serves only the user who started it."


@dataclass(frozen=True)
class _Configured:
    """The configuration of a provider: `aws:region` and the like, or the arguments of an `aws.Provider`."""

    aws: LocalAws
    default_tags: Mapping[str, str]


def _answer(method: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse other users, and turn every error into a line for the user, without the request's secrets."""

    @wraps(method)
    def answer(provider: "Provider", request: Any, context: Any) -> Any:
        if not is_own(context.peer(), provider.port):
            return context.abort(grpc.StatusCode.PERMISSION_DENIED, OTHER_USER)
        try:
            return method(provider, request, context)
        except ResourceError as error:
            code, text = grpc.StatusCode.INVALID_ARGUMENT, str(error)
        except Exception as error:
            code, text = grpc.StatusCode.INTERNAL, f"the local AWS: {type(error).__name__}: {error}"
        return context.abort(code, without_secrets(request, text))

    return answer


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """Answers the engine. The protocol documents the methods."""

    def __init__(self, aws: LocalAws, folder: Path, notes: CreationNotes | None, port: int) -> None:
        self.port = port
        self._aws = aws
        self._notes = notes
        self._folder = folder
        self._regions = {aws.region: aws}
        self._configured: dict[str, _Configured] = {}
        self._engine: Any = None

    def warn(self, urn: str, text: str) -> None:
        """Show a warning below a resource, if an engine is attached."""
        if self._engine is not None:
            warning = engine_pb2.LogRequest(severity=engine_pb2.WARNING, urn=urn, message=text)
            with suppress(grpc.RpcError):
                self._engine.Log(warning, timeout=LOG_TIMEOUT)

    def attach(self, engine: str) -> None:
        """Send warnings to the engine at this address."""
        self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(engine))

    @_answer
    def Handshake(self, request: Any, context: Any) -> Any:
        return proto.ProviderHandshakeResponse(accept_secrets=True, supports_autonaming_configuration=True)

    @_answer
    def Attach(self, request: Any, context: Any) -> Any:
        self.attach(request.address)
        return Empty()

    @_answer
    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return proto.PluginInfo(version=importlib.metadata.version("pulumi-aws"))

    @_answer
    def Cancel(self, request: Any, context: Any) -> Any:
        return Empty()  # nothing here takes long enough

    @_answer
    def CheckConfig(self, request: Any, context: Any) -> Any:
        names = [key for key in request.news.fields if not key.startswith("__")]
        inputs = [*AwsType.of("pulumi:providers:aws").inputs, "version", "pluginDownloadURL"]
        unknown = [key for key in names if key not in inputs]
        problems = [f"AWS has no '{key}' here.{did_you_mean(key, inputs, 'It has')}" for key in unknown]
        if "ignoreTags" in names:
            problems.append("the local AWS does not support 'ignoreTags': leave it out here.")
        return proto.CheckResponse(inputs=request.news, failures=_failures(problems))

    @_answer
    def DiffConfig(self, request: Any, context: Any) -> Any:
        # Everything else is about reaching AWS, and does not matter here.
        old, new = (revealed(unmarshalled(values)) for values in (request.old_inputs, request.news))
        changed = [key for key in ("region", "defaultTags") if old.get(key) != new.get(key)]
        replaces = [key for key in changed if key == "region"]
        return proto.DiffResponse(changes=_has_changes(changed), diffs=changed, replaces=replaces)

    @_answer
    def Configure(self, request: Any, context: Any) -> Any:
        arguments = revealed(unmarshalled(request.args))
        region = arguments.get("region") or self._aws.region
        aws = self._regions.setdefault(region, replace(self._aws, region=region))
        # The engine opens a connection for each provider of a program, and nothing else distinguishes them.
        self._configured[context.peer()] = _Configured(aws, tags_in(arguments.get("defaultTags")))
        return proto.ConfigureResponse(acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True)

    @_answer
    def Check(self, request: Any, context: Any) -> Any:
        entry, name = _resource(request)
        news = unmarshalled(request.news)
        declared: Values = {key: value for key, value in revealed(news).items() if key not in provider_logic.EXTRA}
        if problems := provider_logic.problems(entry, declared):
            return proto.CheckResponse(inputs=request.news, failures=_failures(problems))
        old, tags = revealed(unmarshalled(request.olds)), self._configuration(context).default_tags
        new_name = partial(provider_logic.automatic_name, entry, name, declared, request)
        inputs = provider_logic.complete_inputs(entry, declared, old, tags, new_name)
        return proto.CheckResponse(inputs=marshalled(secret_as(inputs, news | {"tagsAll": news.get("tags")})))

    @_answer
    def Diff(self, request: Any, context: Any) -> Any:
        entry, name = _resource(request)
        old, new = (revealed(unmarshalled(values)) for values in (request.old_inputs, request.news))
        found = provider_logic.differences(entry, old, new)
        replaces = {_property_of(change) for change in found if change.force_new}
        if replaces and entry.replacement_loss:
            why = f"{', '.join(sorted(replaces))} cannot change in place"
            self.warn(request.urn, f"'{name}' is replaced, because {why}: {entry.replacement_loss}")
        return proto.DiffResponse(
            changes=_has_changes(found),
            diffs=sorted({_property_of(change) for change in found}),
            replaces=sorted(replaces),
            detailedDiff={change.path: _detail(change) for change in found},
            hasDetailedDiff=True,
            deleteBeforeReplace=bool(replaces) and provider_logic.keeps_declared_name(entry, old, new),
        )

    @_answer
    def Create(self, request: Any, context: Any) -> Any:
        entry, name = _resource(request)
        marked = unmarshalled(request.properties)
        inputs = revealed(marked)
        if request.preview:
            outputs = provider_logic.expected_outputs(entry, inputs)
            return proto.CreateResponse(properties=marshalled(secret_as(outputs, marked)))
        aws = self._configuration(context).aws
        with self._notes.creating(aws, entry, marked) if self._notes else nullcontext():
            resource_id, made = entry.create(aws, name, provider_logic.for_table(inputs, self._folder))
        if not context.is_active():
            entry.delete(aws, resource_id, made)  # the engine has died, and its state will not have this resource
        outputs = provider_logic.outputs_of(aws, entry, inputs, made)
        return proto.CreateResponse(id=resource_id, properties=marshalled(secret_as(outputs, marked)))

    @_answer
    def Read(self, request: Any, context: Any) -> Any:
        entry, _ = _resource(request)
        configured = self._configuration(context)
        read = entry.read(configured.aws, request.id)
        if read is None:
            return proto.ReadResponse()  # without an id: the resource does not exist
        state, marked = unmarshalled(request.properties), unmarshalled(request.inputs)
        inputs = revealed(marked)
        now = provider_logic.outputs_of(configured.aws, entry, inputs or {"tagsAll": configured.default_tags}, read)
        outputs = provider_logic.refreshed_outputs(entry, revealed(state), now)
        inputs = (
            provider_logic.refreshed_inputs(entry, inputs, now)
            if inputs
            else provider_logic.imported_inputs(entry, now)
        )
        return proto.ReadResponse(
            id=request.id,
            properties=marshalled(secret_as(outputs, state)),
            inputs=marshalled(secret_as(inputs, marked)),
        )

    @_answer
    def Update(self, request: Any, context: Any) -> Any:
        entry, _ = _resource(request)
        marked = unmarshalled(request.news)
        old, new = revealed(unmarshalled(request.old_inputs)), revealed(marked)
        if request.preview:
            outputs = provider_logic.expected_update(entry, old, new, revealed(unmarshalled(request.olds)))
            return proto.UpdateResponse(properties=marshalled(secret_as(outputs, marked)))
        aws = self._configuration(context).aws
        desired = provider_logic.for_table(new, self._folder)
        updated = entry.update(aws, request.id, provider_logic.for_table(old), desired)
        outputs = provider_logic.outputs_of(aws, entry, new, updated)
        return proto.UpdateResponse(properties=marshalled(secret_as(outputs, marked)))

    @_answer
    def Delete(self, request: Any, context: Any) -> Any:
        entry, _ = _resource(request)
        entry.delete(self._configuration(context).aws, request.id, revealed(unmarshalled(request.properties)))
        return Empty()

    @_answer
    def Invoke(self, request: Any, context: Any) -> Any:
        fields: Any = {
            "return": marshalled(invoke(self._configuration(context).aws, request.tok))
        }  # `return` is a keyword
        return proto.InvokeResponse(**fields)

    def _configuration(self, context: Any) -> _Configured:
        if (peer := context.peer()) not in self._configured:
            raise ResourceError("the local AWS: the engine has not configured this provider; run pulumi again.")
        return self._configured[peer]


def _unimplemented(name: str) -> Callable[..., Any]:
    def answer(provider: Provider, request: Any, context: Any) -> Any:
        return context.abort(grpc.StatusCode.UNIMPLEMENTED, f"the local AWS does not implement {name}.")

    return answer


for _name in vars(provider_pb2_grpc.ResourceProviderServicer):
    if _name[0].isupper() and _name not in vars(Provider):
        setattr(Provider, _name, _unimplemented(_name))


def _resource(request: Any) -> tuple[ResourceType, str]:
    """The type and the logical name in `urn:pulumi:<stack>::<project>::<type of each parent>$<type>::<name>`."""
    types, name = request.urn.split("::", 3)[2:]
    return find(types.rpartition("$")[2], name), name


def _failures(texts: Iterable[str]) -> list[Any]:
    # Without the property: the CLI would print its value, secret or not.
    return [proto.CheckFailure(reason=text) for text in texts]


def _has_changes(found: Sequence[Any]) -> Any:
    return proto.DiffResponse.DIFF_SOME if found else proto.DiffResponse.DIFF_NONE


def _property_of(change: Change) -> str:
    return change.path.partition(".")[0].partition("[")[0]


def _detail(change: Change) -> Any:
    kind = f"{change.kind}_replace" if change.force_new else change.kind
    return proto.PropertyDiff(kind=proto.PropertyDiff.Kind.Value(kind.upper()), inputDiff=True)
