"""Steps of tests on a local AWS: wait, take messages, create and invoke a function, find its processes."""

import io
import json
import signal
import subprocess
import textwrap
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from consumers.local.emulator import LocalAws
from consumers.operations import logs

T = TypeVar("T")


def wait_until(condition: Callable[[], T], seconds: float = 60) -> T:
    """Return the condition's first true value."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)  # each look keeps the local AWS busy
    return found


def take(sqs: Any, url: str, first: int = 0, then: int = 0) -> list[dict[str, Any]]:
    """Receive and delete all messages: wait so many seconds for the first one, and for each further batch."""
    taken: list[dict[str, Any]] = []
    every = {"MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"]}
    while found := sqs.receive_message(QueueUrl=url, WaitTimeSeconds=then if taken else first, **every).get("Messages"):
        for message in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        taken += found
    return taken


def lines_with(aws: LocalAws, group: str, text: str) -> list[str]:
    """The rest of each line of a log that holds `text`."""
    return [line.partition(text)[2] for line in logs.lines(aws.client("logs"), group) if text in line]


def short(name: str) -> str:
    """A name of at most 29 characters, with the end that makes it this test's own."""
    return name[:20].rstrip("-") + name[-9:]


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def create_function(aws: LocalAws, name: str, code: str, timeout: int = 60, **variables: str) -> None:
    """Create a function and its role, which may do nothing."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("index.py", textwrap.dedent(code).strip())
    aws.client("lambda").create_function(
        FunctionName=name,
        Role=role,
        Runtime="python3.12",
        Handler="index.handler",
        Timeout=timeout,
        Code={"ZipFile": archive.getvalue()},
        Environment={"Variables": variables},
    )


def invoke(aws: LocalAws, name: str, event: object = None) -> Any:
    return json.loads(aws.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))["Payload"].read())


def processes_in(folder: Path) -> list[str]:
    """The command lines, of all processes, that name this folder."""
    commands = subprocess.check_output(["ps", "-A", "-ww", "-o", "command="], text=True).splitlines()
    return [command for command in commands if str(folder) in command]


def has_arrived(number: signal.Signals, process: int) -> bool:
    """Whether a process has begun to handle a signal that was sent to it: none is pending."""
    status = Path(f"/proc/{process}/status")
    if not status.exists():  # not Linux
        time.sleep(0.3)
        return True
    pending = [line.split()[1] for line in status.read_text().splitlines() if line.startswith(("SigPnd", "ShdPnd"))]
    return not any(int(mask, 16) & 1 << (number - 1) for mask in pending)
