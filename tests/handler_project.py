"""A program with one consumer, whose handler runs on this machine."""

import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from consumers.local.aws_environment import aws_environment
from consumers.working_copy import copies, events
from consumers.working_copy.debugging import Debugger
from consumers.working_copy.handler_process import HandlerProcess
from consumers.working_copy.invocation import Invocation

MAIN = """
from components import QueueConsumer

QueueConsumer("orders", {args!r})
"""
NODE = {"runtime": "nodejs22.x", "handler": "index.handler"}
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:orders"


@dataclass(frozen=True)
class HandlerProject:
    """A program with the consumer `orders`, whose source is the folder `function`."""

    folder: Path
    args: dict[str, Any] = field(default_factory=dict[str, Any])

    def write(self, files: Mapping[str, str], **args: Any) -> "HandlerProject":
        """Write its program with these arguments, and the files of its handler."""
        (self.folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
        arguments = {"source": "function", "timeout": 10, **args}
        (self.folder / "__main__.py").write_text(MAIN.format(args=arguments))
        for name, text in files.items():
            path = self.folder / "function" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return self

    def process(
        self, debugger: Debugger | None = None, on_line: Callable[[str], object] = lambda line: None
    ) -> HandlerProcess:
        """Return a process with its handler."""
        copy = copies.load(self.folder, "dev", "orders")
        return HandlerProcess(copy, aws_environment(None), debugger=debugger, on_line=on_line)

    def invoke(self, *bodies: str, **options: Any) -> Invocation:
        """Invoke its handler once, with a message for each body."""
        with self.process(**options) as process:
            return process.invoke(event(*bodies))


class InBackground(threading.Thread):
    """Invocations in a thread, one for each event, while the test plays the editor."""

    def __init__(self, project: HandlerProject, port: int, *events: dict[str, Any]) -> None:
        super().__init__(daemon=True)
        self._project, self._port, self._events = project, port, events
        self.lines: list[str] = []
        self._invocation: Invocation | None = None
        self.start()

    def run(self) -> None:
        with self._project.process(Debugger("debugpy", self._port), self.lines.append) as process:
            for one in self._events:
                self._invocation = process.invoke(one)

    def result(self) -> Invocation:
        """Wait for the last one."""
        self.join(60)
        assert self._invocation
        return self._invocation


def event(*bodies: str) -> dict[str, Any]:
    """Return an event with a message for each body: its id is `message-1`, and so on."""
    messages = ({"MessageId": f"message-{number}", "Body": body} for number, body in enumerate(bodies, 1))
    return events.event(events.record(message, QUEUE) for message in messages)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
