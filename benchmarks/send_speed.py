"""10,000 messages sent with `consumers send`, compared with a loop of `send_message`, on the same local AWS.

Ours is timed from outside, with the start of its process, the look for the consumer and the check of all lines.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measure import Row, in_turn, ratio
from consumers.local.aws_environment import aws_environment
from consumers.local.emulator import LocalAws, local_aws
from consumers.operations import queues

MESSAGES = 10_000
ROUNDS = 3
TAGS = {"project": "bench", "stack": "bench", "consumer": "bench", "part": "queue"}


def rows() -> list[Row]:
    lines = [
        json.dumps({"id": number, "user": "aarit", "hole": "AsKs", "chip_delta": 120}) for number in range(MESSAGES)
    ]
    with tempfile.TemporaryDirectory() as folder, local_aws() as aws:
        file = Path(folder, "messages.jsonl")
        file.write_text("\n".join(lines))
        # Without a consumer, so that only sending is measured.
        tags = {f"queue-consumer:{key}": value for key, value in TAGS.items()}
        url = aws.client("sqs").create_queue(QueueName="bench", tags=tags)["QueueUrl"]
        ours, theirs = in_turn(ROUNDS, lambda: _command(aws, url, file), lambda: _loop(aws, url, lines))
    against = f"a loop of send_message, {statistics.median(theirs):.1f} s"
    return [Row("send: 10,000 messages", statistics.median(ours), "s", against, ratio(ours, theirs), 1 / 8)]


def _command(aws: LocalAws, url: str, file: Path) -> float:
    environment = {"PATH": os.defpath, **aws_environment(aws)}
    command = [sys.executable, "-m", "consumers", "send", "bench", str(file), "--region", aws.region]
    start = time.monotonic()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return _seconds(aws, url, start)


def _loop(aws: LocalAws, url: str, lines: list[str]) -> float:
    sqs = aws.client("sqs")
    start = time.monotonic()
    for line in lines:
        sqs.send_message(QueueUrl=url, MessageBody=line)
    return _seconds(aws, url, start)


def _seconds(aws: LocalAws, url: str, start: float) -> float:
    """Wait until the queue has all messages, purge it, and return the time since the start."""
    seconds = time.monotonic() - start
    if (there := queues.depth(aws.client("sqs"), url).total) != MESSAGES:
        raise RuntimeError(f"{there} of {MESSAGES} messages have arrived")
    aws.client("sqs").purge_queue(QueueUrl=url)
    return seconds
