"""Proposes the smallest change of settings that meets goals, and shows what it costs."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

from consumers.cost import estimate
from consumers.cost.estimate import Item, Shape, Traffic
from consumers.evaluate.consequences import span
from consumers.library import PackagedSettings
from consumers.simulation import bill
from consumers.simulation.levers import levers
from consumers.simulation.load import Load
from consumers.simulation.obstacles import obstacles_of
from consumers.simulation.outcome import Outcome
from consumers.simulation.search import Goals, Search, Trial, lost

MOST_RUNS = 100
"""The number of simulations."""
BEST = 3
"""The number of proposals."""
LEAST_GAIN = 0.1
"""The share of the distance from the goals that is worth a change which does not meet them."""
FIRSTS = 2
"""Of two arguments, how many are tried as the first."""
UNCONFIRMED = "a proposal may miss the goal with another --seed"


@dataclass(frozen=True)
class Pricing:
    """What the bill of a run depends on besides the run."""

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
    costs: float | None
    """What the load costs more than now, in US dollars; negative if it costs less. None: a price is unknown."""
    costs_idle: float | None
    """What a month without any message costs more than now."""


@dataclass(frozen=True)
class Advice:
    """The answer to the goals."""

    is_met: bool
    """The settings meet them already, so nothing is proposed."""
    proposals: tuple[Proposal, ...] = ()
    """Changes that meet the goals, the best first."""
    closest: Proposal | None = None
    """The change that comes closest, if none meets the goals and any helps."""
    obstacles: tuple[str, ...] = ()
    """Sentences on what stands in the way, if no change meets the goals, on a search that was not finished, and on
    changes that meet them by chance."""
    runs: int = 0
    """The number of simulations."""


def propose(
    settings: PackagedSettings,
    outcome: Outcome,
    goals: Goals,
    pricing: Pricing,
    *,
    seed: int = 1,
    most_runs: int = MOST_RUNS,
    load_of: Callable[[int], Load] | None = None,
    on_run: Callable[[int], None] = lambda runs: None,
) -> Advice:
    """Return the smallest change of one argument, else of two, with which the load of `outcome` meets the goals.

    :param outcome: the simulation of these settings, with the same seed.
    :param most_runs: the number of simulations at most. A large load gets fewer.
    :param load_of: draws the load with another seed; else the arrivals stay, and only what happens to them is drawn.
    :param on_run: is called before each simulation with the number of those before it.
    """
    if not goals.distance(outcome)[0]:
        return Advice(is_met=True)
    search = Search(settings, outcome, seed, most_runs, on_run, load_of or (lambda _: outcome.load))
    found = _of_one(search, goals) or _of_two(search, goals)
    early = f"the search ended after {search.runs} simulations: a smaller change, or another one, may do too"
    limit = (early,) if search.is_over else ()
    if found:
        best = _ranked(search, found, pricing)[:BEST]
        confirmed = [search.confirmed(trial, goals) for trial in best]
        surest = _ranked(search, [new or old for new, old in zip(confirmed, best, strict=True)], pricing)
        limit += (UNCONFIRMED,) if None in confirmed else ()
        return Advice(False, tuple(_proposal(search, trial, pricing) for trial in surest), None, limit, search.runs)
    closest = _closest(search, goals)
    obstacles = (*limit, *obstacles_of(search, goals))
    return Advice(False, (), closest and _proposal(search, closest, pricing), obstacles, search.runs)


def _of_one(search: Search, goals: Goals) -> list[Trial]:
    """Return trials that change one argument, and those that depend on it. Free ones spare the others."""
    known = levers(search.settings, search.outcome, goals.need(search.outcome))
    for is_free in (True, False):
        solved = (search.solve(lever, goals, {}) for lever in known if lever.is_free == is_free)
        if found := [trial for trial in solved if trial]:
            return found
    return []


def _of_two(search: Search, goals: Goals) -> list[Trial]:
    """Return trials that change a second argument where a first meets one of two goals, or comes closest."""
    found: list[Trial] = []
    for first in _firsts(search, goals):
        need = goals.need(first.outcome)
        seconds = [lever for lever in levers(first.settings, first.outcome, need) if lever.argument not in first.values]
        solved = (search.solve(lever, goals, first.values) for lever in seconds)
        found += [_least_first(search, goals, first, trial) for trial in solved if trial]
    return found


def _firsts(search: Search, goals: Goals) -> list[Trial]:
    """Return trials that lose no message, where that is one of two goals, and those that come closest to both."""
    need = goals.need(search.outcome)
    known = levers(search.settings, search.outcome, need) if need.younger and need.fewer_lost else []
    solved = [trial for lever in known if (trial := search.solve(lever, Goals(no_good_dead_letters=True), {}))]
    closest: dict[str, Trial] = {}
    for trial in sorted(search.trials, key=lambda trial: goals.distance(trial.outcome)):
        if goals.distance(trial.outcome) < goals.distance(search.outcome):
            closest.setdefault(trial.lever.argument, trial)
    return solved[:FIRSTS] + list(closest.values())[:FIRSTS]


def _least_first(search: Search, goals: Goals, first: Trial, both: Trial) -> Trial:
    """Return the pair with the least change of its first argument."""
    end = first.values[first.lever.argument]
    second = {argument: both.values[argument] for argument in both.values if argument not in first.values}
    return search.solve(replace(first.lever, end=end), goals, second) or both


def _proposal(search: Search, trial: Trial, pricing: Pricing) -> Proposal:
    shapes = [_shape(pricing.shape, settings) for settings in (search.settings, trial.settings)]
    outcomes = (search.outcome, trial.outcome)
    now, then = (_bill(outcome, shape, pricing) for outcome, shape in zip(outcomes, shapes, strict=True))
    nothing = replace(pricing.traffic, messages=0)
    idle = [_total(estimate.items(shape, nothing), pricing) for shape in shapes]
    changes = [Change(argument, _value(search.settings, argument), value) for argument, value in trial.values.items()]
    different = tuple(change for change in changes if change.before != change.after)
    return Proposal(different, trial.outcome, _minus(then, now), _minus(idle[1], idle[0]))


def _shape(shape: Shape, settings: PackagedSettings) -> Shape:
    pollers = settings.mapping.provisioned_pollers
    return replace(
        shape,
        batch_size=settings.batch_size,
        timeout_seconds=settings.timeout,
        provisioned_pollers=pollers.minimum if pollers else 0,
    )


def _bill(outcome: Outcome, shape: Shape, pricing: Pricing) -> float | None:
    return _total(bill.items(outcome, shape, pricing.traffic), pricing)


def _total(items: Sequence[Item], pricing: Pricing) -> float | None:
    if any(item.cost(pricing.prices) is None for item in items):
        return None
    return estimate.total(items, pricing.prices)


def _minus(then: float | None, now: float | None) -> float | None:
    return None if then is None or now is None else then - now


def _value(settings: PackagedSettings, argument: str) -> Any:
    """Return the value of an argument by its path; None if its group is not set."""
    return reduce(lambda group, name: getattr(group, name, None), argument.split("."), settings)  # pyright: ignore


def _ranked(search: Search, trials: Sequence[Trial], pricing: Pricing) -> list[Trial]:
    return sorted(trials, key=lambda trial: _rank(_proposal(search, trial, pricing)))


def _rank(proposal: Proposal) -> tuple[int, bool, float]:
    """Sort by the number of arguments, then by cents. Equals stay in the order of the levers."""
    costs = [proposal.costs, proposal.costs_idle]
    known = [cost for cost in costs if cost is not None]
    return len(proposal.changes), len(known) < len(costs), round(sum(known), 2)


def _closest(search: Search, goals: Goals) -> Trial | None:
    """Return the least change that comes as close to the goals as any trial, if any comes closer than now."""
    unmet, distance = goals.distance(search.outcome)
    enough = unmet, (1 - LEAST_GAIN) * distance
    closer = [trial for trial in search.trials if goals.distance(trial.outcome) <= enough]
    if not closer:
        return None
    best = min(closer, key=lambda trial: _distance(trial, goals))
    age = goals.max_age and max(goals.max_age, best.outcome.ages.longest)
    lever = replace(best.lever, end=best.values[best.lever.argument])
    others = {argument: best.values[argument] for argument in best.values if argument not in lever.values(lever.end)}
    return search.solve(lever, Goals(age, goals.no_good_dead_letters), others) or best


def _distance(trial: Trial, goals: Goals) -> tuple[int, int, int, bool, float]:
    """Return what sorts trials by their distance from the goals. A tenth of it is not worth a further argument."""
    unmet, distance = goals.distance(trial.outcome)
    return unmet, round(math.log1p(distance) / LEAST_GAIN), len(trial.values), not trial.lever.is_free, distance


def fix(advice: Advice) -> str:
    """Return with which change no good message is a dead letter; empty without one."""
    saving = [proposal for proposal in advice.proposals if not lost(proposal.outcome)]
    return f"with {' or '.join(changes(proposal) for proposal in saving[:2])} none is" if saving else ""


def changes(proposal: Proposal) -> str:
    """Return the arguments of a proposal as they are written in a program."""
    set_ = [f"{one.argument}={one.after}" for one in proposal.changes if one.after is not None]
    removed = [f"no {one.argument}" for one in proposal.changes if one.after is None]
    return " and ".join([*set_, *removed])


def sentence(proposal: Proposal) -> str:
    """Return what a proposal changes, and what it reaches."""
    outcome = proposal.outcome
    handled = f"{lost(outcome):,} good messages are lost" if lost(outcome) else "every good message is handled"
    return f"{_instead(proposal)}: {handled}, the oldest after {span(outcome.ages.longest)}"


def _instead(proposal: Proposal) -> str:
    """Return the changes and the values before them, so that each value follows its own argument."""
    before = [one for one in proposal.changes if one.before is not None]
    if len(before) == len(proposal.changes):
        return f"{changes(proposal)} instead of {' and '.join(str(one.before) for one in before)}"
    return " and ".join(
        changes(replace(proposal, changes=(one,))) + ("" if one.before is None else f" instead of {one.before}")
        for one in proposal.changes
    )
