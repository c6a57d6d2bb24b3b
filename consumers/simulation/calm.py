"""A short cut through times without a backlog: each message is received as it arrives, in a batch of its own.

There an event for each message would be most of the work, so numpy computes thousands of them together. The result is
the same as that of the events. Where one matters - a message waits, an environment starts - it leaves it to them.
"""

from bisect import bisect_left
from heapq import heappop, heappush
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from consumers.simulation.consumer import IDLE_LIFETIME
from consumers.simulation.draws import Floats
from consumers.simulation.lane import Part
from consumers.simulation.queues import StandardQueue

if TYPE_CHECKING:
    from consumers.simulation.simulation import Simulation

Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]
MOST = 8_192
"""Messages at a time."""
LEAST = 64
"""Fewer are quicker by events."""
PATIENCE = 4_096
"""Batches after which it is tried again at the latest."""


class Calm:
    """The short cut for one simulation."""

    def __init__(self, simulation: "Simulation") -> None:
        self._simulation, self._lane, self._pause, self._left = simulation, simulation.queue.lanes[0], 1, 0
        consumer = simulation.consumer
        self.is_possible = (
            isinstance(simulation.queue, StandardQueue)
            and not consumer.window
            and not consumer.poller.seconds_per_receive
            and consumer.receives != 1
            and consumer.delay <= consumer.retention
        )
        self._shortest_return = consumer.wait_after(1).shortest

    def run(self) -> bool:
        """Handle messages from now on, if enough of them meet no other; return whether it did."""
        if self._left:
            self._left -= 1
            return False
        hidden, at = self._ahead()
        size = self._unhindered(at) if len(at) >= LEAST else 0
        if size >= LEAST:
            self._handle(at[:size], hidden)
            hidden = [(until, part) for until, part in hidden if until > at[size - 1]]
        for until, part in hidden:
            self._lane.hide(until, part)
        self._pause = 1 if size >= LEAST else min(PATIENCE, self._pause * 2)
        self._left = 0 if size >= LEAST else self._pause
        return size >= LEAST

    def _ahead(self) -> tuple[list[tuple[float, Part]], Floats]:
        """Return the failed messages that return before another event, and the moments of all receives until then."""
        simulation, lane = self._simulation, self._lane
        before = min(simulation.next_mark, simulation.now + self._shortest_return)
        stop = bisect_left(lane.visible, before, lane.head, min(lane.count, lane.head + MOST))
        has_backlog = lane.returned or simulation.held or lane.next_at() < simulation.now
        is_full = simulation.in_invocations + lane.hidden + MOST > simulation.room
        if simulation.is_outage or has_backlog or is_full or stop - lane.head < LEAST:
            return [], np.empty(0)
        hidden = lane.pop_hidden(lane.visible[stop - 1])
        stop = bisect_left(lane.visible, lane.shown_at(), lane.head, stop)
        at = np.sort(np.concatenate([[until for until, _ in hidden], lane.visible[lane.head : stop]]))
        return hidden, at[: simulation.durations.left]

    def _seconds(self, size: int) -> Floats:
        return self._simulation.durations.peek(size) + self._simulation.load.overhead

    def _unhindered(self, at: Floats) -> int:
        """Return how many of these receives find a free and warm execution environment, and no other message."""
        simulation, seconds = self._simulation, self._seconds(len(at))
        running = [running[0] for running in simulation.running]
        ended = np.searchsorted(np.sort(np.concatenate([running, at + seconds])), at, side="right")
        level = np.maximum(0, len(running) + np.arange(len(at)) - ended)
        last_busy = np.array([*simulation.environments.last_busy, -np.inf])
        # The last of the pollers is left to the events, which add others then.
        pollers = int(simulation.pollers.count) - (simulation.pollers.count < simulation.pollers.most)
        is_free = level < min(pollers, simulation.limit, simulation.peak)
        is_warm = at - last_busy[np.minimum(level, len(last_busy) - 1)] <= IDLE_LIFETIME
        apart = np.diff(at, prepend=-1.0, append=-1.0) != 0  # the last may have a neighbour that is not here
        is_alone = apart[:-1] & apart[1:] & (at < at[-1])
        good = is_free & is_warm & is_alone & (seconds > 0) & (seconds <= simulation.judge.usable)
        return len(at) if good.all() else int(good.argmin())

    def _handle(self, at: Floats, hidden: list[tuple[float, Part]]) -> None:
        """Let the messages be received, and those invocations end that end before the last of them."""
        simulation, lane = self._simulation, self._lane
        seconds = self._seconds(len(at))
        again = {int(np.searchsorted(at, until)): part for until, part in hidden if until <= at[-1]}
        is_fresh = np.ones(len(at), dtype=bool)
        is_fresh[list(again)] = False
        numbers = lane.head - 1 + np.cumsum(is_fresh)
        numbers[list(again)] = [part[1] for part in again.values()]
        lane.head += len(at) - len(again)
        is_poison = self._poison(again, is_fresh)
        failed = is_poison.copy()
        failed[np.flatnonzero(~is_poison)[simulation.judge.failing.hits(int((~is_poison).sum()))]] = True
        simulation.durations.skip(len(at))
        simulation.counts.deliveries += len(at)
        simulation.counts.receives += len(at)
        simulation.counts.invocations += len(at)
        simulation.counts.seconds += float(seconds.sum())
        self._note_busy(at, at + seconds)
        simulation.now = float(at[-1])
        self._end(at + seconds, numbers, failed)
        arrivals = np.asarray(lane.arrivals)[numbers[~failed]]
        simulation.latencies.add_alone(arrivals, at[~failed], (at + seconds)[~failed])
        for place in np.flatnonzero(failed).tolist():
            message = int(numbers[place])
            part = again.get(place, (0, message, message + 1, 0, bool(is_poison[place])))
            simulation.fail(part, float(at[place]), float(at[place] + seconds[place]))

    def _poison(self, again: dict[int, Part], is_fresh: Flags) -> Flags:
        """Return which of the messages are poison."""
        is_poison = np.zeros(len(is_fresh), dtype=bool)
        is_poison[[place for place, part in again.items() if part[4]]] = True
        fresh = np.flatnonzero(is_fresh)
        is_poison[fresh[self._lane.poison.hits(len(fresh))]] = True
        return is_poison

    def _note_busy(self, at: Floats, ends: Floats) -> None:
        """Note when each execution environment became free."""
        running = [running[0] for running in self._simulation.running]
        done = np.sort(np.concatenate([running, ends]))
        done = done[done <= at[-1]]
        level = len(running) + np.searchsorted(at, done, side="left") - np.arange(1, len(done) + 1)
        last_busy = np.array(self._simulation.environments.last_busy)
        last_busy[level] = done
        self._simulation.environments.last_busy[:] = last_busy.tolist()

    def _end(self, ends: Floats, numbers: Integers, failed: Flags) -> None:
        """Count the messages that are handled by now. The other invocations are running."""
        simulation = self._simulation
        while simulation.running and simulation.running[0][0] <= simulation.now:
            simulation.settle(heappop(simulation.running))
        is_late, handled = ends > simulation.now, ~failed
        simulation.counts.deletes += int(handled.sum())
        simulation.counts.handled += int((~is_late & handled).sum())
        for end, number in zip(ends[is_late & handled].tolist(), numbers[is_late & handled].tolist(), strict=True):
            simulation.in_invocations += 1
            heappush(simulation.running, (end, 1, [], [(0, number, number + 1, 0, False)], end))
