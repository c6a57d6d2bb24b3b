"""Messages that wait in a queue of the local AWS, until one consumer has handled them, compared with ministack alone.

The mapping is disabled while the queue is filled. ministack looks at all messages for each receive, so that fewer of
them are timed there; to fill a FIFO queue takes it minutes, so that fewer wait.
"""

import json
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import Row
from benchmarks.peers.ministack_alone import ministack_alone
from consumers.evaluate.program import deploy
from consumers.local.emulator import LocalAws, local_aws

ENTRIES, LANES, GROUPS = 10, 4, 2_000
HANDLER = """
from sqs_batch import Record, batch_handler


@batch_handler
def handle(record: Record) -> None:
    record.json
"""
PROGRAM = """
import pulumi
from components import QueueConsumer

made = QueueConsumer("bench", {"source": "function", "fifo": FIFO, "mapping": {"enabled": False}})
pulumi.export("url", made.queue_url)
"""


@dataclass(frozen=True)
class Backlog:
    fifo: bool
    waiting: int
    handled: int
    """How many of them are timed."""

    def entry(self, number: int) -> dict[str, Any]:
        entry = {"Id": str(number), "MessageBody": json.dumps({"id": number, "hole": "AsKs"})}
        fifo = {"MessageGroupId": str(number % GROUPS), "MessageDeduplicationId": str(number)}
        return {**entry, **(fifo if self.fifo else {})}


def rows() -> list[Row]:
    standard, fifo = Backlog(False, 50_000, 50_000), Backlog(True, 20_000, 20_000)
    return [
        _row("standard queue", 485, standard, Backlog(False, 50_000, 500)),
        _row("FIFO queue", 225, fifo, Backlog(True, 5_000, 500)),
    ]


def _row(kind: str, goal: int, backlog: Backlog, of_peer: Backlog) -> Row:
    ours = _ours(backlog)
    with ministack_alone() as aws:
        theirs = _milliseconds(aws, of_peer)
    what = f"local AWS: a message of {backlog.waiting:,} on a {kind} (goal: {1000 / goal:.1f} ms)"
    return Row(what, ours, "ms", f"ministack alone, {of_peer.waiting:,} waiting, {theirs:.1f} ms", ours / theirs, 1 / 5)


def _ours(backlog: Backlog) -> float:
    with local_aws() as aws:
        return _milliseconds(aws, backlog)


def _milliseconds(aws: LocalAws, backlog: Backlog) -> float:
    """Return the time for one message, from when the mapping is enabled."""
    url = _deployed(aws, backlog)
    _fill(aws, url, backlog)
    (mapping,) = aws.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    start = time.monotonic()
    aws.client("lambda").update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    while (handled := backlog.waiting - _count(aws, url)) < backlog.handled:
        time.sleep(0.2)
    return 1000 * (time.monotonic() - start) / handled


def _deployed(aws: LocalAws, backlog: Backlog) -> str:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "function").mkdir()
        (folder / "function" / "handler.py").write_text(HANDLER)
        (folder / "Pulumi.yaml").write_text("name: bench\nruntime: python\n")
        (folder / "__main__.py").write_text(PROGRAM.replace("FIFO", str(backlog.fifo)))
        return deploy(folder, aws, stack="bench").exports["url"]


def _fill(aws: LocalAws, url: str, backlog: Backlog) -> None:
    def send(start: int) -> None:
        entries = [backlog.entry(number) for number in range(start, start + ENTRIES)]
        aws.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)

    with ThreadPoolExecutor(LANES) as pool:
        list(pool.map(send, range(0, backlog.waiting, ENTRIES)))
    if (there := _count(aws, url)) != backlog.waiting:
        raise RuntimeError(f"{there:,} of {backlog.waiting:,} messages wait")


def _count(aws: LocalAws, url: str) -> int:
    """Return how many messages are in the queue, in flight or not."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)
