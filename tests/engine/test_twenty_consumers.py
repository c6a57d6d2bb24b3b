"""A program with twenty consumers, each in another corner: up, nothing to do, messages through all of them, down."""

import json
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from consumers.local.emulator import LocalAws
from consumers.operations import logs, queues
from engine_stack import Stack
from left_over import left_over
from wheels import only_wheels_of, write_wheel

TWENTY = Path(__file__).parent / "twenty_consumers"
HANDLED = "did 7"
ALSO = {
    "packed": "did 7 with 1.0 shared",
    "retried": "did 7 at receive 2",
    "connected": "did 7 correct horse",
    "node": "did 7 v",
}
"""What the line says where more than the handling is to be proved."""
NEEDS_NODE = pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed on this machine")


@pytest.fixture
def stack(new_stack: Callable[..., Stack], tmp_path: Path) -> Stack:
    stack = new_stack((TWENTY / "__main__.py").read_text())
    for folder in ("functions", "lib"):
        shutil.copytree(TWENTY / folder, stack.project / folder, dirs_exist_ok=True)
    write_wheel(tmp_path / "wheels", "chips")
    stack.environment.update(only_wheels_of(tmp_path))
    return stack


@NEEDS_NODE
def test_twenty_consumers_go_up_stay_handle_messages_and_leave_nothing(stack: Stack, aws: LocalAws) -> None:
    nothing = left_over(aws)
    up = stack.deploy()
    assert {step for step, _ in up.steps} == {"create"}
    assert "correct horse" not in up.output
    assert stack.deploy("up", "--expect-no-changes").steps == []

    outputs = stack.outputs()
    theirs = outputs.pop("theirs")
    assert len(outputs) == 20
    assert outputs["existing"]["queue"].rpartition("/")[2] == theirs.rpartition("/")[2]
    for name, made in outputs.items():
        _send(aws, name, made["queue"])
    _wait_until_all_is_handled(aws, outputs)
    # Once, though it came twice; and not what the filter keeps back, which is deleted.
    # Thrice where the second came while the first was at work: Powertools then has it come back.
    assert len(_lines(aws, outputs["paid"], "sees 7")) >= 2
    assert len(_lines(aws, outputs["paid"], HANDLED)) == 1
    assert _lines(aws, outputs["filtered"], "did ") == _lines(aws, outputs["filtered"], HANDLED)

    stack.deploy("destroy")
    assert left_over(aws) == nothing


def _send(aws: LocalAws, name: str, url: str) -> None:
    hands = [{"id": 7, "kind": "wanted"}]
    hands += [{"id": 8, "kind": "other"}] * (name == "filtered") + [*hands] * (name == "paid")
    for number, hand in enumerate(hands):
        group = {"MessageGroupId": "table", "MessageDeduplicationId": str(number)} if url.endswith(".fifo") else {}
        aws.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(hand), **group)


def _wait_until_all_is_handled(aws: LocalAws, outputs: Mapping[str, Any]) -> None:
    """Wait until each function has written that it handled the message, and no queue holds one."""
    waiting, end = set(outputs), time.monotonic() + 60
    while waiting:
        assert time.monotonic() < end, {name: logs.lines(aws.client("logs"), outputs[name]["log"]) for name in waiting}
        waiting -= {name for name in waiting if _is_done(aws, name, outputs[name])}
        time.sleep(0.1)


def _is_done(aws: LocalAws, name: str, made: Mapping[str, str]) -> bool:
    depth = queues.depth(aws.client("sqs"), made["queue"])
    return depth.total == 0 and bool(_lines(aws, made, ALSO.get(name, HANDLED)))


def _lines(aws: LocalAws, made: Mapping[str, str], containing: str) -> list[str]:
    return [line for line in logs.lines(aws.client("logs"), made["log"]) if containing in line]
