"""Which change of settings meets goals. Each proposal is applied, and simulated again."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from components import validation
from components.packaging.package import PackagedSettings
from components.settings.findings import Level
from consumers.cost import prices
from consumers.cost.estimate import Shape
from consumers.simulation import consumer, search
from consumers.simulation.load import Load, constant
from consumers.simulation.outcome import Outcome, simulate
from consumers.simulation.proposals import UNCONFIRMED, Advice, Goals, Pricing, Proposal, fix, propose, sentence
from consumers.simulation.search import lost
from simulated import RUNTIME, at_once, groups, outcome_of, simulated_settings, steady

PRICING = Pricing(Shape(), prices.of("us-east-1"))
OUTAGE = Load(steady(1_800, 3_600), outages=[(1_000, 1_600)])
HALF_MINUTE: Any = {"timeout": 5, "queue": {"visibility_timeout_seconds": 30}}
POLLERS = "mapping.provisioned_pollers"
NOTHING_LOST = Goals(no_good_dead_letters=True)


def advice_on(load: Load, args: Any, goals: Goals, **more: Any) -> Advice:
    return propose(simulated_settings(args), outcome_of(load, args), goals, PRICING, **more)


def applied(args: Any, proposal: Proposal) -> PackagedSettings:
    """Return the settings of a program with the proposal: they must be valid."""
    values = {change.argument: change.after for change in proposal.changes}
    changed, findings = validation.examine_changed(simulated_settings(args), values)
    assert [finding for finding in findings if finding.level is Level.ERROR] == []
    return changed


def is_met(outcome: Outcome, goals: Goals) -> bool:
    in_time = goals.max_age is None or outcome.ages.longest <= goals.max_age
    return in_time and not (goals.no_good_dead_letters and lost(outcome))


def test_of_an_outage_of_ten_minutes_with_receives_that_end_after_two_and_a_half() -> None:
    found = advice_on(OUTAGE, HALF_MINUTE, NOTHING_LOST)
    assert [sentence(one) for one in found.proposals] == [
        "max_receive_count=21 instead of 5: every good message is handled, the oldest after 10 min",
        "queue.visibility_timeout_seconds=150 instead of 30: every good message is handled, the oldest after 10 min",
    ]
    assert fix(found) == "with max_receive_count=21 or queue.visibility_timeout_seconds=150 none is"
    assert found.obstacles == ()


def test_one_receive_less_than_proposed_loses_messages() -> None:
    found = advice_on(OUTAGE, HALF_MINUTE, NOTHING_LOST)
    (receives,) = [change.after for one in found.proposals for change in one.changes if "receive" in change.argument]
    assert lost(outcome_of(OUTAGE, {**HALF_MINUTE, "max_receive_count": receives})) == 0
    assert lost(outcome_of(OUTAGE, {**HALF_MINUTE, "max_receive_count": receives - 1})) > 0
    # An outage of 600 s spans 20 or 21 receives that are 30 s apart, depending on when the first of them is.
    assert receives == 21


CASES: dict[str, tuple[Load, Any, Goals, list[str]]] = {
    "delays": (
        OUTAGE,
        {**RUNTIME, "retry": {}},
        NOTHING_LOST,
        ["max_receive_count=8 instead of 5", "retry.base_delay_seconds=70 instead of 10"],
    ),
    "both goals": (
        OUTAGE,
        {**RUNTIME, "retry": {}},
        Goals(700, True),
        ["retry.maximum_delay_seconds=119 and max_receive_count=12 instead of 900 and 5"],
    ),
    "ramp": (
        Load(at_once(50_000), constant(0.2)),
        {},
        Goals(50),
        ["mapping.provisioned_pollers.minimum=2 and mapping.provisioned_pollers.maximum=100"],
    ),
    "ramp and batches": (
        Load(at_once(1_000)),
        {},
        Goals(1),
        [
            f"batch_size=9 instead of 10 and {POLLERS}.minimum=12 and {POLLERS}.maximum=100",
            f"{POLLERS}.minimum=100 and {POLLERS}.maximum=100 and batch_size=9 instead of 10",
        ],
    ),
    "concurrency": (
        Load(at_once(10_000), constant(0.2)),
        {"mapping": {"maximum_concurrency": 20}},
        Goals(60),
        ["mapping.maximum_concurrency=37 instead of 20"],
    ),
    "reserved": (
        Load(at_once(10_000), constant(0.2)),
        {"mapping": {"maximum_concurrency": 20}, "function": {"reserved_concurrent_executions": 20}},
        Goals(60),
        ["mapping.maximum_concurrency=37 and function.reserved_concurrent_executions=37 instead of 20 and 20"],
    ),
    "pollers": (
        Load(at_once(20_000), constant(0.2)),
        {"mapping": {"provisioned_pollers": {"minimum": 2, "maximum": 2}}},
        Goals(60),
        ["mapping.provisioned_pollers.maximum=7 instead of 2"],
    ),
    "timeouts": (
        Load(steady(1_000, 10), constant(0.5)),
        {"timeout": 3},
        NOTHING_LOST,
        ["timeout=5 instead of 3", "batch_size=6 instead of 10"],
    ),
    "timeouts with a visibility timeout": (
        Load(steady(1_000, 10), constant(0.5)),
        {"timeout": 3, "queue": {"visibility_timeout_seconds": 18}},
        NOTHING_LOST,
        ["batch_size=6 instead of 10", "timeout=5 and queue.visibility_timeout_seconds=30 instead of 3 and 18"],
    ),
    "failures": (
        Load(steady(5_000, 500), failing=0.1, poison=0.002),
        {**RUNTIME, "max_receive_count": 3},
        NOTHING_LOST,
        ["max_receive_count=5 instead of 3"],
    ),
    "retries": (Load(steady(2_000, 200), failing=0.05), RUNTIME, Goals(60), ["retry.base_delay_seconds=19"]),
    "throttled": (
        Load(at_once(2_000), constant(0.9)),
        {
            "max_receive_count": 3,
            "timeout": 10,
            "queue": {"visibility_timeout_seconds": 10},
            "function": {"reserved_concurrent_executions": 2},
        },
        NOTHING_LOST,
        [
            "mapping.maximum_concurrency=2",
            "function.reserved_concurrent_executions=3 instead of 2",
            "max_receive_count=5 instead of 3",
        ],
    ),
    "retention": (
        Load(at_once(5_000), constant(0.3)),
        {"queue": {"message_retention_seconds": 300}, "mapping": {"maximum_concurrency": 2}},
        NOTHING_LOST,
        ["mapping.maximum_concurrency=5 instead of 2"],
    ),
    "fifo": (
        Load(groups(8, 500, 100), constant(0.3), poison=0.001),
        {"fifo": True},
        NOTHING_LOST,
        ["batch_size=1 instead of 10"],
    ),
    "window": (
        Load(steady(100, 1_000)),
        {"batch_size": 100, "mapping": {"maximum_batching_window_in_seconds": 60}},
        Goals(30),
        ["mapping.maximum_batching_window_in_seconds=29 instead of 60", "batch_size=2 instead of 100"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_least_changes_that_meet_the_goals(case: str) -> None:
    load, args, goals, expected = CASES[case]
    found = advice_on(load, args, goals)
    assert [sentence(one).partition(":")[0] for one in found.proposals] == expected
    for proposal in found.proposals:
        simulated = simulate(consumer.of(applied(args, proposal)), load)
        assert simulated.counts == proposal.outcome.counts
        assert is_met(simulated, goals)


def test_a_message_that_is_lost_is_not_handled_in_time() -> None:
    found = advice_on(OUTAGE, HALF_MINUTE, Goals(700))
    assert not found.is_met
    assert all(is_met(proposal.outcome, Goals(700, True)) for proposal in found.proposals)
    assert found.proposals


def test_nothing_is_proposed_or_simulated_when_the_goals_are_met() -> None:
    assert advice_on(Load(steady(100, 100)), {}, Goals(1, True), most_runs=0) == Advice(is_met=True)


def test_poison_that_expires_is_no_good_message_that_is_lost() -> None:
    args = {"queue": {"message_retention_seconds": 300}}  # the fifth receive is after 12 minutes
    outcome = outcome_of(Load(steady(100, 100), poison=0.1), args)
    assert outcome.counts.expired > 0
    assert lost(outcome) == outcome.counts.expired_good == 0
    good = outcome_of(Load(steady(100, 100), outages=[(0, 1_000)]), args)
    assert lost(good) == good.counts.expired_good == 100


def test_a_pair_is_proposed_where_one_argument_is_not_enough_and_neither_can_be_left_out() -> None:
    load, args, goals, _ = CASES["both goals"]
    (pair,) = advice_on(load, args, goals).proposals
    assert len(pair.changes) == 2
    for change in pair.changes:
        settings, _ = validation.examine_changed(simulated_settings(args), {change.argument: change.after})
        assert not is_met(simulate(consumer.of(settings), load), goals)


def test_pollers_cost_money_each_month_and_a_free_setting_comes_before_them() -> None:
    load, args, goals, _ = CASES["ramp"]
    (pollers,) = advice_on(load, args, goals).proposals
    assert pollers.costs_idle == pytest.approx(2 * 730 * 0.00925, rel=0.02)
    assert pollers.costs is not None
    assert pollers.costs > 0
    others = PRICING.shape, prices.of("eu-central-1")
    (pollers,) = propose(simulated_settings(args), outcome_of(load, args), goals, Pricing(*others)).proposals
    assert pollers.costs is pollers.costs_idle is None
    load, args, goals, _ = CASES["concurrency"]
    (concurrency,) = advice_on(load, args, goals).proposals
    assert concurrency.costs_idle == 0


def test_what_comes_closest_and_what_stands_in_the_way() -> None:
    found = advice_on(Load(steady(50, 50), constant(20)), {}, Goals(5, True))
    assert found.proposals == ()
    assert found.closest is not None
    assert lost(found.closest.outcome) == 0
    assert found.obstacles == ("a message takes 20 s by itself on average, and max_age is 5 s",)


@pytest.mark.parametrize(
    ("load", "args", "goals", "obstacle"),
    [
        (
            Load(steady(600, 600), outages=[(100, 400)]),
            {"queue": {"visibility_timeout_seconds": 300}},
            Goals(60),
            "no message is handled in an outage of 5 min, and max_age is 60 s",
        ),
        (
            Load(groups(2, 100, 10), constant(1)),
            {"fifo": True},
            Goals(20),
            "a FIFO queue has one invocation at a time for each message group: 2 at once here",
        ),
        (
            Load(steady(10, 10)),
            {"queue": {"delay_seconds": 60}},
            Goals(30),
            "queue.delay_seconds=60 delays each message, and max_age is 30 s",
        ),
        (
            Load(at_once(20_000), constant(2.5)),
            {"mapping": {"provisioned_pollers": {"minimum": 100, "maximum": 100}}},
            Goals(30),
            "the account's quota of 1,000 concurrent invocations is used up",
        ),
        (Load(steady(10, 10), failing=1), {}, NOTHING_LOST, "every receive fails"),
        (
            Load(steady(100, 1_000), outages=[(0, 900)]),
            {"queue": {"arn": "arn:aws:sqs:eu-west-1:123456789012:hands"}, "max_receive_count": 1},
            NOTHING_LOST,
            "the queue exists already: max_receive_count and its visibility timeout are set where it is created",
        ),
    ],
)
def test_no_setting_changes_it(load: Load, args: Any, goals: Goals, obstacle: str) -> None:
    found = advice_on(load, args, goals)
    assert found.proposals == ()
    assert obstacle in found.obstacles


@pytest.mark.parametrize("case", ["delays", "failures"])
def test_a_change_that_meets_the_goal_with_one_seed_only_goes_further(case: str) -> None:
    load, args, goals, _ = CASES[case]
    for proposal in advice_on(load, args, goals).proposals:
        settings = consumer.of(applied(args, proposal))
        assert all(is_met(simulate(settings, load, seed), goals) for seed in range(1, search.OTHER_SEEDS + 2))


def test_other_seeds_draw_other_arrivals() -> None:
    drawn: list[int] = []

    def load_of(seed: int) -> Load:
        drawn.append(seed)
        return Load(at_once(10_000 if seed == 3 else 20_000), constant(0.2))

    _, args, goals, _ = CASES["concurrency"]
    found = advice_on(load_of(3), args, goals, seed=3, load_of=load_of)
    assert set(drawn) == {3, *range(4, 4 + search.OTHER_SEEDS)}
    (proposal,) = found.proposals
    assert is_met(simulate(consumer.of(applied(args, proposal)), load_of(4)), goals)


def test_it_is_stated_where_no_larger_change_meets_the_goal_with_other_seeds() -> None:
    def slower(seed: int) -> Load:
        return Load(at_once(100), constant(70))

    load, args, goals, expected = CASES["concurrency"]
    found = advice_on(load, args, goals, load_of=slower)
    assert [sentence(one).partition(":")[0] for one in found.proposals] == expected
    assert found.obstacles == (UNCONFIRMED,)


def test_the_search_ends_after_so_many_simulations_and_reports_each() -> None:
    reported: list[int] = []
    found = advice_on(OUTAGE, HALF_MINUTE, NOTHING_LOST, most_runs=3, on_run=reported.append)
    assert reported == [0, 1, 2]
    assert found.runs == 3
    for proposal in found.proposals:
        assert is_met(proposal.outcome, NOTHING_LOST)


def test_the_search_ends_earlier_where_simulations_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_WORK", 10_000)
    found = advice_on(OUTAGE, HALF_MINUTE, NOTHING_LOST)
    assert found.runs == search.LEAST_RUNS < advice_on(OUTAGE, HALF_MINUTE, NOTHING_LOST, most_runs=9).runs + 1
    assert "the search ended after 8 simulations: a smaller change, or another one, may do too" in found.obstacles
    assert all(is_met(proposal.outcome, NOTHING_LOST) for proposal in found.proposals)


def test_the_closest_change_has_no_argument_that_hardly_helps() -> None:
    load = Load(steady(6_000, 600), failing=0.5)
    found = advice_on(load, {**RUNTIME, "timeout": 5, "mapping": {"maximum_concurrency": 5}}, Goals(30, True))
    assert found.closest
    assert sentence(found.closest).startswith("max_receive_count=15 instead of 5: ")


def test_a_change_that_hardly_helps_is_not_the_closest() -> None:
    load, queue = Load(steady(3_000, 300), outages=[(30, 200)]), {"arn": "arn:aws:sqs:eu-west-1:123456789012:hands"}
    found = advice_on(load, {"timeout": 10, "queue": queue}, Goals(60))
    assert (found.proposals, found.closest) == ((), None)
    assert found.runs > 0


@limits(max_examples=15, deadline=None)
@given(
    begin=st.integers(0, 300),
    length=st.integers(30, 1_200),
    visibility=st.integers(30, 200),
    receives=st.integers(3, 6),
    runtime=st.booleans(),
)
def test_a_proposal_meets_the_goal_when_it_is_applied(
    begin: int, length: int, visibility: int, receives: int, runtime: bool
) -> None:
    queue = {"queue": {"visibility_timeout_seconds": visibility}}
    args = {**(RUNTIME if runtime else {}), "timeout": 5, "max_receive_count": receives, **queue}
    load = Load(steady(200, 1_000), outages=[(begin, begin + length)])
    found = advice_on(load, args, NOTHING_LOST)
    assert found.is_met == (lost(outcome_of(load, args)) == 0)
    assert found.is_met or found.proposals
    for proposal in found.proposals:
        assert lost(simulate(consumer.of(applied(args, proposal)), load)) == 0
