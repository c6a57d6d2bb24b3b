"""Runs `consumers` commands as processes of their own, which can be killed, without a start of Python for each.

A process imports everything once, and forks for each command. As a script it is that process: it reads a line of JSON
for each command, and writes the command's process id and then its exit code.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from unittest import mock

import quick_clients

ROOT = Path(__file__).parents[2]
PAUSE = 0.01
"""Seconds between two attempts, instead of seconds."""


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    """Negative for a signal."""
    stdout: str
    stderr: str


class Commands:
    """Runs one command at a time."""

    def __init__(
        self, folder: Path, endpoint_url: str, access_key_id: str, region: str, more: dict[str, str] | None = None
    ) -> None:
        """Run commands in `folder`, with an environment that has nothing in it but this, and `more`."""
        self._folder, self._region = folder, region
        environment = {
            "PATH": os.defpath,
            "PYTHONPATH": str(ROOT),
            "AWS_ENDPOINT_URL": endpoint_url,
            "AWS_ACCESS_KEY_ID": access_key_id,
            "AWS_SECRET_ACCESS_KEY": "not-checked",
            **(more or {}),
        }
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            env=environment,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Commands":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)

    def start(self, *arguments: str, patch: dict[str, str] | None = None) -> int:
        """Start a command; return its process id. `patch` replaces functions: `module:name` by `module:name`."""
        line = {"arguments": [*arguments, "--region", self._region], "patch": patch or {}}
        assert self._process.stdin
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()
        return self._number()

    def wait(self) -> Ended:
        """Wait for the command that was started last."""
        code = self._number()
        return Ended(code, (self._folder / "stdout").read_text(), (self._folder / "stderr").read_text())

    def run(self, *arguments: str, patch: dict[str, str] | None = None) -> Ended:
        self.start(*arguments, patch=patch)
        return self.wait()

    def _number(self) -> int:
        assert self._process.stdout
        return int(self._process.stdout.readline())


def kill(process_id: int) -> None:
    os.kill(process_id, signal.SIGKILL)


def serve() -> None:
    """Fork for each line of standard input."""
    import boto3  # pyright: ignore[reportMissingTypeStubs]
    from botocore.retries import standard  # pyright: ignore[reportMissingTypeStubs]

    from consumers.operations import held_lease, lasting_calls
    from consumers.operations.dead_letters import confirming

    importlib.import_module("consumers.working_copy.attached")
    for command in ("dlq", "attach", "try_letters", "dlq.redrive", "dlq.export", "dlq.purge"):
        importlib.import_module(f"consumers.commands.{command}")
    importlib.import_module("consumers.cli")
    quick_clients.install()
    backoff: Any = standard.ExponentialBackoff
    backoff.delay_amount = mock.Mock(return_value=PAUSE)
    confirming.FIRST_PAUSE = lasting_calls.FIRST_PAUSE = PAUSE
    held_lease.SETTLE = 0.5  # in which the local AWS's own poller ends: it receives once more after `Disabled`
    sdk: Any = boto3
    session = sdk.Session(region_name="us-east-1")
    for service in ("sts", "sqs", "lambda", "logs", "cloudwatch", "resourcegroupstaggingapi"):
        session.client(service)
    for line in sys.stdin:
        process_id = os.fork()
        if not process_id:
            run(**json.loads(line))
        print(process_id, flush=True)  # noqa: T201
        _, status = os.waitpid(process_id, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


def run(arguments: list[str], patch: dict[str, str]) -> None:
    """Run one command in this process, and end it."""
    for number, name in enumerate(("stdout", "stderr"), 1):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    code = 70
    try:
        for old, new in patch.items():
            module, _, name = old.partition(":")
            mock.patch(f"{module}.{name}", _found(new)).start()
        importlib.import_module("consumers.cli").main(arguments)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _found(name: str) -> Any:
    module, _, name = name.partition(":")
    sys.path.insert(0, str(Path(__file__).parent))
    return getattr(importlib.import_module(module), name)


if __name__ == "__main__":
    serve()
