"""An update changes exactly what differs, in place where AWS can."""

import os
from collections.abc import Callable

import pytest

from engine_stack import Stack
from on_local_aws import lines_with, wait_until

PROGRAM = """
import pulumi
from components import QueueConsumer, QueueConsumerArgs

hands = QueueConsumer("hands", QueueConsumerArgs(
    source="handler",
    timeout=10,
    batch_size=10,
))
pulumi.export("queueUrl", hands.queue_url)
pulumi.export("logGroupName", hands.log_group_name)
pulumi.export("functionName", hands.function_name)
"""
HANDLER = """
def handle(event, context):
    for record in event["Records"]:
        print("handled", record["body"])
"""


@pytest.fixture
def stack(new_stack: Callable[..., Stack]) -> Stack:
    """A stack of one consumer, which is up."""
    stack = new_stack(PROGRAM)
    (stack.project / "handler").mkdir()
    (stack.project / "handler" / "handler.py").write_text(HANDLER)
    assert len(stack.deploy().steps) == 7
    return stack


def test_the_code_a_timeout_and_a_batch_size_change_in_place_and_nothing_else_does(stack: Stack) -> None:
    before = stack.ids()
    os.utime(stack.project / "handler" / "handler.py", (0, 0))
    stack.edit("__main__.py", "timeout=10,", "timeout=10,  # the same")
    assert stack.deploy("up", "--expect-no-changes").steps == []
    stack.edit("handler/handler.py", '"handled"', '"played"')
    stack.edit("__main__.py", "timeout=10", "timeout=20")
    stack.edit("__main__.py", "batch_size=10", "batch_size=5")
    changed = {
        "hands-function": {"code", "tags", "tagsAll", "timeout"},
        "hands-queue": {"visibilityTimeoutSeconds"},
        "hands-mapping": {"batchSize"},
    }
    assert set(stack.deploy("preview").steps) == {("update", name) for name in changed}
    up = stack.deploy()
    assert (set(up.steps), up.changed) == ({("update", name) for name in changed}, changed)
    assert stack.ids() == before
    client, sqs = stack.aws.client("lambda"), stack.aws.client("sqs")
    attributes = sqs.get_queue_attributes(QueueUrl=before["hands-queue"], AttributeNames=["All"])["Attributes"]
    assert attributes["VisibilityTimeout"] == "120"
    assert client.get_function(FunctionName=before["hands-function"])["Configuration"]["Timeout"] == 20
    assert client.get_event_source_mapping(UUID=before["hands-mapping"])["BatchSize"] == 5
    sqs.send_message(QueueUrl=before["hands-queue"], MessageBody="AsKs")
    assert wait_until(lambda: lines_with(stack.aws, before["hands-logs"], "played ")) == ["AsKs"]
    assert stack.deploy("up", "--expect-no-changes").steps == []


def test_from_standard_to_fifo_the_new_queues_exist_before_the_old_ones_are_deleted(stack: Stack) -> None:
    names = 'queue={"name": "Hands"}, dead_letter_queue={"name": "DeadHands"},'
    stack.edit("__main__.py", "batch_size=10,", f"batch_size=10, {names}")
    stack.deploy()
    before = stack.ids()
    stack.edit("__main__.py", "batch_size=10,", "batch_size=10, fifo=True,")
    preview = stack.deploy("preview")
    replaced = ["hands-dlq", "hands-queue", "hands-mapping"]
    assert {name for step, name in preview.steps if step == "replace"} == set(replaced)
    diagnostics = preview.output.partition("Diagnostics:")[2]
    assert "warning: 'hands-queue' is replaced, because fifoQueue" in diagnostics
    assert diagnostics.count("cannot change in place: the messages in it are lost.") == 2
    assert [(step, name) for step, name in stack.deploy().steps if name in replaced and step != "replace"] == [
        *[("create-replacement", name) for name in replaced],
        *[("delete-replaced", name) for name in reversed(replaced)],
    ]
    assert {name for name, resource_id in stack.ids().items() if resource_id != before[name]} == set(replaced)
    assert handled(stack, "AsKs", MessageGroupId="1", MessageDeduplicationId="1") == "AsKs"
    assert stack.deploy("up", "--expect-no-changes").steps == []


def handled(stack: Stack, body: str, **more: str) -> str:
    """Send a message and return what the function's log prints of it."""
    outputs, sqs = stack.outputs(), stack.aws.client("sqs")
    sqs.send_message(QueueUrl=outputs["queueUrl"], MessageBody=body, **more)
    return wait_until(lambda: lines_with(stack.aws, outputs["logGroupName"], "handled "))[0]


def test_a_change_and_a_deletion_by_hand_are_found_by_refresh_and_undone_by_up(stack: Stack) -> None:
    url = stack.ids()["hands-queue"]
    sqs = stack.aws.client("sqs")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "7"})
    sqs.tag_queue(QueueUrl=url, Tags={"by": "hand"})
    refresh = stack.deploy("refresh")
    assert refresh.steps == [("update", "hands-queue")]
    assert refresh.changed == {"hands-queue": {"visibilityTimeoutSeconds", "tags", "tagsAll"}}
    assert stack.deploy().steps == [("update", "hands-queue")]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    assert attributes == {"VisibilityTimeout": "60"}
    assert "by" not in sqs.list_queue_tags(QueueUrl=url)["Tags"]
    assert stack.deploy("refresh", "--expect-no-changes").steps == []

    sqs.delete_queue(QueueUrl=url)
    assert ("delete", "hands-queue") in stack.deploy("refresh").steps
    assert ("create", "hands-queue") in stack.deploy().steps
    assert handled(stack, "AsKs") == "AsKs"
    assert stack.deploy("up", "--expect-no-changes").steps == []
