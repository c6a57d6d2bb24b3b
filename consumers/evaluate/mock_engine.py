"""Pulumi's mock monitor and engine, with what the real ones do and the mocks leave out."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pulumi
from pulumi.runtime import Mocks, rpc
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto import engine_pb2, resource_pb2

from consumers.evaluate.results import Message
from consumers.resource_table import ResourceError, Values

_STACK = "pulumi:pulumi:Stack"
_SEVERITIES = {engine_pb2.INFO: "info", engine_pb2.WARNING: "warning", engine_pb2.ERROR: "error"}


class ProgramMocks(Mocks):
    """Pulumi's mocks, with the whole request: a subclass records, fakes or creates each resource."""

    def on_register(self, urn: str, request: Any, aliases: Sequence[str]) -> None:
        """Called before `new_resource`, in the same thread, for every resource but the stack."""

    def on_outputs(self, urn: str, outputs: Values) -> None:
        """Called when a component registers its outputs."""


class Monitor(MockMonitor):
    """Makes complete and unique URNs, finds inherited aliases, and keeps the stack's exports."""

    def __init__(self, mocks: ProgramMocks, finding_collector: Any = None) -> None:
        super().__init__(mocks)
        self._program_mocks = mocks
        self.finding_collector = finding_collector
        """If set, components of this project report findings to it instead of raising or logging them."""
        self.exports: dict[str, Any] = {}
        self.secret_exports: set[str] = set()
        self._aliases: dict[str, list[str]] = {}
        self._lock = threading.Lock()

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """Return the URN that the engine makes: with the types of all parents but the stack."""
        if parent and (parents := parent.split("::")[2]) != _STACK:
            type_ = f"{parents}${type_}"
        return super().make_urn("", type_, name)

    def GetDeploymentInfo(self, request: Any) -> Any:  # noqa: N802
        """Make the SDK send aliases as complete URNs."""
        mock: Any = super()
        info = mock.GetDeploymentInfo(request)
        info.supportedFeatures.remove(resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS)
        return info

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802
        """Refuse a URN that is registered already."""
        if request.type != _STACK:
            urn = self.make_urn(request.parent, request.type, request.name)
            with self._lock:
                aliases = [*request.aliasURNs, *self._inherited_aliases(request)]
                self._program_mocks.on_register(urn, request, aliases)
                if urn in self._aliases:
                    raise ResourceError(f"Duplicate resource URN '{urn}'; try giving it a unique name")
                self._aliases[urn] = aliases
        mock: Any = super()
        return mock.RegisterResource(request)

    def _inherited_aliases(self, request: Any) -> Iterator[str]:
        """Yield the URNs that a child had under its parent's former URNs, whose name its own may begin with."""
        name = request.parent.rpartition("::")[2]
        for alias in self._aliases.get(request.parent, ()):
            end = request.name.removeprefix(name)
            before = request.name if end == request.name else alias.rpartition("::")[2] + end
            yield self.make_urn(alias, request.type, before)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802
        """Keep the stack's outputs; a preview exports None for unknown values."""
        outputs: Values = rpc.deserialize_properties(request.outputs, keep_unknowns=True)
        if f"::{_STACK}::" in request.urn:
            self.secret_exports |= {key for key, value in outputs.items() if rpc.is_rpc_secret(value)}
            exports = {key: rpc.unwrap_rpc_secret(value) for key, value in outputs.items()}
            self.exports |= {key: None if pulumi.contains_unknowns(value) else value for key, value in exports.items()}
        else:
            self._program_mocks.on_outputs(request.urn, outputs)
        mock: Any = super()
        return mock.RegisterResourceOutputs(request)


class Engine:
    """Passes on what the program and its components log."""

    def __init__(self, on_message: Callable[[Message], None]) -> None:
        self._on_message = on_message

    def Log(self, request: Any) -> None:  # noqa: N802
        """Pass on all but the SDK's debug output."""
        if severity := _SEVERITIES.get(request.severity):
            self._on_message(Message(severity, request.message, request.urn.rpartition("::")[2]))
