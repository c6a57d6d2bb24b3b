"""Gradual deployment: the very code of docs/gradual.md holds the alias, and weights survive the next deployment."""

from collections.abc import Callable
from pathlib import Path

from consumers.local.emulator import LocalAws
from engine_stack import Stack
from pages import files_of

PAGE = Path("docs/gradual.md")
PROGRAM = """
import pulumi
from components import QueueConsumer, QueueConsumerArgs
from hold_alias import hold_alias

args = QueueConsumerArgs(source="payments", runtime="python3.12", function={"alias": {}})
payments = QueueConsumer("payments", args, pulumi.ResourceOptions(transforms=[hold_alias]))
pulumi.export("function", payments.function_name)
pulumi.export("newest", payments.function.version)
"""


def test_a_held_alias_stays_and_its_weights_survive_a_deployment(
    new_stack: Callable[..., Stack], aws: LocalAws
) -> None:
    stack = new_stack(PROGRAM)
    (stack.project / "hold_alias.py").write_text(files_of(PAGE)["hold_alias.py"])
    handler = stack.project / "payments" / "handler.py"
    handler.parent.mkdir()
    handler.write_text("def handle(event, context): ...\n")
    stack.deploy()
    handler.write_text("def handle(event, context): ...  # new\n")
    assert stack.deploy().steps == [("update", "payments-function")]

    function, newest = (stack.outputs()[name] for name in ("function", "newest"))
    alias = {"FunctionName": function, "Name": "live"}
    weights = {"AdditionalVersionWeights": {newest: 0.1}}
    assert newest == "2"
    aws.client("lambda").update_alias(**alias, RoutingConfig=weights)
    assert stack.deploy("up", "--refresh").steps == []
    found = aws.client("lambda").get_alias(**alias)
    assert (found["FunctionVersion"], found["RoutingConfig"]) == ("1", weights)

    stack.edit("__main__.py", ", pulumi.ResourceOptions(transforms=[hold_alias])", "")
    assert stack.deploy().changed == {"payments-alias": {"functionVersion"}}
    assert aws.client("lambda").get_alias(**alias)["FunctionVersion"] == newest
