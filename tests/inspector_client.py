"""A client of the inspector of Node.js: the DevTools protocol over a WebSocket.

https://chromedevtools.github.io/devtools-protocol/v8
https://datatracker.ietf.org/doc/html/rfc6455
"""

import http.client
import json
import os
import socket
from contextlib import suppress
from itertools import count
from typing import Any


def targets(port: int) -> list[str]:
    """Return the addresses of what can be debugged; empty while nothing listens."""
    with suppress(OSError, http.client.HTTPException):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/json/list")
        return [one["webSocketDebuggerUrl"] for one in json.load(connection.getresponse())]
    return []


class InspectorClient:
    """Attaches to Node.js as an editor does."""

    def __init__(self, url: str) -> None:
        address, _, path = url.removeprefix("ws://").partition("/")
        host, _, port = address.partition(":")
        self._numbers = count(1)
        self._events: list[dict[str, Any]] = []
        self._socket = socket.create_connection((host, int(port)), timeout=60)
        self._stream = self._socket.makefile("rb")
        headers = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        self._socket.sendall(f"GET /{path} HTTP/1.1\r\nHost: {address}\r\n{headers}{key}\r\n".encode())
        while self._stream.readline() != b"\r\n":
            pass

    def __enter__(self) -> "InspectorClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._socket.close()

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method, and return its result."""
        number = self._call(method, params)
        while True:
            message = self._read()
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]

    def go_on(self) -> None:
        """Go on to the end, without waiting for the answer: the process may have ended before it is sent."""
        self._call("Debugger.resume", {})

    def event(self, method: str) -> dict[str, Any]:
        """Wait for an event, and return its parameters."""
        while True:
            for event in self._events:
                if event["method"] == method:
                    self._events.remove(event)
                    return event["params"]
            self._read()

    def _call(self, method: str, params: dict[str, Any]) -> int:
        number = next(self._numbers)
        self._send(json.dumps({"id": number, "method": method, "params": params}).encode())
        return number

    def _send(self, data: bytes) -> None:
        mask = os.urandom(4)  # a client masks what it sends
        length = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2, "big")
        self._socket.sendall(b"\x81" + length + mask + bytes(each ^ mask[n % 4] for n, each in enumerate(data)))

    def _read(self) -> dict[str, Any]:
        _, size = self._stream.read(2)
        if size >= 126:
            size = int.from_bytes(self._stream.read(2 if size == 126 else 8), "big")
        message = json.loads(self._stream.read(size))
        if "method" in message:
            self._events.append(message)
        return message
