"""Queues of every kind in one program: it goes up, stays as it is, is changed in place, and goes down."""

from collections.abc import Callable

from consumers.local.emulator import LocalAws
from engine_stack import Stack, left_over

PROGRAM = """
import pulumi_aws as aws
from components import DeadLetterQueue, QueueConsumer

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
polled = consumer("polled", mapping={"provisioned_pollers": {"minimum": 3}, "metrics": True})
role = aws.iam.Role("ann", assume_role_policy={"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]})
fifo.grant_send(role)
alone.grant_redrive(role)
consumer("sender", policy_statements=fifo.send_statements())
"""
RESTRICTIONS = {"dead-restriction", "alone-dlq-restriction"}


def test_queues_of_every_kind_go_up_stay_as_they_are_are_changed_in_place_and_go_down(
    new_stack: Callable[..., Stack], aws: LocalAws
) -> None:
    stack = new_stack(PROGRAM)
    nothing = left_over(aws)
    created = [name for step, name in stack.deploy().steps if step == "create"]
    assert {*RESTRICTIONS, "dead-dlq", "fifo-send-ann", "alone-redrive-ann", "existing-mapping"} <= set(created)
    assert not {"existing-queue", "existing-dlq", "one-dlq", "two-dlq"} & set(created)
    # The order that spares a second look: each allow policy after the queues that it names.
    assert created.index("dead-restriction") > max(created.index(f"{name}-queue") for name in ("one", "two"))
    assert stack.deploy("up", "--expect-no-changes").steps == []
    assert stack.deploy("refresh", "--expect-no-changes").steps == []

    stack.edit("__main__.py", '"max_message_size": 262144', '"kms_master_key_id": KEY')
    stack.edit("__main__.py", '"high_throughput": True, ', "")
    stack.edit("__main__.py", '"minimum": 3', '"minimum": 4')
    changed = stack.deploy()
    # The policy of the role that operates the dead letters gets the key's permissions too.
    assert set(changed.steps) == {
        ("update", name)
        for name in ("alone-queue", "alone-dlq", "alone-policy", "alone-redrive-ann", "fifo-queue", "polled-mapping")
    }
    assert changed.changed["fifo-queue"] == {"deduplicationScope", "fifoThroughputLimit"}
    assert stack.deploy("up", "--expect-no-changes").steps == []
    stack.deploy("destroy")
    assert left_over(aws) == nothing
