"""The examples as somebody runs who has installed the wheel: up, used, left alone, down, with the real engine."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from consumers.local.emulator import LocalAws, local_aws
from consumers.operations import logs, queues
from consumers.provider.provider import serve
from engine_stack import ROOT, Stack, cli_environment
from left_over import left_over
from on_local_aws import wait_until

NewExample = Callable[[str], Stack]
PARTS = ("role", "logs", "dlq", "queue", "policy", "function", "mapping")
MESSAGES: dict[str, list[tuple[str, Any, str]]] = {
    "minimal": [("orders", {"id": 7}, "order 7")],
    "fifo": [
        ("tables", {"table": "a", "number": 1, "bet": -5}, ""),
        ("tables", {"table": "a", "number": 2, "bet": 5}, "table a hand 2"),
        ("tables", {"table": "a", "number": 3, "bet": 5}, "table a hand 3"),
    ],
    "many-from-config": [
        ("orders", {"id": 1, "priority": "low"}, "order 1"),
        ("urgent-orders", {"id": 2, "priority": "urgent"}, "order 2"),
        ("emails", {"id": 3}, "email 3"),
    ],
    "container-image": [("thumbnails", {"picture": "cat.png"}, "thumbnail of cat.png")],
}
"""For each example the messages that it is sent: to which consumer, what, and what its function prints of it."""
MORE = {"many-from-config": {"consumers-dashboard"}}
"""What an example makes besides its consumers."""


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    """One for all: each example leaves it as it was."""
    with local_aws() as running:
        yield running


@pytest.fixture
def new_example(tmp_path: Path, aws: LocalAws, cli: Path, binaries: Path) -> Iterator[NewExample]:
    """Makes the stack `dev` of a copy of an example."""
    with ExitStack() as ending:

        def new(example: str) -> Stack:
            project = shutil.copytree(ROOT / "examples" / example, tmp_path / example)
            environment = cli_environment(tmp_path, cli)
            environment["PATH"] = os.pathsep.join([str(binaries), environment["PATH"]])
            environment["PULUMI_DEBUG_PROVIDERS"] = f"aws:{ending.enter_context(serve(aws, project))}"
            stack = Stack(project, aws, environment)
            stack.run("stack", "init", "dev")
            return stack

        yield new


@pytest.mark.parametrize("example", MESSAGES)
def test_an_example_is_deployed_used_and_deleted(new_example: NewExample, aws: LocalAws, example: str) -> None:
    stack, nothing = new_example(example), left_over(aws)
    everything = {f"{consumer}-{part}" for consumer in consumers(example) for part in PARTS} | MORE.get(example, set())
    assert set(stack.deploy().steps) == {("create", name) for name in everything}
    resources = stack.resources()
    for consumer, message, _ in MESSAGES[example]:
        send(aws, resources[f"{consumer}-queue"]["id"], message)
    for consumer in consumers(example):
        expected = [line for other, _, line in MESSAGES[example] if other == consumer]
        wait_for_lines(aws, resources[f"{consumer}-logs"]["id"], [line for line in expected if line])
        assert queues.depth(aws.client("sqs"), resources[f"{consumer}-dlq"]["id"]).total == expected.count("")
    assert stack.deploy("up", "--expect-no-changes").steps == []
    assert {("delete", name) for name in everything} == set(stack.deploy("destroy").steps)
    assert left_over(aws) == nothing


def consumers(example: str) -> list[str]:
    return sorted({consumer for consumer, _, _ in MESSAGES[example]})


def send(aws: LocalAws, url: str, message: Any) -> None:
    group = {"MessageGroupId": message["table"]} if url.endswith(".fifo") else {}
    aws.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(message), **group)


def wait_for_lines(aws: LocalAws, group: str, expected: list[str]) -> None:
    """Wait until exactly these lines are in the log, in this order."""
    wait_until(lambda: printed(aws, group) == expected)


def printed(aws: LocalAws, group: str) -> list[str]:
    """What the function itself has printed: all that neither Lambda nor a logger writes."""
    lines = logs.lines(aws.client("logs"), group)
    return [line for line in lines if line and not line.startswith(("START ", "END ", "REPORT ", "["))]


def test_an_image_is_refused_in_one_line_before_anything_is_created(new_example: NewExample, aws: LocalAws) -> None:
    stack, nothing = new_example("container-image"), left_over(aws)
    stack.run("config", "set", "imageUri", "123456789012.dkr.ecr.us-east-1.amazonaws.com/thumbnails:1")
    preview = stack.deploy("preview", code=255)
    diagnostics = preview.output.partition("Diagnostics:")[2]
    assert diagnostics.count("error:") == 1
    assert diagnostics.count("a container image requires Docker, which the local AWS does not use") == 1
    # What comes before the function is planned; the rest of what the refusal does not reach may be, or not yet.
    assert {("create", "thumbnails-role"), ("create", "thumbnails-logs")} <= set(preview.steps)
    assert not {"thumbnails-function", "thumbnails-mapping"} & {name for _, name in preview.steps}
    assert left_over(aws) == nothing


def test_a_topic_that_is_named_sends_to_the_queue_and_no_other_can(new_example: NewExample, aws: LocalAws) -> None:
    sns, nothing = aws.client("sns"), left_over(aws)
    named, other = (sns.create_topic(Name=name)["TopicArn"] for name in ("payments", "refunds"))
    stack = new_example("another-accounts-topic")
    stack.run("config", "set", "topicArn", named)
    everything = {f"payments-{part}" for part in (*PARTS, "topic-subscription")}
    assert set(stack.deploy().steps) == {("create", name) for name in everything}
    resources = stack.resources()
    queue, raw = resources["payments-queue"]["outputs"]["arn"], {"RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=other, Protocol="sqs", Endpoint=queue, Attributes=raw)
    for topic, number in ((other, 1), (named, 2)):
        sns.publish(TopicArn=topic, Message=json.dumps({"id": number}))
    wait_for_lines(aws, resources["payments-logs"]["id"], ["payment 2"])
    assert stack.deploy("up", "--expect-no-changes").steps == []
    assert {("delete", name) for name in everything} == set(stack.deploy("destroy").steps)
    assert sns.list_subscriptions_by_topic(TopicArn=named)["Subscriptions"] == []
    for topic in (named, other):
        sns.delete_topic(TopicArn=topic)
    assert left_over(aws) == nothing
