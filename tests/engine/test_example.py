"""The example with the real CLI and engine, from the first preview to the end."""

import json
import time
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


def test_the_workflow_comes_and_goes_in_a_stack_that_runs_and_leaves_its_queues_alone(
    new_stack: Callable[..., Stack], aws: LocalAws
) -> None:
    stack = new_stack()
    before = left_over(aws)
    stack.deploy()
    queues = {"poker-hands-queue", "poker-hands-dlq", "big-pots-queue", "big-pots-dlq"}
    ids = {name: entry["id"] for name, entry in stack.resources().items() if name in queues}

    stack.run("config", "set", "workflow", "true")
    comes = stack.deploy()
    made = {name for step, name in comes.steps if step == "create"}
    assert not made & EVERYTHING
    assert {"uploads-notification", "post-histories-route", "nightly-schedule", "ledger"} < made
    assert comes.changed.pop("big-pots-queue") == {"policy"}
    touched = {name for step, name in comes.steps if step == "update"}
    assert touched == {f"{name}-{part}" for name in ("poker-hands", "big-pots") for part in ("function", "policy")} | {
        "big-pots-queue",
        "poker-hands-mapping",
    }
    assert stack.deploy("up", "--expect-no-changes").steps == []
    assert stack.deploy("refresh", "--expect-no-changes").steps == []

    hand = (stack.project / HANDS).read_text().splitlines()[0]
    status, answer = aws.post(stack.outputs()["postUrl"], hand)
    assert status == 200, answer
    entered = wait_for(lambda: aws.client("dynamodb").scan(TableName=stack.outputs()["ledgerTable"])["Items"])
    assert [entry["user_id"]["S"] for entry in entered] == ["aarit"]

    stack.run("config", "set", "workflow", "false")
    goes = stack.deploy()
    assert {name for step, name in goes.steps if step == "delete"} == made
    assert {name for step, name in goes.steps if step == "update"} == touched
    assert {name: entry["id"] for name, entry in stack.resources().items() if name in queues} == ids
    stack.deploy("destroy")
    assert left_over(aws) == before


def wait_for(look: Callable[[], list[Any]]) -> list[Any]:
    """What there is to be seen, as soon as there is something."""
    end = time.monotonic() + 60
    while not (seen := look()):
        assert time.monotonic() < end, "nothing came in time"
        time.sleep(0.1)
    return seen


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
