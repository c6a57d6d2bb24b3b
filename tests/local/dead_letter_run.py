"""Consumers on the local AWS whose messages fail for different reasons, for the tests of `consumers dlq`."""

import json
import uuid
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from consumers.cli import main
from consumers.evaluate.program import deploy
from consumers.local.emulator import LocalAws
from consumers.operations import queues
from on_local_aws import wait_until

HANDLER = """
import logging, os, time
from sqs_batch import Reject, batch_handler

@batch_handler
def handle(record):
    hand = record.json
    if hand["kind"] == "value":
        raise ValueError(f"no card: '{hand['id']}'")
    if hand["kind"] == "key":
        hand["missing"]
    if hand["kind"] == "reject":
        raise Reject(f"no player {hand['id']}")
    if hand["kind"] == "slow":
        time.sleep(30)
    if hand["kind"] == "crash":
        os._exit(3)
"""
PROGRAM = """
import pulumi
from components import DeadLetterQueue, QueueConsumer

ONCE = {{"source": "function", "timeout": 2, "batch_size": 1, "max_receive_count": 1}}
OPTIONS = {{"queue": {{"visibility_timeout_seconds": 2}}}}
for name, more in {consumers}.items():
    made = QueueConsumer(name, {{**ONCE, **OPTIONS, **more}})
    pulumi.export(name, {{"queue": made.queue_url, "dlq": made.dead_letter_queue_url, "mapping": made.mapping_id}})
dead = DeadLetterQueue("dead-{suffix}", {{}})
for name in {sharing}:
    queue = {{**OPTIONS["queue"]}}
    made = QueueConsumer(name, {{**ONCE, "queue": queue, "dead_letter_queue": {{"arn": dead.arn}}}})
    pulumi.export(name, {{"queue": made.queue_url, "dlq": dead.url, "mapping": made.mapping_id}})
"""


@dataclass(frozen=True)
class Failing:
    """Consumers `hands`, `ordered` (FIFO), and `one` and `two`, which share a dead-letter queue."""

    aws: LocalAws
    suffix: str
    exports: dict[str, Any]

    def name(self, short: str) -> str:
        return f"{short}-{self.suffix}"

    def url(self, short: str, part: str = "queue") -> str:
        return self.exports[self.name(short)][part]

    def fail(self, short: str, *bodies: Any) -> None:
        """Send messages, and wait until they are dead; what is no text is sent as JSON."""
        sqs, before = self.aws.client("sqs"), self.dead(short)
        queues.send(sqs, self.url(short), [body if isinstance(body, str) else json.dumps(body) for body in bodies])
        wait_until(lambda: self.dead(short) == before + len(bodies))

    def dead(self, short: str) -> int:
        return queues.depth(self.aws.client("sqs"), self.url(short, "dlq")).total

    def empty(self) -> None:
        """Delete all messages, between tests."""
        for export in self.exports.values():
            for part in ("queue", "dlq"):
                self.aws.client("sqs").purge_queue(QueueUrl=export[part])


@contextmanager
def failing(aws: LocalAws, folder: Path) -> Generator[Failing]:
    """Deploy them until the end of the block."""
    suffix = uuid.uuid4().hex[:6]
    (folder / "function").mkdir()
    (folder / "function" / "handler.py").write_text(HANDLER)
    (folder / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
    consumers: dict[str, Any] = {f"hands-{suffix}": {}, f"ordered-{suffix}": {"fifo": True}}
    sharing = [f"one-{suffix}", f"two-{suffix}"]
    program = PROGRAM.format(consumers=consumers, sharing=sharing, suffix=suffix)
    (folder / "__main__.py").write_text(program)
    exports = deploy(folder, aws, stack="dlq").exports
    yield Failing(aws, suffix, exports)
    for export in exports.values():  # a poller that goes on would slow down the tests after these
        with suppress(Exception):
            aws.client("lambda").delete_event_source_mapping(UUID=export["mapping"])


def run(*arguments: str, stdin: str | None = None) -> Result:
    """Run `consumers dlq` on the local AWS in an account's place."""
    return CliRunner().invoke(main, ["dlq", *arguments, "--region", "us-east-1"], input=stdin)
