"""ministack as it comes: its own server, without our patches and without access control."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from consumers.local.emulator import SERVICES, LocalAws, connect, health
from consumers.local.server import kill_group

ROOT_KEY = "test"
START_TIMEOUT = 30.0  # seconds


@contextmanager
def ministack_alone() -> Generator[LocalAws]:
    """Run it during the `with` block."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder, port = Path(name), _free_port()
        command = [str(Path(sys.executable).with_name("ministack"))]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=folder, env=_environment(folder, port), start_new_session=True
            )
        try:
            _wait_until_ready(port)
            yield connect(f"http://127.0.0.1:{port}", ROOT_KEY)
        finally:
            kill_group(process.pid)
            process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _environment(folder: Path, port: int) -> dict[str, str]:
    return {
        **{name: str(folder) for name in ("HOME", "TMPDIR", "STATE_DIR", "S3_DATA_DIR")},
        "BIND_HOST": "127.0.0.1",
        "DOCKER_HOST": f"unix://{folder}/no-docker",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "PATH": os.defpath,
        "SERVICES": ",".join(SERVICES),
        "SFTP_ENABLED": "0",
    }


def _wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        try:
            health(port, ROOT_KEY, START_TIMEOUT)
            break
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
