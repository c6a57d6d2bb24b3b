"""The example with the real CLI and engine, from the first preview to the end."""

import json
from collections.abc import Callable
from typing import Any

from consumers.local.emulator import LocalAws
from engine_stack import Stack, left_over

HANDS = "functions/poker_hands/ten-hands.jsonl"
PARTS = {"role", "logs", "dlq", "queue", "policy", "function", "mapping"}
EVERYTHING = {f"{consumer}-{part}" for consumer in ("poker-hands", "big-pots") for part in PARTS}


def test_the_example_from_its_first_preview_to_destroy(new_stack: Callable[..., Stack], aws: LocalAws) -> None:
    stack = new_stack()
    before = left_over(aws)

    preview = stack.deploy("preview")
    assert set(preview.steps) == {("create", name) for name in EVERYTHING}
    assert left_over(aws) == before

    up = stack.deploy()
    assert set(up.steps) == {("create", name) for name in EVERYTHING}
    handled, dead = play(stack)
    assert len(handled) == len(set(handled)) == 9
    assert [hand["chip_delta"] for hand in dead] == ["twenty"]

    again = stack.deploy("up", "--expect-no-changes")
    assert again.steps == []
    refresh = stack.deploy("refresh", "--expect-no-changes")
    assert refresh.steps == []

    destroy = stack.deploy("destroy")
    assert set(destroy.steps) == {("delete", name) for name in EVERYTHING}
    assert left_over(aws) == before


def play(stack: Stack) -> tuple[list[str], list[Any]]:
    """Send the ten hands: what the log says of those that were handled, and those that are dead."""
    outputs, sqs = stack.outputs(), stack.aws.client("sqs")
    hands = (stack.project / HANDS).read_text().splitlines()
    entries = [{"Id": str(number), "MessageBody": hand} for number, hand in enumerate(hands)]
    assert not sqs.send_message_batch(QueueUrl=outputs["queueUrl"], Entries=entries).get("Failed")
    received = sqs.receive_message(QueueUrl=outputs["deadLetterQueueUrl"], WaitTimeSeconds=20)
    lines = log_lines(stack, outputs["logGroupName"])
    return [line for line in lines if "ok user=" in line], [json.loads(m["Body"]) for m in received["Messages"]]


def log_lines(stack: Stack, group: str) -> list[str]:
    events = stack.aws.client("logs").filter_log_events(logGroupName=group)["events"]
    return [event["message"] for event in events]
