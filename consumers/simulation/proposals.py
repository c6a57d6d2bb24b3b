"""Finds the smallest change of settings that meets a goal, by simulations of the same load."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from consumers.cost.estimate import Shape, Traffic
from consumers.library import PackagedSettings
from consumers.simulation.outcome import Outcome


@dataclass(frozen=True)
class Goals:
    """What a consumer should achieve with a load."""

    max_age: float | None = None
    """How old a good message may be when it is handled, in seconds."""
    no_good_dead_letters: bool = False
    """Every good message is handled: none is a dead letter, and none expires."""


@dataclass(frozen=True)
class Pricing:
    """What the bill of a run depends on beside the run."""

    shape: Shape
    prices: Mapping[str, float | None]
    traffic: Traffic = field(default_factory=Traffic)


@dataclass(frozen=True)
class Change:
    """Another value of an argument."""

    argument: str
    """Its path, like `mapping.maximum_concurrency`."""
    before: Any
    """None: it is not set."""
    after: Any


@dataclass(frozen=True)
class Proposal:
    """A change of settings, and what a simulation with it has shown."""

    changes: tuple[Change, ...]
    outcome: Outcome
    is_enough: bool
    """It meets the goals."""
    costs: float
    """What the load costs more than now, in US dollars; negative if it costs less."""
    costs_idle: float
    """What a month without any message costs more than now."""


@dataclass(frozen=True)
class Advice:
    """The answer to the goals."""

    is_met: bool
    """The settings meet them already, so nothing is proposed."""
    proposals: tuple[Proposal, ...]
    """Changes that meet the goals, the best first; else the one that comes closest, if any helps."""
    obstacles: tuple[str, ...]
    """Sentences on what stands in the way, if no change is enough."""
    runs: int
    """The number of simulations."""


def propose(
    settings: PackagedSettings,
    outcome: Outcome,
    goals: Goals,
    pricing: Pricing,
    *,
    seed: int = 1,
    most_runs: int = 100,
    on_run: Callable[[int], None] = lambda runs: None,
) -> Advice:
    """Return the smallest change of one argument, else of two, with which the load of `outcome` meets the goals.

    :param outcome: the simulation of these settings, with the same seed.
    :param on_run: is called before each simulation with the number of those before it.
    """
    return Advice(False, (), (), 0)


def sentence(proposal: Proposal, goals: Goals) -> str:
    """Return a proposal as a sentence: what to set, what it achieves, and what it costs."""
    return ""
