"""The real `__main__.py`, evaluated under mocks with the configuration of its stacks."""

import runpy
from pathlib import Path
from typing import Any

import pytest
import yaml

from pulumi_run import Run, run


def project(key: str) -> Any:
    return yaml.safe_load(Path("Pulumi.yaml").read_text("utf-8"))[key]


def stack_config(stack: str | None) -> dict[str, str]:
    """Return the configuration as the CLI merges it: defaults, then the stack's own values."""
    config = {f"poker-hands:{name}": value["default"] for name, value in project("config").items()}
    if stack:
        config |= yaml.safe_load(Path(f"Pulumi.{stack}.yaml").read_text("utf-8"))["config"]
    return {name: str(value).lower() for name, value in config.items() if name.startswith("poker-hands:")}


def program(stack: str | None, preview: bool = False) -> Run:
    result = run(
        lambda: runpy.run_path("__main__.py", run_name="__main__") and None,
        project="poker-hands",
        stack_name=stack or "other",
        config=stack_config(stack),
        preview=preview,
    )
    assert result.error is None, result.error
    return result


def names(result: Run) -> dict[str, str]:
    return {name: r.inputs["name"] for name, r in result.resources.items() if "name" in r.inputs}


def test_the_dev_stack_has_fixed_names_and_others_have_automatic_names() -> None:
    assert names(program(None)) == {}
    assert names(program("dev")) == {
        "poker-hands-role": "PokerHandsLambdaRole",
        "poker-hands-logs": "/aws/lambda/PokerHandsConsumer",
        "poker-hands-dlq": "PokerHandsDeadLetterQueue",
        "poker-hands-queue": "PokerHandsQueue",
        "poker-hands-function": "PokerHandsConsumer",
    }


def test_the_dev_stack_has_the_documented_settings() -> None:
    resources = program("dev").resources
    function, queue = resources["poker-hands-function"].inputs, resources["poker-hands-queue"].inputs
    assert (function["runtime"], function["memorySize"], function["timeout"]) == ("python3.12", 128, 10)
    assert resources["poker-hands-mapping"].inputs["batchSize"] == 10
    assert queue["redrivePolicy"].endswith('"maxReceiveCount":3}')
    assert queue["visibilityTimeoutSeconds"] == 60
    assert function["environment"]["variables"]["SQS_BATCH_RETRY_BASE_DELAY_SECONDS"] == "1"
    pattern = '{"body":{"chip_delta":[{"numeric":[">=",100]}]}}'
    assert resources["big-pots-mapping"].inputs["filterCriteria"] == {"filters": [{"pattern": pattern}]}


@pytest.mark.parametrize("stack", ["dev", None])
@pytest.mark.parametrize("preview", [True, False])
def test_the_program_has_two_consumers_and_no_warnings(stack: str | None, preview: bool) -> None:
    result = program(stack, preview)
    assert len(result.resources) == 2 * 8
    assert result.warnings == []


def test_the_workflow_adds_sources_and_targets_to_the_two_consumers() -> None:
    result = program("workflow")
    assert result.warnings == []
    types = {resource.type for resource in result.resources.values()}
    assert {"aws:s3/bucketNotification:BucketNotification", "aws:apigatewayv2/route:Route"} < types
    assert {"aws:sns/topicSubscription:TopicSubscription", "aws:scheduler/schedule:Schedule"} < types
    assert result.resources["poker-hands-function"].inputs["handler"] == "ledger_handler.handle"
    two = {name for name in program(None).resources if not name.endswith("-function")}
    assert two < set(result.resources)


def test_the_program_exports_what_operators_need() -> None:
    outputs = program("dev").outputs
    assert outputs["functionName"] == "PokerHandsConsumer"
    assert outputs["queueUrl"].endswith("/PokerHandsQueue")
    assert outputs["deadLetterQueueUrl"].endswith("/PokerHandsDeadLetterQueue")
    assert set(outputs) == {
        *("queueUrl", "deadLetterQueueUrl", "functionName", "logGroupName"),
        *("bigPotsQueueUrl", "bigPotsFunctionName", "bigPotsLogGroupName"),
    }


def test_every_config_key_is_documented_and_read_by_the_program() -> None:
    text = Path("__main__.py").read_text("utf-8")
    for name, key in project("config").items():
        assert set(key) == {"type", "description", "default"}, name
        assert f'"{name}"' in text
