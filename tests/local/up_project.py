"""A project that `consumers up` brings to a local AWS that is running already."""

import json
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from consumers.evaluate.program import Message
from consumers.local.emulator import LocalAws
from consumers.provider.update import Outcome, update

HANDLER = "def handle(event, context):\n    return {'batchItemFailures': []}\n"
CONSUMER = """
    QueueConsumer("hands", QueueConsumerArgs(source="hands", runtime="python3.12", timeout={timeout}))
"""
PARTS = {f"hands-{part}" for part in ("role", "logs", "dlq", "queue", "policy", "function", "mapping")}
HEAD = """import json, pulumi
import pulumi_aws as aws
from pulumi import ResourceOptions
from components import QueueConsumer, QueueConsumerArgs
"""


@dataclass
class UpProject:
    """A project with the handler `hands`, and the messages of the updates of its stack `dev`."""

    folder: Path
    aws: LocalAws
    messages: list[Message] = field(default_factory=list[Message])

    def __post_init__(self) -> None:
        write_project(self.folder)
        (self.folder / ".consumers").mkdir()

    def write(self, program: str) -> None:
        """Write the program that follows on `HEAD`."""
        write_program(self.folder, program)

    def up(self, program: str, stack: str = "dev") -> Outcome:
        """Bring a program up."""
        self.write(program)
        return update(self.folder, stack, self.aws, on_message=self.messages.append)

    def recorded(self) -> dict[str, Any]:
        """Each resource of the stack's record, by logical name."""
        record = json.loads((self.folder / ".consumers" / "stacks" / "dev.json").read_text())
        assert record["leftovers"] == []
        return {each["name"]: each for each in record["resources"]}

    def ids(self) -> dict[str, str]:
        """The id of each resource, by logical name."""
        return {name: each["id"] for name, each in self.recorded().items()}

    def files_with(self, text: str) -> list[str]:
        """The files of the record that hold a text."""
        files = [path for path in (self.folder / ".consumers").rglob("*") if path.is_file()]
        assert files
        return [path.name for path in files if text.encode() in path.read_bytes()]


def write_project(folder: Path) -> None:
    (folder / "Pulumi.yaml").write_text("name: hands\nruntime: python\n")
    (folder / "hands").mkdir()
    (folder / "hands" / "handler.py").write_text(HANDLER)


def write_program(folder: Path, program: str) -> None:
    (folder / "__main__.py").write_text(HEAD + textwrap.dedent(program))


def done(outcome: Outcome) -> dict[str, str]:
    """Each action, by logical name."""
    assert len({step.name for step in outcome.steps}) == len(outcome.steps)
    return {step.name: step.action for step in outcome.steps}
