"""An HTTP proxy on loopback, between the tool and the local AWS, that does what networks and SQS do on a bad day.

    with FaultProxy(aws.endpoint_url) as proxy:
        proxy.begin(Faults(seed=1, share=0.3))
        ...  # with AWS_ENDPOINT_URL=proxy.url

It knows the JSON protocol of SQS; calls of other services pass unchanged.
"""

import http.client
import json
import random
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

BATCHES = ("SendMessageBatch", "DeleteMessageBatch", "ChangeMessageVisibilityBatch")
DROP, DOUBLE, THROTTLE, FAIL_ENTRIES = "drop", "double", "throttle", "fail entries"
TIMEOUT = 60  # seconds


@dataclass
class Faults:
    """Faults at random places: the same for the same seed and order of calls."""

    seed: int
    share: float
    """Of the calls to SQS, between 0 and 1."""
    kinds: tuple[str, ...] = (DROP, DOUBLE, THROTTLE, FAIL_ENTRIES)
    done: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    """How often each kind of fault met each action."""

    def __post_init__(self) -> None:
        self._random, self._lock = random.Random(self.seed), threading.Lock()

    @property
    def count(self) -> int:
        return self.done.total()

    def choose(self, action: str) -> str | None:
        """Return the fault of this call, or None."""
        with self._lock:
            if not action or self._random.random() >= self.share:
                return None
            kinds = [kind for kind in self.kinds if kind != FAIL_ENTRIES or action in BATCHES]
            kind = self._random.choice(kinds) if kinds else None
            if kind:
                self.done[kind, action] += 1
            return kind

    def failing(self, entries: list[dict[str, Any]]) -> set[str]:
        """Return the ids of the entries that fail: every Nth, from a random one on."""
        with self._lock:
            step = self._random.randint(1, 4)
            first = self._random.randrange(min(step, len(entries)))
            return {entry["Id"] for entry in entries[first::step]}

    def error(self) -> tuple[int, dict[str, str], bytes]:
        """Return one of the answers that mean: slower, please."""
        with self._lock:
            status, code = self._random.choice([(400, "ThrottlingException"), (503, "ServiceUnavailable")])
        body = json.dumps({"__type": code, "message": "Rate exceeded"}).encode()
        headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-query-error": f"{code};Sender"}
        return status, headers, body


@dataclass
class Trigger:
    """Something to do at one call to SQS: before it is passed on, or after it was carried out."""

    at: int
    """The number of the call, from 1 on."""
    is_after: bool
    act: Callable[[], None]


NO_FAULTS = Faults(0, 0.0)


class FaultProxy:
    """The proxy, in threads of this process."""

    def __init__(self, endpoint_url: str) -> None:
        self.upstream = urlsplit(endpoint_url).netloc
        self.calls, self.faults = 0, NO_FAULTS
        self._trigger: Trigger | None = None
        self._lock = threading.Lock()
        proxy = self

        class Handler(_Handler):
            owner = proxy

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "FaultProxy":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def begin(self, faults: Faults = NO_FAULTS, trigger: Trigger | None = None) -> None:
        """Count the calls to SQS from 0, with these faults from now on."""
        with self._lock:
            self.calls, self.faults, self._trigger = 0, faults, trigger

    def count(self, action: str) -> Trigger | None:
        """Count one call, if it goes to SQS; return what is to be done at it."""
        with self._lock:
            self.calls += bool(action)
            trigger = self._trigger
            return trigger if action and trigger and trigger.at == self.calls else None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64  # the tool opens several connections at once


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: FaultProxy
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self._upstream = http.client.HTTPConnection(self.owner.upstream, timeout=TIMEOUT)

    def finish(self) -> None:
        self._upstream.close()
        with suppress(OSError):  # the tool was killed
            super().finish()

    def handle(self) -> None:
        with suppress(ConnectionError):
            super().handle()

    def log_message(self, format: str, *args: Any) -> None: ...

    def do_GET(self) -> None:
        self.do_POST()

    def do_PUT(self) -> None:
        self.do_POST()

    def do_DELETE(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        target = self.headers.get("X-Amz-Target", "")
        action = target.removeprefix("AmazonSQS.") if target.startswith("AmazonSQS.") else ""
        if action == "ReceiveMessage":  # the local AWS has one server, whose first answer counts
            body = json.dumps({**json.loads(body), "WaitTimeSeconds": 0}).encode()
        trigger = self.owner.count(action)
        if trigger and not trigger.is_after:
            trigger.act()
        status, headers, answer = self._carried_out(action, body)
        if trigger and trigger.is_after:
            trigger.act()
        if status:
            self._answer(status, headers, answer)
        else:
            self.close_connection = True

    def _carried_out(self, action: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Return the answer; its status is 0 where the connection is to be closed without one."""
        faults = self.owner.faults
        match faults.choose(action):
            case "throttle":
                return faults.error()
            case "drop":
                self._pass_on(body)
                return 0, {}, b""
            case "double":
                self._pass_on(body)
                return self._pass_on(body)
            case "fail entries":
                return self._with_failures(faults, body)
            case _:
                return self._pass_on(body)

    def _with_failures(self, faults: Faults, body: bytes) -> tuple[int, dict[str, str], bytes]:
        data = json.loads(body)
        failing = faults.failing(data["Entries"])
        data["Entries"] = [entry for entry in data["Entries"] if entry["Id"] not in failing]
        status, headers, answer = 200, {"Content-Type": "application/x-amz-json-1.0"}, b"{}"
        if data["Entries"]:
            status, headers, answer = self._pass_on(json.dumps(data).encode())
        if status != http.client.OK:
            return status, headers, answer
        why = {"Code": "InternalError", "Message": "An internal error occurred.", "SenderFault": False}
        reply = json.loads(answer)
        reply["Failed"] = reply.get("Failed", []) + [{"Id": id, **why} for id in sorted(failing)]
        return status, headers, json.dumps({"Successful": [], **reply}).encode()

    def _pass_on(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _OWN}
        for attempt in range(2):
            try:
                self._upstream.request(self.command, self.path, body, headers)
                answer = self._upstream.getresponse()
                rest = {name: value for name, value in answer.getheaders() if name.lower() not in _OWN}
                return answer.status, rest, answer.read()
            except (http.client.RemoteDisconnected, BrokenPipeError):
                self._upstream.close()
                if attempt:
                    raise
        raise AssertionError

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        with suppress(ConnectionError):  # the tool was killed
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)


_OWN = ("host", "content-length", "connection", "transfer-encoding", "expect")
