"""Consumers that are deployed to the local AWS, and the commands that are run on them."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from consumers.cli import main
from consumers.evaluate.program import deploy
from consumers.local.aws_environment import aws_environment
from consumers.local.emulator import LocalAws
from on_local_aws import take

ROOT = Path(__file__).parents[2]
HANDLER = """
import json, logging
from sqs_batch import batch_handler

log = logging.getLogger()
log.setLevel(logging.INFO)

@batch_handler
def handle(record):
    log.info("did %s", record.json["id"])
"""


PROGRAM = """
import pulumi
from components import QueueConsumer

for name, args in {consumers}.items():
    made = QueueConsumer(name, {{"source": "function", "timeout": 10, **args}})
    pulumi.export(name, {{"queue": made.queue_url, "mapping": made.mapping_id, "logs": made.log_group_name}})
"""


PAUSED = {"mapping": {"enabled": False}}


@dataclass(frozen=True)
class Deployed:
    """One consumer that polls, two that are paused so that their messages stay, and one with a name in two stacks."""

    aws: LocalAws
    suffix: str
    exports: dict[str, Any]

    def name(self, short: str) -> str:
        return f"{short}-{self.suffix}"

    def bodies(self, short: str) -> list[str]:
        """Take every message of its queue."""
        url = self.exports[self.name(short)]["queue"]
        return [message["Body"] for message in take(self.aws.client("sqs"), url)]


@contextmanager
def deployed(aws: LocalAws, folder: Path) -> Generator[Deployed]:
    """Deploy them until the end of the block."""
    suffix = uuid.uuid4().hex[:8]
    (folder / "function").mkdir()
    (folder / "function" / "handler.py").write_text(HANDLER)
    (folder / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
    exports: dict[str, Any] = {}
    several = {f"hands-{suffix}": {}, f"paused-{suffix}": PAUSED, f"ordered-{suffix}": PAUSED | {"fifo": True}}
    twin = {f"twin-{suffix}": PAUSED}
    for stack, consumers in (("one", several), ("two", twin), ("three", twin)):
        (folder / "__main__.py").write_text(PROGRAM.format(consumers=consumers))
        exports |= deploy(folder, aws, stack=stack).exports
    yield Deployed(aws, suffix, exports)
    for export in exports.values():  # a poller that goes on would slow down the tests after these
        with suppress(Exception):
            aws.client("lambda").delete_event_source_mapping(UUID=export["mapping"])


def use_only(aws: LocalAws, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Work in a folder, with this local AWS in AWS' place and nothing of the machine's own settings of AWS."""
    for variable in [variable for variable in os.environ if variable.startswith("AWS_")]:
        monkeypatch.delenv(variable)
    for variable, value in aws_environment(aws).items():
        monkeypatch.setenv(variable, value)
    monkeypatch.chdir(folder)


def run(*arguments: str, stdin: str | bytes | None = None, region: str | None = "us-east-1") -> Result:
    where = ["--region", region] if region else []
    return CliRunner().invoke(main, [*arguments, *where], input=stdin)


def failed(result: Result, code: int = 1) -> str:
    """The one error of a command that has failed."""
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result.stderr.partition("Error: ")[2].strip()


def start(*arguments: str, aws: LocalAws) -> "subprocess.Popen[str]":
    """Start a command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "consumers.cli", *arguments, "--region", aws.region],
        cwd=ROOT,
        env={"PATH": os.defpath, "PYTHONUNBUFFERED": "1", **aws_environment(aws)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def lines(count: int, **more: Any) -> list[str]:
    return [json.dumps({"id": number, **more}) for number in range(count)]
