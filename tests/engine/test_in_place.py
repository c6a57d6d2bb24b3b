"""Queues, functions and alarms with every option in one stack: up, unchanged, changed in place, down."""

from collections.abc import Callable

from consumers.local.emulator import LocalAws
from engine_stack import Stack
from left_over import left_over

PROGRAM = """
import pulumi
import pulumi_aws as aws
from components import ConsumersDashboard, DeadLetterQueue, QueueConsumer

KEY = "arn:aws:kms:us-east-1:000000000000:key/1a2b"

def consumer(name, **args):
    return QueueConsumer(name, {"source": "functions/poker_hands", **args})

theirs = aws.sqs.Queue("theirs", visibility_timeout_seconds=600)
dead = DeadLetterQueue("dead", {})
existing = consumer("existing", queue={"arn": theirs.arn, "visibility_timeout_seconds": 600})
shared = [consumer(name, dead_letter_queue={"arn": dead.arn}) for name in ("one", "two")]
dead.restrict_to(shared)
alone = consumer("alone", dead_letter_queue={"restricted": True}, queue={"max_message_size": 262144})
fifo = consumer("fifo", fifo=True, queue={"high_throughput": True, "kms_master_key_id": KEY})
poll = {"provisioned_pollers": {"minimum": 3}, "metrics": True}
polled = consumer("polled", filters=[{"body": ["ping"]}], mapping=poll)
role = aws.iam.Role("ann", assume_role_policy={"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]})
fifo.grant_send(role)
alone.grant_redrive(role)
consumer("sender", policy_statements=fifo.send_statements())
on_call = pulumi.Output.from_input("arn:aws:sns:us-east-1:000000000000:on-call")
watched = consumer(
    "watched",
    function={"record_metrics": True},
    alarms={"actions": [on_call], "leave_out": ["throttles"], "maximum_errors": 0},
    idempotency={},
)
ConsumersDashboard("main", [watched])
options = consumer("options", mapping={"maximum_concurrency": 4}, function={})
"""
OPTIONS = """{
    "description": "plays hands",
    "vpc": {"subnet_ids": ["subnet-1", "subnet-2"], "security_group_ids": ["sg-1"]},
    "ephemeral_storage": 1024,
    "tracing": True,
    "log_format": "JSON",
    "application_log_level": "DEBUG",
    "environment_kms_key_arn": pulumi.Output.secret(KEY),
    "reserved_concurrent_executions": 4,
    "alias": {"name": "now", "provisioned_concurrent_executions": 1},
    "permissions_boundary": "arn:aws:iam::aws:policy/AdministratorAccess",
    "managed_policy_arns": ["arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"],
}"""
ADDED = {f"options-{part}" for part in ("alias", "provisioned-concurrency", "aws-policy-AWSXRayDaemonWriteAccess")}
ALARMS = {f"watched-alarm-{name}" for name in ("dead-letters", "message-age", "errors", "duration")}


def test_every_option_is_deployed_changed_in_place_and_deleted(new_stack: Callable[..., Stack], aws: LocalAws) -> None:
    stack = new_stack(PROGRAM)
    nothing = left_over(aws)
    created = [name for step, name in stack.deploy().steps if step == "create"]
    assert {"dead-restriction", "alone-dlq-restriction", "dead-dlq", "existing-mapping"} <= set(created)
    assert {"fifo-send-ann", "alone-redrive-ann", "watched-idempotency", "main-dashboard", *ALARMS} <= set(created)
    assert not {"existing-queue", "existing-dlq", "one-dlq", "two-dlq"} & set(created)
    # The order that spares a second look: each allow policy after the queues that it names.
    assert created.index("dead-restriction") > max(created.index(f"{name}-queue") for name in ("one", "two"))
    for command in ("up", "refresh"):
        assert stack.deploy(command, "--expect-no-changes").steps == []

    changed_in_place(stack)
    assert stack.deploy("up", "--expect-no-changes").steps == []
    assert stack.deploy("refresh").changed == {}

    stack.edit("__main__.py", f"function={OPTIONS}", "function={}")
    stack.edit("__main__.py", ', "kms_key_arn": KEY', "")
    removed = stack.deploy()
    assert {name for step, name in removed.steps if step == "delete"} == ADDED
    assert removed.changed["polled-mapping"] == {"kmsKeyArn"}
    function = aws.client("lambda").get_function_configuration(FunctionName=stack.resources()["options-function"]["id"])
    assert (function["EphemeralStorage"], function["TracingConfig"]) == ({"Size": 512}, {"Mode": "PassThrough"})
    assert (function["Description"], function["KMSKeyArn"], function["VpcConfig"]["SubnetIds"]) == ("", "", [])
    stack.deploy("destroy")
    assert left_over(aws) == nothing


def changed_in_place(stack: Stack) -> None:
    stack.edit("__main__.py", '"max_message_size": 262144', '"kms_master_key_id": KEY')
    stack.edit("__main__.py", '"high_throughput": True, ', "")
    stack.edit("__main__.py", '"minimum": 3', '"minimum": 4')
    stack.edit("__main__.py", '"metrics": True}', '"metrics": True, "kms_key_arn": KEY}')
    stack.edit("__main__.py", '"maximum_errors": 0', '"maximum_errors": 2')
    stack.edit("__main__.py", "    idempotency={},\n", "")
    stack.edit("__main__.py", "function={})", f"function={OPTIONS})")
    changed = stack.deploy()
    assert {name for step, name in changed.steps if step == "create"} == ADDED
    assert {name for step, name in changed.steps if step == "delete"} == {"watched-idempotency"}
    # The policy of the role that operates the dead letters gets the key's permissions too.
    assert {name for step, name in changed.steps if step == "update"} == {
        *("alone-queue", "alone-dlq", "alone-policy", "alone-redrive-ann", "fifo-queue", "polled-mapping"),
        *("watched-alarm-errors", "watched-policy", "watched-function"),
        *(f"options-{part}" for part in ("role", "policy", "function", "mapping")),
    }
    assert changed.changed["polled-mapping"] == {"provisionedPollerConfig", "kmsKeyArn"}
    assert changed.changed["fifo-queue"] == {"deduplicationScope", "fifoThroughputLimit"}
    assert changed.changed["watched-alarm-errors"] == {"threshold", "alarmDescription"}
