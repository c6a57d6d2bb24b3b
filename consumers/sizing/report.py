"""Puts together what `consumers size` prints."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from consumers.cost import prices
from consumers.evaluate.consequences import several
from consumers.operations.deployed_settings import DeployedSettings
from consumers.operations.reports import Reports
from consumers.percentiles import percentile
from consumers.sizing import batches, comparison, groups, month, proposals
from consumers.sizing import durations as fitted
from consumers.sizing.comparison import Comparison
from consumers.sizing.durations import Durations
from consumers.sizing.groups import Group
from consumers.sizing.month import Month, Prices
from consumers.sizing.proposals import Proposal

FEW = 100
"""Below this, the 99th percentile is the maximum."""


LATE = 0.1
"""The share of the time that may pass before the first invocation, without a note on the rate."""


@dataclass(frozen=True)
class Sizing:
    """The size of a consumer: what was measured, and what to try next."""

    deployed: DeployedSettings
    found: Reports
    groups: list[Group]
    unsuccessful: dict[str, int]
    """Invocations that ended otherwise, by their status. They are in no group."""
    used_mb: int | None
    """The most memory that was used; None where it is not measured."""
    month: Month | None
    durations: Durations | None
    comparison: Comparison | None
    proposals: list[Proposal]
    """The largest savings first."""
    missing: list[str]
    """Sentences: what the figures do not show, and why."""
    prices: Prices
    prices_of: str
    """The region of the prices."""

    def as_data(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        fit = self.durations and {name: value for name, value in asdict(self.durations).items() if name != "samples"}
        return {
            "settings": asdict(self.deployed),
            "since": self.found.since,
            "until": self.found.until,
            "share_read": self.found.share,
            "invocations": len(self.found.reports),
            "unsuccessful": self.unsuccessful,
            "used_mb": self.used_mb,
            "groups": [{**asdict(one), "per_million_messages": self.per_million(one)} for one in self.groups],
            "month": self.month and {**asdict(self.month), "per_million_messages": self.month.per_million_messages},
            "durations": fit,
            "comparison": self.comparison and {**asdict(self.comparison), "cpu_share": self.comparison.cpu_share},
            "proposals": [asdict(one) for one in self.proposals],
            "missing": self.missing,
            "prices_of": self.prices_of,
            "prices_as_of": prices.REGIONS[self.prices_of],
        }

    def per_million(self, group: Group) -> float | None:
        """Return what Lambda bills for a million messages in such batches, in US dollars."""
        if not group.messages:
            return None
        compute = group.billed_gb_seconds * (self.prices[f"lambda_gb_seconds_{self.deployed.architecture}"] or 0.0)
        requests = group.invocations * (self.prices["lambda_requests"] or 0.0)
        return (compute + requests) / group.messages * 1_000_000


def sizing(deployed: DeployedSettings, found: Reports, *, measures_memory: bool = True) -> Sizing:
    """Return the size of a consumer.

    :param measures_memory: False on the local AWS, whose REPORT lines have the memory of other processes.
    """
    region = deployed.region if deployed.region in prices.REGIONS else next(iter(prices.REGIONS))
    listed = prices.of(region)
    current = [one for one in found.reports if one.memory_mb == deployed.memory_mb]
    rate = month.of(found, deployed.memory_mb, deployed.architecture, listed)
    fit = fitted.fit(current)
    compared = comparison.compare(found.reports, deployed.memory_mb)
    used = max((one.used_mb for one in current), default=0) if measures_memory else 0
    tried: list[Proposal] = []
    if rate:
        slow = percentile([one.duration_ms for one in current], 0.99) or 0.0
        tried += proposals.memory_and_architecture(deployed, rate, used, slow, compared, listed)
        tried += batches.proposals(deployed, rate, fit, listed)
    missing = [*_missing(deployed, found, fit), *([] if used or not current else [NO_MEMORY])]
    return Sizing(
        deployed=deployed,
        found=found,
        groups=groups.of(found.reports, deployed.memory_mb),
        unsuccessful=dict(Counter(one.status for one in found.reports if one.status != "success")),
        used_mb=used or None,
        month=rate,
        durations=fit,
        comparison=compared,
        proposals=sorted(tried, key=lambda one: -one.saves_most),
        missing=missing
        if deployed.region == region
        else [*missing, f"{deployed.region}: no prices, so those of {region}."],
        prices=listed,
        prices_of=region,
    )


NO_MEMORY = "The memory used is not measured here, so no smaller memory is proposed."


def _missing(deployed: DeployedSettings, found: Reports, fit: Durations | None) -> Iterator[str]:
    current = [one for one in found.reports if one.memory_mb == deployed.memory_mb]
    if found.is_cut:
        yield (
            f"The log is large: these are {len(found.reports):,} invocations from {found.share:.2%} of the time. "
            "A shorter --since reads all of its invocations."
        )
    if found.reports and found.reports[0].time - found.since > LATE * (found.until - found.since):
        yield "The first invocation came long after --since: a later one shows the rate from then on."
    if found.reports and not current:
        yield f"No invocation had {deployed.memory_mb:,} MB yet, the current memory_size."
    elif len(current) < FEW:
        yield f"{several(len(current), 'invocation')} with the current memory_size: percentiles are rough below {FEW}."
    if current and fit is None:
        yield "The log has no batch sizes: only sqs_batch writes them, at the level INFO."
    elif fit and not fit.is_split:
        yield "The overhead of an invocation is unknown: that takes batches of more sizes, or steadier durations."
    if deployed.has_alias:
        yield "Prices are those without provisioned concurrency."
