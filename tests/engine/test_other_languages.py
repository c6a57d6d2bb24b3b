"""The component as a plugin, which the real CLI starts for programs that do not have it as a library.

The CLI that CI builds has no language host but Python's, so that is the language of the programs here. What they send
is what the SDKs of other languages send: names in camelCase, and `remote=True`.
"""

import json
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine_stack import ROOT, Result, Stack
from on_local_aws import lines_with, wait_until

TOKEN, SCHEMA = "queue-consumer:index:QueueConsumer", ROOT / "docs" / "schema.json"
SDK = '''
import pulumi

OUTPUTS = ("queueUrl", "queueName", "functionName", "logGroupName", "deadLetterQueueUrl")


class QueueConsumer(pulumi.ComponentResource):
    """What `pulumi package gen-sdk` generates, but for types and names."""

    def __init__(self, name, args, opts=None):
        inputs = {**args, **dict.fromkeys(OUTPUTS)}
        super().__init__("queue-consumer:index:QueueConsumer", name, inputs, opts, remote=True)
'''

HANDLER = """
import os

def handle(event, context):
    for record in event["Records"]:
        print("handled", record["body"], os.environ.get("GREETING"))
    return {"batchItemFailures": []}
"""

TWO_CONSUMERS = (
    SDK
    + """
greetings = QueueConsumer("greetings", {
    "source": "my_functions/greetings",
    "timeout": 10,
    "environment": {"GREETING": "hello", "TOKEN": pulumi.Output.secret("hunter2")},
    "queue": {"delaySeconds": 0, "messageRetentionSeconds": 3600},
    "filters": [{"body": {"number": [1]}}],
})
follower = QueueConsumer("follower", {
    "code": pulumi.FileArchive("my_functions/greetings"),
    "environment": {"UPSTREAM": greetings.queueUrl},
    "policyStatements": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": greetings.queueName}],
    "function": {"name": greetings.functionName.apply(lambda name: f"{name}-2")},
    "maxReceiveCount": 1,
})
pulumi.export("queueUrl", greetings.queueUrl)
pulumi.export("logGroupName", greetings.logGroupName)
pulumi.export("follower", follower.functionName)
"""
)


@pytest.fixture
def plugin_stack(new_stack: Callable[[str], Stack], tmp_path: Path) -> Callable[[str], Stack]:
    """Makes a stack whose CLI finds the plugin on PATH, and whose project has not got the component."""

    def new(program: str) -> Stack:
        stack = new_stack(program)
        shutil.rmtree(stack.project / "components")
        shutil.rmtree(stack.project / "functions")
        handler = stack.project / "my_functions" / "greetings" / "handler.py"
        handler.parent.mkdir(parents=True)
        handler.write_text(HANDLER)
        stack.environment["PATH"] += f":{executable(tmp_path).parent}"
        return stack

    return new


def executable(folder: Path) -> Path:
    """What a user would put on PATH where the CLI cannot start a folder."""
    plugin = folder / "bin" / "pulumi-resource-queue-consumer"
    plugin.parent.mkdir()
    plugin.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(ROOT / "components"))} "$@"\n')
    plugin.chmod(0o755)
    return plugin


def test_a_program_deploys_consumers_through_the_plugin(plugin_stack: Callable[[str], Stack], tmp_path: Path) -> None:
    stack = plugin_stack(TWO_CONSUMERS)

    preview = stack.deploy("preview")
    assert len(preview.steps) == 14

    up = stack.deploy()
    assert len(up.steps) == 14
    assert diagnostics(up).count("warning: max_receive_count: got 1; allowed: 3 or more") == 1
    outputs = stack.outputs()
    assert outputs["follower"] == stack.resources()["greetings-function"]["outputs"]["name"] + "-2"
    assert "hunter2" not in json.dumps(stack.resources())
    assert handled(stack, '{"number": 1}') == '{"number": 1} hello'

    assert stack.deploy("up", "--expect-no-changes").steps == []
    assert len(stack.deploy("destroy").steps) == 14

    read = stack.run("package", "get-schema", str(tmp_path / "bin" / "pulumi-resource-queue-consumer"))
    ours, component = (json.loads(text)["resources"][TOKEN] for text in (SCHEMA.read_text(), read.output))
    for kind in ("inputProperties", "properties"):
        assert component[kind].keys() == ours[kind].keys()


def handled(stack: Stack, body: str) -> str:
    """Send a message and return what the function prints of it."""
    outputs = stack.outputs()
    stack.aws.client("sqs").send_message(QueueUrl=outputs["queueUrl"], MessageBody=body)
    return wait_until(lambda: lines_with(stack.aws, outputs["logGroupName"], "handled "))[0]


WRONG = """
QueueConsumer("wrong", {
    "source": "my_functions/greetings",
    "timeout": 2.5,
    "batchSize": pulumi.Output.from_input(10),
    "environment": {"TOKEN": "hunter2", "COUNT": 3},
    "queue": {"delaySecond": 3},
})
"""


def test_wrong_arguments_are_one_error_without_frames_and_secrets(plugin_stack: Callable[[str], Stack]) -> None:
    stack = plugin_stack(SDK + WRONG)
    up = stack.deploy(code=None)
    printed = diagnostics(up)
    assert up.code != 0
    assert printed.count("error: queue-consumer:index:QueueConsumer resource 'wrong' has a problem: ") == 1
    for path in ("queue.delaySecond", "timeout", "environment", "batch_size"):
        assert printed.count(f"    - {path}: got") == 1
    # The SDK of the program may add that its engine is gone; nothing comes from our side.
    assert str(ROOT / "components") not in printed
    assert "hunter2" not in up.output
    assert "wrong-queue" not in stack.resources()


def diagnostics(result: Result) -> str:
    """The final diagnostics; the CLI prints the beginning of each message before, too."""
    return result.output.partition("\nDiagnostics:\n")[2]
