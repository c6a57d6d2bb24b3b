"""The messages of a queue in the order of their arrival."""

from bisect import bisect_right
from collections import deque
from heapq import heappop, heappush
from math import inf

from consumers.simulation.draws import NEVER, Floats, Gaps

Part = tuple[int, int, int, int, bool]
"""Neighbours in the order of arrival that share a fate: the lane, the first, the one behind the last, how often they
were received, and whether they are poison."""


class SmallestNumbers:
    """The smallest of numbers that come and go."""

    def __init__(self) -> None:
        self._heap: list[int] = []
        self._gone: list[int] = []

    def add(self, number: int) -> None:
        heappush(self._heap, number)

    def remove(self, number: int) -> None:
        heappush(self._gone, number)

    def first(self) -> int | None:
        """Return the smallest number; None without any."""
        while self._gone and self._gone[0] == self._heap[0]:
            heappop(self._gone)
            heappop(self._heap)
        return self._heap[0] if self._heap else None


class Lane:
    """Messages by the moments at which they can be received. A failed one returns behind those that are visible."""

    counted_receives = 2
    """A message that was received more often does not count for the age of the oldest.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html"""

    def __init__(
        self, number: int, arrivals: Floats, poison: Gaps, *, delay: float, retention: float, most: int
    ) -> None:
        """`most` is the number of receives after which a message is dead."""
        self.number, self.count, self.head = number, len(arrivals), 0
        self.arrivals = arrivals.data  # an item of an array costs three times as much
        self.visible = (arrivals + delay).data if delay else self.arrivals
        self.hidden = self.returned = 0
        """Failed messages that are not visible yet, and those that are again."""
        self.died: list[Part] = []
        self.expired: list[Part] = []
        self.poison, self._retention, self.most = poison, retention, most
        self._hidden: list[tuple[float, Part]] = []
        self._returned: deque[tuple[float, Part]] = deque()
        self._firsts = SmallestNumbers()

    def next_at(self) -> float:
        """Return the moment at which the first message is visible, or was; infinity without any."""
        fresh = self.visible[self.head] if self.head < self.count else inf
        if self._returned:
            return min(fresh, self._returned[0][0])
        return min(fresh, self._hidden[0][0]) if self._hidden else fresh

    def full_at(self, size: int) -> float:
        """Return the moment at which so many are visible, if no more return until then."""
        last = self.head + size - self.returned - 1
        return -inf if last < self.head else self.visible[last] if last < self.count else inf

    def hide(self, until: float, part: Part) -> None:
        """Make failed messages visible again later."""
        self.hidden += part[2] - part[1]
        heappush(self._hidden, (until, part))
        if part[3] <= self.counted_receives:
            self._firsts.add(part[1])

    def take(self, now: float, room: int) -> list[Part]:
        """Receive visible messages, the longest visible first. Notes those that are dead or expired instead."""
        if self._hidden and self._hidden[0][0] <= now:
            self.show(now)
        parts: list[Part] = []
        while room > 0 and (part := self._take_next(now, room)):
            part = self._kept(part, now)
            if part[1] < part[2]:
                parts.append(part)
                room -= part[2] - part[1]
        return parts

    def _take_next(self, now: float, room: int) -> Part | None:
        """Receive the messages that are visible longest, of those that share a fate; None if no message is visible."""
        fresh = self.visible[self.head] if self.head < self.count else inf
        if self._returned and self._returned[0][0] <= fresh:
            return self._take_returned(now, room)
        return self._take_fresh(now, room) if fresh <= now else None

    def show(self, now: float) -> None:
        """Make messages visible whose time has come."""
        while self._hidden and self._hidden[0][0] <= now:
            since, part = heappop(self._hidden)
            self.hidden -= part[2] - part[1]
            self.returned += part[2] - part[1]
            self._returned.append((since, part))

    def _take_returned(self, now: float, room: int) -> Part:
        since, part = self._returned.popleft()
        lane, start, stop, receives, is_poison = part
        if receives <= self.counted_receives:
            self._firsts.remove(start)
        if receives >= self.most:
            self.returned -= stop - start
            self._bury(part, now)
            return lane, stop, stop, receives, is_poison
        if stop - start > room:
            self._returned.appendleft((since, (lane, start + room, stop, receives, is_poison)))
            stop = start + room
            if receives <= self.counted_receives:
                self._firsts.add(stop)
        self.returned -= stop - start
        return lane, start, stop, receives, is_poison

    def _take_fresh(self, now: float, room: int) -> Part:
        """Receive messages for the first time. Poison is a part of its own."""
        start, limit = self.head, min(self.head + room, self.count)
        if self._returned:
            now = min(now, self._returned[0][0])
        stop = limit if self.visible[limit - 1] <= now else bisect_right(self.visible, now, start, limit)
        if self.poison.left < stop - start:
            stop = start + max(1, self.poison.left)
        self.head = stop
        return self.number, start, stop, 0, bool(self.poison.hits(stop - start))

    def _bury(self, part: Part, now: float) -> None:
        """Note messages that SQS moves to the dead-letter queue, unless the queue keeps them no longer."""
        is_expired = self.arrivals[part[2] - 1] < now - self._retention
        (self.expired if is_expired else self.died).append(part)

    def _kept(self, part: Part, now: float) -> Part:
        """Give up the messages that the queue keeps no longer, and return the others."""
        lane, start, stop, receives, is_poison = part
        before = now - self._retention
        if start == stop or self.arrivals[start] >= before:
            return part
        kept = bisect_right(self.arrivals, before, start, stop)
        self.expired.append((lane, start, kept, receives, is_poison))
        return lane, kept, stop, receives, is_poison

    def oldest(self) -> float:
        """Return when the oldest message arrived that is in no invocation; infinity without any."""
        fresh = self.arrivals[self.head] if self.head < self.count else inf
        first = self._firsts.first()
        return fresh if first is None else min(fresh, self.arrivals[first])

    def arrived(self, now: float) -> int:
        """Return how many messages have arrived."""
        return bisect_right(self.arrivals, now)

    def in_flight(self, now: float) -> int:
        """Return how many failed messages are not visible again."""
        self.show(now)
        return self.hidden

    def shown_at(self) -> float:
        """Return when the next failed message becomes visible; infinity without any."""
        return self._hidden[0][0] if self._hidden else inf

    def pop_hidden(self, until: float) -> list[tuple[float, Part]]:
        """Take the failed messages that become visible until then, up to the first that are several, or go away."""
        taken: list[tuple[float, Part]] = []
        while self._hidden and self._hidden[0][0] <= until:
            since, (_, start, stop, receives, _) = self._hidden[0]
            if stop - start > 1 or receives >= self.most or self.arrivals[start] < since - self._retention:
                break
            taken.append(heappop(self._hidden))
            self.hidden -= 1
            if receives <= self.counted_receives:
                self._firsts.remove(start)
        return taken

    def waiting(self, now: float) -> int:
        """Return how many messages are visible."""
        self.show(now)
        return max(0, bisect_right(self.visible, now, self.head) - self.head) + self.returned


class GroupLane(Lane):
    """A message group of a FIFO queue: a failed message returns in front of those behind it, and holds them up."""

    counted_receives = NEVER

    def next_at(self) -> float:
        if self._hidden:
            return self._front()[0]
        return self.visible[self.head] if self.head < self.count else inf

    def _take_next(self, now: float, room: int) -> Part | None:
        if self.next_at() > now:
            return None
        return self._take_front(now, room) if self._hidden else self._take_fresh(now, room)

    def show(self, now: float) -> None:
        """Nothing: the group's order decides, not the moments at which its messages become visible."""

    def in_flight(self, now: float) -> int:
        return sum(part[2] - part[1] for since, part in self._hidden if since > now)

    def waiting(self, now: float) -> int:
        shown = sum(part[2] - part[1] for since, part in self._hidden if since <= now)
        return max(0, bisect_right(self.visible, now, self.head) - self.head) + shown

    def _front(self) -> tuple[float, Part]:
        return min(self._hidden, key=lambda hidden: hidden[1][1])

    def _take_front(self, now: float, room: int) -> Part:
        front = self._front()
        self._hidden.remove(front)
        until, (lane, start, stop, receives, is_poison) = front
        self.hidden -= stop - start
        if receives <= self.counted_receives:
            self._firsts.remove(start)
        if receives >= self.most:
            self._bury(front[1], now)
            return lane, stop, stop, receives, is_poison
        if stop - start > room:
            self.hide(until, (lane, start + room, stop, receives, is_poison))
            stop = start + room
        return lane, start, stop, receives, is_poison
