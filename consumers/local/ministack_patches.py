"""Everything that the local AWS changes inside ministack, and the one version of ministack that it is written for.

Each function says what ministack does by itself, and why that is not enough. The patches are in the server's process,
except for one: `lambda_site/sitecustomize.py` reads the request id from a local variable of ministack's worker.
"""

# ministack comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownMemberType=false

import os
import select
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from typing import Any

VERSION = "1.5.33"
"""The same as in `pyproject.toml`, whose extra `local` pins it."""

PATCHED = {
    "ministack.core.concurrency": ("esm_wake", "run_reentrant"),
    "ministack.core.iam_actions": ("extract_iam_action",),
    "ministack.core.lambda_runtime": (
        *("Worker._spawn", "Worker._read_stderr", "Worker._drain_stderr", "Worker._drain_stderr_bounded"),
        "execution_credentials",
    ),
    "ministack.services.apigateway": (
        *("_create_integration", "_update_integration", "_invoke_lambda_proxy"),
        *("_integrations", "_resolve_mapping_atom"),
    ),
    "ministack.services.lambda_svc": ("_execute_function_warm", "execution_credentials"),
}
"""What is replaced or used of ministack's internals, by module."""

REQUEST_ID_IN = "_ms_ctx"
"""The local variable of ministack's worker that `sitecustomize.py` reads."""

POLL_INTERVAL = 0.1
"""Seconds."""


def install() -> None:
    """Patch what every local AWS needs."""
    _judge_batches_as_iam_does()
    _log_failed_starts()
    _tell_log_settings()
    lose_no_line()
    threading.Thread(target=_poll_often, daemon=True).start()


@cache
def carry_http_apis() -> None:
    """Have ministack keep integrations whole, and send what is posted to them.

    It takes `SQS-SendMessage` for a function and answers 502. Not installed at the start, of which it takes a tenth.
    """
    from ministack.services import apigateway

    from consumers.local import http_api

    service: Any = apigateway
    service._create_integration = http_api.keeping(service, service._create_integration)
    service._update_integration = http_api.keeping(service, service._update_integration)
    service._invoke_lambda_proxy = http_api.sending(service, service._invoke_lambda_proxy)


def _judge_batches_as_iam_does() -> None:
    """IAM has no `sqs:SendMessageBatch`: `sqs:SendMessage` covers both calls. ministack asks for the former.

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
    """A message that becomes visible again, or is due in its dead-letter queue, waits for the next look at the queues.
    ministack looks once a second. (It sees a new message at once.)"""
    from ministack.core.concurrency import esm_wake

    while True:
        time.sleep(POLL_INTERVAL)
        esm_wake.set()
