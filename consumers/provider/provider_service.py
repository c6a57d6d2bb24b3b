"""The provider `aws` as the engine talks to it: each method of Pulumi's protocol, by `resource_table`."""

# pyright: reportMissingTypeStubs=false
# ruff: noqa: N802

import importlib.metadata
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime import proto
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2_grpc

from consumers.did_you_mean import did_you_mean
from consumers.local.emulator import LocalAws
from consumers.provider import provider_logic
from consumers.provider.peers import is_own
from consumers.provider.provider_values import marshalled, revealed, secret_as, unmarshalled, without_secrets
from consumers.provider.repair import Notes
from consumers.resource_table import ResourceError, ResourceType, Values, find, tags_in
from consumers.resource_table.aws_type import AwsType
from consumers.resource_table.changes import Change
from consumers.resource_table.invokes import invoke

LOG_TIMEOUT = 5
"""Seconds for a warning to reach the engine."""
OTHER_USER = "the local AWS: this provider serves only the user who has started it."


@dataclass(frozen=True)
class _Configured:
    """What the program has asked of a provider: `aws:region` and the like, or the arguments of an `aws.Provider`."""

    aws: LocalAws
    default_tags: Mapping[str, str]


def _answer(method: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse other users, and make of every error a line for the user, without the request's secrets."""

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
    """Answers the engine. The methods are the protocol's, which says what each is for."""

    def __init__(self, aws: LocalAws, folder: Path, notes: Notes | None, port: int) -> None:
        self.port = port
        self._aws = aws
        self._notes = notes
        self._folder = folder
        self._regions = {aws.region: aws}
        self._configured: dict[str, _Configured] = {}
        self._engine: Any = None

    def warn(self, urn: str, text: str) -> None:
        """Tell the user, below the resource, what an operation means. Without an engine that listens, nobody."""
        if self._engine is not None:
            with suppress(grpc.RpcError):
                self._engine.Log(
                    engine_pb2.LogRequest(severity=engine_pb2.WARNING, urn=urn, message=text), timeout=LOG_TIMEOUT
                )

    def attach(self, engine: str) -> None:
        """From now on warnings go to the engine at this address."""
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
        known = [*AwsType.of("pulumi:providers:aws").inputs, "version", "pluginDownloadURL"]
        given = [key for key in request.news.fields if not key.startswith("__")]
        wrong = [f"AWS has no '{key}' here.{did_you_mean(key, known, 'It has')}" for key in given if key not in known]
        if "ignoreTags" in given:
            wrong.append("the local AWS does not realise 'ignoreTags', which AWS has: leave it out here.")
        return proto.CheckResponse(inputs=request.news, failures=_failures(wrong))

    @_answer
    def DiffConfig(self, request: Any, context: Any) -> Any:
        # All else says how to reach AWS. That is not the program's to say here, and changes nothing.
        old, new = (revealed(unmarshalled(values)) for values in (request.old_inputs, request.news))
        changed = [key for key in ("region", "defaultTags") if old.get(key) != new.get(key)]
        replaces = [key for key in changed if key == "region"]
        return proto.DiffResponse(changes=_verdict(changed), diffs=changed, replaces=replaces)

    @_answer
    def Configure(self, request: Any, context: Any) -> Any:
        given = revealed(unmarshalled(request.args))
        region = given.get("region") or self._aws.region
        aws = self._regions.setdefault(region, replace(self._aws, region=region))
        # The engine opens a connection for each provider of a program. Nothing else tells them apart.
        self._configured[context.peer()] = _Configured(aws, tags_in(given.get("defaultTags")))
        return proto.ConfigureResponse(acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True)

    @_answer
    def Check(self, request: Any, context: Any) -> Any:
        entry, name = _resource(request)
        news = unmarshalled(request.news)
        given: Values = {key: value for key, value in revealed(news).items() if key not in provider_logic.OURS}
        if wrong := provider_logic.problems(entry, given):
            return proto.CheckResponse(inputs=request.news, failures=_failures(wrong))
        automatic = None
        if provider_logic.needs_name(entry, given):
            automatic = provider_logic.automatic_name(entry, name, given, revealed(unmarshalled(request.olds)), request)
        inputs = provider_logic.filled_in(entry, given, automatic, self._of(context).default_tags)
        return proto.CheckResponse(inputs=marshalled(secret_as(inputs, news | {"tagsAll": news.get("tags")})))

    @_answer
    def Diff(self, request: Any, context: Any) -> Any:
        entry, name = _resource(request)
        old, new = (revealed(unmarshalled(values)) for values in (request.old_inputs, request.news))
        found = provider_logic.differences(entry, old, new)
        replaces = {_top(change) for change in found if change.force_new}
        if replaces and entry.replacement_loss:
            why = f"{', '.join(sorted(replaces))} cannot change in place"
            self.warn(request.urn, f"'{name}' is replaced, because {why}: {entry.replacement_loss}")
        return proto.DiffResponse(
            changes=_verdict(found),
            diffs=sorted({_top(change) for change in found}),
            replaces=sorted(replaces),
            detailedDiff={change.path: _detail(change) for change in found},
            hasDetailedDiff=True,
            deleteBeforeReplace=bool(replaces) and provider_logic.has_same_given_name(entry, old, new),
        )

    @_answer
    def Create(self, request: Any, context: Any) -> Any:
        entry, name = _resource(request)
        given = unmarshalled(request.properties)
        inputs = revealed(given)
        if request.preview:
            outputs = provider_logic.expected_outputs(entry, inputs)
            return proto.CreateResponse(properties=marshalled(secret_as(outputs, given)))
        aws = self._of(context).aws
        with self._notes.creating(aws, entry, given) if self._notes else nullcontext():
            resource_id, made = entry.create(aws, name, provider_logic.for_table(inputs, self._folder))
        if not context.is_active():
            entry.delete(aws, resource_id, made)  # the engine is dead, and will never know that it has this
        outputs = provider_logic.outputs_of(aws, entry, inputs, made)
        return proto.CreateResponse(id=resource_id, properties=marshalled(secret_as(outputs, given)))

    @_answer
    def Read(self, request: Any, context: Any) -> Any:
        entry, _ = _resource(request)
        configured = self._of(context)
        read = entry.read(configured.aws, request.id)
        if read is None:
            return proto.ReadResponse()  # without an id, which says that it is gone
        state, given = unmarshalled(request.properties), unmarshalled(request.inputs)
        inputs = revealed(given)
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
            inputs=marshalled(secret_as(inputs, given)),
        )

    @_answer
    def Update(self, request: Any, context: Any) -> Any:
        entry, _ = _resource(request)
        given = unmarshalled(request.news)
        old, new = revealed(unmarshalled(request.old_inputs)), revealed(given)
        if request.preview:
            outputs = provider_logic.expected_update(entry, old, new, revealed(unmarshalled(request.olds)))
            return proto.UpdateResponse(properties=marshalled(secret_as(outputs, given)))
        aws = self._of(context).aws
        wanted = provider_logic.for_table(new, self._folder)
        updated = entry.update(aws, request.id, provider_logic.for_table(old), wanted)
        outputs = provider_logic.outputs_of(aws, entry, new, updated)
        return proto.UpdateResponse(properties=marshalled(secret_as(outputs, given)))

    @_answer
    def Delete(self, request: Any, context: Any) -> Any:
        entry, _ = _resource(request)
        entry.delete(self._of(context).aws, request.id, revealed(unmarshalled(request.properties)))
        return Empty()

    @_answer
    def Invoke(self, request: Any, context: Any) -> Any:
        answer: Any = {"return": marshalled(invoke(self._of(context).aws, request.tok))}  # Python's own word
        return proto.InvokeResponse(**answer)

    def _of(self, context: Any) -> _Configured:
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


def _failures(wrong: Iterable[str]) -> list[Any]:
    # Without the property, whose value the CLI would print, secret or not.
    return [proto.CheckFailure(reason=text) for text in wrong]


def _verdict(found: Sequence[Any]) -> Any:
    return proto.DiffResponse.DIFF_SOME if found else proto.DiffResponse.DIFF_NONE


def _top(change: Change) -> str:
    return change.path.partition(".")[0].partition("[")[0]


def _detail(change: Change) -> Any:
    kind = f"{change.kind}_replace" if change.force_new else change.kind
    return proto.PropertyDiff(kind=proto.PropertyDiff.Kind.Value(kind.upper()), inputDiff=True)
