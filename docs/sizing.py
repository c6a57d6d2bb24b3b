"""Write the outputs of docs/sizing.md: `python -m docs.sizing`.

There is no account to measure. So a local AWS takes AWS's place, and this writes lines into the log of a consumer there
that have the form of Lambda's. They are invocations of a function that mostly waits.
"""

import os
import random
import re
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from consumers.evaluate.program import deploy
from consumers.local.aws_environment import aws_environment
from consumers.local.emulator import LocalAws, local_aws
from docs.outputs import with_outputs

PAGE = Path(__file__).with_name("sizing.md")
PROGRAM = """
import pulumi
from components import QueueConsumer

args = {"source": "function", "timeout": 30, "memory_size": 1_024, "mapping": {"enabled": False}}
orders = QueueConsumer("orders", args)
pulumi.export("function", orders.function_name)
pulumi.export("logs", orders.log_group_name)
"""
DAY = 86_400
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d[+-]\d\d:\d\d")
AFTER = "\n## After the change\n"
"""The heading that follows the commands before the change."""


def outputs(page: str) -> str:
    """Return the page with the current output of its commands: before and after memory_size is halved."""
    before, heading, after = page.partition(AFTER)
    with tempfile.TemporaryDirectory() as name, local_aws() as aws, mock.patch.dict(os.environ, aws_environment(aws)):
        numbers, now = random.Random(18), time.time()
        function, log_group = deployed(aws, Path(name))
        write(aws, log_group, invocations(numbers, 15_400, now - 7 * DAY + 600, now - DAY, 1_024))
        before = with_outputs(before)
        aws.client("lambda").update_function_configuration(FunctionName=function, MemorySize=512)
        write(aws, log_group, invocations(numbers, 2_600, now - DAY, now, 512))
        return before + heading + with_outputs(after)


def deployed(aws: LocalAws, folder: Path) -> tuple[str, str]:
    """Deploy the consumer, and return the names of its function and its log group."""
    (folder / "function").mkdir()
    (folder / "function" / "handler.py").write_text("def handle(event, context): ...\n")
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM)
    exports = deploy(folder, aws, stack="prod").exports
    return exports["function"], exports["logs"]


def invocations(
    numbers: random.Random, count: int, start: float, end: float, memory_mb: int
) -> Iterator[dict[str, Any]]:
    """Yield the two lines of each invocation."""
    for when in sorted(numbers.uniform(start, end) for _ in range(count)):
        messages = 10 if numbers.random() < 0.6 else numbers.randint(1, 9)
        request = uuid.UUID(int=numbers.getrandbits(128))
        duration = (260 + 90 * messages) * numbers.lognormvariate(0, 0.2) * (1.04 if memory_mb < 1_024 else 1)
        init = numbers.uniform(380, 520) if numbers.random() < 0.01 else 0
        billed = int(duration + init) + 1
        used = f"Memory Size: {memory_mb} MB\tMax Memory Used: {numbers.randint(84, 96)} MB\t"
        begin = f"Init Duration: {init:.2f} ms\t" if init else ""
        yield line(when, f"[INFO]\tt\t{request}\tinvoke request_id={request} memory_mb={memory_mb} records={messages}")
        yield line(
            when,
            f"REPORT RequestId: {request}\tDuration: {duration:.2f} ms\tBilled Duration: {billed} ms\t{used}{begin}",
        )


def line(when: float, text: str) -> dict[str, Any]:
    return {"timestamp": int(when * 1_000), "message": text}


def write(aws: LocalAws, log_group: str, lines: Iterator[dict[str, Any]]) -> None:
    logs, stream, events = aws.client("logs"), str(uuid.uuid4()), list(lines)
    logs.create_log_stream(logGroupName=log_group, logStreamName=stream)
    for at in range(0, len(events), 10_000):
        logs.put_log_events(logGroupName=log_group, logStreamName=stream, logEvents=events[at : at + 10_000])


def masked(page: str) -> str:
    """Return the page without what differs between two runs."""
    return TIME.sub("<time>", page)


if __name__ == "__main__":
    old = PAGE.read_text("utf-8")
    new = outputs(old)
    if masked(new) != masked(old):
        PAGE.write_text(new, "utf-8")
