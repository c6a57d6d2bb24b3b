"""A project with a local AWS of its own."""

import http.server
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from consumers.local import emulator
from consumers.local.background import find
from consumers.local.emulator import LocalAws, LocalAwsError
from on_local_aws import processes_in, wait_until

ROOT = Path(__file__).parents[2]
REGION = "us-east-1"


def start_elsewhere(project: Path) -> "subprocess.Popen[str]":
    """Start, in a process of its own that then ends, and prints the server's process id."""
    return subprocess.Popen(
        [sys.executable, "-c", START.format(REGION)],
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


START = (
    "from pathlib import Path; from consumers.local.background import ensure; print(ensure(Path(), {!r}).process_id)"
)


def assert_nothing_is_left(project: Path) -> None:
    assert not (project / ".consumers").exists()
    wait_until(lambda: processes_in(project) == [])


def kill(aws: LocalAws) -> None:
    """Kill the server alone, as the kernel does when memory is short."""
    assert aws.process_id
    os.kill(aws.process_id, signal.SIGKILL)
    wait_until(lambda: find_at_once(aws) is None)


def why_unusable(project: Path) -> str:
    """What is wrong with the local AWS that belongs to the project."""
    with pytest.raises(LocalAwsError) as caught:
        find(project)
    return str(caught.value)


def find_at_once(aws: LocalAws) -> int | None:
    try:
        return emulator.health(port_of(aws), aws.access_key_id, 1)
    except OSError:
        return None


def port_of(aws: LocalAws) -> int:
    return int(aws.endpoint_url.rpartition(":")[2])


def create_queue(aws: LocalAws, name: str, *messages: str) -> str:
    url = aws.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    for message in messages:
        aws.client("sqs").send_message(QueueUrl=url, MessageBody=message)
    return url


def home_of(project: Path) -> Path:
    return project / ".consumers" / json.loads((project / ".consumers" / "aws.json").read_text())["folder"]


class Yes(http.server.BaseHTTPRequestHandler):
    """Answers everything with 200."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        return
