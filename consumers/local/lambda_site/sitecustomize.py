"""Makes a Python process that runs a function behave as on AWS: its environment, and its plain `logging` lines.

Python imports this at start-up, because the emulator puts its folder on PYTHONPATH. It acts in functions only.
"""

import logging
import os
import sys
import threading
import time


def set_up_function() -> None:
    """Drop the emulator's own settings, and give the root logger the handler that AWS gives it."""
    for name in os.environ.pop("LOCAL_AWS_SETTINGS", "").split(","):
        os.environ.pop(name, None)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter())
    handler.addFilter(_add_request_id)
    # The level stays WARNING, as on AWS: a handler that wants INFO must say so there too.
    logging.getLogger().addHandler(handler)


def _formatter() -> logging.Formatter:
    # https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
    line = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"
    formatter = logging.Formatter(line, "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    return formatter


def _add_request_id(record: logging.LogRecord) -> bool:
    record.aws_request_id = _request_id()
    return True


def _request_id() -> str:
    """The current invocation's id, from the main thread's frames: ministack's worker keeps it in a local variable.

    It gives it to the handler only, as part of the context. Empty outside an invocation, as on AWS.
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
