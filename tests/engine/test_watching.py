"""Alarms, the dashboard and the idempotency table with the real CLI: made, left alone, changed in place, removed."""

from collections.abc import Callable

from consumers.local.emulator import LocalAws
from engine_stack import Stack, left_over

NewStack = Callable[..., Stack]
PROGRAM = """
import pulumi
from components import ConsumersDashboard, QueueConsumer, QueueConsumerArgs

def consumer(name, **args):
    return QueueConsumer(name, QueueConsumerArgs(source="functions/poker_hands", **args))

topic = pulumi.Output.from_input("arn:aws:sns:us-east-1:000000000000:on-call")
watched = consumer(
    "a",
    function={"record_metrics": True},
    alarms={"actions": [topic], "leave_out": ["throttles"], "maximum_errors": 0},
    idempotency={},
)
pulumi.export("dashboard", ConsumersDashboard("main", [watched]).dashboard_name)
"""
WATCHING = {
    *("a-alarm-dead-letters", "a-alarm-message-age", "a-alarm-errors", "a-alarm-duration"),
    *("a-idempotency", "main-dashboard"),
}


def test_what_watches_a_consumer_comes_stays_changes_in_place_and_goes(new_stack: NewStack, aws: LocalAws) -> None:
    stack = new_stack(PROGRAM)
    nothing = left_over(aws)
    assert {("create", name) for name in WATCHING} <= set(stack.deploy("preview").steps)
    assert len(stack.deploy().steps) == 7 + len(WATCHING)
    assert stack.outputs() == {"dashboard": "test-dev-main"}
    assert stack.deploy("up", "--expect-no-changes").steps == []
    assert stack.deploy("refresh", "--expect-no-changes").steps == []

    stack.edit("__main__.py", '"maximum_errors": 0', '"maximum_errors": 2')
    changed = stack.deploy()
    assert changed.steps == [("update", "a-alarm-errors")]
    assert changed.changed == {"a-alarm-errors": {"threshold", "alarmDescription"}}

    stack.edit("__main__.py", "    idempotency={},\n", "")
    steps = stack.deploy().steps
    assert ("delete", "a-idempotency") in steps
    assert {name for _, name in steps} == {"a-idempotency", "a-policy", "a-function"}

    stack.deploy("destroy")
    assert left_over(aws) == nothing
