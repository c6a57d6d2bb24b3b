"""The execution environments of a function: an invocation that finds none free and warm is a cold start."""

from heapq import heappop, heappush
from math import inf

from consumers.simulation.consumer import IDLE_LIFETIME


class Environments:
    """As many as there were invocations at once. One that ends takes the first place among the free ones."""

    def __init__(self, provisioned: int) -> None:
        self.last_busy = [0.0] * provisioned
        """When the last invocation of each ended. With n invocations, the first n are busy."""
        self.resets: list[float] = []
        """When Lambda will reset some, since invocations reach their timeout."""
        self._provisioned = provisioned

    def begin(self, busy: int, now: float) -> bool:
        """Begin an invocation beside so many others; return whether it is a cold start."""
        if busy < len(self.last_busy):
            idle = now - self.last_busy[busy]
            if idle <= IDLE_LIFETIME or (busy < self._provisioned and idle < inf):
                return False
        else:
            self.last_busy.append(now)
        return True

    def reset_at(self, end: float) -> None:
        """Reset the environment of an invocation that reaches its timeout: the next one there is a cold start.

        https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
        """
        heappush(self.resets, end)

    def end(self, busy: int, now: float) -> None:
        """End an invocation that leaves so many others."""
        if self.resets and self.resets[0] <= now:
            heappop(self.resets)
            now = -inf
        self.last_busy[busy] = now
