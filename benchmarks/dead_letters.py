"""The commands on dead letters, on the local AWS: 10,000 redriven, 100,000 listed.

A redrive is compared with the loop that people write at three in the morning: receive one, send it, delete it. A list
is compared with the calls that it cannot do without, on as many threads. Ours is timed from outside.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import Row, in_turn, ratio
from consumers.local.aws_environment import aws_environment
from consumers.local.emulator import LocalAws, local_aws
from consumers.operations import queues

REDRIVEN, LISTED = 10_000, 100_000
LANES, ENTRIES = 8, 10
ROUNDS = 3
MOST_MEMORY = 250  # MB
HELD = 120  # seconds
REASONS = 5
ATTRIBUTES = {"tenant": {"DataType": "String", "StringValue": "acme"}}


@dataclass(frozen=True)
class Consumer:
    """A consumer without a function, so that only the command is measured."""

    aws: LocalAws
    url: str
    dead_url: str

    def fill(self, count: int) -> None:
        """Leave that many letters in the dead-letter queue, and nothing in the queue."""
        sqs = self.aws.client("sqs")
        for url in (self.url, self.dead_url):
            sqs.purge_queue(QueueUrl=url)
        with ThreadPoolExecutor(LANES) as pool:
            list(pool.map(self._send, range(0, count, ENTRIES)))
        _require(queues.depth(sqs, self.dead_url).visible, count)

    def _send(self, start: int) -> None:
        entries = [_entry(number) for number in range(start, start + ENTRIES)]
        self.aws.client("sqs").send_message_batch(QueueUrl=self.dead_url, Entries=entries)


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder, local_aws() as aws:
        consumer = create(aws, "bench")
        return [_redrive(consumer, Path(folder)), *_list(consumer, Path(folder))]


def create(aws: LocalAws, name: str) -> Consumer:
    sqs = aws.client("sqs")
    dead_url = sqs.create_queue(QueueName=f"{name}-dlq", tags=tags(name, "dead-letter-queue"))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})
    url = sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": policy}, tags=tags(name, "queue"))["QueueUrl"]
    return Consumer(aws, url, dead_url)


def tags(name: str, part: str) -> dict[str, str]:
    values = {"project": "bench", "stack": "bench", "consumer": name, "part": part}
    return {f"queue-consumer:{key}": value for key, value in values.items()}


def _entry(number: int) -> dict[str, Any]:
    why = {"reason": f"ValueError: no chips {number % REASONS}", "receiveCount": 3, "messageId": f"original-{number}"}
    body = {"id": number, "user": "aarit", "hole": "AsKs", "chip_delta": 120}
    rejected = {"DataType": "String", "StringValue": json.dumps(why)}
    return {
        "Id": str(number),
        "MessageBody": json.dumps(body),
        "MessageAttributes": {**ATTRIBUTES, "Rejected": rejected},
    }


def _redrive(consumer: Consumer, folder: Path) -> Row:
    ours, theirs = in_turn(ROUNDS, lambda: _redriven(consumer, folder), lambda: _one_by_one(consumer))
    against = f"a loop of receive, send and delete, {statistics.median(theirs):.0f} s"
    what = f"dlq redrive: {REDRIVEN:,} selected messages"
    return Row(what, statistics.median(ours), "s", against, ratio(ours, theirs), 1 / 8)


def _redriven(consumer: Consumer, folder: Path) -> float:
    consumer.fill(REDRIVEN)
    seconds, _, _ = command(consumer.aws, folder, "dlq", "redrive", "bench", "--attribute", "tenant=acme", "--yes")
    return _all_moved(consumer, seconds)


def _one_by_one(consumer: Consumer) -> float:
    consumer.fill(REDRIVEN)
    sqs, start = consumer.aws.client("sqs"), time.monotonic()
    while messages := sqs.receive_message(QueueUrl=consumer.dead_url, MessageAttributeNames=["All"]).get("Messages"):
        (message,) = messages
        attributes = message["MessageAttributes"]
        sqs.send_message(QueueUrl=consumer.url, MessageBody=message["Body"], MessageAttributes=attributes)
        sqs.delete_message(QueueUrl=consumer.dead_url, ReceiptHandle=message["ReceiptHandle"])
    return _all_moved(consumer, time.monotonic() - start)


def _all_moved(consumer: Consumer, seconds: float) -> float:
    sqs = consumer.aws.client("sqs")
    _require(queues.depth(sqs, consumer.url).total, REDRIVEN)
    _require(queues.depth(sqs, consumer.dead_url).total, 0)
    return seconds


def _list(consumer: Consumer, folder: Path) -> list[Row]:
    consumer.fill(LISTED)
    seconds, megabytes, text = command(consumer.aws, folder, "dlq", "list", "bench", "--json")
    _require(json.loads(text)[0]["count"], LISTED)
    _require(queues.depth(consumer.aws.client("sqs"), consumer.dead_url).visible, LISTED)
    bare = _bare_calls(consumer)
    what = f"dlq list: {LISTED:,} dead letters"
    against = f"the same calls and nothing else, {bare:.0f} s"
    return [
        Row(what, seconds, "s", against, seconds / bare),
        Row(f"{what}, peak memory", megabytes, "MB", f"the goal, {MOST_MEMORY} MB", megabytes / MOST_MEMORY, 1),
    ]


def _bare_calls(consumer: Consumer) -> float:
    """Receive everything, ten in a call, and change its visibility, which giving it back would do."""
    sqs, start = consumer.aws.client("sqs"), time.monotonic()

    def receive(lane: int) -> int:
        count, options = 0, {"MaxNumberOfMessages": ENTRIES, "VisibilityTimeout": HELD}
        while messages := sqs.receive_message(QueueUrl=consumer.dead_url, **options).get("Messages"):
            entries = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": HELD}
                for number, message in enumerate(messages)
            ]
            sqs.change_message_visibility_batch(QueueUrl=consumer.dead_url, Entries=entries)
            count += len(messages)
        return count

    with ThreadPoolExecutor(LANES) as pool:
        _require(sum(pool.map(receive, range(LANES))), LISTED)
    return time.monotonic() - start


def command(aws: LocalAws, folder: Path, *arguments: str, expected: int = 0) -> tuple[float, float, str]:
    """Run a `consumers` command; return its seconds, its peak memory in MB (10^6 bytes), and its standard output.

    Raise RuntimeError if its exit code is not `expected`.
    """
    environment = {
        "PATH": os.defpath,
        "PYTHONPATH": str(Path(__file__).parents[1]),
        **aws_environment(aws),
    }
    line = [sys.executable, "-m", "consumers", *arguments, "--region", aws.region]
    with (folder / "stdout").open("w+") as out:
        start = time.monotonic()
        process = subprocess.Popen(line, env=environment, cwd=folder, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != expected:
            raise RuntimeError(f"consumers {' '.join(arguments)} failed")
        out.seek(0)
        return seconds, usage.ru_maxrss * _MAXRSS_UNIT / 1e6, out.read()


_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes. https://man7.org/linux/man-pages/man2/getrusage.2.html"""


def _require(found: int, expected: int) -> None:
    if found != expected:
        raise RuntimeError(f"{found:,} of {expected:,} messages are there")
