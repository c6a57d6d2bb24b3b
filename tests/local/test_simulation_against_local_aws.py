"""The local AWS really runs a load, and the simulation of the same load ends when it ends, with the same dead letters.

The local AWS differs from AWS (consumers/local), and each difference is a setting of the simulated consumer: batches of
at most 10, no window, 5 pollers at all times, and on FIFO queues one batch at a time. Messages wait in the handler
rather than compute, and what an invocation takes beside that is measured on the same machine at the same time: so a
busy machine is slow on both sides.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from consumers.simulation.consumer import Consumer, Poller
from consumers.simulation.load import Load, constant
from consumers.simulation.outcome import simulate
from consumers.simulation.simulation import Simulation
from deployed_program import DeployedProgram

SECONDS = 0.05
"""How long the handler waits for each message."""
HANDLER = """
import time

from sqs_batch import Record, batch_handler


@batch_handler
def handle(record: Record) -> None:
    time.sleep({seconds})
    if record.json["poison"] or time.time() < record.json["outage"]:
        raise ValueError("it fails")
"""
STANDARD = Consumer("test", receives=3, base_delay=1, longest_delay=1, poller=Poller(first=5, most=5))
FIFO = replace(STANDARD, fifo=True, moves_itself=True, poller=Poller(first=1, most=1))


@dataclass
class Run:
    """A consumer that is deployed and paused."""

    program: DeployedProgram
    consumer: Consumer

    def pause(self, *, is_paused: bool) -> None:
        mapping = {"UUID": self.program.exports["mapping"], "Enabled": not is_paused}
        self.program.aws.client("lambda").update_event_source_mapping(**mapping)

    def send(self, groups: Sequence[int], poison: Sequence[int] = (), outage: float = 0) -> None:
        """Send a message of each group, in this order. All fail until the outage ends, and poison fails always."""
        sqs, url = self.program.sqs, self.program.exports["queue"]
        entries: list[dict[str, str]] = []
        for number, group in enumerate(groups):
            body = {"number": number, "poison": number in poison, "outage": outage}
            fifo = {"MessageGroupId": str(group), "MessageDeduplicationId": f"{time.time_ns()}-{number}"}
            entries.append({"Id": str(number), "MessageBody": json.dumps(body), **(fifo if self.consumer.fifo else {})})
        for start in range(0, len(entries), 10):
            sqs.send_message_batch(QueueUrl=url, Entries=entries[start : start + 10])

    def handle(self) -> float:
        """Let the consumer handle all messages; return the seconds until none is left."""
        self.pause(is_paused=False)
        begin = time.monotonic()
        self.program.wait_until_empty()
        seconds = time.monotonic() - begin
        self.pause(is_paused=True)
        return seconds

    def measure_overhead(self) -> float:
        """Return the seconds of an invocation beside its messages. The first ones start the function's processes."""
        messages = range(4 * 10 * self.consumer.poller.first)
        self.send(messages)
        self.handle()
        self.send(messages)
        return self.handle() / 4 - 10 * SECONDS


@pytest.fixture
def deployed(program: DeployedProgram) -> Callable[[Consumer], Run]:
    def deploy(consumer: Consumer) -> Run:
        args = {"fifo": consumer.fifo, "batch_size": consumer.batch_size, "max_receive_count": consumer.receives}
        retry = {"base_delay_seconds": consumer.base_delay, "maximum_delay_seconds": consumer.longest_delay}
        handler = HANDLER.format(seconds=SECONDS)
        program.consume(handler, **args, retry=retry, timeout=30, mapping={"enabled": False})
        return Run(program, consumer)

    return deploy


def poison_of(consumer: Consumer, load: Load) -> list[list[int]]:
    """The numbers of the messages that are poison in the simulation, by message group."""
    return [lane.poison.hits(lane.count) for lane in Simulation(consumer, load).queue.lanes]


def agree(seconds: float, simulated: float) -> bool:
    return seconds == pytest.approx(simulated, rel=0.15)


def test_a_spike_with_poison(deployed: Callable[[Consumer], Run]):
    run = deployed(STANDARD)
    load = Load([np.zeros(900)], constant(SECONDS), overhead=run.measure_overhead(), poison=0.03)
    (poison,) = poison_of(STANDARD, load)
    run.send([0] * 900, poison)
    seconds = run.handle()
    outcome = simulate(STANDARD, load)
    assert agree(seconds, outcome.end), (seconds, outcome.end, load.overhead)
    assert run.program.depth("dlq") == outcome.counts.dead == len(poison) > 0


def test_message_groups_with_poison(deployed: Callable[[Consumer], Run]):
    run = deployed(FIFO)
    groups = [number % 8 for number in range(160)]
    load = Load([np.zeros(20)] * 8, constant(SECONDS), overhead=run.measure_overhead(), poison=0.03)
    poison = poison_of(FIFO, load)
    run.send(groups, [number + 8 * place for number, places in enumerate(poison) for place in places])
    seconds = run.handle()
    outcome = simulate(FIFO, load)
    assert agree(seconds, outcome.end), (seconds, outcome.end, load.overhead)
    assert run.program.depth("dlq") == outcome.counts.dead == sum(map(len, poison)) > 0


def test_an_outage(deployed: Callable[[Consumer], Run]):
    """Those that arrive before it die in it; those that arrive near its end are retried until it is over."""
    run = deployed(STANDARD)
    overhead = run.measure_overhead()
    lasts, late = 9.0, 7.0
    end = time.time() + lasts
    run.send([0] * 40, outage=end)
    run.pause(is_paused=False)
    begin = time.time()
    time.sleep(late)
    arrived = time.time() - begin
    run.send([0] * 300, outage=end)
    run.program.wait_until_empty()
    seconds = time.time() - begin
    arrivals = np.array([0.0] * 40 + [arrived] * 300)
    load = Load([arrivals], constant(SECONDS), overhead=overhead, outages=[(0, end - begin)])
    outcome = simulate(STANDARD, load)
    assert agree(seconds, outcome.end), (seconds, outcome.end, overhead)
    assert run.program.depth("dlq") == outcome.counts.dead == 40
