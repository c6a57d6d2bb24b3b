"""Pollers that receive and handle messages, as in SimPy's own examples: each message is an item of a store."""

import sys
import time
from collections.abc import Generator
from itertools import pairwise
from typing import Any

import numpy as np
import simpy

POLLERS, BATCH, SECONDS = 15, 10, 0.1


def arrive(world: simpy.Environment, queue: simpy.Store, moments: list[float]) -> Generator[Any, Any, None]:
    for before, moment in pairwise([0.0, *moments]):
        yield world.timeout(moment - before)
        queue.put(moment)


def poll(world: simpy.Environment, queue: simpy.Store, ages: list[float]) -> Generator[Any, Any, None]:
    while True:
        batch = [(yield queue.get())]
        while queue.items and len(batch) < BATCH:
            batch.append((yield queue.get()))
        yield world.timeout(SECONDS * len(batch))
        ages += [world.now - moment for moment in batch]


def main(messages: int) -> None:
    """Print the seconds."""
    moments = np.cumsum(np.random.default_rng(1).exponential(1 / 100, messages)).tolist()
    started = time.process_time()
    world, ages = simpy.Environment(), list[float]()
    queue = simpy.Store(world)
    world.process(arrive(world, queue, moments))
    for _ in range(POLLERS):
        world.process(poll(world, queue, ages))
    world.run()
    if len(ages) != messages:
        raise RuntimeError(f"{len(ages):,} of {messages:,} messages are handled")
    print(time.process_time() - started)


if __name__ == "__main__":
    main(int(sys.argv[1]))
