"""The changes to try next."""

from collections.abc import Iterator
from dataclasses import dataclass

from consumers.operations.deployed_settings import DeployedSettings
from consumers.sizing.comparison import Comparison
from consumers.sizing.month import Month, Prices

LEAST_MB, ONE_VCPU_MB = 128, 1_769
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""
ROOM = 0.8
"""The share of the proposed memory that may be used."""


@dataclass(frozen=True)
class Proposal:
    """A change of an argument, and its effect on Lambda's bill."""

    change: str
    """The argument, as the program has it."""
    saves_least: float
    saves_most: float
    """US dollars a month at the measured rate; negative where it costs more."""
    why: tuple[str, ...]
    """Sentences: what was measured, and what to look out for."""


def memory_and_architecture(
    deployed: DeployedSettings,
    month: Month,
    used_mb: int,
    slow_ms: float,
    comparison: Comparison | None,
    prices: Prices,
) -> Iterator[Proposal]:
    """Yield what to try with memory and architecture.

    :param used_mb: the most memory that was used; 0 where it is not measured.
    :param slow_ms: the 99th percentile of the duration.
    :param comparison: measured with the current memory and with another.
    """
    shares = (0.0, 1.0) if comparison is None else (comparison.cpu_share, comparison.cpu_share)
    smaller, larger = max(LEAST_MB, deployed.memory_mb // 2), min(2 * deployed.memory_mb, ONE_VCPU_MB)
    slowest = slow_ms * (deployed.memory_mb / smaller) ** shares[1]
    fits = 0 < used_mb <= ROOM * smaller and slowest <= ROOM * deployed.timeout_seconds * 1_000
    if smaller < deployed.memory_mb and fits and shares[0] < 0.7:
        yield _memory(deployed, month, smaller, shares, _why_smaller(deployed, used_mb, smaller, comparison))
    if larger > deployed.memory_mb and shares[1] > 0.3:
        yield _memory(deployed, month, larger, shares, _why_larger(deployed, used_mb, larger, comparison))
    if deployed.architecture != "arm64":
        yield from _arm64(month, prices)


def _memory(
    deployed: DeployedSettings, month: Month, memory_mb: int, shares: tuple[float, float], why: Iterator[str]
) -> Proposal:
    """Return the proposal. The duration changes with the power `-cpu_share` of the memory, and its price with it."""
    ratio = memory_mb / deployed.memory_mb
    least, most = sorted(month.compute * (1 - ratio ** (1 - share)) for share in shares)
    return Proposal(f"memory_size={memory_mb}", least, most, tuple(why))


def _why_smaller(
    deployed: DeployedSettings, used_mb: int, memory_mb: int, comparison: Comparison | None
) -> Iterator[str]:
    yield f"At most {used_mb:,} of {deployed.memory_mb:,} MB were used."
    if comparison:
        yield comparison.sentence
        if memory_mb < comparison.other_memory_mb:
            yield "With less memory than measured, computing may become the larger part."
        return
    slower = deployed.memory_mb / memory_mb
    yield "If the function waits for others, it takes as long as now."
    yield f"If it computes, it takes {slower:.3g} times as long and saves nothing: REPORT lines do not show which."


def _why_larger(
    deployed: DeployedSettings, used_mb: int, memory_mb: int, comparison: Comparison | None
) -> Iterator[str]:
    if used_mb > ROOM * deployed.memory_mb:
        yield f"{used_mb:,} of {deployed.memory_mb:,} MB were used: Lambda ends an invocation that needs more than all."
    if comparison:
        yield comparison.sentence
        return
    faster = memory_mb / deployed.memory_mb
    yield f"If the function computes, it is up to {faster:.3g} times as fast for the same price."
    yield "If it waits for others, it takes as long as now and costs more."


def _arm64(month: Month, prices: Prices) -> Iterator[Proposal]:
    now, then = prices["lambda_gb_seconds_x86_64"], prices["lambda_gb_seconds_arm64"]
    if now and then:
        saves = month.compute * (1 - then / now)
        cheaper = f"The same duration costs {1 - then / now:.0%} less. Code may be slower or faster there: measure it."
        needs = "Compiled dependencies, layers and images must be for arm64."
        yield Proposal('function={"architecture": "arm64"}', saves, saves, (cheaper, needs))
