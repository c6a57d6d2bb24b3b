"""The changes that `consumers size` proposes, and what they save."""

import json
from dataclasses import replace
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.cost import prices
from consumers.operations.deployed_settings import DeployedSettings
from consumers.operations.reports import Report
from consumers.sizing.proposals import Proposal
from consumers.sizing.report import FEW, Sizing, sizing
from measured_invocations import NOW, WEEK, batches, invocation, week

US = prices.of("us-east-1")


def proposed(reports: list[Report], now: DeployedSettings = NOW) -> dict[str, Proposal]:
    return {one.change: one for one in sizing(now, week(reports)).proposals}


def compute(result: Sizing) -> float:
    assert result.month
    return result.month.compute


def test_half_of_the_memory_saves_at_most_half_of_the_compute_and_maybe_nothing() -> None:
    result = sizing(NOW, week(batches()))
    (smaller,) = [one for one in result.proposals if one.change == "memory_size=512"]
    assert (smaller.saves_least, smaller.saves_most) == (0, pytest.approx(compute(result) / 2))
    assert smaller.why == (
        "At most 40 of 1,024 MB were used.",
        "If the function waits for others, it takes as long as now.",
        "If it computes, it takes 2 times as long and saves nothing: REPORT lines do not show which.",
    )


def test_more_memory_is_up_to_one_vcpu_and_saves_nothing_at_best() -> None:
    result = sizing(NOW, week(batches()))
    (larger,) = [one for one in result.proposals if one.change == "memory_size=1769"]
    assert larger.saves_most == pytest.approx(0)
    assert larger.saves_least == pytest.approx(-compute(result) * (1_769 / 1_024 - 1))
    assert larger.why == (
        "If the function computes, it is up to 1.73 times as fast for the same price.",
        "If it waits for others, it takes as long as now and costs more.",
    )
    assert [one for one in memory_of(1_769) if one > 1_769 // 2] == []
    assert memory_of(512) == [256, 1_024]


def memory_of(memory_mb: int, used_mb: int = 40, slow_ms: float = 100) -> list[int]:
    """The memory sizes that are proposed."""
    reports = [invocation(1, slow_ms, memory_mb=memory_mb, used_mb=used_mb)] * 200
    changes = proposed(reports, replace(NOW, memory_mb=memory_mb))
    return sorted(int(change.partition("=")[2]) for change in changes if change.startswith("memory_size"))


def test_half_of_the_memory_is_not_proposed_where_it_does_not_suffice() -> None:
    assert memory_of(1_000, 400) == [500, 1_769]
    assert memory_of(1_000, 401) == [1_769]
    assert memory_of(1_000, slow_ms=12_000) == [500, 1_769]  # twice that is 80 % of the timeout
    assert memory_of(1_000, slow_ms=12_010) == [1_769]
    assert memory_of(200, 40) == [128, 400]
    assert memory_of(128, 40) == [256]


def test_memory_that_is_not_measured_is_not_lowered() -> None:
    result = sizing(NOW, week(batches()), measures_memory=False)
    assert "memory_size=512" not in [one.change for one in result.proposals]
    assert result.used_mb is None
    assert any("memory used is not measured" in line for line in result.missing)


def test_memory_that_is_nearly_used_up_is_named() -> None:
    full = "900 of 1,024 MB were used: Lambda ends an invocation that needs more than all."
    assert proposed(batches(used_mb=900))["memory_size=1769"].why[0] == full
    assert len(proposed(batches(used_mb=819))["memory_size=1769"].why) == 2


def with_half_memory(slower: float) -> tuple[Sizing, list[Proposal]]:
    reports = batches(20_000)
    other = [replace(one, memory_mb=512, duration_ms=one.duration_ms * slower) for one in reports]
    result = sizing(NOW, week([*reports, *other]))
    return result, [one for one in result.proposals if one.change.startswith("memory_size")]


def test_a_function_that_waits_as_measured_needs_no_more_memory() -> None:
    result, (smaller,) = with_half_memory(1)
    assert smaller.change == "memory_size=512"
    assert smaller.saves_least == smaller.saves_most == pytest.approx(compute(result) / 2)
    measured = "Batches of 10 took 600 ms at 1,024 MB and 600 ms at 512 MB (p50): it waits."
    assert smaller.why == ("At most 40 of 1,024 MB were used.", measured)


def test_a_function_that_computes_as_measured_saves_nothing_with_less_memory() -> None:
    _, (larger,) = with_half_memory(2)
    assert larger.change == "memory_size=1769"
    assert larger.saves_least == larger.saves_most == pytest.approx(0)
    assert larger.why == ("Batches of 10 took 600 ms at 1,024 MB and 1,200 ms at 512 MB (p50): it computes.",)


def test_what_is_between_may_change_either_way() -> None:
    result, (smaller, larger) = with_half_memory(2**0.5)
    assert smaller.saves_most == pytest.approx(compute(result) * (1 - 0.5**0.5), rel=0.01)
    assert larger.saves_most == pytest.approx(compute(result) * (1 - (1_769 / 1_024) ** 0.5), rel=0.01)


def test_less_memory_than_was_measured_may_show_something_else() -> None:
    reports = [*batches(1_000), *(replace(one, memory_mb=2_048) for one in batches(1_000))]
    why = proposed(reports)["memory_size=512"].why
    assert why[-1] == "With less memory than measured, computing may become the larger part."


def test_arm64_saves_a_fifth_of_the_compute() -> None:
    result = sizing(replace(NOW, architecture="x86_64"), week(batches()))
    (arm,) = [one for one in result.proposals if "arm64" in one.change]
    assert arm.change == 'function={"architecture": "arm64"}'
    assert arm.saves_least == arm.saves_most == pytest.approx(compute(result) / 5, rel=0.001)
    assert arm.why == (
        "The same duration costs 20% less. Code may be slower or faster there: measure it.",
        "Compiled dependencies, layers and images must be for arm64.",
    )
    assert not any("arm64" in change for change in proposed(batches()))


def test_few_invocations_and_a_log_without_sizes_are_named() -> None:
    result = sizing(NOW, week([invocation(None, 100, memory_mb=1_024)] * (FEW - 1)))
    text = " ".join(result.missing)
    assert "99 invocations with the current memory_size: percentiles are rough below 100" in text
    assert "no batch sizes" in text
    assert result.month
    assert result.month.messages is None
    assert not any("batch" in one.change for one in result.proposals)


@pytest.mark.parametrize(
    ("now", "reports", "sentence"),
    [
        (NOW, [invocation(1, 10, memory_mb=512)] * 200, "No invocation had 1,024 MB yet"),
        (NOW, [invocation(10, 10, memory_mb=1_024)] * 200, "The overhead of an invocation is unknown"),
        (replace(NOW, has_alias=True), batches(1_000), "without provisioned concurrency"),
        (replace(NOW, region="ap-south-1"), batches(1_000), "ap-south-1: no prices, so those of us-east-1."),
        (NOW, [replace(one, time=WEEK / 2) for one in batches(1_000)], "long after --since"),
    ],
)
def test_what_the_figures_do_not_show_is_named(now: DeployedSettings, reports: list[Report], sentence: str) -> None:
    assert any(sentence in line for line in sizing(now, week(reports)).missing)


def test_a_sample_is_named_and_counts_for_the_whole_time() -> None:
    whole = week(batches())
    sample = replace(whole, reports=whole.reports[::4], share=0.25)
    result, expected = sizing(NOW, sample), sizing(NOW, whole)
    assert any("50,000 invocations from 25.00% of the time" in line for line in result.missing)
    assert compute(result) == pytest.approx(compute(expected), rel=0.01)


def test_invocations_that_time_out_are_counted_apart() -> None:
    result = sizing(NOW, week([*batches(1_000), invocation(3, 30_000, memory_mb=1_024, status="timeout")]))
    assert result.unsuccessful == {"timeout": 1}
    assert sum(one.invocations for one in result.groups) == 1_000


def test_no_invocation_is_no_proposal() -> None:
    result = sizing(NOW, week([]))
    assert (result.proposals, result.groups, result.month) == ([], [], None)


@given(
    st.lists(
        st.builds(
            invocation,
            st.sampled_from([None, 1, 2, 10]),
            st.floats(0, 900_000),
            init_ms=st.none() | st.floats(0, 9_000),
        )
    )
)
def test_any_log_is_plain_json(reports: list[Report]) -> None:
    data = sizing(replace(NOW, memory_mb=128), week(reports)).as_data()
    assert "Infinity" not in json.dumps(data)
    assert "NaN" not in json.dumps(data)
    assert data["invocations"] < inf
