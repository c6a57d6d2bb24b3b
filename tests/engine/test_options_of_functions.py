"""The options of a function with the real engine: they come, change in place, and go, and leave nothing over."""

from collections.abc import Callable

import pytest

from consumers.local.emulator import LocalAws
from engine_stack import Stack, left_over

NewStack = Callable[..., Stack]
PROGRAM = """
import pulumi
from components import QueueConsumer, QueueConsumerArgs

function = {FUNCTION}
mapping = {{"maximum_concurrency": 4}}
QueueConsumer("a", QueueConsumerArgs(source="functions/poker_hands", mapping=mapping, function=function))
"""
EVERYTHING = """{
    "description": "plays hands",
    "vpc": {"subnet_ids": ["subnet-1", "subnet-2"], "security_group_ids": ["sg-1"]},
    "ephemeral_storage": 1024,
    "tracing": True,
    "log_format": "JSON",
    "application_log_level": "DEBUG",
    "environment_kms_key_arn": pulumi.Output.secret("arn:aws:kms:us-east-1:000000000000:key/k"),
    "reserved_concurrent_executions": 4,
    "alias": {"name": "now", "provisioned_concurrent_executions": 1},
    "permissions_boundary": "arn:aws:iam::aws:policy/AdministratorAccess",
    "managed_policy_arns": ["arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"],
}"""
ADDED = {"a-alias", "a-provisioned-concurrency", "a-aws-policy-AWSXRayDaemonWriteAccess"}


def test_every_option_comes_in_place_stays_and_goes(new_stack: NewStack, aws: LocalAws) -> None:
    stack = new_stack(PROGRAM.format(FUNCTION="{}"))
    nothing = left_over(aws)
    stack.deploy()
    stack.edit("__main__.py", "function = {}", f"function = {EVERYTHING}")
    came = stack.deploy().steps
    assert {name for step, name in came if step == "create"} == ADDED
    assert {(step, name) for step, name in came if step != "create"} == {
        ("update", f"a-{part}") for part in ("role", "policy", "function", "mapping")
    }
    assert stack.deploy("up", "--expect-no-changes").steps == []
    assert stack.deploy("refresh").changed == {}
    stack.edit("__main__.py", f"function = {EVERYTHING}", "function = {}")
    assert {name for step, name in stack.deploy().steps if step == "delete"} == ADDED
    (function,) = aws.client("lambda").list_functions()["Functions"]
    assert (function["EphemeralStorage"], function["TracingConfig"]) == ({"Size": 512}, {"Mode": "PassThrough"})
    assert (function["Description"], function["KMSKeyArn"], function["VpcConfig"]["SubnetIds"]) == ("", "", [])
    stack.deploy("destroy")
    assert left_over(aws) == nothing


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ("image_uri='000000000000.dkr.ecr.us-east-1.amazonaws.com/a:1'", "a container image requires Docker, which"),
        ("code=pulumi.FileArchive('functions'), runtime='java21', handler='a.B::c'", "without Docker, not java21:"),
    ],
)
def test_what_needs_docker_is_refused_in_the_preview(new_stack: NewStack, args: str, text: str) -> None:
    stack = new_stack(f"import pulumi\nfrom components import QueueConsumer\nQueueConsumer('a', dict({args}))\n")
    preview = stack.deploy("preview", code=None)
    assert preview.code != 0
    assert preview.output.count(text) >= 1
    assert "Traceback" not in preview.output
