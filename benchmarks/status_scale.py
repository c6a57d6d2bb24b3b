"""`consumers status` of 100 consumers on the project's local AWS, each with 10 dead letters, compared with that of one.

It is timed from outside, with the start of its process.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from benchmarks.dead_letters import LANES
from benchmarks.measure import Row, in_turn, ratio
from consumers.evaluate.program import deploy
from consumers.local import background
from consumers.local.emulator import LocalAws

CONSUMERS, LETTERS = 100, 10
ROUNDS = 5
PROGRAM = f"""
import pulumi
from components import QueueConsumer

for number in range({CONSUMERS}):
    # Paused: a hundred pollers would be measured too.
    made = QueueConsumer(f"consumer-{{number}}", {{"source": "function", "mapping": {{"enabled": False}}}})
    pulumi.export(f"letters-{{number}}", made.dead_letter_queue_url)
"""


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            deploy_many(background.ensure(folder, "us-east-1"), folder)
            many, one = in_turn(ROUNDS, *(partial(status_seconds, folder, count) for count in (CONSUMERS, 1)))
        finally:
            background.stop(folder)
    what = f"status: {CONSUMERS} consumers (goal: 1 s)"
    against = f"of 1 consumer, {statistics.median(one):.2f} s"
    return [Row(what, statistics.median(many), "s", against, ratio(many, one))]


def deploy_many(aws: LocalAws, folder: Path) -> None:
    (folder / "function").mkdir()
    (folder / "function" / "handler.py").write_text("def handle(event, context): ...\n")
    (folder / "Pulumi.yaml").write_text("name: bench\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM)
    urls = deploy(folder, aws, stack="bench").exports.values()
    entries = [{"Id": str(number), "MessageBody": json.dumps({"id": number})} for number in range(LETTERS)]

    def send(url: str) -> None:
        aws.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)

    with ThreadPoolExecutor(LANES) as pool:
        list(pool.map(send, urls))


def status_seconds(folder: Path, count: int) -> float:
    """Return the seconds of a `consumers status` of so many consumers."""
    names = [] if count == CONSUMERS else [f"consumer-{number}" for number in range(count)]
    command = [sys.executable, "-m", "consumers", "status", "--json", "--project", str(folder), *names]
    start = time.perf_counter()
    text = subprocess.run(command, check=True, capture_output=True).stdout
    seconds = time.perf_counter() - start
    if (found := len(json.loads(text))) != count:
        raise RuntimeError(f"{found} of {count} consumers were found")
    return seconds
