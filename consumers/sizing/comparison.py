"""Whether a function computes or waits, where the log has invocations with two memory sizes.

Lambda allocates CPU in proportion to memory, one vCPU at 1,769 MB: code that computes takes half as long with twice the
memory, and costs the same. Code that waits for others takes as long as before, and costs twice as much.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import log
from statistics import median

from consumers.operations.reports import Report

LEAST_INVOCATIONS = 30
"""Of one size of batch, with each memory size."""


@dataclass(frozen=True)
class Comparison:
    """Batches of one size, with the current memory and with another."""

    messages: int
    memory_mb: int
    p50_ms: float
    other_memory_mb: int
    other_p50_ms: float

    @property
    def cpu_share(self) -> float:
        """How far the duration follows the memory: 0 if the function waits, 1 if it computes."""
        smaller, larger = sorted([(self.memory_mb, self.p50_ms), (self.other_memory_mb, self.other_p50_ms)])
        if min(smaller[1], larger[1]) <= 0:
            return 0.0
        return min(1.0, max(0.0, log(smaller[1] / larger[1]) / log(larger[0] / smaller[0])))

    @property
    def sentence(self) -> str:
        """What was measured, and what it means."""
        share = self.cpu_share
        meaning = "computes" if share >= 0.7 else "waits" if share <= 0.3 else "computes and waits"
        here, there = f"{self.p50_ms:,.0f}", f"{self.other_p50_ms:,.0f} ms at {self.other_memory_mb:,} MB"
        return f"Batches of {self.messages:,} took {here} ms at {self.memory_mb:,} MB and {there} (p50): it {meaning}."


def compare(reports: Iterable[Report], memory_mb: int) -> Comparison | None:
    """Return the comparison with the most invocations; None without a second memory size."""
    durations: dict[int, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for one in reports:
        if one.messages and one.init_ms is None and one.status == "success":
            durations[one.messages][one.memory_mb].append(one.duration_ms)
    found = [
        (min(len(by_memory[memory_mb]), len(other)), messages, memory)
        for messages, by_memory in durations.items()
        if memory_mb in by_memory
        for memory, other in by_memory.items()
        if memory != memory_mb
    ]
    count, messages, memory = max(found, default=(0, 0, 0))
    if count < LEAST_INVOCATIONS:
        return None
    here, there = durations[messages][memory_mb], durations[messages][memory]
    return Comparison(messages, memory_mb, median(here), memory, median(there))
