"""The lines that `sqs_batch` logs, and lines of Lambda's JSON log format as text.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html
"""

import json
import re
from typing import Any, cast

FAILED = re.compile(r"\b(FAIL|REJECT) message_id=(\S+) receive_count=(\d+) reason=(.*)", re.DOTALL)
"""What `sqs_batch` logs of a message that fails."""
INVOKED = re.compile(r"\binvoke request_id=(\S+) memory_mb=\S+ records=(\d+)")
"""What it logs at the start of an invocation: request id, and the number of messages in the batch."""
REPORT = re.compile(r"REPORT .*?\tDuration: ([\d.]+) ms", re.DOTALL)
"""What Lambda logs at the end: the duration in milliseconds."""
SENT = re.compile(r"\bsent to the dead-letter queue: message_id=(\S+) as=(\S+)")
"""What it logs after SQS has confirmed a dead letter: its old and its new id."""


def is_error(line: str) -> bool:
    """Whether a line has the level ERROR, as Python or Node.js write it."""
    return re.search(r"\[ERROR\]|\tERROR\t", line) is not None


def is_lambdas_own(line: str) -> bool:
    """Whether Lambda wrote the line, not the handler."""
    return re.match(r'START|END|REPORT|\{"time":"[^"]*","type":"platform', line) is not None


def readable(line: str) -> str:
    """Return a line of Lambda's JSON log format in the text format; any other line unchanged."""
    entry = _parsed(line)
    if "level" in entry and "message" in entry:
        return _application_line(entry)
    if entry.get("type") in ("platform.start", "platform.report"):
        return _system_line(entry)
    return line


def _parsed(line: str) -> dict[str, Any]:
    try:
        return _object(json.loads(line)) if line.startswith("{") else {}
    except (ValueError, RecursionError):
        return {}


def _object(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _application_line(entry: dict[str, Any]) -> str:
    message = entry["message"]
    text = message if isinstance(message, str) else json.dumps(message)
    parts = [f"[{entry['level']}]", entry.get("timestamp", ""), entry.get("requestId", entry.get("AWSRequestId", ""))]
    error = f"{entry['errorType']}: {entry.get('errorMessage', '')}" if "errorType" in entry else ""
    trace: Any = entry.get("stackTrace")
    frames: list[Any] = [*trace] if isinstance(trace, list) else []  # pyright: ignore[reportUnknownVariableType]
    more = [*(str(frame).rstrip() for frame in frames), *([error] if error else [])]
    return "\n".join(["\t".join([*map(str, parts), text]), *more])


def _system_line(entry: dict[str, Any]) -> str:
    record = _object(entry.get("record"))
    request = f"RequestId: {record.get('requestId', '')}"
    if entry["type"] == "platform.start":
        return f"START {request} Version: {record.get('version', '')}"
    metrics = _object(record.get("metrics"))
    names = {
        "durationMs": ("Duration", "ms"),
        "billedDurationMs": ("Billed Duration", "ms"),
        "memorySizeMB": ("Memory Size", "MB"),
        "maxMemoryUsedMB": ("Max Memory Used", "MB"),
        "initDurationMs": ("Init Duration", "ms"),
        "restoreDurationMs": ("Restore Duration", "ms"),
    }
    figures = [f"{name}: {metrics[key]} {unit}" for key, (name, unit) in names.items() if key in metrics]
    status = record.get("status", "success")
    return "\t".join([f"REPORT {request}", *figures, *([] if status == "success" else [f"Status: {status}"])])
