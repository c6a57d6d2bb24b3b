"""The execution environments of a function: an invocation that finds none free and warm is a cold start."""

from consumers.simulation.consumer import IDLE_LIFETIME


class Environments:
    """As many as there were invocations at once. One that ends takes the first place among the free ones."""

    def __init__(self) -> None:
        self.last_busy: list[float] = []
        """When the last invocation of each ended. With n invocations, the first n are busy."""

    def begin(self, busy: int, now: float) -> bool:
        """Begin an invocation beside so many others; return whether it is a cold start."""
        if busy < len(self.last_busy):
            if now - self.last_busy[busy] <= IDLE_LIFETIME:
                return False
        else:
            self.last_busy.append(now)
        return True

    def end(self, busy: int, now: float) -> None:
        """End an invocation that leaves so many others."""
        self.last_busy[busy] = now
