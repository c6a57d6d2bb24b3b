"""Every child of a consumer honours the options of its consumer."""

from collections.abc import Callable

from consumers.local.emulator import LocalAws
from engine_stack import Stack
from left_over import left_over

NewStack = Callable[..., Stack]
PARTS = ("role", "logs", "dlq", "queue", "policy", "function", "mapping")
PROGRAM = """
import pulumi
import pulumi_aws as aws
from components import QueueConsumer, QueueConsumerArgs

def consumer(name, opts, **args):
    QueueConsumer(name, QueueConsumerArgs(source="functions/poker_hands", **args), opts)

def tag(args):
    if 'tags' in args.props:
        args.props['tags']['x'] = 'y'
    return pulumi.ResourceTransformResult(args.props, args.opts)
first = aws.sqs.Queue('first')
west = aws.Provider('west', region='us-west-2', default_tags={'tags': {'team': 'west'}})
consumer('queues', None, queue={'protect': True})
consumer('protected', pulumi.ResourceOptions(protect=True))
consumer('there', pulumi.ResourceOptions(provider=west))
consumer('also', pulumi.ResourceOptions(providers=[west]))
consumer('tagged', pulumi.ResourceOptions(transforms=[tag]))
consumer('later', pulumi.ResourceOptions(depends_on=[first]))
consumer('retained', pulumi.ResourceOptions(retain_on_delete=True))
"""


def children(*names: str) -> set[str]:
    return {f"{name}-{part}" for name in names for part in PARTS}


def test_every_child_honours_the_options_of_its_consumer(new_stack: NewStack, aws: LocalAws) -> None:
    stack = new_stack(PROGRAM)
    steps = [name for step, name in stack.deploy().steps if step == "create"]
    assert steps.index("first") < min(map(steps.index, children("later")))
    resources = stack.resources()
    arns = {name: entry["outputs"]["arn"] for name, entry in resources.items() if "arn" in entry["outputs"]}
    west = {name for name, arn in arns.items() if arn.split(":")[3] == "us-west-2"}
    assert west == {name for name in children("there", "also") & arns.keys() if arns[name].split(":")[3]}
    by_default = {name for name, one in resources.items() if one["outputs"].get("tagsAll", {}).get("team") == "west"}
    assert by_default == children("there", "also") - {"there-policy", "also-policy"}  # which have no tags
    tagged = {name for name, entry in resources.items() if entry["inputs"].get("tags", {}).get("x") == "y"}
    assert tagged == children("tagged") - {"tagged-policy"}
    assert stack.deploy("up", "--expect-no-changes").steps == []

    protected = {"queues-queue", "queues-dlq", *children("protected")}
    assert {name for name, entry in resources.items() if entry.get("protect")} == protected
    destroy = stack.deploy("destroy", code=None)
    assert (destroy.code != 0, "protect" in destroy.output) == (True, True)
    assert protected <= stack.resources().keys()
    stack.run("state", "unprotect", "--all", "--yes")
    stack.deploy("destroy")
    assert stack.resources() == {}
    left = [resource_id for ids in left_over(aws).values() for resource_id in ids]
    assert {resources[f"retained-{part}"]["id"] for part in PARTS if part != "policy"} == set(left)
