"""A short cut for plain batches: fresh messages of a standard queue that are all handled, in a warm environment.

Most batches are. Here they cost a third of what they cost by events, and the result is the same. Where anything else
happens - a message fails or returns, pollers are added, concurrency is used up - it leaves it to the events.
"""

from bisect import bisect_right
from heapq import heappop, heappush
from math import inf
from typing import TYPE_CHECKING

from consumers.cost.estimate import MESSAGES_PER_REQUEST
from consumers.simulation.consumer import IDLE_LIFETIME
from consumers.simulation.lane import Part
from consumers.simulation.queues import StandardQueue
from consumers.simulation.recorder import Noted

if TYPE_CHECKING:
    from consumers.simulation.simulation import Simulation

MOST = 32
"""Batches at a time: the other short cut may be quicker from then on."""
NO_DEAD: list[Part] = []


class Plain:
    """The short cut for one simulation."""

    def __init__(self, simulation: "Simulation") -> None:
        self._simulation, self._lane = simulation, simulation.queue.lanes[0]
        lane, consumer = self._lane, simulation.consumer
        self._fixed = (
            *(lane.visible, lane.arrivals, lane.count, simulation.batch_size),
            *(consumer.retention, simulation.load.overhead, simulation.judge.usable),
        )
        self.is_possible = (
            isinstance(simulation.queue, StandardQueue)
            and not consumer.window
            and not consumer.poller.seconds_per_receive
        )

    def run(self) -> bool:
        """Begin and end batches from now on; return whether there were any."""
        simulation, lane = self._simulation, self._lane
        pollers = int(simulation.pollers.count)
        in_flight = pollers * simulation.batch_size + lane.hidden
        is_limited = pollers > simulation.limit or in_flight > simulation.room
        if simulation.is_outage or simulation.held or lane.returned or is_limited:
            return False
        since = simulation.now
        begun = self._batches(pollers, min(simulation.next_mark, lane.shown_at()))
        if begun:
            self._count(begun)
        return simulation.now > since or bool(begun)

    def _batches(self, pollers: int, until: float) -> list[Noted]:
        """Begin and end batches until then. This runs for each batch, so it is one loop on local variables."""
        simulation, now, head = self._simulation, self._simulation.now, self._lane.head
        visible, arrivals, count, size, retention, overhead, usable = self._fixed
        running, last_busy = simulation.running, simulation.environments.last_busy
        sums, offset = simulation.durations.sums_from(head)
        last = head + min(self._lane.poison.left, simulation.judge.failing.left, simulation.durations.left)
        begun, handled = list[Noted](), 0
        warm = min(len(last_busy), simulation.peak)
        while len(begun) < MOST:
            level = len(running)
            if (start := visible[head] if level < pollers and head < count else inf) < now:
                start = now
            if level and running[0][0] <= start:
                if running[0][0] >= until:
                    break
                ended = heappop(running)
                now = last_busy[level - 1] = ended[0]
                if ended[2]:
                    simulation.settle(ended)
                else:
                    handled += ended[1]
                continue
            if start >= until or level >= warm or start - last_busy[level] > IDLE_LIFETIME:
                break
            stop = bisect_right(visible, start, head, min(head + size, count))
            if stop > last or arrivals[head] < start - retention:
                break
            if (seconds := overhead + (sums[stop + offset] - sums[head + offset])) > usable:
                break
            end = start + seconds
            heappush(running, (end, stop - head, NO_DEAD, [(0, head, stop, 0, False)], end))
            begun.append((0, head, stop, start, end))
            now, head = start, stop
            if level + 1 == pollers and simulation.pollers.must_plan_tick:
                break
        simulation.now = now
        simulation.counts.handled += handled
        simulation.in_invocations -= handled
        return begun

    def _count(self, begun: list[Noted]) -> None:
        """Note messages that are received, and will be handled."""
        simulation, lane = self._simulation, self._lane
        messages, spent = begun[-1][2] - begun[0][1], simulation.load.overhead * len(begun)
        simulation.counts.seconds += spent + simulation.durations.take(messages)
        simulation.counts.deliveries += messages
        simulation.counts.invocations += len(begun)
        requests = sum(-((start - stop) // MESSAGES_PER_REQUEST) for _, start, stop, *_ in begun)
        simulation.counts.receives += requests
        simulation.counts.deletes += requests
        simulation.in_invocations += messages
        lane.head += messages
        lane.poison.left -= messages
        simulation.judge.failing.left -= messages
        simulation.latencies.add_all(begun)
