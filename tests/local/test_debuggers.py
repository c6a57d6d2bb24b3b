"""Breakpoints of an editor, and pdb in a terminal, in handlers of the working copy."""

import socket
import sys
import time
from pathlib import Path

import pytest

from consumers.evaluate.results import ProgramError
from consumers.working_copy import debugging
from consumers.working_copy.debugging import Debugger
from dap_client import DapClient
from error_texts import ErrorTexts
from handler_project import NODE, HandlerProject, InBackground, event, free_port
from pty_run import PtyRun

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

PLAIN = """
def handle(event, context):
    first = event["Records"][0]
    return first["nothing"]
"""


@pytest.fixture
def project(tmp_path: Path) -> HandlerProject:
    return HandlerProject(tmp_path)


def test_a_breakpoint_in_the_source_file_stops_with_the_values_of_the_message(project: HandlerProject) -> None:
    project.write({"handler.py": HANDLER, "prices.py": PRICES}, handler="handler.handle", timeout=1)
    port = free_port()
    running = InBackground(project, port, event('{"amount": 21}', '{"amount": 4}'))
    source = project.folder / "function" / "prices.py"
    with DapClient(port) as editor:
        editor.attach({source: [4]})
        for amount in ("21", "4"):
            path, line, variables = editor.stopped()
            assert (Path(path), line) == (source, 4)
            assert variables["amount"] == amount
            time.sleep(1.2)  # longer than the timeout: sqs_batch would start no further message
            editor.go_on()
        invocation = running.result()
    assert invocation.reply == {"batchItemFailures": []}
    assert running.lines[0] == (
        f"Waiting for a debugger on 127.0.0.1:{port}: attach an editor (docs/debugging.md). Nothing times out."
    )


ASKS = """
import logging
from sqs_batch import batch_handler

def total(order):
    amount = order["amount"]
    return amount * 2

@batch_handler
def handle(record):
    logging.getLogger().warning("got %s", record.message_id)
    if "stop" in record.json:
        breakpoint()
    return total(record.json)
"""
RUN = """
import sys
import time
from pathlib import Path

sys.path[:0] = {path!r}
from consumers.working_copy.debugging import Debugger
from handler_project import HandlerProject

project = HandlerProject(Path())
invocation = project.invoke(*sys.argv[1:], debugger=Debugger("pdb"), on_line=lambda line: print("log:", line))
print(invocation.reply, invocation.error)
"""
PROMPT = "(Pdb) "


def in_terminal(project: HandlerProject, handler: str, *bodies: str) -> PtyRun:
    project.write({"handler.py": handler}, handler="handler.handle", timeout=1)
    (project.folder / "run.py").write_text(RUN.format(path=sys.path))
    return PtyRun(["run.py", *bodies], project.folder)


def test_pdb_asks_where_a_message_fails_and_the_batch_goes_on(project: HandlerProject) -> None:
    terminal = in_terminal(project, ASKS, '{"count": 1}', '{"amount": 2}')
    shown = terminal.until(PROMPT)
    assert "FAIL message_id=message-1 receive_count=1 reason=KeyError: 'amount' at handler.py:6" in shown
    assert f"> {project.folder}/function/handler.py(6)total()\n-> amount = order[" in shown
    assert "got message-1" in shown
    terminal.type("p order")
    assert "{'count': 1}" in terminal.until(PROMPT)
    terminal.type("c")
    code, rest = terminal.end()
    assert "got message-2" in rest
    assert "{'batchItemFailures': [{'itemIdentifier': 'message-1'}]}" in rest
    assert code == 0


def test_pdb_asks_at_a_breakpoint_and_steps_in_the_source(project: HandlerProject) -> None:
    terminal = in_terminal(project, ASKS, '{"stop": 1, "amount": 2}')
    assert "-> return total(record.json)" in terminal.until(PROMPT)
    terminal.type("p record.body")
    assert '{"stop": 1, "amount": 2}' in terminal.until(PROMPT)
    terminal.type("s")
    assert "(5)total()" in terminal.until(PROMPT)
    terminal.type("c")
    assert "{'batchItemFailures': []}" in terminal.end()[1]


@pytest.mark.parametrize("body", ['{"stop": 1, "amount": 2}', "{}"], ids=["a breakpoint", "a failed message"])
def test_q_in_pdb_ends_the_invocation_with_an_error_and_nothing_else_is_handled(
    project: HandlerProject, body: str
) -> None:
    terminal = in_terminal(project, ASKS, body, '{"amount": 2}')
    terminal.until(PROMPT)
    terminal.type("q")
    code, rest = terminal.end()
    assert rest.endswith("None Runtime.ExitError: ended in pdb\n")
    assert "Traceback" not in rest
    assert "got message-2" not in rest
    assert code == 0


def test_pdb_asks_where_a_plain_handler_fails(project: HandlerProject) -> None:
    terminal = in_terminal(project, PLAIN, "{}")
    shown = terminal.until(PROMPT)
    assert "KeyError: 'nothing'" in shown
    assert '-> return first["nothing"]' in shown
    terminal.type("c")
    assert terminal.end()[1].endswith("None KeyError: 'nothing'\n")


def test_a_port_that_is_taken_is_one_clear_line(project: HandlerProject, error_text: ErrorTexts) -> None:
    project.write({"handler.py": PLAIN}, handler="handler.handle")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ProgramError) as caught:
            project.process(Debugger("debugpy", port))
    error_text(str(caught.value).replace(str(port), "PORT"))


def test_pdb_is_for_python(project: HandlerProject, error_text: ErrorTexts) -> None:
    project.write({"index.js": "exports.handler = async () => 1"}, **NODE)
    with pytest.raises(ProgramError) as caught:
        project.process(Debugger("pdb"))
    error_text(str(caught.value))


def test_pdb_requires_a_terminal(
    project: HandlerProject, error_text: ErrorTexts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    project.write({"handler.py": PLAIN}, handler="handler.handle")
    monkeypatch.setattr(debugging, "TERMINAL", tmp_path / "missing")
    with pytest.raises(ProgramError) as caught:
        project.process(Debugger("pdb"))
    error_text(str(caught.value))


def test_each_language_has_its_usual_port_and_0_is_any_free_one(monkeypatch: pytest.MonkeyPatch) -> None:
    python, node = free_port(), free_port()
    monkeypatch.setattr(debugging, "PYTHON_PORT", python)  # others may use the real ones
    monkeypatch.setattr(debugging, "NODE_PORT", node)
    ports = [Debugger("debugpy").prepared("orders", runtime).port for runtime in ("python3.13", "nodejs22.x")]
    assert ports == [python, node]
    assert (Debugger("debugpy", 0).prepared("orders", "python3.13").port or 0) > 0
