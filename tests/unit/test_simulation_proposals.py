"""Which change of settings meets goals. Each proposal is applied, and simulated again."""

from typing import Any

import pytest

from components import validation
from components.packaging.package import PackagedSettings
from components.settings.findings import Level
from consumers.cost import prices
from consumers.cost.estimate import Shape
from consumers.simulation import consumer
from consumers.simulation.load import Load, constant
from consumers.simulation.outcome import Outcome, simulate
from consumers.simulation.proposals import Advice, Goals, Pricing, Proposal, fix, propose, sentence
from consumers.simulation.search import lost
from simulated import RUNTIME, at_once, groups, outcome_of, simulated_settings, steady

PRICING = Pricing(Shape(), prices.of("us-east-1"))
OUTAGE = Load(steady(1_800, 3_600), outages=[(1_000, 1_600)])
HALF_MINUTE: Any = {"timeout": 5, "queue": {"visibility_timeout_seconds": 30}}
NOTHING_LOST = Goals(no_good_dead_letters=True)


def advice_on(load: Load, args: Any, goals: Goals, **more: Any) -> Advice:
    return propose(simulated_settings(args), outcome_of(load, args), goals, PRICING, **more)


def applied(args: Any, proposal: Proposal) -> PackagedSettings:
    """Return the settings of a program with the proposal: they must be valid."""
    values = {change.argument: change.after for change in proposal.changes}
    changed, findings = validation.examine_changed(simulated_settings(args), values)
    assert [finding for finding in findings if finding.level is Level.ERROR] == []
    return changed


def again(load: Load, args: Any, proposal: Proposal) -> Outcome:
    return simulate(consumer.of(applied(args, proposal)), load)


def is_met(outcome: Outcome, goals: Goals) -> bool:
    in_time = goals.max_age is None or outcome.ages.longest <= goals.max_age
    return in_time and not (goals.no_good_dead_letters and lost(outcome))


def texts(advice: Advice) -> list[str]:
    return [sentence(proposal) for proposal in advice.proposals]


def test_of_an_outage_of_ten_minutes_with_receives_that_end_after_two_and_a_half() -> None:
    found = advice_on(OUTAGE, HALF_MINUTE, NOTHING_LOST)
    assert texts(found) == []
    assert fix(found) == ""


def test_one_receive_less_than_proposed_loses_messages() -> None:
    found = advice_on(OUTAGE, HALF_MINUTE, NOTHING_LOST)
    (receives,) = [change.after for one in found.proposals for change in one.changes if "receive" in change.argument]
    assert lost(outcome_of(OUTAGE, {**HALF_MINUTE, "max_receive_count": receives})) == 0
    assert lost(outcome_of(OUTAGE, {**HALF_MINUTE, "max_receive_count": receives - 1})) > 0
    # An outage of 600 s spans 20 or 21 receives that are 30 s apart, depending on when the first of them is.
    assert receives == 21


CASES: dict[str, tuple[Load, Any, Goals]] = {
    "delays": (OUTAGE, {**RUNTIME, "retry": {}}, NOTHING_LOST),
    "both goals": (OUTAGE, {**RUNTIME, "retry": {}}, Goals(700, True)),
    "ramp": (Load(at_once(50_000), constant(0.2)), {}, Goals(50)),
    "concurrency": (Load(at_once(10_000), constant(0.2)), {"mapping": {"maximum_concurrency": 20}}, Goals(60)),
    "reserved": (
        Load(at_once(10_000), constant(0.2)),
        {"mapping": {"maximum_concurrency": 20}, "function": {"reserved_concurrent_executions": 20}},
        Goals(60),
    ),
    "pollers": (
        Load(at_once(20_000), constant(0.2)),
        {"mapping": {"provisioned_pollers": {"minimum": 2, "maximum": 2}}},
        Goals(60),
    ),
    "timeouts": (Load(steady(1_000, 10), constant(0.5)), {"timeout": 3}, NOTHING_LOST),
    "timeouts with a visibility timeout": (
        Load(steady(1_000, 10), constant(0.5)),
        {"timeout": 3, "queue": {"visibility_timeout_seconds": 18}},
        NOTHING_LOST,
    ),
    "failures": (Load(steady(5_000, 500), failing=0.1, poison=0.002), {"max_receive_count": 3}, NOTHING_LOST),
    "retries": (Load(steady(2_000, 200), failing=0.05), RUNTIME, Goals(60)),
    "throttled": (
        Load(at_once(2_000), constant(0.9)),
        {
            "max_receive_count": 3,
            "timeout": 10,
            "queue": {"visibility_timeout_seconds": 10},
            "function": {"reserved_concurrent_executions": 2},
        },
        NOTHING_LOST,
    ),
    "retention": (
        Load(at_once(5_000), constant(0.3)),
        {"queue": {"message_retention_seconds": 300}, "mapping": {"maximum_concurrency": 2}},
        NOTHING_LOST,
    ),
    "fifo": (Load(groups(8, 500, 100), constant(0.3), poison=0.001), {"fifo": True}, NOTHING_LOST),
    "window": (
        Load(steady(100, 1_000)),
        {"batch_size": 100, "mapping": {"maximum_batching_window_in_seconds": 60}},
        Goals(30),
    ),
    "impossible": (Load(steady(50, 50), constant(20)), {}, Goals(5, True)),
}


@pytest.mark.parametrize("case", CASES)
def test_proposals_as_users_read_them(case: str) -> None:
    found = advice_on(*CASES[case])
    assert [*texts(found), *found.obstacles] == []
