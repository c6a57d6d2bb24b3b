"""Gives the Python process of a function the environment and the `logging` handler of AWS.

Python imports this at start-up, because the emulator puts this folder on PYTHONPATH. It acts in functions only.
"""

import json
import logging
import os
import sys
import threading
import time


def set_up_function() -> None:
    """Remove the emulator's own variables, and add AWS's handler to the root logger."""
    for name in os.environ.pop("LOCAL_AWS_SETTINGS", "").split(","):
        os.environ.pop(name, None)
    handler = logging.StreamHandler(sys.stderr)
    is_json = os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"
    handler.setFormatter(_JsonFormatter() if is_json else _formatter())
    handler.addFilter(_add_request_id)
    logging.getLogger().addHandler(handler)
    # As text the level stays WARNING, as on AWS.
    if is_json:
        level = os.environ["AWS_LAMBDA_LOG_LEVEL"]
        logging.getLogger().setLevel({"TRACE": "DEBUG", "FATAL": "CRITICAL"}.get(level, level))


def _formatter() -> logging.Formatter:
    # https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
    line = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"
    formatter = logging.Formatter(line, "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    return formatter


class _JsonFormatter(logging.Formatter):
    """https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html"""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
        }
        if record.exc_info and record.exc_info[0]:
            line["stackTrace"] = self.formatException(record.exc_info).splitlines()[1:-1]
            line["errorType"] = record.exc_info[0].__name__
            line["errorMessage"] = str(record.exc_info[1])
        return json.dumps({**line, "requestId": _request_id()})


def _add_request_id(record: logging.LogRecord) -> bool:
    record.aws_request_id = _request_id()
    return True


def _request_id() -> str:
    """Return the current invocation's id, from a local variable of ministack's worker in the main thread's frames.

    ministack passes it to the handler only, in the context. Empty outside an invocation, as on AWS.
    """
    main_thread = threading.main_thread().ident
    frame = sys._current_frames().get(main_thread or 0)  # pyright: ignore[reportPrivateUsage]
    while frame:
        if "_ms_ctx" in frame.f_code.co_varnames:
            return frame.f_locals.get("_ms_ctx", {}).get("request_id", "")
        frame = frame.f_back
    return ""


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    set_up_function()
