"""What both demos share: they deploy the example to a local AWS and report each step."""

import threading
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from consumers.evaluate.program import Deployment, Message, deploy, warm_up
from consumers.evaluate.stack_config import StackConfig, read_stack_config
from consumers.local.emulator import LocalAws, local_aws
from consumers.operations import logs, queues

PATIENCE = 90.0  # seconds without progress until a demo fails; retries of the workflow come after 60
POLL = 0.05  # seconds

Report = Callable[[float, str, Sequence[str]], None]
"""Called with each step: seconds since the start, a title, detail lines."""


class DemoError(Exception):
    """The example did not do what it should; the text says what happened instead."""


class Demo:
    """One run."""

    def __init__(self, project: Path, stack: str, report: Report) -> None:
        self.project, self.stack = project, stack
        self.exports: dict[str, Any] = {}
        self.seconds: dict[str, float] = {}  # when each step ended, since the start
        self._report, self._start = report, time.monotonic()

    def report(self, step: str, title: str, lines: Sequence[str] = ()) -> None:
        seconds = self.seconds[step] = round(time.monotonic() - self._start, 3)
        self._report(seconds, title, lines)

    @contextmanager
    def deployed(self, exports: Iterable[str]) -> Generator[LocalAws]:
        """Deploy the program, require these exports, and clean up at the end.

        Raises LocalAwsError, ProgramError or DemoError, each with a text for the user.
        """
        # Importing pulumi takes as long as starting the local AWS, so both run at the same time.
        import_thread = threading.Thread(target=warm_up, daemon=True)
        import_thread.start()
        with local_aws(region=self.config("aws:region", "us-east-1")) as aws:
            self.report("started", "An AWS is running inside this machine: no account, no Docker")
            import_thread.join()  # two threads cannot import pulumi_aws at the same time
            self._deploy(aws, exports)
            yield aws
        self.report("clean", "Nothing is left behind")

    def _deploy(self, aws: LocalAws, exports: Iterable[str]) -> None:
        warnings: list[str] = []

        def keep(message: Message) -> None:
            if message.severity != "info":
                warnings.append(f"{message.severity}: {message.resource}: {message.text}")

        deployment = deploy(self.project, aws, stack=self.stack, on_message=keep)
        if missing := [name for name in exports if name not in deployment.exports]:
            raise DemoError(f"The program does not export {', '.join(missing)}, which the demo needs.")
        self.exports = deployment.exports
        title = f"The stack {self.stack} is deployed: {len(deployment.resources)} resources"
        self.report("deployed", title, [*_consumers(deployment), *warnings])

    def config(self, key: str, default: str = "") -> str:
        """Return a value of the stack's configuration. A key without a namespace is the project's."""
        config = self._config
        return config.values.get(key if ":" in key else f"{config.project}:{key}", default)

    @cached_property
    def _config(self) -> StackConfig:
        return read_stack_config(self.project, self.stack)

    def lines(self, aws: LocalAws, log_group: str, since: float = 0) -> list[str]:
        """Return the lines of an exported log group, from `since` on (seconds since 1970)."""
        return logs.lines(aws.client("logs"), self.exports[log_group], since)

    def depth(self, aws: LocalAws, queue: str) -> int:
        return queues.depth(aws.client("sqs"), self.exports[queue]).total

    def wait(self, done: Callable[[], bool], progress: Callable[[], int], failure: Callable[[], str]) -> None:
        """Wait until done. Raise DemoError with the failure when `progress` has not changed for long."""
        last, since = -1, time.monotonic()
        while not done():
            if (now := progress()) != last:
                last, since = now, time.monotonic()
            if time.monotonic() - since > PATIENCE:
                raise DemoError(f"No progress for {PATIENCE:.0f} seconds: {failure()}")
            time.sleep(POLL)


def _consumers(deployment: Deployment) -> list[str]:
    """Return a line for each consumer: its queue and its function."""
    names: dict[str, dict[str, str]] = {}
    for resource in deployment.resources:
        tags: dict[str, str] = resource.outputs.get("tags") or {}
        parts = names.setdefault(tags.get("queue-consumer:consumer", ""), {})
        parts[tags.get("queue-consumer:part", "")] = resource.outputs.get("name", "")
    return [
        f"{name}: {parts['queue']} → {parts['function']}" for name, parts in sorted(names.items()) if "queue" in parts
    ]
