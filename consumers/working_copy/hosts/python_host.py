"""Runs a Python handler: `python_host.py TASK RUNTIME CHANNEL LIFELINE`, in Python's isolated mode.

TASK has the function's files, RUNTIME the packages that Lambda has beside them. CHANNEL and LIFELINE are file
descriptors: a socket with a JSON object on each line, and a pipe that ends with the parent.
"""

import importlib
import json
import os
import shutil
import signal
import socket
import sys
import threading
import time
import traceback
import uuid
from typing import Any

WEEK = 7 * 24 * 60 * 60 * 1000
"""In milliseconds."""
IMPORTS = importlib.__file__


class Context:
    """The `context` of an invocation."""

    function_version = "$LATEST"
    identity = None
    client_context = None

    def __init__(self, request_id: str, deadline: float | None) -> None:
        self.aws_request_id = request_id
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        account = f"{os.environ['AWS_REGION']}:{os.environ['WORKING_COPY_ACCOUNT']}"
        self.invoked_function_arn = f"arn:aws:lambda:{account}:function:{self.function_name}"
        self._deadline = deadline

    def get_remaining_time_in_millis(self) -> int:
        """Return what is left of the timeout; under a debugger a week, for handlers with clocks of their own."""
        if self._deadline is None:
            return WEEK
        return max(0, int((self._deadline - time.time()) * 1000))


class PretendedQueues:
    """Stands for the client of `sqs_batch`: SQS does all that it asks for."""

    def __init__(self, queue_arn: str) -> None:
        self.queue_arn = queue_arn

    def send_message(self, **_: Any) -> dict[str, Any]:
        return {"MessageId": str(uuid.uuid4())}

    def send_message_batch(self, *, Entries: list[dict[str, Any]], **_: Any) -> dict[str, Any]:  # noqa: N803
        return {"Successful": [{"Id": entry["Id"], **self.send_message()} for entry in Entries]}

    def change_message_visibility_batch(self, *, Entries: list[dict[str, Any]], **_: Any) -> dict[str, Any]:  # noqa: N803
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}


def main(task: str, runtime: str, channel: socket.socket) -> None:
    """Answer one event after another."""
    sys.path[:0] = [task, runtime]
    os.chdir(task)
    for stream in (sys.stdout, sys.stderr):  # a process that crashes has written its lines
        stream.reconfigure(line_buffering=True)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    importlib.import_module("sitecustomize")  # the log format of Lambda, which the local AWS uses too
    answers = channel.makefile("w")
    call = _caller(os.environ.get("WORKING_COPY_DEBUGGER", ""), answers)
    try:
        handler = _load(os.environ["_HANDLER"])
    except BaseException as error:
        _log(error)
        _answer(answers, {"error": _init_error(error, os.environ["_HANDLER"])})
        return
    if "WORKING_COPY_QUEUES" in os.environ and "sqs_batch" in sys.modules:
        sys.modules["sqs_batch"].new_client = PretendedQueues  # pyright: ignore[reportAttributeAccessIssue]
    _answer(answers, {"ready": True})
    for line in channel.makefile("r"):
        # The log's formatter looks for this name.
        data = json.loads(line)
        _ms_ctx: dict[str, Any] = data["ctx"]
        _answer(answers, _invoke(handler, data["event"], _ms_ctx, call))


def _caller(debugger: str, answers: Any) -> Any:
    """Return what calls the handler with its arguments."""

    def end(error: str) -> None:
        _answer(answers, {"error": error, "ended": True})
        os._exit(1)

    return importlib.import_module("python_debuggers").start(debugger, end) if debugger else _call


def _call(handler: Any, event: Any, context: Context) -> Any:
    return handler(event, context)


def _load(name: str) -> Any:
    path, _, attribute = name.rpartition(".")
    module = importlib.import_module(path.replace("/", "."))
    if not hasattr(module, attribute):
        raise HandlerNotFound(f"Handler '{attribute}' missing on module '{path}'")
    return getattr(module, attribute)


class HandlerNotFound(Exception):
    """The module has no such function."""


def _init_error(error: BaseException, name: str) -> str:
    """Describe the error as Lambda's runtime does."""
    module = name.rpartition(".")[0]
    if isinstance(error, ImportError):
        return f"Runtime.ImportModuleError: Unable to import module '{module}': {error}"
    if isinstance(error, SyntaxError):
        return f"Runtime.UserCodeSyntaxError: Syntax error in module '{module}': {error}"
    kind = type(error).__name__
    return f"{'Runtime.' if isinstance(error, HandlerNotFound) else ''}{kind}: {error}"


def _invoke(handler: Any, event: Any, ctx: dict[str, Any], call: Any) -> dict[str, Any]:
    try:
        reply = call(handler, event, Context(ctx["request_id"], ctx["deadline"]))
    except Exception as error:
        _log(error)
        return {"error": f"{type(error).__name__}: {error}"}
    try:
        return {"reply": json.loads(json.dumps(reply))}
    except (TypeError, ValueError) as error:
        return {"error": f"Runtime.MarshalError: Unable to marshal response: {error}"}


def _log(error: BaseException) -> None:
    # As Lambda's runtime logs it.
    frames = traceback.extract_tb(error.__traceback__)[2:]
    own = [frame for frame in frames if not frame.filename.startswith("<frozen ") and frame.filename != IMPORTS]
    text = "".join(traceback.format_list(own))
    sys.stderr.write(f"[ERROR] {type(error).__name__}: {error}\nTraceback (most recent call last):\n{text}\n")


def _answer(answers: Any, data: dict[str, Any]) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    answers.write(json.dumps(data) + "\n")
    answers.flush()


def _end_with_parent(lifeline: int, folder: str) -> None:
    os.read(lifeline, 1)  # returns at its end: when the parent has died
    shutil.rmtree(folder, ignore_errors=True)
    if os.getpid() == os.getsid(0):  # the processes that the handler has started
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    root = os.path.dirname(sys.argv[1])  # noqa: PTH120
    threading.Thread(target=_end_with_parent, args=(int(sys.argv[4]), root), daemon=True).start()
    main(sys.argv[1], sys.argv[2], socket.socket(fileno=int(sys.argv[3])))
