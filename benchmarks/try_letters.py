"""`consumers try` of 1,000 dead letters, compared with how people see whether a fix works: redrive them and wait.

Of the letters 20 still fail. The other side redrives with boto3, ten in a call, to the deployed function with the same
code, and waits until all are handled or dead again: once with retries after a second, and once after the visibility
timeout, which is the default. On the local AWS; ours is timed from outside.
"""

import json
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.dead_letters import command
from benchmarks.measure import Row, in_turn, ratio
from consumers.evaluate.program import deploy
from consumers.local.emulator import LocalAws, local_aws
from consumers.operations import queues

LETTERS, BROKEN = 1_000, 20
BATCH = 10
ROUNDS = 3
POLL = 0.05  # seconds
PROGRAM = """
import pulumi
from components import QueueConsumer

arguments = {"source": "function", "timeout": 5, "batch_size": 10, "max_receive_count": 2}
retry = {"base_delay_seconds": 1, "maximum_delay_seconds": 1}
for name, more in (("quick", {"retry": retry}), ("slow", {})):
    consumer = QueueConsumer(name, {**arguments, **more})
    pulumi.export(name, [consumer.queue_url, consumer.dead_letter_queue_url])
"""
HANDLER = """
from sqs_batch import batch_handler


@batch_handler
def handle(record):
    if record.json["chips"] < 0:
        raise ValueError("no chips")
"""


@dataclass(frozen=True)
class Consumer:
    """A deployed consumer, and the folder of its program."""

    aws: LocalAws
    folder: Path
    name: str
    url: str
    dead_url: str

    def dead(self) -> int:
        """Return the letters in the dead-letter queue."""
        return queues.depth(self.aws.client("sqs"), self.dead_url).total

    def fill(self) -> None:
        """Leave the letters in the dead-letter queue."""
        sqs = self.aws.client("sqs")
        sqs.purge_queue(QueueUrl=self.dead_url)
        for start in range(0, LETTERS, BATCH):
            entries = [_entry(number) for number in range(start, start + BATCH)]
            sqs.send_message_batch(QueueUrl=self.dead_url, Entries=entries)


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder, local_aws() as aws:
        quick, slow = _deployed(aws, Path(folder))
        ours, *theirs = in_turn(ROUNDS, lambda: _tried(quick), lambda: _redriven(quick), lambda: _redriven(slow))
    what = f"try: {LETTERS:,} dead letters, of which {BROKEN} still fail"
    retries = "retries after 1 s", "default retries"
    return [
        Row(
            what,
            statistics.median(ours),
            "s",
            f"redriving them and waiting, {retry}, {statistics.median(their):.1f} s",
            ratio(ours, their),
        )
        for retry, their in zip(retries, theirs, strict=True)
    ]


def _deployed(aws: LocalAws, folder: Path) -> list[Consumer]:
    (folder / "function").mkdir()
    (folder / "function" / "handler.py").write_text(HANDLER)
    (folder / "Pulumi.yaml").write_text("name: bench\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM)
    exports = deploy(folder, aws).exports
    return [Consumer(aws, folder, name, *exports[name]) for name in ("quick", "slow")]


def _entry(number: int) -> dict[str, Any]:
    why = {"reason": "ValueError: no chips", "receiveCount": 2, "messageId": f"original-{number}"}
    body = {"id": number, "user": "aarit", "chips": -1 if number < BROKEN else number}
    attributes = {"Rejected": {"DataType": "String", "StringValue": json.dumps(why)}}
    return {"Id": str(number), "MessageBody": json.dumps(body), "MessageAttributes": attributes}


def _tried(consumer: Consumer) -> float:
    consumer.fill()
    seconds, _, text = command(consumer.aws, consumer.folder, "try", consumer.name, "--json", expected=1)
    outcome = json.loads(text)
    _require(outcome["failed"], BROKEN)
    _require(outcome["passed"], LETTERS - BROKEN)
    _require(consumer.dead(), LETTERS)
    return seconds


def _redriven(consumer: Consumer) -> float:
    consumer.fill()
    sqs, start = consumer.aws.client("sqs"), time.monotonic()
    # All are received before any is sent, or one that is dead again would be received in place of one that waits.
    batches = [
        sqs.receive_message(QueueUrl=consumer.dead_url, MaxNumberOfMessages=BATCH)["Messages"]
        for _ in range(LETTERS // BATCH)
    ]
    for messages in batches:
        names = [(str(number), message) for number, message in enumerate(messages)]
        sent = [{"Id": name, "MessageBody": message["Body"]} for name, message in names]
        sqs.send_message_batch(QueueUrl=consumer.url, Entries=sent)
        received = [{"Id": name, "ReceiptHandle": message["ReceiptHandle"]} for name, message in names]
        sqs.delete_message_batch(QueueUrl=consumer.dead_url, Entries=received)
    while queues.depth(sqs, consumer.url).total or consumer.dead() < BROKEN:
        time.sleep(POLL)
    _require(consumer.dead(), BROKEN)
    return time.monotonic() - start


def _require(found: int, expected: int) -> None:
    if found != expected:
        raise RuntimeError(f"{found:,} messages instead of {expected:,}")
