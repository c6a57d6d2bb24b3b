"""Ctrl-C in the middle of an update."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from functools import partial

from consumers.local.emulator import LocalAws
from engine_stack import Stack
from left_over import left_over

PARTS = ("role", "logs", "dlq", "queue", "policy", "function", "mapping")
PROGRAM = """
    from components import QueueConsumer, QueueConsumerArgs
    QueueConsumer("hands", QueueConsumerArgs(source="functions/poker_hands"))
    """


def test_after_ctrl_c_in_the_middle_the_next_up_goes_on_where_it_was(
    new_stack: Callable[..., Stack], aws: LocalAws
) -> None:
    stack, before = new_stack(PROGRAM), left_over(aws)
    slow_down(aws)
    process = subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"],
        cwd=stack.project,
        env=stack.environment,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    while sum(map(len, left_over(aws).values())) < 4:
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(timeout=60) != 0
    there = stack.resources()
    assert set(stack.deploy().steps) == {("create", f"hands-{part}") for part in PARTS if f"hands-{part}" not in there}
    assert stack.deploy("up", "--expect-no-changes").steps == []
    stack.deploy("destroy")
    assert left_over(aws) == before


def slow_down(aws: LocalAws) -> None:
    pace = random.Random(0)
    for service in ("iam", "lambda", "logs", "sqs"):
        for event in ("before-call", "after-call"):
            aws.client(service).meta.events.register(event, partial(_pause, pace))


def _pause(pace: random.Random, **event: object) -> None:
    time.sleep(pace.random() / 10)
