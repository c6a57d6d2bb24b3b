"""A working copy whose files are texts, without a program."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pulumi

from consumers.local.aws_environment import aws_environment
from consumers.working_copy import events
from consumers.working_copy.copies import WorkingCopy
from consumers.working_copy.handler_process import HandlerProcess
from consumers.working_copy.invocation import Invocation

ARN = "arn:aws:sqs:eu-west-1:123456789012:hands"


def working_copy(
    handler: str,
    files: dict[str, str] | None = None,
    *,
    timeout: float = 20,
    log_format: str = "Text",
    environment: dict[str, str] | None = None,
    entry: str = "handler.handle",
) -> WorkingCopy:
    """Return it, with the file `handler.py`."""
    settings: Any = SimpleNamespace(
        consumer="hands",
        runtime="python3.13",
        timeout=timeout,
        memory_size=256,
        include=(),
        package=SimpleNamespace(files={}),
        function=SimpleNamespace(log_format=log_format, application_log_level=None),
    )
    assets: Any = {name: pulumi.StringAsset(text) for name, text in ({"handler.py": handler} | (files or {})).items()}
    return WorkingCopy(settings, pulumi.AssetArchive(assets), entry, "eu-west-1", environment or {}, Path())


def process(handler: str, files: dict[str, str] | None = None, **options: Any) -> HandlerProcess:
    """Return its process, which calls no AWS."""
    return HandlerProcess(working_copy(handler, files, **options), aws_environment(None))


def event(*bodies: str) -> dict[str, Any]:
    messages = ({"MessageId": f"id-{number}", "Body": body} for number, body in enumerate(bodies))
    return events.event(events.record(message, ARN) for message in messages)


def invoke(handler: str, *bodies: str, files: dict[str, str] | None = None, **options: Any) -> Invocation:
    """Invoke it once."""
    with process(handler, files, **options) as one:
        return one.invoke(event(*bodies or ("{}",)))
