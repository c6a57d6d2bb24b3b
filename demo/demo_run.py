"""What the demos share: a local AWS with the example deployed, and a story that is told step by step."""

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
from consumers.operations import logs

Tell = Callable[[float, str, Sequence[str]], None]
"""Called with each step of the story: seconds since the beginning, a title, and lines below it."""


class DemoError(Exception):
    """The example did not do what it should; the text says what was seen instead."""


class Story:
    """One run: tells each step when it is done."""

    def __init__(self, project: Path, stack: str, tell: Tell) -> None:
        self.project, self.stack = project, stack
        self.seconds: dict[str, float] = {}
        """When each step was done, since the beginning."""
        self.exports: dict[str, Any] = {}
        self._tell, self._start = tell, time.monotonic()

    def tell(self, step: str, title: str, lines: Sequence[str] = ()) -> None:
        seconds = self.seconds[step] = round(time.monotonic() - self._start, 3)
        self._tell(seconds, title, lines)

    @contextmanager
    def begin(self, exports: Iterable[str]) -> Generator[LocalAws]:
        """Deploy the program, which must have these exports; leave nothing behind in the end.

        Raises LocalAwsError, ProgramError or DemoError, each with a text for the user.
        """
        # Importing pulumi takes as long as the local AWS takes to start: both at once.
        warming = threading.Thread(target=warm_up, daemon=True)
        warming.start()
        with local_aws(region=self.config("aws:region", "us-east-1")) as aws:
            self.tell("started", "An AWS is running inside this machine: no account, no Docker")
            warming.join()  # pulumi_aws cannot be imported by two threads at once
            self._deploy(aws, exports)
            yield aws
        self.tell("clean", "Nothing is left behind")

    def config(self, key: str, default: str = "") -> str:
        """A value of the stack's configuration: of the project, unless the key names something else."""
        config = self._config
        return config.values.get(key if ":" in key else f"{config.project}:{key}", default)

    @cached_property
    def _config(self) -> StackConfig:
        return read_stack_config(self.project, self.stack)

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
        self.tell("deployed", title, [*_consumers(deployment), *warnings])

    def lines(self, aws: LocalAws, export: str, since: float = 0) -> list[str]:
        """Return the lines of an exported log group from `since` (seconds since 1970) on."""
        return logs.lines(aws.client("logs"), self.exports[export], since)


def _consumers(deployment: Deployment) -> list[str]:
    """A line for each consumer: which function reads which queue."""
    names: dict[str, dict[str, str]] = {}
    for made in deployment.resources:
        tags: dict[str, str] = made.outputs.get("tags") or {}
        parts = names.setdefault(tags.get("queue-consumer:consumer", ""), {})
        parts[tags.get("queue-consumer:part", "")] = made.outputs.get("name", "")
    return [
        f"{name}: {parts['queue']} → {parts['function']}" for name, parts in sorted(names.items()) if "queue" in parts
    ]
