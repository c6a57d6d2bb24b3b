"""A load: arrivals, durations and failures."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from consumers.simulation.draws import Distribution, Floats


def constant(seconds: float) -> Distribution:
    """Every message takes the same time."""
    return lambda _, count: np.full(count, seconds)


@dataclass(frozen=True)
class Load:
    """Arrivals, durations, failures. All times are seconds, and moments count from the start of the simulation."""

    arrivals: Sequence[Floats]
    """The moments at which messages arrive, sorted. One array for each message group of a FIFO queue; else one, or two
    where `noisy` is set."""
    duration: Distribution = field(default_factory=lambda: constant(0.1))
    """Of one message. Those of a batch are handled one after another."""
    overhead: float = 0.0
    """What an invocation takes besides its messages."""
    cold_start: float = 0.0
    """What the first invocation of an execution environment takes on top of that."""
    failing: float = 0.0
    """The probability that a receive of a good message fails."""
    poison: float = 0.0
    """The share of messages that fail at every receive."""
    outages: Sequence[tuple[float, float]] = ()
    """From when to when every message fails."""
    noisy: bool = False
    """The queue is a standard one with message groups (a fair queue). The second array is that of one noisy group."""
    message_bytes: int = 1_024

    @property
    def messages(self) -> int:
        """The number of arrivals."""
        return sum(map(len, self.arrivals))

    @property
    def last(self) -> float:
        """The moment of the last arrival."""
        return max((float(lane[-1]) for lane in self.arrivals if len(lane)), default=0.0)

    @property
    def mean_duration(self) -> float:
        """Seconds that a message takes, on average over 10,000 draws."""
        return float(np.mean(self.duration(np.random.default_rng(0), 10_000)))
