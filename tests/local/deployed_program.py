"""A program with consumers in a folder of its own, deployed to the local AWS."""

from contextlib import suppress
from pathlib import Path
from textwrap import dedent
from typing import Any

from consumers.evaluate.program import deploy
from consumers.local.emulator import LocalAws
from consumers.operations import logs, queues
from on_local_aws import short, take, wait_until


class DeployedProgram:
    """Its exports name the parts of one consumer: queue, dlq, logs, mapping."""

    def __init__(self, aws: LocalAws, folder: Path, name: str) -> None:
        self.aws, self.folder, self.sqs = aws, folder, aws.client("sqs")
        self.name = short(name)
        self.exports: dict[str, Any] = {}
        self.write("Pulumi.yaml", "name: test\nruntime: python\n")

    def write(self, path: str, text: str) -> None:
        (self.folder / path).parent.mkdir(exist_ok=True)
        (self.folder / path).write_text(dedent(text))

    def write_consumer(self, args: str, before: str = "") -> None:
        """Write the program. `args` is an expression, for which `before` may define variables."""
        self.write(
            "__main__.py",
            "import pulumi\nfrom components import QueueConsumer\n"
            f"{before}\nc = QueueConsumer({self.name!r}, {args})\n"
            "pulumi.export('queue', c.queue_url)\npulumi.export('dlq', c.dead_letter_queue_url)\n"
            "pulumi.export('logs', c.log_group_name)\npulumi.export('mapping', c.mapping_id)\n",
        )

    def consume(self, handler: str, **args: Any) -> "DeployedProgram":
        """Deploy a consumer of this handler."""
        self.write("function/handler.py", handler)
        self.write_consumer(repr({"source": "function", "timeout": 10, **args}))
        self.deploy()
        return self

    def deploy(self) -> None:
        self.exports = deploy(self.folder, self.aws, stack="test").exports

    def send(self, *bodies: str) -> None:
        queues.send(self.sqs, self.exports["queue"], bodies)

    def take(self, queue: str, first: int = 0, then: int = 0) -> list[dict[str, Any]]:
        """Receive and delete all messages, as `on_local_aws.take` does."""
        return take(self.sqs, self.exports[queue], first, then)

    def depth(self, queue: str) -> int:
        return queues.depth(self.sqs, self.exports[queue]).total

    def wait_until_empty(self) -> None:
        wait_until(lambda: self.depth("queue") == 0)

    def lines(self, containing: str) -> list[str]:
        lines = logs.lines(self.aws.client("logs"), self.exports["logs"])
        return sorted(line for line in lines if containing in line)

    def stop_polling(self) -> None:
        """Delete the mapping, which would slow down later tests."""
        with suppress(Exception):
            self.aws.client("lambda").delete_event_source_mapping(UUID=self.exports["mapping"])
