"""A month at the measured rate, and what Lambda bills for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

from consumers.cost.estimate import SECONDS
from consumers.operations.reports import Reports
from consumers.sizing import groups

Prices = Mapping[str, float | None]


@dataclass(frozen=True)
class Month:
    """A month of 730 hours with as much traffic as the log shows, all with the current memory."""

    invocations: float
    messages: float | None
    """None where the log has no sizes of batches."""
    gb_seconds: float
    compute: float
    """US dollars, before the free tier."""
    requests: float
    """US dollars."""

    @property
    def cost(self) -> float:
        return self.compute + self.requests

    @property
    def per_million_messages(self) -> float | None:
        """What Lambda bills for a million messages, in US dollars."""
        return self.cost / self.messages * 1_000_000 if self.messages else None

    @property
    def messages_per_batch(self) -> float | None:
        return None if self.messages is None else self.messages / self.invocations


def of(found: Reports, memory_mb: int, architecture: str, prices: Prices) -> Month | None:
    """Return the month; None without an invocation with this memory."""
    current = [one for one in found.reports if one.memory_mb == memory_mb]
    if not current:
        return None
    invocations = len(found.reports) * SECONDS / ((found.until - found.since) * found.share)
    sizes = [one.messages for one in found.reports if one.messages is not None]
    seconds = invocations * fmean(map(groups.gb_seconds, current))
    return Month(
        invocations,
        fmean(sizes) * invocations if sizes else None,
        seconds,
        seconds * (prices[f"lambda_gb_seconds_{architecture}"] or 0.0),
        invocations * (prices["lambda_requests"] or 0.0),
    )
