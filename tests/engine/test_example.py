"""The example with the real CLI and engine, from the first preview to the end."""

import json
from collections.abc import Callable
from typing import Any

from consumers.local.emulator import LocalAws
from engine_stack import Stack
from left_over import left_over
from on_local_aws import lines_with, wait_until

HANDS = "functions/poker_hands/ten-hands.jsonl"
PARTS = {"role", "logs", "dlq", "queue", "policy", "function", "mapping"}
CONSUMERS = ("poker-hands", "big-pots")
EVERYTHING = {f"{consumer}-{part}" for consumer in CONSUMERS for part in PARTS}
QUEUES = {f"{name}-{part}" for name in CONSUMERS for part in ("queue", "dlq")}
TOUCHED = {f"{name}-{part}" for name in CONSUMERS for part in ("function", "policy")} | {
    *("big-pots-queue", "poker-hands-mapping"),
}
"""What the workflow changes of the two consumers."""


def test_the_example_handles_its_hands_and_the_workflow_comes_and_goes(
    new_stack: Callable[..., Stack], aws: LocalAws
) -> None:
    stack = new_stack()
    before = left_over(aws)
    assert set(stack.deploy("preview").steps) == {("create", name) for name in EVERYTHING}
    assert left_over(aws) == before

    assert set(stack.deploy().steps) == {("create", name) for name in EVERYTHING}
    handled, dead = play(stack)
    assert len(handled) == len(set(handled)) == 9
    assert [hand["chip_delta"] for hand in dead] == ["twenty"]
    assert_unchanged(stack)
    ids = {name: entry["id"] for name, entry in stack.resources().items() if name in QUEUES}

    stack.run("config", "set", "workflow", "true")
    comes = stack.deploy()
    created = {name for step, name in comes.steps if step == "create"}
    assert not created & EVERYTHING
    assert {"uploads-notification", "post-histories-route", "nightly-schedule", "ledger"} < created
    assert comes.changed.pop("big-pots-queue") == {"policy"}
    assert {name for step, name in comes.steps if step == "update"} == TOUCHED
    assert_unchanged(stack)

    hand = (stack.project / HANDS).read_text().splitlines()[0]
    status, answer = aws.post(stack.outputs()["postUrl"], hand)
    assert status == 200, answer
    entered = wait_until(lambda: aws.client("dynamodb").scan(TableName=stack.outputs()["ledgerTable"])["Items"])
    assert [entry["user_id"]["S"] for entry in entered] == ["aarit"]

    stack.run("config", "set", "workflow", "false")
    goes = stack.deploy()
    assert {name for step, name in goes.steps if step == "delete"} == created
    assert {name for step, name in goes.steps if step == "update"} == TOUCHED
    assert {name: entry["id"] for name, entry in stack.resources().items() if name in QUEUES} == ids
    assert set(stack.deploy("destroy").steps) == {("delete", name) for name in EVERYTHING}
    assert left_over(aws) == before


def assert_unchanged(stack: Stack) -> None:
    for command in ("up", "refresh"):
        assert stack.deploy(command, "--expect-no-changes").steps == []


def play(stack: Stack) -> tuple[list[str], list[Any]]:
    """Send the ten hands, and return the log lines of the handled and the bodies of the dead ones."""
    outputs, sqs = stack.outputs(), stack.aws.client("sqs")
    hands = (stack.project / HANDS).read_text().splitlines()
    entries = [{"Id": str(number), "MessageBody": hand} for number, hand in enumerate(hands)]
    assert not sqs.send_message_batch(QueueUrl=outputs["queueUrl"], Entries=entries).get("Failed")
    received = sqs.receive_message(QueueUrl=outputs["deadLetterQueueUrl"], WaitTimeSeconds=20)
    handled = lines_with(stack.aws, outputs["logGroupName"], "ok user=")
    return handled, [json.loads(m["Body"]) for m in received["Messages"]]
