"""The debugger of a handler whose process has ended: an editor attaches to the next one."""

import subprocess
from pathlib import Path

from dap_client import DapClient
from handler_project import HandlerProject, InBackground, event, free_port
from on_local_aws import wait_until

CRASHES = """
import os

def handle(event, context):
    body = event["Records"][0]["body"]
    print("got", body)
    if body == "crash":
        os._exit(3)
    return None
"""
LINE = 7
"""After the handler has printed."""


def adapters(port: int) -> set[str]:
    """Return the ids of debugpy's processes that listen on this port."""
    found = subprocess.run(["pgrep", "-f", f"debugpy.* --port {port}"], capture_output=True, text=True, check=False)
    return {*found.stdout.split()}


def test_an_editor_attaches_again_after_a_crash_and_what_is_printed_appears_at_once(tmp_path: Path) -> None:
    project = HandlerProject(tmp_path).write({"handler.py": CRASHES}, handler="handler.handle", timeout=1)
    source, port = tmp_path / "function" / "handler.py", free_port()
    running = InBackground(project, port, event("crash"), event("good"))
    with DapClient(port) as editor:
        editor.attach({source: [LINE]})
        editor.stopped()
        wait_until(lambda: "got crash" in running.lines)
        editor.go_on()
        editor.event("terminated")
        in_use = f"127.0.0.1:{port} is in use: disconnect the editor from the process that has ended"
        wait_until(lambda: in_use in running.lines)
        [adapter] = adapters(port)
    wait_until(lambda: adapter not in adapters(port))
    assert sum("Waiting for a debugger" in line for line in running.lines) == 2
    with DapClient(port) as editor:
        editor.attach({source: [LINE]})
        assert editor.stopped()[2]["body"] == "'good'"
        wait_until(lambda: "got good" in running.lines)
        editor.go_on()
        assert running.result().error == ""
