"""A client of the Debug Adapter Protocol, which editors speak with debugpy.

https://microsoft.github.io/debug-adapter-protocol/specification
"""

import json
import socket
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from on_local_aws import wait_until


class DapClient:
    """Attaches to debugpy as an editor does."""

    def __init__(self, port: int) -> None:
        self._numbers = count(1)
        self._events: list[dict[str, Any]] = []
        found = wait_until(lambda: _connected(port))
        assert found
        self._socket = found
        self._stream = self._socket.makefile("rb")

    def __enter__(self) -> "DapClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._socket.close()

    def attach(self, breakpoints: dict[Path, list[int]]) -> None:
        """Attach with breakpoints on these lines of source files, and let the program go on."""
        self.ask("initialize", adapterID="test", pathFormat="path", linesStartAt1=True)
        attached = self._send("attach", {"connect": {}})  # answered after configurationDone
        self.event("initialized")
        for path, lines in breakpoints.items():
            places = [{"line": line} for line in lines]
            self.ask("setBreakpoints", source={"path": str(path)}, breakpoints=places)
        self.ask("configurationDone")
        self._answer(attached)

    def stopped(self) -> tuple[str, int, dict[str, str]]:
        """Wait until it stops; return path, line and local variables."""
        thread = self.event("stopped")["threadId"]
        frame = self.ask("stackTrace", threadId=thread)["stackFrames"][0]
        scope = self.ask("scopes", frameId=frame["id"])["scopes"][0]["variablesReference"]
        variables = self.ask("variables", variablesReference=scope)["variables"]
        return frame["source"]["path"], frame["line"], {one["name"]: one["value"] for one in variables}

    def go_on(self) -> None:
        """Go on without waiting for the answer: the process may have ended before it is sent."""
        self._send("continue", {"threadId": 1})

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Send a request, and return the body of its answer."""
        return self._answer(self._send(command, arguments))

    def event(self, name: str) -> dict[str, Any]:
        """Wait for an event, and return its body."""
        while True:
            for event in self._events:
                if event["event"] == name:
                    self._events.remove(event)
                    return event.get("body", {})
            self._read()

    def _send(self, command: str, arguments: dict[str, Any]) -> int:
        number = next(self._numbers)
        data = json.dumps({"seq": number, "type": "request", "command": command, "arguments": arguments}).encode()
        self._socket.sendall(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        return number

    def _answer(self, number: int) -> dict[str, Any]:
        while True:
            message = self._read()
            if message["type"] == "response" and message["request_seq"] == number:
                assert message["success"], message
                return message.get("body") or {}

    def _read(self) -> dict[str, Any]:
        headers = iter(self._stream.readline, b"\r\n")
        length = next(int(line.partition(b":")[2]) for line in list(headers) if line.startswith(b"Content-Length"))
        message = json.loads(self._stream.read(length))
        if message["type"] == "event":
            self._events.append(message)
        return message


def _connected(port: int) -> socket.socket | None:
    with suppress(OSError):
        return socket.create_connection(("127.0.0.1", port), timeout=60)
    return None
