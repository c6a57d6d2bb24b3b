"""A small project under `consumers dev`, and what its loop shows."""

import threading
from collections.abc import Sequence
from pathlib import Path

from consumers.dev.loop import Loop
from consumers.local import background
from consumers.local.emulator import LocalAws
from consumers.operations import queues
from on_local_aws import wait_until

PROGRAM = """from components import QueueConsumer, QueueConsumerArgs
QueueConsumer("orders", QueueConsumerArgs(source="orders", timeout=5))
"""
HANDLER = """def handle(event, context):
    for record in event["Records"]:
        print("{version}", record["body"])
"""


class Recorded:
    """A view that keeps what it is shown."""

    def __init__(self) -> None:
        self.aws: LocalAws | None = None
        self.consumers: list[str] = []
        self.steps: list[str] = []
        self.updates = 0
        self.errors: list[str] = []
        self.messages: list[str] = []
        self.lines: list[str] = []
        self.changed: list[str] = []

    def started(self, title: str, aws: LocalAws, consumers: Sequence[str]) -> None:
        self.aws, self.consumers = aws, list(consumers)

    def updating(self, files: Sequence[str]) -> None:
        self.changed += files

    def updated(self, steps: Sequence[str], seconds: float) -> None:
        self.steps += steps
        self.updates += 1

    def failed(self, text: str) -> None:
        self.errors.append(text)

    def message(self, text: str) -> None:
        self.messages.append(text)

    def log(self, consumer: str, line: str) -> None:
        self.lines.append(f"{consumer}: {line}")

    def page(self, address: str) -> None:
        self.messages.append(address)


class DevProject:
    """A project, and the loop on it from `start` to `end`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.view = folder, Recorded()
        self.handler = folder / "orders" / "handler.py"
        self.program = folder / "__main__.py"
        self.handler.parent.mkdir(parents=True)
        self.write_handler("one")
        self.program.write_text(PROGRAM)
        (folder / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
        self.loop = Loop(folder, "dev", None, self.view)
        self._thread = threading.Thread(target=self.loop.run)

    def start(self) -> None:
        self._thread.start()
        wait_until(lambda: self.view.updates == 1)

    def end(self) -> None:
        self.loop.stop()
        self._thread.join()
        background.stop(self.folder)

    def write_handler(self, version: str) -> None:
        self.handler.write_text(HANDLER.format(version=version))

    def send(self, body: str) -> None:
        assert self.view.aws
        sqs = self.view.aws.client("sqs")
        url = next(url for url in sqs.list_queues()["QueueUrls"] if "-queue" in url)
        queues.send(sqs, url, [body])

    def wait_for_line(self, text: str) -> None:
        wait_until(lambda: f"orders: {text}" in self.view.lines)
