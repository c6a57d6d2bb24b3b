"""The process of the local AWS. `emulator.py` starts it as `server.py SOCKET FOLDER`.

It serves ministack, behind a guard, on a socket that it inherits. It ends when its standard input does, or gives a
byte, or when its folder is removed. Only the standard library is imported until the watchdog runs, so that a parent
that dies early leaves nothing behind either.
"""

# ministack and hypercorn come without types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownMemberType=false

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

POLL_INTERVAL = 0.1
"""Seconds between two looks at the queues. ministack's own interval is 1 s, and a message that becomes visible again,
or is due in its dead-letter queue, waits that long. (A new message is seen at once.)"""

FOLDER_INTERVAL = 1.0
"""Seconds between two looks at the folder: without it, as after `rm -rf .consumers`, nobody could find and end us."""

HTTP_PORT = 80

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def main(listener: int, folder: str) -> None:
    """Serve on the socket with this file descriptor until standard input ends us, then remove the folder."""
    threading.Thread(target=_end_with_input, args=(folder,), daemon=True).start()
    import asyncio

    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    _judge_batches_as_iam_does()
    _log_failed_starts()
    _tell_log_settings()
    lose_no_line()
    threading.Thread(target=_poll_often, daemon=True).start()
    config = Config()
    config.bind = [f"fd://{listener}"]
    config.keep_alive_timeout = 3600  # or a client's idle connection may close just as it is used again
    config.loglevel = os.environ["LOG_LEVEL"]
    application: Any = _guarded(app, refusal_for(int(os.environ["GATEWAY_PORT"]), os.environ["AWS_ACCESS_KEY_ID"]))
    asyncio.run(serve(application, config))


def _end_with_input(folder: str) -> None:
    # A pipe from our parent, which is at its end when that is dead; or a FIFO that we hold open ourselves.
    log = Path(folder, "log")
    while not select.select([sys.stdin], [], [], FOLDER_INTERVAL)[0]:
        if not log.exists():
            kill_group(os.getpgrp())  # the Python that would remove the folder may be gone with it
    # By a process outside our group: the folder can go only when nothing that writes to it is left.
    command = [sys.executable, "-I", "-S", __file__, "remove", str(os.getpgrp()), folder]
    subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)


def kill_group(leader: int) -> None:
    """Kill every process of this group. Not politely: there is no state to save, and a busy handler could refuse."""
    # PermissionError is what macOS says of a group that has nothing but zombies left.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def remove_folder(folder: Path) -> None:
    """Remove the folder, whose last users may still be dying: what they add makes an attempt fail."""
    for _ in range(100):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            break
        time.sleep(0.02)


def refusal_for(port: int, access_key_id: str) -> Callable[[Scope], str | None]:
    """A check of requests to this port: why one is refused, or None."""
    from ministack.core.iam_evaluator import is_root_access_key
    from ministack.core.router import extract_access_key_id

    names = {"127.0.0.1", "localhost"}
    hosts = {f"{name}:{port}" for name in names} | (names if port == HTTP_PORT else set())  # which clients leave out

    def refusal(scope: Scope) -> str | None:
        headers = _headers(scope)
        if scope["type"] != "http" or "origin" in headers:
            return "Web pages are not served."
        if headers.get("host") not in hosts:
            return "This host name is not served."
        # ministack takes `test`, any account id and no key at all for root. It checks the signature of other keys, but
        # not on its own paths (/_ministack/reset).
        key = extract_access_key_id(headers, parse_qs(scope["query_string"].decode(), keep_blank_values=True))
        if key != access_key_id and (is_root_access_key(key) or scope["path"].startswith("/_")):
            return "This is not the access key of this local AWS."
        return None

    return refusal


def _headers(scope: Scope) -> dict[str, str]:
    """The headers as ministack reads them, repeated ones joined: we must not judge another key than it uses."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _guarded(app: Any, refusal: Callable[[Scope], str | None]) -> Application:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await app(scope, receive, send)
        elif reason := refusal(scope):
            await _refuse(scope, send, reason)
        else:
            if scope["path"].startswith("/v2/apis"):  # and no sooner: it takes a tenth of a start
                _carry_http_apis()
            # A policy that allows TLS only passes, though there is no TLS: nothing leaves this machine.
            await app(scope | {"scheme": "https"}, receive, send)

    return application


async def _refuse(scope: Scope, send: Send, reason: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close"})
        return
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    body = json.dumps({"__type": "AccessDenied", "message": reason}).encode()
    await send({"type": "http.response.body", "body": body})


def _carry_http_apis() -> None:
    from consumers.local import http_api

    http_api.install()


def _judge_batches_as_iam_does() -> None:
    """IAM has no `sqs:SendMessageBatch`: `sqs:SendMessage` covers both calls. ministack wants the former.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
    """
    from ministack.core import iam_actions

    original: Any = iam_actions.extract_iam_action

    def action_of(service: str, *request: Any) -> str | None:
        action: str | None = original(service, *request)
        return action.removesuffix("Batch") if action and service == "sqs" else action

    iam_actions.extract_iam_action = action_of


def _log_failed_starts() -> None:
    """Where a function's module cannot be imported, AWS writes the reason to the function's log; ministack does not."""
    from ministack.services import lambda_svc

    original: Any = lambda_svc._execute_function_warm  # pyright: ignore[reportPrivateUsage]

    def execute(*invocation: Any) -> dict[str, Any]:
        result: dict[str, Any] = original(*invocation)
        if result.get("error") and not result.get("log"):
            result["log"] = f"[ERROR] {result['body']['errorMessage']}"
        return result

    lambda_svc._execute_function_warm = execute  # pyright: ignore[reportPrivateUsage]


def _tell_log_settings() -> None:
    """AWS tells a function in which format, and from which level on, it is to log; ministack does not."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    original: Any = lambda_runtime.execution_credentials

    def environment(config: dict[str, Any]) -> dict[str, str]:
        given = config.get("LoggingConfig") or {}
        level = {"AWS_LAMBDA_LOG_LEVEL": given.get("ApplicationLogLevel") or "INFO"}
        is_json = given.get("LogFormat") == "JSON"
        told = {"AWS_LAMBDA_LOG_FORMAT": "JSON", **level} if is_json else {"AWS_LAMBDA_LOG_FORMAT": "Text"}
        return {**original(config), **told}

    lambda_runtime.execution_credentials = environment
    lambda_svc.execution_credentials = environment


def lose_no_line() -> None:
    """What a function writes is in a pipe when its reply is there, and a thread takes it out. ministack waits 50 ms for
    that thread, which on a busy machine does not run by then: the lines come in the next invocation's log, or in none.
    """
    from ministack.core import lambda_runtime

    original: Any = lambda_runtime.Worker

    class Worker(original):
        def _spawn(self) -> None:
            self._pipe = Future[Pipe]()
            super()._spawn()

        def _read_stderr(self) -> None:
            pipe = Pipe(self._proc.stderr, self._stderr_queue.put)
            self._pipe.set_result(pipe)
            pipe.read()

        def _drain_stderr(self) -> str:
            self._pipe.result().take()
            return super()._drain_stderr()

        _drain_stderr_bounded = _drain_stderr

    lambda_runtime.Worker = Worker


class Pipe:
    """The lines that come by a pipe. One thread reads them as they come, any other may take what is there now."""

    def __init__(self, stream: Any, put: Callable[[str], object]) -> None:
        self._stream, self._put, self._lock, self._rest = stream, put, threading.Lock(), b""

    def read(self) -> None:
        """Put each line, until the pipe has no writer any more."""
        while self.take():
            self._wait()

    def take(self) -> bool:
        """Put each line that is there; return whether more may come."""
        with self._lock:
            while self._wait(milliseconds=0):
                if not (data := os.read(self._stream.fileno(), 65536)):
                    self._put_lines(b"\n" if self._rest else b"")
                    return False
                self._put_lines(data)
        return True

    def _wait(self, milliseconds: int | None = None) -> bool:
        poll = select.poll()  # of its own for each thread; and select.select() does not know many files
        poll.register(self._stream, select.POLLIN)
        return bool(poll.poll(milliseconds))

    def _put_lines(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._put(line.decode(errors="replace"))


def _poll_often() -> None:
    from ministack.core.concurrency import esm_wake

    while True:
        time.sleep(POLL_INTERVAL)
        esm_wake.set()


if __name__ == "__main__":
    if sys.argv[1] == "remove":
        kill_group(int(sys.argv[2]))
        remove_folder(Path(sys.argv[3]))
    else:
        main(int(sys.argv[1]), sys.argv[2])
