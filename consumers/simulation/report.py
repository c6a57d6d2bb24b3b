"""Builds what `consumers simulate --json` prints for one consumer."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from consumers.cost import estimate
from consumers.simulation import bill
from consumers.simulation.findings import sentences
from consumers.simulation.outcome import Ages, Outcome
from consumers.simulation.proposals import Advice, Pricing, Proposal, fix, sentence
from consumers.simulation.search import Goals

STATE = ("time", "visible", "in_flight", "age", "concurrency", "pollers")


def report(outcome: Outcome, pricing: Pricing, goals: Goals, advice: Advice | None) -> dict[str, Any]:
    """Return what a simulation has shown. Times are seconds since the start, costs US dollars.

    :param advice: the answer to the goals, if there are any.
    """
    items = [item for item in bill.items(outcome, pricing.shape, pricing.traffic) if item.amount]
    return {
        "name": outcome.consumer.name,
        "messages": outcome.load.messages,
        "end": outcome.end,
        "counts": asdict(outcome.counts),
        "ages": {name: asdict(ages) for name, ages in _ages(outcome)},
        "mean_wait": outcome.mean_wait,
        "outages": list(outcome.load.outages),
        "findings": sentences(outcome, fix(advice) if advice else ""),
        "goals": advice and _goals(advice, goals),
        "cost": estimate.total(items, pricing.prices),
        "items": [{**vars(item), "cost": item.cost(pricing.prices)} for item in items],
        "series": _series(outcome, pricing),
    }


def _ages(outcome: Outcome) -> Iterator[tuple[str, Ages]]:
    yield "all", outcome.ages
    if outcome.load.noisy:
        yield from zip(("quiet groups", "noisy group"), outcome.ages_by_lane, strict=True)


def _goals(advice: Advice, goals: Goals) -> dict[str, Any]:
    return {
        **asdict(goals),
        "met": advice.is_met,
        "proposals": _proposals(advice.proposals),
        "closest": _proposals([advice.closest])[0] if advice.closest else None,
        "obstacles": list(advice.obstacles),
        "simulations": advice.runs,
    }


def _proposals(proposals: Sequence[Proposal]) -> list[dict[str, Any]]:
    return [
        {
            "changes": [asdict(change) for change in proposal.changes],
            "costs": proposal.costs,
            "costs_idle": proposal.costs_idle,
            "text": sentence(proposal),
        }
        for proposal in proposals
    ]


def _series(outcome: Outcome, pricing: Pricing) -> dict[str, list[float]]:
    """Return values over time, all for the moments of `time`. Counts add up from the start.

    The backlog is everything in the queue: messages that wait, that are handled, and that have failed.
    """
    samples = outcome.samples
    return {
        **{name: [getattr(sample, name) for sample in samples] for name in STATE},
        "backlog": [sample.visible + sample.in_flight for sample in samples],
        **{name: [getattr(sample.counts, name) for sample in samples] for name in asdict(outcome.counts)},
        "cost": bill.over_time(outcome, pricing.shape, pricing.prices, pricing.traffic),
    }
