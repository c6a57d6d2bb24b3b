"""The owner of a connection over loopback; the provider refuses those of other users."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from consumers.local.emulator import LocalAws
from consumers.provider import connection_owner
from consumers.provider.provider import serve

OTHER_USER = 65534
"""`nobody`; any but ours will do."""
CREATE = """
import os, sys, grpc
from pulumi.runtime import proto
from pulumi.runtime.proto import provider_pb2_grpc
from consumers.provider.provider_values import marshalled
port, user, name = sys.argv[1:]
os.setuid(int(user))
stub = provider_pb2_grpc.ResourceProviderStub(grpc.insecure_channel(f"127.0.0.1:{port}"))
try:
    stub.Configure(proto.ConfigureRequest(args=marshalled({})))
    urn = f"urn:pulumi:dev::project::aws:sqs/queue:Queue::{name}"
    stub.Create(proto.CreateRequest(urn=urn, properties=marshalled({"name": name})))
except grpc.RpcError as error:
    print(error.code().name, error.details())
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_of_the_machine_cannot_create_a_queue_through_the_provider(aws: LocalAws, name: str) -> None:
    def create(port: int, user: int) -> str:
        command = [sys.executable, "-c", CREATE, str(port), str(user), name]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout

    def queues() -> int:
        return len(aws.client("sqs").list_queues(QueueNamePrefix=name).get("QueueUrls", []))

    with serve(aws) as port:
        refused = "PERMISSION_DENIED the local AWS: this provider serves only the user who started it.\n"
        assert (create(port, OTHER_USER), queues()) == (refused, 0)
        assert (create(port, os.geteuid()), queues()) == ("", 1)


@pytest.mark.parametrize("client", ["IPv4", "IPv4 mapped into IPv6"])
def test_a_connection_is_our_own_while_it_lasts(client: str) -> None:
    family, host = (socket.AF_INET, "127.0.0.1") if client == "IPv4" else (socket.AF_INET6, "::ffff:127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket(family) as connection:
        port: int = listener.getsockname()[1]
        connection.connect((host, port))
        accepted, (_, peer_port) = listener.accept()
        with accepted:
            assert connection_owner.is_own(f"ipv4:127.0.0.1:{peer_port}", port)
            if sys.platform == "linux":
                assert not connection_owner.is_own(f"ipv4:127.0.0.1:{peer_port}", peer_port)
                connection.close()
                assert not connection_owner.is_own(f"ipv4:127.0.0.1:{peer_port}", port)


def test_a_row_of_another_user_is_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"{n}: 0100007F:{port:04X} 0100007F:0050 01 0:0 0:0 0 {user} 0 1" for n, (port, user) in enumerate(ROWS)]
    table = tmp_path / "tcp"
    table.write_text("\n".join(["sl local_address rem_address st tx_queue rx_queue tr tm->when retrnsmt uid", *rows]))
    monkeypatch.setattr(connection_owner, "TABLES", (table, tmp_path / "none"))
    monkeypatch.setattr(connection_owner, "LOOPBACK", "0100007F")
    assert [connection_owner.is_own(f"ipv4:127.0.0.1:{port}", 80) for port, _ in ROWS] == [True, False]
    table.unlink()  # as on macOS
    assert connection_owner.is_own("ipv4:127.0.0.1:1", 80)


ROWS = [(50000, os.geteuid()), (50001, os.geteuid() + 1)]
