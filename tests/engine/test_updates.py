"""What an update does to a stack that is there already: exactly what has changed, in place where AWS can."""

import base64
import json
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


def test_a_change_of_the_handler_changes_the_functions_code_alone(stack: Stack) -> None:
    before = stack.ids()
    stack.edit("handler/handler.py", '"handled"', '"played"')
    up = stack.deploy()
    assert (up.steps, up.changed) == ([("update", "hands-function")], {"hands-function": {"code", "tags", "tagsAll"}})
    assert stack.ids() == before
    answer = stack.aws.client("lambda").invoke(
        FunctionName=before["hands-function"], Payload=json.dumps({"Records": [{"body": "AsKs"}]}), LogType="Tail"
    )
    assert "played AsKs" in base64.b64decode(answer["LogResult"]).decode()
    assert stack.deploy("up", "--expect-no-changes").steps == []


def test_a_new_timeout_and_batch_size_change_function_queue_and_mapping_in_place(stack: Stack) -> None:
    before = stack.ids()
    os.utime(stack.project / "handler" / "handler.py", (0, 0))
    stack.edit("__main__.py", "timeout=10,", "timeout=10,  # the same")
    assert stack.deploy("up", "--expect-no-changes").steps == []
    stack.edit("__main__.py", "timeout=10", "timeout=20")
    stack.edit("__main__.py", "batch_size=10", "batch_size=5")
    changed = {
        "hands-function": {"timeout"},
        "hands-queue": {"visibilityTimeoutSeconds"},
        "hands-mapping": {"batchSize"},
    }
    assert set(stack.deploy("preview").steps) == {("update", name) for name in changed}
    up = stack.deploy()
    assert (set(up.steps), up.changed) == ({("update", name) for name in changed}, changed)
    assert stack.ids() == before
    client = stack.aws.client("lambda")
    attributes = stack.aws.client("sqs").get_queue_attributes(QueueUrl=before["hands-queue"], AttributeNames=["All"])
    assert attributes["Attributes"]["VisibilityTimeout"] == "120"
    assert client.get_function(FunctionName=before["hands-function"])["Configuration"]["Timeout"] == 20
    assert client.get_event_source_mapping(UUID=before["hands-mapping"])["BatchSize"] == 5


@pytest.mark.parametrize("names", ["", 'queue={"name": "Hands"}, dead_letter_queue={"name": "DeadHands"},'])
def test_from_standard_to_fifo_the_new_queues_exist_before_the_old_ones_are_deleted(stack: Stack, names: str) -> None:
    if names:
        stack.edit("__main__.py", "batch_size=10,", f"batch_size=10, {names}")
        stack.deploy()
    before = stack.ids()
    stack.edit("__main__.py", "batch_size=10,", "batch_size=10, fifo=True,")
    preview = stack.deploy("preview")
    assert {name for step, name in preview.steps if step == "replace"} == {"hands-dlq", "hands-queue", "hands-mapping"}
    told = preview.output.partition("Diagnostics:")[2]
    assert "warning: 'hands-queue' is replaced, because fifoQueue" in told
    assert told.count("cannot change in place: the messages in it are lost.") == 2
    up = stack.deploy()
    order = [(step, name) for step, name in up.steps if name in ("hands-dlq", "hands-queue", "hands-mapping")]
    assert [step for step in order if step[0] != "replace"] == [
        *[("create-replacement", name) for name in ("hands-dlq", "hands-queue", "hands-mapping")],
        *[("delete-replaced", name) for name in ("hands-mapping", "hands-queue", "hands-dlq")],
    ]
    assert {name for name, resource_id in stack.ids().items() if resource_id != before[name]} == {
        "hands-dlq",
        "hands-queue",
        "hands-mapping",
    }
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
