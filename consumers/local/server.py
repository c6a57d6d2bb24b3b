"""The server process of the local AWS. `emulator.py` starts it as `server.py SOCKET FOLDER`.

It serves ministack, behind access control, on a socket that it inherits. It ends at a byte on its standard input or at
its end, or when its folder is removed. Until the watchdog runs, it imports only the standard library, so that a parent
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
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

FOLDER_INTERVAL = 1.0
"""Seconds between two checks of the folder: without it, as after `rm -rf .consumers`, no command finds this process."""

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

    from consumers.local import ministack_patches

    ministack_patches.install()
    config = Config()
    config.bind = [f"fd://{listener}"]
    config.keep_alive_timeout = 3600  # or a client's idle connection may close just as it is used again
    config.loglevel = os.environ["LOG_LEVEL"]
    application: Any = _guarded(app, refusal_for(int(os.environ["GATEWAY_PORT"]), os.environ["AWS_ACCESS_KEY_ID"]))
    asyncio.run(serve(application, config))


def _end_with_input(folder: str) -> None:
    # Either a pipe from our parent, which closes when it dies; or a FIFO that we hold open ourselves.
    log = Path(folder, "log")
    while not select.select([sys.stdin], [], [], FOLDER_INTERVAL)[0]:
        if not log.exists():
            kill_group(os.getpgrp())  # at once: the Python that would remove the folder may be gone with it
    # By a process outside our group: the folder can be removed only when no process writes to it any more.
    command = [sys.executable, "-I", "-S", __file__, "remove", str(os.getpgrp()), folder]
    subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)


def kill_group(leader: int) -> None:
    """Kill every process of this group: there is no state to save, and a busy handler could ignore SIGTERM."""
    # macOS raises PermissionError for a group of zombies only.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def remove_folder(folder: Path) -> None:
    """Remove the folder. Retry, because dying processes may still add files to it."""
    for _ in range(100):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            break
        time.sleep(0.02)


def refusal_for(port: int, access_key_id: str) -> Callable[[Scope], str | None]:
    """Return the access control of this port: a function that returns why a request is refused, or None."""
    from ministack.core.iam_evaluator import is_root_access_key
    from ministack.core.router import extract_access_key_id

    from consumers.local.cors import allows_page, is_preflight

    names = {"127.0.0.1", "localhost"}
    # Clients omit the default port.
    hosts = {f"{name}:{port}" for name in names} | (names if port == HTTP_PORT else set())

    def refusal(scope: Scope) -> str | None:
        headers = _headers(scope)
        if scope["type"] != "http" or ("origin" in headers and not allows_page(scope["path"], headers["origin"])):
            return "Web pages are not served."
        if headers.get("host") not in hosts:
            return "This host name is not served."
        if is_preflight(scope["method"], headers):
            return None  # a browser sends it without a key, and only to an API that allows the page
        # ministack treats `test`, any account id and a missing key as root. It checks the signature of other keys, but
        # not on its own paths (/_ministack/reset).
        key = extract_access_key_id(headers, parse_qs(scope["query_string"].decode(), keep_blank_values=True))
        if key != access_key_id and (is_root_access_key(key) or scope["path"].startswith("/_")):
            return "This is not the access key of this local AWS."
        return None

    return refusal


def _headers(scope: Scope) -> dict[str, str]:
    """Return the headers as ministack reads them, repeated ones joined: both must see the same access key."""
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
            if scope["path"].startswith("/v2/apis"):  # not at the start, which it slows down by a tenth
                from consumers.local import ministack_patches

                ministack_patches.support_http_apis()
            # Pretend TLS, so that policies with aws:SecureTransport allow the request: it never leaves this machine.
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


if __name__ == "__main__":
    if sys.argv[1] == "remove":
        kill_group(int(sys.argv[2]))
        remove_folder(Path(sys.argv[3]))
    else:
        main(int(sys.argv[1]), sys.argv[2])
