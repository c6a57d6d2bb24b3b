"""`consumers attach` that is killed at random moments, with thousands of messages under way.

A ledger by business id proves that nothing is lost. `make faults` kills 60 times; `make test` fewer.
"""

import json
import math
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from attachable import depth, state
from consumers.evaluate.program import deploy
from consumers.local.emulator import LocalAws
from consumers.operations.discovery import Consumer, find_one
from forked_commands import Commands, kill
from on_local_aws import short, wait_until

IS_FULL = bool(os.environ.get("FAULTS"))
KILLS = 30 if IS_FULL else 4  # in each part
PARTS = (1, 2) if IS_FULL else (1,)  # at the same time, each on a local AWS of its own: most of the time they wait
MESSAGES = 2000 if IS_FULL else 100  # under way at each kill
BATCH = 10
SIGKILL = -9  # exit code
HANDLER = """
import json, os, time

def handle(event, context):
    time.sleep(0.05)
    lines = "".join(f"{json.loads(one['body'])['id']} {context.function_name}\\n" for one in event["Records"])
    ledger = os.open(os.environ["LEDGER"], os.O_WRONLY | os.O_APPEND)
    os.write(ledger, lines.encode())
    os.close(ledger)
"""
PROGRAM = """
import pulumi
from components import QueueConsumer

QueueConsumer({name!r}, {{
    "source": "function",
    "timeout": 1,
    "queue": {{"visibility_timeout_seconds": 6}},
    "max_receive_count": 1000,
    "environment": {{"LEDGER": {ledger!r}}},
}})
"""


class Ledger:
    """The messages that were sent, and who handled which."""

    def __init__(self, aws: LocalAws, consumer: Consumer, file: Path) -> None:
        self.aws, self.consumer, self.file, self.sent = aws, consumer, file, 0

    def top_up(self, end: float = math.inf) -> None:
        """Send until there are as many messages as there should be, or until the clock is at `end`."""
        sqs = self.aws.client("sqs")
        for _ in range(max(0, MESSAGES - depth(self.aws, self.consumer).total) // 10):
            if time.monotonic() >= end:
                return
            entries = [{"Id": str(n), "MessageBody": json.dumps({"id": self.sent + n})} for n in range(10)]
            assert not sqs.send_message_batch(QueueUrl=self.consumer.queue_url, Entries=entries).get("Failed")
            self.sent += 10

    def keep_full(self, seconds: float) -> None:
        """Top up for so long: the function handles messages too, while it is not paused."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.top_up(end)
            time.sleep(max(0.0, min(0.1, end - time.monotonic())))

    def lines(self) -> list[tuple[int, str]]:
        pairs = (line.split() for line in self.file.read_text().splitlines())
        return [(int(number), who) for number, who in pairs]

    def handled_here(self) -> int:
        return sum(who.endswith("-working-copy") for _, who in self.lines())


@pytest.fixture
def ledger(aws: LocalAws, name: str, tmp_path: Path) -> Iterator[Ledger]:
    name = short(name)
    (tmp_path / "function").mkdir()
    (tmp_path / "function" / "handler.py").write_text(HANDLER)
    (tmp_path / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
    file = tmp_path / "ledger"
    file.touch()
    (tmp_path / "__main__.py").write_text(PROGRAM.format(name=name, ledger=str(file)))
    deploy(tmp_path, aws, stack="dev")
    consumer = find_one(aws.client, name)
    yield Ledger(aws, consumer, file)
    with suppress(Exception):
        aws.client("lambda").delete_event_source_mapping(UUID=consumer.mapping_ids[0])


@pytest.fixture
def commands(aws: LocalAws, tmp_path: Path) -> Iterator[Commands]:
    with Commands(tmp_path, aws.endpoint_url, aws.access_key_id, aws.region) as running:
        yield running


@pytest.mark.parametrize("part", PARTS)
def test_an_attach_that_is_killed_at_any_moment_loses_no_message(
    aws: LocalAws, ledger: Ledger, commands: Commands, part: int
) -> None:
    consumer, moments = ledger.consumer, random.Random(part)
    ledger.top_up()
    start = time.monotonic()
    attached = commands.start("attach", consumer.name)
    wait_until(lambda: ledger.keep_full(0.1) or ledger.handled_here())
    span = time.monotonic() - start  # until it handles messages
    for number in range(KILLS):
        if number:
            attached = commands.start("attach", consumer.name)
            ledger.keep_full(moments.uniform(0, 2 * span))
        kill(attached)
        ended = commands.wait()
        assert ended.code == SIGKILL, ended.stderr
        resumed = commands.run("resume", consumer.name)
        assert resumed.code == 0, resumed.stderr
        assert state(aws, consumer) == ("Enabled", False)
    wait_until(lambda: depth(aws, consumer).total == 0, 300)
    handled = Counter(number for number, _ in ledger.lines())
    assert set(handled) == set(range(ledger.sent))
    assert handled.total() - ledger.sent <= BATCH * KILLS, "more than what was under way came twice"
