"""Evaluates a program of N consumers under Pulumi's mocks, ours or by hand, and prints what it took."""

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


class Aws(mocks.Mocks):
    """As little as a mock can do."""

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


def main(side: str, count: int) -> None:
    consumer = {"ours": ours, "by_hand": by_hand.consumer}[side]
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
