"""Breakpoints of an editor, and pdb in a terminal, in handlers of the working copy."""

import threading
from pathlib import Path
from typing import Any

import pytest

from consumers.working_copy.debugging import Debugger
from consumers.working_copy.invocation import Invocation
from dap_client import DapClient
from handler_project import HandlerProject, event, free_port

HANDLER = """
from prices import total
from sqs_batch import batch_handler

@batch_handler
def handle(record):
    order = record.json
    return total(order)
"""
PRICES = """
def total(order):
    amount = order["amount"]
    return amount * 2
"""


@pytest.fixture
def project(tmp_path: Path) -> HandlerProject:
    return HandlerProject(tmp_path)


class InBackground(threading.Thread):
    """One invocation in a thread, while the test plays the editor."""

    def __init__(self, project: HandlerProject, port: int, *bodies: str) -> None:
        super().__init__(daemon=True)
        self._project, self._port, self._bodies = project, port, bodies
        self.lines: list[str] = []
        self.process: Any = None
        self._invocation: Invocation | None = None
        self.start()

    def run(self) -> None:
        with self._project.process(Debugger("debugpy", self._port), self.lines.append) as self.process:
            self._invocation = self.process.invoke(event(*self._bodies))

    def result(self) -> Invocation:
        self.join(60)
        assert self._invocation
        return self._invocation


def test_a_breakpoint_in_the_source_file_stops_with_the_values_of_the_message(project: HandlerProject) -> None:
    project.write({"handler.py": HANDLER, "prices.py": PRICES}, handler="handler.handle", timeout=1)
    port = free_port()
    running = InBackground(project, port, '{"amount": 21}', '{"amount": 4}')
    source = project.folder / "function" / "prices.py"
    with DapClient(port) as editor:
        editor.attach({source: [4]})
        for amount in ("21", "4"):
            path, line, variables = editor.stopped()
            assert (Path(path), line) == (source, 4)
            assert variables["amount"] == amount
            editor.go_on()
        invocation = running.result()
    assert invocation.reply == {"batchItemFailures": []}
    assert running.lines[0] == (
        f"Waiting for a debugger on 127.0.0.1:{port}: attach an editor (docs/debugging.md). Nothing times out."
    )
