"""A program beside dead letters, for the tests of commands that run its handler."""

import json
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

from dead_letters import Dead
from deployed_consumers import run

PROGRAM = """
from components import QueueConsumer
import pulumi
{before}
QueueConsumer({name!r}, {args!r})
"""
STRICT = """
from sqs_batch import batch_handler

@batch_handler
def handle(record):
    hand = record.json
    if hand["n"] < 0:
        raise ValueError(f"n must not be negative, got {hand['n']}")
"""


@dataclass(frozen=True)
class Trials:
    """Dead letters on the local AWS, and a working copy in a folder whose handler is none that is deployed."""

    dead: Dead
    folder: Path

    def write(self, handler: str, before: str = "", **args: Any) -> None:
        """Write the program with its handler."""
        (self.folder / "function").mkdir(exist_ok=True)
        (self.folder / "function" / "handler.py").write_text(dedent(handler))
        (self.folder / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
        given = {"source": "function", "timeout": 10, **args}
        (self.folder / "__main__.py").write_text(PROGRAM.format(name=self.dead.name, args=given, before=before))

    def run(self, *options: str, stdin: str | None = None, region: str | None = "us-east-1") -> Any:
        """Run `consumers try`, with the local AWS in an account's place."""
        return run("try", self.dead.name, *options, "--project", str(self.folder), stdin=stdin, region=region)

    def depths(self) -> tuple[int, int, int, int]:
        """Messages of both queues: all, and those that are visible."""
        urls = self.dead.url, self.dead.dead_url
        return (*map(self.dead.depth, urls), *map(self.dead.visible, urls))  # pyright: ignore[reportReturnType]


def hands(*numbers: int) -> list[str]:
    return [json.dumps({"n": number}) for number in numbers]
