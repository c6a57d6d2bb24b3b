"""Serves `resource_table` as the Pulumi provider `aws`, so that the real CLI deploys to the local AWS.

    with local_aws() as aws, serve(aws) as port:
        subprocess.run(["pulumi", "up"], env=os.environ | {"PULUMI_DEBUG_PROVIDERS": f"aws:{port}"})

`python -m consumers.provider.provider` runs it as a plugin, which prints its port.

It tests the program, the names of properties, replacement and update in place, the order of operations, and the
resources as far as the local AWS has them. It does not test AWS's waits and limits, the values that only AWS refuses,
and the permissions of the deployer.

It listens on loopback only. The plugin protocol (https://github.com/pulumi/pulumi/tree/master/proto) has no
credentials, so on Linux it refuses connections of other users. On macOS every user of the machine can call it.
"""

# pyright: reportMissingTypeStubs=false

import argparse
import os
import signal
import sys
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from consumers.local.emulator import LocalAws, connect
from consumers.provider.crash_recovery import CreationNotes
from consumers.provider.provider_service import Provider

OPERATIONS = 32
"""Maximum of parallel operations. By default the engine runs four per core."""
LARGEST_MESSAGE = 400 * 1024 * 1024
"""Bytes; the limit of the engine and of Pulumi's SDKs."""


@contextmanager
def serve(
    aws: LocalAws, folder: Path | None = None, engine: str = "", notes: CreationNotes | None = None
) -> Generator[int]:
    """Serve the provider during the `with` block, which gets its port on 127.0.0.1. Several engines may use it at once.

    :param folder: what paths of archives are relative to. Default: the working directory.
    :param engine: the address of the engine that has started us. One that attaches sends its own.
    :param notes: notes each creation, for `crash_recovery`.
    """
    server = grpc.server(
        ThreadPoolExecutor(OPERATIONS, "provider"),
        # By default gRPC lets two servers share a port, and mixes their calls.
        options=[("grpc.max_receive_message_length", LARGEST_MESSAGE), ("grpc.so_reuseport", 0)],
    )
    port = server.add_insecure_port("127.0.0.1:0")
    provider = Provider(aws, folder or Path.cwd(), notes, port)
    if engine:
        provider.attach(engine)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    server.start()
    try:
        yield port
    finally:
        server.stop(None).wait()


def main() -> None:
    """Serve until interrupted, or until the engine that has started us ends."""
    parser = argparse.ArgumentParser("python -m consumers.provider.provider", description="The Pulumi provider `aws`.")
    parser.add_argument("--endpoint", required=True, metavar="URL", help="of the local AWS")
    parser.add_argument("--region", default="us-east-1", help="for programs that name none (default: %(default)s)")
    parser.add_argument(
        "--key",
        default=os.environ.get("LOCAL_AWS_ACCESS_KEY_ID"),
        metavar="ACCESS_KEY",
        help="of the local AWS (default: LOCAL_AWS_ACCESS_KEY_ID, which the machine's other users cannot see)",
    )
    parser.add_argument("engine", nargs="?", help="the engine's address, passed by the engine")
    arguments, _ = parser.parse_known_args()  # the engine may pass more
    if not arguments.key:
        parser.error("the access key of the local AWS is missing: pass --key, or set LOCAL_AWS_ACCESS_KEY_ID")
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: ended.set())
    aws = connect(arguments.endpoint, arguments.key, arguments.region)
    with serve(aws, engine=arguments.engine or "") as port:
        print(port, flush=True)  # noqa: T201
        if arguments.engine:
            threading.Thread(target=_wait_for_end_of_input, args=(ended,), daemon=True).start()
        ended.wait()


def _wait_for_end_of_input(ended: threading.Event) -> None:
    # The engine never writes. The input ends with the engine, even if it is killed.
    sys.stdin.buffer.read()
    ended.set()


if __name__ == "__main__":
    main()
