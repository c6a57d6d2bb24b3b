"""What a program can ask of the AWS provider and of the engine, with resources of its own."""

import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

from consumers.local.emulator import LocalAws
from engine_stack import ROOT, Stack, kill_with_descendants
from left_over import left_over
from on_local_aws import wait_until

NewStack = Callable[..., Stack]
SECRET = "correct-horse-battery-staple"


def test_a_secret_is_one_in_the_state_in_outputs_and_in_every_message(new_stack: NewStack) -> None:
    stack = new_stack(
        """
        import pulumi
        import pulumi_aws as aws
        from components import QueueConsumer, QueueConsumerArgs

        secret = pulumi.Config().require_secret("token")
        hands = QueueConsumer("hands", QueueConsumerArgs(source="functions/poker_hands", environment={"TOKEN": secret}))
        tagged = aws.sqs.Queue("tagged", tags={"token": secret})
        pulumi.export("environment", hands.function.environment)
        pulumi.export("tags", tagged.tags_all)
        """
    )
    stack.run("config", "set", "--secret", "token", SECRET)
    printed = [stack.deploy(*command).output for command in (["preview", "--diff"], ["up", "--diff"], ["refresh"])]
    state = stack.run("stack", "export").output
    assert not any(SECRET in text for text in (*printed, state, stack.run("stack", "output").output))
    outputs = stack.outputs()
    assert (outputs["environment"]["variables"]["TOKEN"], outputs["tags"]) == (SECRET, {"token": SECRET})
    resources = stack.resources()
    function = stack.aws.client("lambda").get_function(FunctionName=resources["hands-function"]["id"])
    assert function["Configuration"]["Environment"]["Variables"]["TOKEN"] == SECRET
    assert "ciphertext" in resources["hands-function"]["outputs"]["environment"]["variables"]
    assert stack.deploy("up", "--expect-no-changes").steps == []
    assert SECRET not in stack.deploy("destroy", "--diff").output


def test_two_regions_and_default_tags_in_one_stack(new_stack: NewStack) -> None:
    program = """
        import pulumi
        import pulumi_aws as aws

        tags = {"environment": "test", "team": "cards"}
        ireland = aws.Provider("ireland", region="eu-west-1", default_tags={"tags": tags})
        queues = [
            aws.sqs.Queue("here", name="hands"),
            aws.sqs.Queue("there", name="hands", tags={"team": "own"}, opts=pulumi.ResourceOptions(provider=ireland)),
        ]
        pulumi.export("arns", [queue.arn for queue in queues])
        pulumi.export("regions", [queue.region for queue in queues])
        pulumi.export("tags", [queue.tags for queue in queues])
        pulumi.export("all", [queue.tags_all for queue in queues])
        there = pulumi.InvokeOptions(provider=ireland)
        pulumi.export("functions", [aws.get_region(opts=opts).region for opts in (None, there)])
        """
    stack = new_stack(program)
    stack.deploy()
    outputs = stack.outputs()
    assert [arn.split(":")[3] for arn in outputs["arns"]] == outputs["regions"] == ["us-east-1", "eu-west-1"]
    assert outputs["functions"] == ["us-east-1", "eu-west-1"]
    assert outputs["tags"] == [{}, {"team": "own"}]
    assert outputs["all"] == [{}, {"environment": "test", "team": "own"}]
    assert stack.deploy("refresh", "--expect-no-changes").steps == []
    stack.edit("__main__.py", '"environment": "test"', '"environment": "prod"')
    up = stack.deploy()
    assert (up.steps, up.changed) == ([("update", "there")], {"there": {"tagsAll"}})
    assert stack.outputs()["all"][1] == {"environment": "prod", "team": "own"}
    stack.edit("__main__.py", 'region="eu-west-1"', 'region="eu-west-2"')
    assert {step for step, name in stack.deploy().steps if name == "there"} >= {"create-replacement", "delete-replaced"}
    assert stack.outputs()["arns"][1].split(":")[3] == "eu-west-2"
    stack.deploy("destroy")
    everywhere = [replace(stack.aws, region=region) for region in ("us-east-1", "eu-west-1", "eu-west-2")]
    assert [aws.client("sqs").list_queues().get("QueueUrls", []) for aws in everywhere] == [[], [], []]


def test_automatic_names_can_be_turned_off_and_configured(new_stack: NewStack) -> None:
    stack = new_stack("import pulumi_aws as aws\naws.sqs.Queue('hands', fifo_queue=True)")
    stack.run("config", "set", "--path", "pulumi:autonaming.mode", "disabled")
    assert "the property 'name' is required" in stack.deploy("preview", code=255).output
    stack.run("config", "rm", "pulumi:autonaming")
    stack.run("config", "set", "--path", "pulumi:autonaming.pattern", "${stack}-${name}")
    stack.deploy()
    assert stack.resources()["hands"]["outputs"]["name"] == "dev-hands.fifo"
    assert stack.deploy("up", "--expect-no-changes").steps == []


def test_an_update_that_is_killed_in_the_middle_is_repaired_by_the_next(new_stack: NewStack, aws: LocalAws) -> None:
    stack = new_stack(
        """
        import pulumi_aws as aws
        first = aws.sqs.Queue("first")
        for number in range(5):
            aws.sqs.Queue(f"queue-{number}", tags={"first": first.arn})
        """
    )
    before = left_over(aws)
    with slowed_down(aws, seconds=2):  # none of the five is complete when the third one is there
        process = subprocess.Popen(
            ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"],
            cwd=stack.project,
            env=stack.environment,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_until(lambda: len(left_over(aws).get("queues", [])) > 3)
        kill_with_descendants(process.pid)
        process.wait()
    wait_until(lambda: len(left_over(aws).get("queues", [])) == 1)  # those of the dead engine are deleted
    stack.run("cancel", "--yes")
    assert {step for step in stack.deploy().steps if step[0] == "create"} == {
        ("create", f"queue-{number}") for number in range(5)
    }
    assert len(left_over(aws)["queues"]) == 6
    assert stack.deploy("up", "--expect-no-changes").steps == []
    stack.deploy("destroy")
    assert left_over(aws) == before


@contextmanager
def slowed_down(aws: LocalAws, seconds: float) -> Generator[None]:
    """Let it take this long until a queue that is there can be read."""
    events, sleep = aws.client("sqs").meta.events, partial(_sleep, seconds)
    events.register("after-call.sqs.GetQueueAttributes", sleep)
    yield
    events.unregister("after-call.sqs.GetQueueAttributes", sleep)


def _sleep(seconds: float, **event: object) -> None:
    time.sleep(seconds)


def test_in_the_plugin_folder_it_needs_no_debugging_switch(new_stack: NewStack, aws: LocalAws, tmp_path: Path) -> None:
    stack = new_stack("import pulumi_aws as aws\naws.sqs.Queue('hands')\naws.Provider('other', region='eu-west-1')")
    folder = tmp_path / "pulumi" / "plugins" / f"resource-aws-v{version('pulumi-aws')}"
    folder.mkdir(parents=True)
    plugin = folder / "pulumi-resource-aws"
    command = [sys.executable, "-m", "consumers.provider.provider", "--endpoint", aws.endpoint_url]
    plugin.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {" ".join(command)} "$@"\n')
    plugin.chmod(0o755)
    del stack.environment["PULUMI_DEBUG_PROVIDERS"]
    stack.environment["LOCAL_AWS_ACCESS_KEY_ID"] = aws.access_key_id
    up = stack.deploy()
    assert (up.steps, "warning" in up.output) == ([("create", "hands")], False)
    assert stack.deploy("up", "--expect-no-changes").steps == []
    assert stack.deploy("destroy").steps == [("delete", "hands")]
