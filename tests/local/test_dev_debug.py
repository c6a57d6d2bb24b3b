"""`consumers dev --debug NAME`: breakpoints in the handler of one consumer on the local AWS."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from consumers.local import background
from consumers.operations import queues
from consumers.operations.discovery import find
from consumers.operations.leases import read_lease
from dap_client import DapClient
from dev_loop import DevProject
from on_local_aws import wait_until


class Dev:
    """The command, and the lines that it has printed."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "consumers", "dev", "--debug", "orders", "--debug-port", "0"]
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        self.lines: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def find(self, pattern: str) -> str:
        found = wait_until(lambda: next((m for line in self.lines if (m := re.search(pattern, line))), None))
        return found[1] if found and found.groups() else ""

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line)


def children(parent: int, text: str) -> list[int]:
    """The ids of a process's children with a text in their command."""
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,command="], capture_output=True, text=True, check=True
    )
    rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
    return [int(row[0]) for row in rows if int(row[1]) == parent and text in row[2]]


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def project(tmp_path: Path) -> Iterator[DevProject]:
    project = DevProject(tmp_path / "project")
    yield project
    background.stop(project.folder)


def test_a_breakpoint_stops_with_the_message_and_the_function_takes_over_after_ctrl_c(project: DevProject) -> None:
    dev = Dev(project.folder)
    port = int(dev.find(r"Waiting for a debugger on 127\.0\.0\.1:(\d+)"))
    with DapClient(port) as editor:
        editor.attach({project.handler: [3]})
        dev.find("is attached")
        aws = background.find(project.folder)
        assert aws
        [consumer] = find(aws.client)
        queues.send(aws.client("sqs"), consumer.queue_url or "", ["stop here"])
        path, line, variables = editor.stopped()
        assert (Path(path), line, "stop here" in variables["record"]) == (project.handler, 3, True)
        editor.go_on()
        dev.find("orders: one stop here")
        dev.find("1 handled")
    dev.process.send_signal(signal.SIGINT)
    assert dev.process.wait() == 0
    assert read_lease(aws.client, consumer) is None
    queues.send(aws.client("sqs"), consumer.queue_url or "", ["for the function"])
    wait_until(lambda: queues.depth(aws.client("sqs"), consumer.queue_url or "").total == 0)


def test_a_killed_command_ends_the_attached_handler_too(project: DevProject) -> None:
    dev = Dev(project.folder)
    dev.find("Waiting for a debugger on")
    [attached] = children(dev.process.pid, "consumers.dev.debugged")
    [handler] = children(attached, "python_host.py")
    dev.process.kill()
    wait_until(lambda: not is_alive(attached) and not is_alive(handler))


def test_a_consumer_that_does_not_exist_is_named(project: DevProject) -> None:
    project.program.write_text(project.program.read_text().replace('"orders", ', '"bills", ', 1))
    dev = Dev(project.folder)
    dev.find("--debug: there is no consumer 'orders' in the stack dev. There is: bills.")
    dev.process.send_signal(signal.SIGINT)
    assert dev.process.wait() == 0
