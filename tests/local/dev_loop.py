"""A small project under `consumers dev`, and what its loop shows."""

import shutil
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

KEPT = ("Pulumi.yaml", "__main__.py", ".consumers")
"""What a project has beside its handler."""


class Recorded:
    """A view that keeps what it is shown."""

    def __init__(self) -> None:
        self.aws: LocalAws | None = None
        self.consumers: list[str] = []
        self.forget()

    def forget(self) -> None:
        """Forget what it was shown, but for the local AWS and its consumers."""
        self.steps: list[str] = []
        self.updates = 0
        self.is_updating = False
        self.errors: list[str] = []
        self.messages: list[str] = []
        self.lines: list[str] = []
        self.changed: list[str] = []

    def started(self, title: str, aws: LocalAws, consumers: Sequence[str]) -> None:
        self.aws, self.consumers = aws, list(consumers)

    def updating(self, files: Sequence[str]) -> None:
        self.changed += files
        self.is_updating = True

    def updated(self, steps: Sequence[str], seconds: float) -> None:
        self.steps += steps
        self.updates += 1
        self.is_updating = False

    def failed(self, text: str) -> None:
        self.errors.append(text)
        self.is_updating = False

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
        self._resets = 0

    def start(self) -> None:
        self._thread.start()
        wait_until(lambda: self.view.updates == 1)

    def reset(self) -> None:
        """Make it what it was after the first update, whatever a test has done to it."""
        for path in [path for path in self.folder.iterdir() if path.name not in KEPT]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.handler.parent.mkdir()
        self.write_handler("one")
        self._resets += 1
        self.view.changed.clear()
        # Renamed, and after the other files: whatever else has changed, the update with this one is the last.
        new = self.folder.with_name("program")
        new.write_text(f"{PROGRAM}# {self._resets}\n")
        new.replace(self.program)
        wait_until(lambda: "__main__.py" in self.view.changed and not self.view.is_updating)
        assert self.view.consumers == ["orders"]
        self.view.forget()
        self.view.updates = 1

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
