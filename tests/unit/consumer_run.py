"""Programs with one consumer, run under Pulumi's mocks, and the policies that they register."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi

from components import QueueConsumer
from pulumi_run import ACCOUNT, REGION, Run, run

QUEUE_ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}:hands-queue-1a2b3c4"
DLQ_ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}:hands-dlq-1a2b3c4"
DEAD_ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1a2b"
TOPIC_ARN = f"arn:aws:sns:{REGION}:{ACCOUNT}:hands"


@dataclass(frozen=True)
class Later:
    """An argument that the program passes as an Output."""

    value: Any
    is_secret: bool = False


def outputs(value: Any) -> Any:
    """Return the value with an Output for each Later in it; within a program."""
    if isinstance(value, Later):
        return pulumi.Output.secret(value.value) if value.is_secret else pulumi.Output.from_input(value.value)
    if isinstance(value, dict):
        return {key: outputs(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [outputs(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def attempt(folder: Path, preview: bool = False, opts: pulumi.ResourceOptions | None = None, **args: Any) -> Run:
    """Run a program of one consumer, "hands"; what it raised is in the result."""
    everything = {"source": str(folder), **args}
    everything = {name: value for name, value in everything.items() if value is not None}
    return run(lambda: QueueConsumer("hands", outputs(everything), opts) and None, preview=preview)


def registered(folder: Path, preview: bool = False, opts: pulumi.ResourceOptions | None = None, **args: Any) -> Run:
    """Run a program of one consumer, "hands", that raises nothing."""
    result = attempt(folder, preview, opts, **args)
    assert result.error is None, result.error
    return result


def statements(result: Run, resource: str, document: str = "policy") -> list[dict[str, Any]]:
    """Return the statements of a policy document of a resource."""
    assert result.error is None, result.error
    return json.loads(result.resources[resource].inputs[document])["Statement"]


def permissions(result: Run) -> dict[str, dict[str, Any]]:
    """Return the statements of the function's role, by Sid."""
    return {statement["Sid"]: statement for statement in statements(result, "hands-policy")}


def variables(result: Run) -> dict[str, str]:
    """Return the environment of the function."""
    return result.resources["hands-function"].inputs.get("environment", {}).get("variables", {})
