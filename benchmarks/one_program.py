"""Evaluates a program of N consumers under Pulumi's mocks, ours or by hand, and prints the time and memory."""

import asyncio
import json
import resource
import sys
import time
from typing import Any

import pulumi
from pulumi.runtime import mocks, stack

from benchmarks.peers import by_hand
from components import QueueConsumer, QueueConsumerArgs
from components.args import FunctionOptions


class Aws(mocks.Mocks):
    """A minimal mock."""

    def __init__(self) -> None:
        self.resources = 0

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.resources += args.custom is True
        inputs: dict[str, Any] = args.inputs  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return args.name, {"name": args.name, "arn": f"arn:{args.name}", "url": args.name, "uuid": "u", **inputs}

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise NotImplementedError(args.token)


def ours(name: str) -> None:
    QueueConsumer(name, QueueConsumerArgs(source="functions/poker_hands"))


def every_option(name: str) -> None:
    """A consumer with every compatible option that adds resources or work."""
    key, topic = "arn:aws:kms:us-east-1:123456789012:key/1a2b", "arn:aws:sns:us-east-1:123456789012:on-call"
    function: FunctionOptions = {
        "description": "plays hands",
        "layers": ["arn:aws:lambda:us-east-1:123456789012:layer:tools:1"],
        "vpc": {"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]},
        "tracing": True,
        "log_format": "JSON",
        "log_kms_key_arn": key,
        "environment_kms_key_arn": key,
        "reserved_concurrent_executions": 4,
        "alias": {"provisioned_concurrent_executions": 1},
        "managed_policy_arns": ["arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"],
        "record_metrics": True,
    }
    args = QueueConsumerArgs(
        source="functions/poker_hands",
        environment={"LEVEL": "INFO", "PASSWORD": pulumi.Output.secret("hunter2")},
        policy_statements=[{"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"}],
        filters=[{"body": {"won": [True], "chips": [{"numeric": [">", 0]}]}}],
        function=function,
        queue={"kms_master_key_id": key},
        dead_letter_queue={"restricted": True},
        mapping={"maximum_concurrency": 4, "metrics": True},
        retry={},
        idempotency={},
        alarms={"actions": [topic]},
        tags={"team": "cards"},
    )
    QueueConsumer(name, args)


def main(side: str, count: int) -> None:
    consumer = {"ours": ours, "every_option": every_option, "by_hand": by_hand.consumer}[side]
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    aws = Aws()
    mocks.set_mocks(aws)
    pulumi.runtime.set_all_config({})

    def program() -> None:
        for number in range(count):
            consumer(f"consumer-{number}")

    start = time.perf_counter()
    loop.run_until_complete(stack.run_pulumi_func(program))
    seconds = time.perf_counter() - start
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    print(json.dumps({"seconds": seconds, "megabytes": megabytes, "resources": aws.resources}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
