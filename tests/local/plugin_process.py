"""The plugin as a process of its own, and the monitor and engine that it calls, which record each request."""

# pyright: reportMissingTypeStubs=false
# ruff: noqa: N802

import subprocess
import sys
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime import proto, rpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2_grpc, resource_pb2, resource_pb2_grpc

from consumers.provider.provider_values import marshalled, unmarshalled

ROOT = Path(__file__).parents[2]
SIGNATURE: str = rpc._special_sig_key  # pyright: ignore[reportPrivateUsage]
OUTPUT: str = rpc._special_output_value_sig  # pyright: ignore[reportPrivateUsage]
ARCHIVE: str = rpc._special_archive_sig  # pyright: ignore[reportPrivateUsage]
TOKEN = "queue-consumer:index:QueueConsumer"
STACK = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"
PROVIDER = "urn:pulumi:dev::shop::pulumi:providers:aws::west::0b1c2d3e"
"""An explicit provider of the program."""
TIMEOUT = 60
"""Seconds for one answer; most take milliseconds."""


def output(value: Any = None, secret: bool = False) -> dict[str, Any]:
    """An Output as the engine sends it; without a value, one that is not resolved yet."""
    resolved = {} if value is None else {"value": value}
    return {SIGNATURE: OUTPUT, **resolved, "secret": secret, "dependencies": []}


def archive(path: str) -> dict[str, Any]:
    """A `FileArchive` as the engine sends it."""
    return {SIGNATURE: ARCHIVE, "path": path, "hash": "0" * 64}


@dataclass
class Monitor(resource_pb2_grpc.ResourceMonitorServicer, engine_pb2_grpc.EngineServicer):
    """Registers each resource with the outputs that AWS would return, and records it."""

    component: str = ""
    preview: bool = False
    registered: dict[str, Any] = field(default_factory=dict[str, Any])
    """The inputs of each resource, by its logical name."""
    providers: dict[str, str] = field(default_factory=dict[str, str])
    """The provider of each resource, by the resource's logical name."""
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])
    """The component's own."""
    logged: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """URN and text of each message to the user."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def GetDeploymentInfo(self, request: Any, context: Any) -> Any:
        features = resource_pb2.ResourceMonitorFeature.values()
        return resource_pb2.DeploymentInfo(supportedFeatures=features)

    def RegisterResource(self, request: Any, context: Any) -> Any:
        inputs = unmarshalled(request.object)
        # A component that was refused half-way goes on registering, while the next one is constructed.
        if request.name.partition("-")[0] == self.component:
            with self.lock:
                self.registered[request.name] = inputs
                self.providers[request.name] = request.provider
        urn = f"urn:pulumi:dev::shop::{request.type}::{request.name}"
        made = {} if self.preview or not request.custom else _made(request.name)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=made.get("id", ""), object=marshalled(made | inputs))

    def Invoke(self, request: Any, context: Any) -> Any:
        assert request.tok == "pulumi:pulumi:getResource", f"the component called {request.tok}, which asks AWS"
        found: dict[str, Any] = {"urn": request.args["urn"], "id": PROVIDER.rpartition("::")[2], "state": {}}
        answer = resource_pb2.ResourceInvokeResponse()
        getattr(answer, "return").CopyFrom(marshalled(found))  # a keyword of Python
        return answer

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:
        self.outputs = unmarshalled(request.outputs)
        return Empty()

    def Log(self, request: Any, context: Any) -> Any:
        if request.severity >= engine_pb2.WARNING:
            self.logged.append((request.urn, request.message))
        return Empty()


def _made(name: str) -> dict[str, Any]:
    return {"id": name, "name": name, "arn": f"arn:{name}", "url": f"https://sqs/{name}", "uuid": f"uuid-{name}"}


@dataclass(frozen=True)
class Constructed:
    """The result of one Construct."""

    monitor: Monitor
    state: dict[str, Any]
    refusal: str = ""


@dataclass(frozen=True)
class PluginProcess:
    """A plugin that is running."""

    stub: Any
    monitor: Monitor
    address: str

    def construct(
        self, name: str, arguments: dict[str, Any], preview: bool = False, provider: str = "", token: str = TOKEN
    ) -> Constructed:
        """Ask for a component as the engine does, with the provider `aws` of the program; a refusal is returned."""
        self.monitor.__init__(name, preview)
        request = proto.ConstructRequest(
            project="shop",
            stack="dev",
            monitorEndpoint=self.address,
            dryRun=preview,
            parallel=4,
            type=token,
            name=name,
            parent=STACK,
            inputs=marshalled(arguments),
            providers={"aws": provider} if provider else {},
        )
        try:
            answer = self.stub.Construct(request, timeout=TIMEOUT)
        except grpc.RpcError as error:
            failed: Any = error
            return Constructed(self.monitor, {}, f"{failed.code().name}: {failed.details()}")
        return Constructed(self.monitor, unmarshalled(answer.state))


@contextmanager
def plugin_process(command: tuple[str, ...] = (sys.executable, "components"), cwd: Path = ROOT) -> Generator[Any]:
    """Start the plugin as the engine does, with the address of an engine; end it at the end of the block."""
    monitor = Monitor()
    server = grpc.server(ThreadPoolExecutor(16))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
    engine_pb2_grpc.add_EngineServicer_to_server(monitor, server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    process = subprocess.Popen([*command, address], cwd=cwd, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        port = process.stdout.readline().strip()
        assert port.isdigit(), f"the plugin printed {port!r} for its port"
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield PluginProcess(provider_pb2_grpc.ResourceProviderStub(channel), monitor, address)
    finally:
        process.terminate()
        process.wait(TIMEOUT)
        server.stop(None)
