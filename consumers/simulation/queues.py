"""The kinds of queues: which message a poller receives next, and what a failed one holds up."""

from bisect import bisect_right
from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from consumers.simulation.consumer import Consumer
from consumers.simulation.draws import NEVER, Gaps
from consumers.simulation.lane import GroupLane, Lane, Part
from consumers.simulation.load import Load

NOISY_SHARE, NOISY_LEAST = 0.1, 30
"""A group with more than this share of the messages in flight, and at least so many of its own, counts as noisy, until
its backlog is gone: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html
"""


class Snapshot(NamedTuple):
    """The messages of a queue at one moment."""

    arrived: int
    visible: int
    failed: int
    """Those that are not visible again; the others in flight are in invocations."""
    oldest: float
    """When the oldest one arrived that is in no invocation; infinity without any."""


def snapshot(lanes: Sequence[Lane], now: float) -> Snapshot:
    """Return how many messages are in these lanes."""
    counts = [(lane.arrived(now), lane.waiting(now), lane.in_flight(now)) for lane in lanes]
    arrived, visible, failed = map(sum, zip(*counts, strict=True))
    return Snapshot(arrived, visible, failed, min(lane.oldest() for lane in lanes))


class StandardQueue:
    """A standard queue: any message may be received next; the simulation takes the one that is visible longest."""

    def __init__(self, lanes: Sequence[Lane]) -> None:
        self.lanes = lanes
        (self._lane,) = lanes
        # The simulation calls these for each batch.
        self.next_at, self.take, self.full_at = self._lane.next_at, self._lane.take, self._lane.full_at

    @property
    def hidden(self) -> int:
        return self._lane.hidden

    @property
    def removed_from(self) -> Sequence[Lane]:
        """The lanes of which messages may be dead or expired since the last receive."""
        return self.lanes

    @property
    def has_removed(self) -> bool:
        return bool(self._lane.died or self._lane.expired)

    def show(self, now: float) -> float:
        """Make messages visible whose time has come, and return when the next one becomes visible."""
        self._lane.show(now)
        return self._lane.shown_at()

    def snapshot(self, now: float) -> Snapshot:
        """Return how many messages there are."""
        return snapshot(self.lanes, now)

    def give_back(self, part: Part, until: float, ends: float) -> None:
        """Make failed messages visible again at `until`; the invocation that fails them ends at `ends`."""
        self._lane.hide(until, part)

    def end(self, parts: Sequence[Part]) -> None:
        """Note the end of an invocation."""


class FairQueue:
    """A standard queue with message groups: while one group is noisy, the messages of the others come first.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
    """

    def __init__(self, lanes: Sequence[Lane]) -> None:
        """Lane 0 has the quiet groups, lane 1 the noisy one."""
        self.lanes = lanes
        self._quiet, self._noisy = lanes
        self._in_flight, self._is_noisy = [0, 0], False
        """`_in_flight` counts messages in invocations, by lane; those that return are hidden in their lanes."""
        self._ending: list[tuple[float, int, int]] = []
        """Messages that return: the end of their invocation, their lane and their number."""

    @property
    def hidden(self) -> int:
        return self._quiet.hidden + self._noisy.hidden

    @property
    def removed_from(self) -> Sequence[Lane]:
        return self.lanes

    @property
    def has_removed(self) -> bool:
        return any(lane.died or lane.expired for lane in self.lanes)

    def show(self, now: float) -> float:
        for lane in self.lanes:
            lane.show(now)
        return min(lane.shown_at() for lane in self.lanes)

    def next_at(self) -> float:
        return min(self._quiet.next_at(), self._noisy.next_at())

    def full_at(self, size: int) -> float:
        missing = size - self._quiet.returned - self._noisy.returned
        if missing <= 0:
            return -inf
        ahead = np.concatenate([lane.visible[lane.head : lane.head + missing] for lane in self.lanes])
        return float(np.partition(ahead, missing - 1)[missing - 1]) if len(ahead) >= missing else inf

    def take(self, now: float, room: int) -> list[Part]:
        first, second = self._quiet, self._noisy
        self.show(now)
        while self._ending and self._ending[0][0] <= now:
            _, lane, size = heappop(self._ending)
            self._in_flight[lane] += size  # `end` has subtracted the whole batch, and `give_back` these before
        self._is_noisy = self._exceeds() or (self._is_noisy and self._noisy.next_at() <= now)
        if not self._is_noisy and second.next_at() < first.next_at():
            first, second = second, first
        parts = first.take(now, room)
        parts += second.take(now, room - sum(part[2] - part[1] for part in parts))
        for lane, start, stop, *_ in parts:
            self._in_flight[lane] += stop - start
        return parts

    def snapshot(self, now: float) -> Snapshot:
        return snapshot(self.lanes, now)

    def _exceeds(self) -> bool:
        noisy = self._in_flight[1] + self._noisy.hidden
        return noisy >= NOISY_LEAST and noisy > NOISY_SHARE * (noisy + self._in_flight[0] + self._quiet.hidden)

    def give_back(self, part: Part, until: float, ends: float) -> None:
        lane, start, stop, *_ = part
        self.lanes[lane].hide(until, part)
        self._in_flight[lane] -= stop - start
        heappush(self._ending, (ends, lane, stop - start))

    def end(self, parts: Sequence[Part]) -> None:
        for lane, start, stop, *_ in parts:
            self._in_flight[lane] -= stop - start


class FifoQueue:
    """A FIFO queue: a group with messages in flight gives no more, and a failed message holds up those behind it.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
    """

    def __init__(self, lanes: Sequence[Lane]) -> None:
        """One lane for each message group."""
        self.lanes = lanes
        self._free = [(lane.next_at(), lane.number) for lane in lanes if lane.count]
        heapify(self._free)
        self._taken_from: list[int] = []
        self._taken = 0
        """Messages that were received at least once."""
        self._busy: set[int] = set()
        self._failed: set[int] = set()
        """Groups that may have failed messages, for a look at each of many groups would take long."""
        self._arrivals, self._visible = (
            np.sort(np.concatenate(moments)).data
            for moments in ([lane.arrivals for lane in lanes], [lane.visible for lane in lanes])
        )

    @property
    def hidden(self) -> int:
        """Not counted: a failed message holds its group up, so few of them are in flight."""
        return 0

    @property
    def removed_from(self) -> Sequence[Lane]:
        return [self.lanes[number] for number in self._taken_from]

    @property
    def has_removed(self) -> bool:
        return any(lane.died or lane.expired for lane in self.removed_from)

    def show(self, now: float) -> float:
        return now

    def next_at(self) -> float:
        return self._free[0][0] if self._free else inf

    def full_at(self, size: int) -> float:
        """Return when a batch is full: that of the first group, for others are rarely visible at the same time."""
        return self.lanes[self._free[0][1]].full_at(size)

    def take(self, now: float, room: int) -> list[Part]:
        parts: list[Part] = []
        self._taken_from.clear()
        while room > 0 and self._free and self._free[0][0] <= now:
            _, number = heappop(self._free)
            self._taken_from.append(number)
            lane = self.lanes[number]
            self._taken -= lane.head
            taken = lane.take(now, room)
            self._taken += lane.head
            if taken:
                self._busy.add(number)
            else:
                self._offer(number)
            parts += taken
            room -= sum(part[2] - part[1] for part in taken)
        return parts

    def snapshot(self, now: float) -> Snapshot:
        self._failed = {number for number in self._failed if self.lanes[number].hidden}
        failed = [self.lanes[number] for number in self._failed]
        in_flight = sum(lane.in_flight(now) for lane in failed)
        shown = sum(lane.hidden for lane in failed) - in_flight
        visible = bisect_right(self._visible, now) - self._taken + shown
        # A free group without failed messages is in its place by its oldest one.
        free = self._free[:1] if self._free and self._free[0][1] not in self._failed else self._free
        apart = {*self._failed, *self._busy, *(number for _, number in free)}
        oldest = min((self.lanes[number].oldest() for number in apart), default=inf)
        return Snapshot(bisect_right(self._arrivals, now), visible, in_flight, oldest)

    def give_back(self, part: Part, until: float, ends: float) -> None:
        self._failed.add(part[0])
        self.lanes[part[0]].hide(until, part)

    def end(self, parts: Sequence[Part]) -> None:
        for number in {part[0] for part in parts}:
            self._busy.discard(number)
            self._offer(number)

    def _offer(self, number: int) -> None:
        if (at := self.lanes[number].next_at()) < inf:
            heappush(self._free, (at, number))


def queue_of(consumer: Consumer, load: Load, poison: Generator) -> StandardQueue | FairQueue | FifoQueue:
    """Return a queue to which the load comes."""
    kind = GroupLane if consumer.fifo else Lane
    lanes = [
        kind(
            number,
            np.ascontiguousarray(arrivals, dtype=np.float64),
            Gaps(load.poison, poison),
            delay=consumer.delay,
            retention=consumer.retention,
            most=NEVER if consumer.receives is None else consumer.receives,
        )
        for number, arrivals in enumerate(load.arrivals)
    ]
    return (FifoQueue if consumer.fifo else FairQueue if load.noisy else StandardQueue)(lanes)
