"""Plays through what happens to a load, event by event: a batch begins, a batch ends, pollers are added.

More concurrency never makes the backlog longer where messages are handled one at a time, or all wait at the start,
without failures and throttling. Elsewhere it may: more pollers receive smaller batches, so an invocation's own time
counts more often; and a failed message then meets others when it returns.
"""

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from math import ceil, inf

import numpy as np

from consumers.cost.estimate import LARGEST_PAYLOAD, MESSAGES_PER_REQUEST
from consumers.simulation.calm import Calm
from consumers.simulation.consumer import IN_FLIGHT_MOST, Consumer
from consumers.simulation.draws import Durations, Gaps
from consumers.simulation.environments import Environments
from consumers.simulation.fates import Fate, Judge, Progress, Verdict
from consumers.simulation.lane import Part
from consumers.simulation.load import Load
from consumers.simulation.plain import Plain
from consumers.simulation.pollers import Pollers
from consumers.simulation.queues import queue_of
from consumers.simulation.recorder import Counts, Latencies, Sample, Samples, bursts, copy

Running = tuple[float, int, list[Part], list[Part], float]
"""An invocation: its end, how many messages do not return, the dead letters among them, its batch, and when its poller
may receive the next one at the earliest."""


class Simulation:
    """One run. The same consumer, load and seed give the same result."""

    def __init__(
        self,
        consumer: Consumer,
        load: Load,
        seed: int = 1,
        *,
        quick: bool = True,
        on_sample: Callable[[Sample], None] = lambda sample: None,
    ) -> None:
        """`quick=False` turns off the short cuts, which change no result."""
        self._on_sample = on_sample
        self.consumer, self.load = consumer, load
        durations, failing, delays, poison = np.random.default_rng(seed).spawn(4)
        self.durations = Durations(load.duration, durations)
        self.judge = Judge(consumer, Gaps(load.failing, failing), delays)
        self.queue = queue_of(consumer, load, poison)
        self.counts, self.latencies = Counts(), Latencies(load.arrivals, by_lane=load.noisy)
        self.now, self.in_invocations = 0.0, 0
        """`in_invocations` counts messages in batches that end with them handled or dead."""
        self.batch_size = min(consumer.batch_size, max(1, LARGEST_PAYLOAD // max(1, load.message_bytes)))
        self.room = IN_FLIGHT_MOST - self.batch_size
        """A batch begins if not more messages than this are in flight."""
        self.running: list[Running] = []
        self.held: deque[tuple[float, float, list[Part]]] = deque()
        """Throttled batches: the end of their visibility timeout, their receive, and their messages."""
        self.pollers, self.environments = Pollers(consumer), Environments(consumer.provisioned)
        self.limit = inf if consumer.reserved is None else consumer.reserved
        self.samples = Samples(max(0.1, load.last / 400))
        self.peak = 0
        """More invocations than this are worth a sample of their own: a peak may be over before the next one."""
        self.is_outage = False
        edges = [moment for outage in load.outages for moment in outage]
        self._edges = deque(sorted({*edges, *bursts(load.arrivals, consumer.delay, self.samples.period)}))
        self.next_mark = 0.0
        """The moment of the next event that is not an invocation: a sample, an outage, more pollers."""
        self._shortcuts = [shortcut for shortcut in (Calm(self), Plain(self)) if quick and shortcut.is_possible]

    def run(self) -> "Simulation":
        """Run until every message is handled, dead or expired."""
        while True:
            ends, starts = self.running[0][0] if self.running else inf, self._starts()
            first = ends if ends <= starts else starts
            if first == inf and not self.held:
                break
            if self.next_mark <= first:
                self._mark()
            elif ends <= starts:
                self._end()
            else:
                self.now = starts
                shortcuts = () if self.environments.resets else self._shortcuts
                if not (shortcuts and any(shortcut.run() for shortcut in shortcuts)):
                    self._start()
        self.latencies.flush()
        self.samples.end(self._state())
        return self

    def _starts(self) -> float:
        """Return when the next batch begins if nothing else happens before."""
        free_at = self.pollers.free_at(self.now, self._batches)
        if self.pollers.next_tick < self.next_mark:
            self.next_mark = self.pollers.next_tick
        if free_at == inf:
            return inf
        if self.in_invocations + self.queue.hidden > self.room:
            shown_at = self.queue.show(self.now)
            if self.in_invocations + self.queue.hidden > self.room:
                return shown_at
        starts = self.queue.next_at()
        if self.consumer.window and starts < inf:
            starts = self._collected(starts)
        return starts if starts > free_at else free_at

    @property
    def _batches(self) -> int:
        """The number of batches in flight."""
        return len(self.running) + len(self.held)

    def _collected(self, first: float) -> float:
        """Return when a batch is full, or its window ends, or failed messages return; `first` is its first message's.

        Those that return may fill the batch: `_start` looks at it again.
        """
        shown_at = self.queue.show(self.now)
        full_at = self.queue.full_at(self.batch_size)
        return min(first + self.consumer.window, max(first, full_at), shown_at)

    def _start(self) -> None:
        """Receive a batch, and invoke the function or hold the batch back."""
        may_wait = self.consumer.window or self.in_invocations + self.queue.hidden > self.room
        if may_wait and self._starts() > self.now:
            return
        parts = self.queue.take(self.now, self.batch_size)
        for lane in self.queue.removed_from:
            self.counts.bury(lane.died)
            self.counts.expire(lane.expired)
            lane.died.clear()
            lane.expired.clear()
        if not parts:
            return
        size = sum([part[2] - part[1] for part in parts])
        self.in_invocations += size
        self.counts.receives += ceil(size / MESSAGES_PER_REQUEST)
        if len(self.running) < self.limit:
            self._invoke(self.now, parts)
            return
        self.counts.throttled += 1
        self.pollers.was_throttled = True
        self.held.append((self.now + self.consumer.visibility, self.now, parts))
        self._plan()

    def _invoke(self, received: float, parts: list[Part]) -> None:
        """Begin an invocation. What it does is decided here, and counted at its end."""
        judge, size = self.judge, sum([part[2] - part[1] for part in parts])
        is_plain = len(parts) == 1 and not parts[0][4] and not self.is_outage and judge.failing.left >= size
        if is_plain:
            judge.failing.left -= size
            fates, started = [(parts[0], Fate.HANDLED)], size
        else:
            fates = judge.fates(parts, is_outage=self.is_outage)
            started = judge.started(fates)
        is_cold = self.environments.begin(len(self.running), self.now)
        init = self.load.cold_start if is_cold else 0.0  # it is billed, and does not count for the timeout
        seconds = self.load.overhead + self.durations.take(started)
        self.counts.deliveries += size
        self.counts.invocations += 1
        self.counts.cold_starts += is_cold
        if is_plain and seconds <= judge.usable:  # most are, and the rest of this takes longer than all other work
            end = self.now + (init + seconds)
            self.counts.seconds += init + seconds
            self.latencies.add(parts[0], self.now, end)
            self._run(end, size, size, [], parts)
            return
        progress = judge.progress(self.durations, started, self.load.overhead)
        verdict = judge.verdict(fates, received, self.now + init, progress)
        self._apply(verdict)
        returned = sum([part[2] - part[1] for _, part in verdict.returned])
        self.in_invocations -= returned
        if verdict.is_killed:
            self.environments.reset_at(verdict.end)
        self.counts.seconds += verdict.end - self.now
        self._run(verdict.end, size, size - returned, verdict.dead, parts)

    def _run(self, end: float, size: int, settled: int, dead: list[Part], parts: list[Part]) -> None:
        self.counts.deletes += ceil(settled / MESSAGES_PER_REQUEST)
        pause = self.consumer.poller.seconds_for(size, self.load.message_bytes)
        heappush(self.running, (end, settled, dead, parts, self.now + pause))
        if len(self.running) > self.peak:
            self.samples.note(self._state())
            self.peak = int(1.02 * len(self.running))

    def fail(self, part: Part, received: float, end: float) -> None:
        """Let the only message of an invocation fail, which ends now or later."""
        verdict = self.judge.verdict(
            [(part, Fate.FAILED)], received, received, Progress(end - received, 1, is_timeout=False)
        )
        self._apply(verdict)
        self.in_invocations += len(verdict.dead)
        self.counts.deletes += len(verdict.dead)
        running = (end, len(verdict.dead), verdict.dead, [part], end)
        if end > self.now:
            heappush(self.running, running)
        else:
            self.settle(running)

    def _apply(self, verdict: Verdict) -> None:
        """Note what a batch leads to."""
        for part in verdict.handled:
            self.latencies.add(part, self.now, verdict.end)
        for until, part in verdict.returned:
            self.queue.give_back(part, until, verdict.end)
        self.counts.failures += verdict.failures
        self.counts.neighbours += verdict.neighbours
        self.counts.changes += ceil(verdict.changes / MESSAGES_PER_REQUEST)
        self.counts.timeouts += verdict.is_timeout

    def _end(self) -> None:
        """End the invocation that ends first, and invoke the function with a batch that was held back."""
        ended = heappop(self.running)
        self.now = ended[0]
        self.environments.end(len(self.running), self.now)
        self.settle(ended)
        if ended[4] > self.now:
            self.pollers.rest(ended[4])
        if self.held:
            _, received, parts = self.held.popleft()
            self._invoke(received, parts)
            self._plan()

    def settle(self, ended: Running) -> None:
        """Count what an invocation has done."""
        _, settled, dead, parts, _ = ended
        self.in_invocations -= settled
        sent = self.counts.bury(dead) if dead else 0
        self.counts.sent_letters += sent
        self.counts.handled += settled - sent
        self.queue.end(parts)

    def _plan(self) -> None:
        """Find the next event that is not an invocation."""
        moments = [self.samples.next, self.pollers.next_tick, *([self._edges[0]] if self._edges else [])]
        self.next_mark = min(moments + ([self.held[0][0]] if self.held else []))

    def _mark(self) -> None:
        """Let the events of this moment happen that are not invocations."""
        self.now = self.next_mark
        if self._edges and self._edges[0] <= self.now:
            self._edges.popleft()
            self.samples.note(self._state())
            self.is_outage = any(begin <= self.now < end for begin, end in self.load.outages)
        while self.held and self.held[0][0] <= self.now:
            self._drop()
        if self.pollers.next_tick <= self.now:
            are_waiting = self.queue.next_at() <= self.now
            self.pollers.scale(self.now, self._batches, are_waiting=are_waiting, are_held=bool(self.held))
        if self.samples.next <= self.now:
            self._sample()
        self._plan()

    def _drop(self) -> None:
        """Lambda gives a throttled batch up when its visibility timeout ends. That receive counts."""
        until, _, parts = self.held.popleft()
        self.counts.dropped += 1
        for lane, start, stop, receives, is_poison in parts:
            self.in_invocations -= stop - start
            self.queue.give_back((lane, start, stop, receives + 1, is_poison), until, until)
        self.queue.end(parts)

    def _sample(self) -> None:
        sample = self._state()
        self.samples.add(sample)
        self._on_sample(sample)

    def _state(self) -> Sample:
        found = self.queue.snapshot(self.now)
        held = [part for _, _, parts in self.held for part in parts]
        batches = [*held, *(part for running in self.running for part in running[3])]
        pairs = [(self.queue.lanes[part[0]], part) for part in batches]
        begun = (lane.arrivals[part[1]] for lane, part in pairs if part[3] < lane.counted_receives)
        oldest = min([found.oldest, *begun])
        self.counts.arrived = found.arrived
        return Sample(
            time=self.now,
            counts=copy(self.counts),
            visible=found.visible,
            in_flight=self.in_invocations + found.failed,
            age=max(0.0, self.now - oldest),
            concurrency=len(self.running),
            pollers=int(self.pollers.count),
        )
