"""The simulation of 10,000,000 messages on one core: seconds and peak memory, growth, and SimPy with the same arrivals.

Each runs in a process of its own. The seconds are those of the processor, for the machine may be busy.
"""

import json
import resource
import sys
import time
from dataclasses import replace

import numpy as np

from benchmarks.measure import Row, python
from consumers.simulation.consumer import Consumer
from consumers.simulation.draws import Floats
from consumers.simulation.load import Load, constant
from consumers.simulation.outcome import simulate

MESSAGES, FEWER, OF_PEER = 10_000_000, 1_000_000, 100_000
DAY, SPIKE, MUCH = "a day", "a spike", "steadily more than the first 5 pollers handle"
FAILING = "a day with 1 % failures and an outage of 10 min"
DURATIONS = {DAY: 0.02, FAILING: 0.02, SPIKE: 0.1, MUCH: 0.1}
"""Seconds of one message."""
GOAL = "goal: 20 s and 500 MB"


def rows() -> list[Row]:
    theirs = python("benchmarks.peers.simpy_queue", str(OF_PEER)) / OF_PEER
    found: list[Row] = []
    for name in DURATIONS:
        seconds, megabytes = python("benchmarks.simulation", name, str(MESSAGES))
        before, _ = python("benchmarks.simulation", name, str(FEWER))
        what = f"simulation of {MESSAGES:,} messages, {name}: {megabytes} MB ({GOAL})"
        against = f"SimPy, {MESSAGES:,} times the {1e6 * theirs:.0f} µs of a message"
        growth = f"10 times {FEWER:,} messages, {before:.2f} s"
        found.append(Row(what, seconds, "s", against, seconds / MESSAGES / theirs, 0.5))
        found.append(Row(f"the same: growth, {name}", seconds, "s", growth, seconds / (10 * before), 1.3))
    return found


def _arrivals(name: str, count: int) -> Floats:
    random = np.random.default_rng(1)
    if name in (DAY, FAILING):
        return np.sort(random.uniform(0, 86_400 * count / MESSAGES, count))
    return np.zeros(count) if name == SPIKE else np.cumsum(random.exponential(0.01, count))


def main(name: str, count: int) -> None:
    """Print the seconds and the peak of the memory in MB."""
    load = Load([_arrivals(name, count)], constant(DURATIONS[name]))
    if name == FAILING:
        noon, seconds = 43_200 * count / MESSAGES, 600 * count / MESSAGES
        load = replace(load, failing=0.01, outages=[(noon, noon + seconds)])
    started = time.process_time()
    outcome = simulate(Consumer("orders"), load)
    seconds = time.process_time() - started
    if outcome.counts.handled + outcome.counts.expired + outcome.counts.dead != count:
        raise RuntimeError(f"{outcome.counts.handled:,} of {count:,} messages are handled")
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024]))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
