"""The provider asked over gRPC as the engine asks."""

# pyright: reportMissingTypeStubs=false

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime import proto, rpc
from pulumi.runtime.proto import engine_pb2_grpc

from consumers.provider.provider_values import marshalled, unmarshalled
from consumers.resource_table import Values

SIGNATURE, ARCHIVE, ASSET = (getattr(rpc, f"_special_{name}") for name in ("sig_key", "archive_sig", "asset_sig"))


@dataclass
class Engine:
    """Asks the provider as the engine does."""

    stub: Any
    name: str

    def configure(self, **arguments: Any) -> None:
        self.stub.Configure(proto.ConfigureRequest(args=marshalled(arguments)))

    def urn(self, token: str) -> str:
        return f"urn:pulumi:dev::project::queue-consumer:index:QueueConsumer${token}::{self.name}"

    def check(self, token: str, inputs: Values, old: Values | None = None, seed: bytes = b"seed") -> Any:
        olds, news = marshalled(old or {}), marshalled(inputs)
        return self.stub.Check(proto.CheckRequest(urn=self.urn(token), olds=olds, news=news, randomSeed=seed))

    def checked(self, token: str, inputs: Values, old: Values | None = None, seed: bytes = b"seed") -> Values:
        answer = self.check(token, inputs, old, seed)
        assert list(answer.failures) == []
        return unmarshalled(answer.inputs)

    def refused(self, token: str, inputs: Values) -> list[str]:
        return [failure.reason for failure in self.check(token, inputs).failures]

    def create(self, token: str, inputs: Values, preview: bool = False) -> tuple[str, Values]:
        request = proto.CreateRequest(urn=self.urn(token), properties=marshalled(inputs), preview=preview)
        answer = self.stub.Create(request)
        return answer.id, unmarshalled(answer.properties)

    def diff(self, token: str, old: Values, new: Values) -> Any:
        olds, news = marshalled(old), marshalled(new)
        return self.stub.Diff(proto.DiffRequest(urn=self.urn(token), id="id", old_inputs=olds, news=news))

    def read(self, token: str, resource_id: str, outputs: Values, inputs: Values) -> tuple[str, Values, Values]:
        state: Any = {"properties": marshalled(outputs), "inputs": marshalled(inputs)}
        answer = self.stub.Read(proto.ReadRequest(urn=self.urn(token), id=resource_id, **state))
        return answer.id, unmarshalled(answer.properties), unmarshalled(answer.inputs)

    def update(
        self, token: str, resource_id: str, outputs: Values, old: Values, new: Values, preview: bool = False
    ) -> Values:
        request = proto.UpdateRequest(
            urn=self.urn(token),
            id=resource_id,
            olds=marshalled(outputs),
            old_inputs=marshalled(old),
            news=marshalled(new),
            preview=preview,
        )
        return unmarshalled(self.stub.Update(request).properties)

    def delete(self, token: str, resource_id: str, outputs: Values) -> None:
        self.stub.Delete(proto.DeleteRequest(urn=self.urn(token), id=resource_id, properties=marshalled(outputs)))


@dataclass
class Refusal:
    code: Any = None
    text: str = ""


@contextmanager
def refusal() -> Generator[Refusal]:
    """The error that the block must get."""
    found = Refusal()
    with pytest.raises(grpc.RpcError) as caught:
        yield found
    error: Any = caught.value
    found.code, found.text = error.code(), error.details()


def code(text: str) -> Any:
    asset = {SIGNATURE: ASSET, "hash": f"of {text}", "text": f"def handle(event, context): return {text!r}"}
    return {SIGNATURE: ARCHIVE, "hash": f"of {text}", "assets": {"handler.py": asset}}


class ListeningEngine(engine_pb2_grpc.EngineServicer):
    """Keeps every message that is logged."""

    def __init__(self) -> None:
        self.logged: list[tuple[Any, str, str]] = []

    def Log(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.logged.append((request.severity, request.urn, request.message))
        return Empty()
