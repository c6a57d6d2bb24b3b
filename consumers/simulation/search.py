"""Looks for values of arguments with which a load meets goals, by simulating it again and again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from consumers.library import COMPONENTS, PackagedSettings, examine_changed
from consumers.simulation import consumer as simulated
from consumers.simulation.consumer import Consumer
from consumers.simulation.levers import Lever, Need
from consumers.simulation.load import Load
from consumers.simulation.outcome import Outcome, simulate

LEAST_RUNS, MOST_WORK, FAILED = 8, 200_000_000, 10
"""After so many simulations the search ends when they have had so many deliveries. One that fails takes the time of so
many that are handled."""
OTHER_SEEDS = 4
"""With so many other seeds a change is tried that meets the goals: with one it may do so by chance."""


@dataclass(frozen=True)
class Goals:
    """What a consumer should achieve with a load."""

    max_age: float | None = None
    """In how many seconds after its arrival each good message is handled."""
    no_good_dead_letters: bool = False
    """Every good message is handled: none is a dead letter, and none expires. `max_age` includes that."""

    def need(self, outcome: Outcome) -> Need:
        """Return which of them an outcome does not meet."""
        too_old = self.max_age is not None and outcome.ages.longest > self.max_age
        return Need(too_old, lost(outcome) > 0)

    def distance(self, outcome: Outcome) -> tuple[int, float]:
        """Return how far an outcome is from them: the number that it does not meet, and messages and seconds."""
        need = self.need(outcome)
        excess = round(outcome.ages.longest / self.max_age, 2) if self.max_age and need.younger else 0
        return need.younger + need.fewer_lost, (lost(outcome) if need.fewer_lost else 0) + excess


def lost(outcome: Outcome) -> int:
    """Return how many good messages are dead letters, or expire."""
    return outcome.counts.dead_good + outcome.counts.expired_good


@dataclass(frozen=True)
class Trial:
    """Changed arguments, and what a simulation with them has shown."""

    values: Mapping[str, Any]
    settings: PackagedSettings
    outcome: Outcome
    lever: Lever
    """The last that was changed."""


@dataclass
class Search:
    """Simulates the load of an outcome with other settings, each at most once."""

    settings: PackagedSettings
    outcome: Outcome
    seed: int
    most_runs: int
    on_run: Callable[[int], None]
    load_of: Callable[[int], Load]
    """Draws the load with another seed."""
    runs: int = 0
    work: int = 0
    """The deliveries of all simulations, in the time that one takes whose message is handled."""
    trials: list[Trial] = field(default_factory=list[Trial])
    _outcomes: dict[Consumer, Outcome] = field(default_factory=dict[Consumer, Outcome])

    def __post_init__(self) -> None:
        rules = COMPONENTS[type(self.settings)]
        self._breaches = {finding.rule for rule in rules for finding in rule.findings(self.settings)}
        self._outcomes[self.outcome.consumer] = self.outcome

    @property
    def is_over(self) -> bool:
        """Whether no simulation may follow, so that a large load ends within minutes."""
        return self.runs >= self.most_runs or (self.runs >= LEAST_RUNS and self.work >= MOST_WORK)

    def solve(self, lever: Lever, goals: Goals, others: Mapping[str, Any]) -> Trial | None:
        """Return the trial with the least change of an argument that meets the goals; None if none does.

        It assumes that a larger change has a larger effect. The trial itself is not assumed.

        :param others: arguments that are changed already.
        """
        end = self._last_allowed(lever, others)
        if end == lever.start or (lever.is_up and not self.meets(self._try(lever, end, others), goals)):
            return None
        before, found = lever.start, None
        for value in _farther(lever.start, end):
            if self.meets(trial := self._try(lever, value, others), goals):
                found = trial
                break
            before = value
        while found and abs((after := found.values[lever.argument]) - before) > 1:
            middle = (before + after) // 2
            trial = self._try(lever, middle, others)
            if trial is None and self.is_over:
                break
            found, before = (trial, before) if self.meets(trial, goals) else (found, middle)
        return found

    def meets(self, trial: Trial | None, goals: Goals) -> bool:
        return trial is not None and not goals.distance(trial.outcome)[0]

    def _try(self, lever: Lever, value: int, others: Mapping[str, Any]) -> Trial | None:
        """Return the trial of a value; None if a rule objects to it, or there were enough runs."""
        values = {**others, **lever.values(value)}
        settings = self._allowed(values)
        if settings is None:
            return None
        now = self.outcome.consumer
        consumer = simulated.of(settings, account=now.account, partial_responses=now.partial_responses)
        if consumer not in self._outcomes:
            if self.is_over:
                return None
            self._outcomes[consumer] = self._run(consumer, self.outcome.load, self.seed)
        trial = Trial(values, settings, self._outcomes[consumer], lever)
        self.trials.append(trial)
        return trial

    def _run(self, consumer: Consumer, load: Load, seed: int) -> Outcome:
        self.on_run(self.runs)
        self.runs += 1
        outcome = simulate(consumer, load, seed)
        self.work += outcome.counts.handled + FAILED * (outcome.counts.deliveries - outcome.counts.handled)
        return outcome

    def confirmed(self, trial: Trial, goals: Goals) -> Trial | None:
        """Return a trial that meets the goals with other seeds too: this one, or a larger change; None without one."""
        lever, found = trial.lever, trial
        value, step = trial.values[lever.argument], 1 if lever.is_up else -1
        others = {name: trial.values[name] for name in trial.values if name not in lever.values(value)}
        while found and not self.is_over:
            if self.meets(found, goals) and self._holds(found, goals):
                return found
            value, step = value + step, 2 * step
            is_within = value <= lever.end if lever.is_up else value >= lever.end
            found = self._try(lever, value, others) if is_within else None
        return None

    def _holds(self, trial: Trial, goals: Goals) -> bool:
        for seed in range(self.seed + 1, self.seed + 1 + OTHER_SEEDS):
            if self.is_over or goals.distance(self._run(trial.outcome.consumer, self.load_of(seed), seed))[0]:
                return False
        return True

    def _allowed(self, values: Mapping[str, Any]) -> PackagedSettings | None:
        """Return the settings with these arguments; None if that breaks a rule that they do not break now."""
        settings, findings = examine_changed(self.settings, values)
        return None if {finding.rule for finding in findings} - self._breaches else settings

    def _last_allowed(self, lever: Lever, others: Mapping[str, Any]) -> int:
        """Return the farthest value that breaks no rule, up to the lever's end."""
        good, bad = lever.start, lever.end + (1 if lever.is_up else -1)
        while abs(bad - good) > 1:
            # The end first: mostly it is allowed.
            middle = lever.end if abs(bad - lever.end) == 1 and good == lever.start else (good + bad) // 2
            good, bad = (good, middle) if self._allowed({**others, **lever.values(middle)}) is None else (middle, bad)
        return good


def _farther(start: int, end: int) -> list[int]:
    """Return values at growing distances from the start, the last of them the end."""
    sign, step = (1 if end > start else -1), max(1, start // 8)
    values: list[int] = []
    while step < abs(end - start):
        values.append(start + sign * step)
        step *= 4
    return [*values, end]
