"""Several consumers in a stack: one goes, one comes, one is renamed; what is refused; what every child honours."""

import random
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from consumers.local.emulator import LocalAws
from engine_stack import Stack, left_over

NewStack = Callable[..., Stack]
PARTS = ("role", "logs", "dlq", "queue", "policy", "function", "mapping")
PROGRAM = """
import pulumi
import pulumi_aws as aws
from components import QueueConsumer, QueueConsumerArgs

def consumer(name, opts=None, **args):
    return QueueConsumer(name, QueueConsumerArgs(source="functions/poker_hands", **args), opts)

"""


def program(*lines: str) -> str:
    return PROGRAM + "\n".join(lines) + "\n"


def children(*names: str) -> set[str]:
    return {f"{name}-{part}" for name in names for part in PARTS}


def diagnostics(output: str) -> str:
    """What is under Diagnostics; without a terminal, each line is told once more when it comes up."""
    assert output.count("Diagnostics:") == 1
    return output.partition("Diagnostics:")[2]


def rewrite(stack: Stack, *lines: str) -> None:
    (stack.project / "__main__.py").write_text(program(*lines))


def test_one_consumer_goes_and_one_comes_and_the_third_is_left_alone(new_stack: NewStack, aws: LocalAws) -> None:
    stack = new_stack(program(*(f"consumer('{name}')" for name in ("a", "b", "c"))))
    nothing = left_over(aws)
    stack.deploy()
    rewrite(stack, "consumer('a')", "consumer('c')", "consumer('d')")
    steps = stack.deploy().steps
    assert {name for step, name in steps if step == "create"} == children("d")
    assert {name for step, name in steps if step == "delete"} == children("b")
    assert len(steps) == 14
    stack.deploy("destroy")
    assert left_over(aws) == nothing


def test_one_goes_one_comes_and_one_is_renamed_in_one_update(new_stack: NewStack, aws: LocalAws) -> None:
    stack = new_stack(program(*(f"consumer('{name}')" for name in ("a", "b", "c"))))
    stack.deploy()
    before = {name: entry["id"] for name, entry in stack.resources().items()}
    rewrite(
        stack,
        "consumer('a')",
        "consumer('new', pulumi.ResourceOptions(aliases=[pulumi.Alias(name='c')]))",
        "consumer('d')",
    )
    steps = stack.deploy().steps
    after = {name: entry["id"] for name, entry in stack.resources().items()}
    assert {name for step, name in steps if step == "create"} == children("d")
    assert {name for step, name in steps if step == "delete"} == children("b")
    assert not {name for _, name in steps} & children("a")
    kept = {part for part in PARTS if after[f"new-{part}"] == before[f"c-{part}"]}
    assert kept == set(PARTS)
    # The tags name the consumer; a role's policy has none.
    assert {name for step, name in steps if step == "update"} == children("new") - {"new-policy"}


def test_a_consumer_that_is_renamed_with_an_alias_keeps_its_queues(new_stack: NewStack, aws: LocalAws) -> None:
    function, queues = "{'name': 'H', 'role_name': 'H'}", "queue={'name': 'H'}, dead_letter_queue={'name': 'D'}"
    names = f"function={function}, {queues}"
    stack = new_stack(program(f"consumer('a', {names})"))
    stack.deploy()
    before = {name.partition("-")[2]: entry["id"] for name, entry in stack.resources().items() if name.startswith("a-")}
    rewrite(stack, f"consumer('b', pulumi.ResourceOptions(aliases=[pulumi.Alias(name='a')]), {names})")
    steps = stack.deploy().steps
    after = {name.partition("-")[2]: entry["id"] for name, entry in stack.resources().items() if name.startswith("b-")}
    # The tags name the consumer, so each resource that has tags is updated; none is made again but the inline policy.
    assert {step for step, _ in steps} <= {"update", "create-replacement", "replace", "delete-replaced"}
    assert {part for part in before if before[part] != after[part]} <= {"policy"}


def test_a_refused_consumer_is_one_error_and_registers_nothing(new_stack: NewStack, aws: LocalAws) -> None:
    stack = new_stack(program("consumer('a')", "consumer('b', timeout=1000, batch_sise=5)"))
    nothing = left_over(aws)
    preview = stack.deploy("preview", code=None)
    assert preview.code != 0
    told = diagnostics(preview.output)
    assert told.count("QueueConsumer 'b' is refused, 2 errors:") == 1
    assert told.count("timeout: got 1000; allowed: a whole number of 1 to 900 seconds.") == 1
    assert "(did you mean 'batch_size'?)" in told
    assert "Traceback" not in preview.output
    assert not {name for _, name in preview.steps} & children("b")
    assert left_over(aws) == nothing


def test_advice_is_a_warning_of_the_component_and_stops_nothing(new_stack: NewStack) -> None:
    stack = new_stack(program("consumer('a', max_receive_count=1)"))
    preview = stack.deploy("preview")
    assert diagnostics(preview.output).count("warning: max_receive_count: got 1;") == 1
    assert {name for _, name in preview.steps} == children("a")


def test_our_protect_keeps_both_queues_and_pulumis_keeps_everything(new_stack: NewStack) -> None:
    stack = new_stack(
        program("consumer('a', queue={'protect': True})", "consumer('b', pulumi.ResourceOptions(protect=True))")
    )
    stack.deploy()
    kept = {name for name, entry in stack.resources().items() if entry.get("protect")}
    assert kept == {"a-queue", "a-dlq", *children("b")}
    destroy = stack.deploy("destroy", code=None)
    assert destroy.code != 0
    assert "protect" in destroy.output
    assert children("b") | {"a-queue", "a-dlq"} <= set(stack.resources())


def test_retained_resources_stay_when_the_consumer_goes(new_stack: NewStack, aws: LocalAws) -> None:
    stack = new_stack(program("consumer('a', pulumi.ResourceOptions(retain_on_delete=True))"))
    stack.deploy()
    there = {kind: len(found) for kind, found in left_over(aws).items()}
    stack.deploy("destroy")
    assert stack.resources() == {}
    assert {kind: len(found) for kind, found in left_over(aws).items()} == there


def test_each_child_goes_where_its_consumers_provider_is(new_stack: NewStack, aws: LocalAws) -> None:
    stack = new_stack(
        program(
            "west = aws.Provider('west', region='us-west-2', default_tags={'tags': {'team': 'west'}})",
            "consumer('here')",
            "consumer('there', pulumi.ResourceOptions(provider=west))",
            "consumer('also', pulumi.ResourceOptions(providers=[west]))",
        )
    )
    stack.deploy()
    arns = {name: entry["outputs"]["arn"] for name, entry in stack.resources().items() if "arn" in entry["outputs"]}
    regions = {name: arn.split(":")[3] for name, arn in arns.items() if arn.split(":")[3]}
    assert {region for name, region in regions.items() if name.startswith("here-")} == {"us-east-1"}
    assert {region for name, region in regions.items() if not name.startswith("here-")} == {"us-west-2"}
    tagged = {name for name, e in stack.resources().items() if e["outputs"].get("tagsAll", {}).get("team") == "west"}
    assert tagged == children("there", "also") - {"there-policy", "also-policy"}
    assert stack.deploy("up", "--expect-no-changes").steps == []


def test_transforms_reach_every_child(new_stack: NewStack) -> None:
    stack = new_stack(
        program(
            "def tag(args):",
            "    if 'tags' in args.props:",
            "        args.props['tags']['x'] = 'y'",
            "    args.opts.protect = args.custom",
            "    return pulumi.ResourceTransformResult(args.props, args.opts)",
            "consumer('a', pulumi.ResourceOptions(transforms=[tag]))",
        )
    )
    stack.deploy()
    tagged = {name for name, entry in stack.resources().items() if entry["inputs"].get("tags", {}).get("x") == "y"}
    assert tagged == children("a") - {"a-policy"}  # which has no tags
    assert {name for name, entry in stack.resources().items() if entry.get("protect")} == children("a")


def test_what_a_consumer_depends_on_is_there_before_any_child(new_stack: NewStack) -> None:
    stack = new_stack(
        program("first = aws.sqs.Queue('first')", "consumer('a', pulumi.ResourceOptions(depends_on=[first]))")
    )
    steps = [name for step, name in stack.deploy().steps if step == "create"]
    assert steps[0] == "first"
    assert set(steps[1:]) == children("a")


@pytest.mark.parametrize("seed", [1])
def test_twenty_rounds_with_random_delays_leave_nothing_over(new_stack: NewStack, aws: LocalAws, seed: int) -> None:
    stack = new_stack(program("consumer('a')"))
    nothing, delays = left_over(aws), random.Random(seed)
    for service in ("sqs", "lambda", "iam", "logs"):
        aws.client(service).meta.events.register("before-call", partial(_delay, delays))
    for _ in range(20):
        assert {name for step, name in stack.deploy().steps if step == "create"} == children("a")
        assert stack.deploy("up", "--expect-no-changes").steps == []
        stack.deploy("destroy")
        assert left_over(aws) == nothing


def _delay(delays: random.Random, **event: Any) -> None:
    time.sleep(delays.uniform(0, 0.02))
