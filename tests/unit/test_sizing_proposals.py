"""The changes that `consumers size` proposes, and what they save."""

import json
from dataclasses import replace
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.cost import estimate, prices
from consumers.cost.estimate import Shape, Traffic
from consumers.operations.deployed_settings import DeployedSettings
from consumers.operations.reports import Report
from consumers.sizing.batches import Costs
from consumers.sizing.durations import Durations
from consumers.sizing.proposals import Proposal
from consumers.sizing.report import FEW, Sizing, sizing
from measured_invocations import WEEK, invocation, week

US = prices.of("us-east-1")
NOW = DeployedSettings(
    memory_mb=1_024,
    architecture="arm64",
    timeout_seconds=30,
    batch_size=10,
    window_seconds=0,
    visibility_seconds=180,
    fifo=False,
    has_alias=False,
    region="us-east-1",
)


def batches(count: int = 200_000, fixed: float = 100, per_message: float = 50, used_mb: int = 40) -> list[Report]:
    """Full batches mostly, on a line."""
    sizes = [10 if n % 5 else n % 9 + 1 for n in range(1_000)]
    return [invocation(n, fixed + per_message * n, memory_mb=1_024, used_mb=used_mb) for n in sizes] * (count // 1_000)


def proposed(reports: list[Report], now: DeployedSettings = NOW) -> dict[str, Proposal]:
    return {one.change: one for one in sizing(now, week(reports)).proposals}


def compute(result: Sizing) -> float:
    assert result.month
    return result.month.compute


def test_half_of_the_memory_saves_at_most_half_of_the_compute_and_maybe_nothing() -> None:
    result = sizing(NOW, week(batches()))
    (smaller,) = [one for one in result.proposals if one.change == "memory_size=512"]
    assert (smaller.saves_least, smaller.saves_most) == (0, pytest.approx(compute(result) / 2))
    assert "REPORT lines do not show which" in " ".join(smaller.why)


def test_more_memory_is_up_to_one_vcpu_and_saves_nothing_at_best() -> None:
    result = sizing(NOW, week(batches()))
    (larger,) = [one for one in result.proposals if one.change == "memory_size=1769"]
    assert larger.saves_most == pytest.approx(0)
    assert larger.saves_least == pytest.approx(-compute(result) * (1_769 / 1_024 - 1))
    assert "memory_size=3538" not in proposed([invocation(1, 10, memory_mb=1_769)] * 200, replace(NOW, memory_mb=1_769))


@pytest.mark.parametrize(
    ("now", "used_mb", "fixed"),
    [
        (NOW, 410, 100),  # more than 80 % of 512
        (NOW, 40, 12_500),  # twice that is nearly the timeout
        (replace(NOW, memory_mb=128), 40, 100),
    ],
)
def test_half_of_the_memory_is_not_proposed_where_it_does_not_suffice(
    now: DeployedSettings, used_mb: int, fixed: float
) -> None:
    reports = [replace(one, memory_mb=now.memory_mb) for one in batches(1_000, fixed, 0, used_mb=used_mb)]
    assert f"memory_size={now.memory_mb // 2}" not in proposed(reports, now)


def test_memory_that_is_not_measured_is_not_lowered() -> None:
    result = sizing(NOW, week(batches()), measures_memory=False)
    assert "memory_size=512" not in [one.change for one in result.proposals]
    assert result.used_mb is None
    assert any("memory used is not measured" in line for line in result.missing)


def test_memory_that_is_nearly_used_up_is_named() -> None:
    assert "900 of 1,024 MB were used" in " ".join(proposed(batches(used_mb=900))["memory_size=1769"].why)


@pytest.mark.parametrize(
    ("slower", "changes", "saves"), [(1, {"memory_size=512"}, 0.5), (2, {"memory_size=1769"}, 0), (1.41421, None, None)]
)
def test_a_second_memory_size_decides_what_to_try(slower: float, changes: set[str] | None, saves: float | None) -> None:
    reports = batches(20_000)
    other = [replace(one, memory_mb=512, duration_ms=one.duration_ms * slower) for one in reports]
    result = sizing(NOW, week([*reports, *other]))
    memory = {one.change: one for one in result.proposals if one.change.startswith("memory_size")}
    assert set(memory) == (changes or {"memory_size=512", "memory_size=1769"})
    assert all(one.saves_least == one.saves_most for one in memory.values())
    if saves is not None:
        assert [one.saves_most for one in memory.values()] == [pytest.approx(saves * compute(result), abs=0.01)]


def test_arm64_saves_a_fifth_of_the_compute() -> None:
    result = sizing(replace(NOW, architecture="x86_64"), week(batches()))
    (arm,) = [one for one in result.proposals if "arm64" in one.change]
    assert arm.change == 'function={"architecture": "arm64"}'
    assert arm.saves_least == arm.saves_most == pytest.approx(compute(result) / 5, rel=0.001)
    assert not any("arm64" in change for change in proposed(batches()))


def test_full_batches_with_overhead_grow_until_it_is_a_tenth() -> None:
    change = 'batch_size=18, mapping={"maximum_batching_window_in_seconds": 1}'
    (larger,) = [one for name, one in proposed(batches()).items() if name.startswith("batch_size")]
    assert larger.change == change
    assert 100 / (100 + 50 * 18) == 0.1
    result = sizing(NOW, week(batches()))
    assert result.month
    filled, messages = result.month.messages_per_batch or 0, result.month.messages or 0
    before = (0.1 + 0.05 * filled) * 0.0000133334 / filled + 0.2e-6 / filled + 2 * 0.4e-6 / filled
    more = filled * 1.8
    after = (0.1 + 0.05 * more) * 0.0000133334 / more + 0.2e-6 / more + 2 * 0.4e-6 / 10
    assert larger.saves_most == pytest.approx(messages * (before - after), rel=0.001)


def test_a_batch_without_overhead_stays() -> None:
    assert not any("batch" in change for change in proposed(batches(fixed=10, per_message=500)))


def test_a_batch_from_a_fifo_queue_has_at_most_ten_messages() -> None:
    fifo = replace(NOW, fifo=True, batch_size=5)
    reports = [one for one in batches() if (one.messages or 0) <= 5] or []
    reports += [invocation(5, 350, memory_mb=1_024)] * 100_000
    assert "batch_size=10" in proposed(reports, fifo)
    assert not any("batch" in change for change in proposed(batches(), replace(NOW, fifo=True)))


def test_a_batch_that_takes_more_than_half_of_the_timeout_shrinks() -> None:
    (smaller,) = [one for name, one in proposed(batches(1_000, 100, 2_000)).items() if name.startswith("batch_size")]
    assert smaller.change == "batch_size=7"
    assert smaller.saves_most < 0
    short = replace(NOW, visibility_seconds=60)  # as if the timeout were 10 s
    assert "batch_size=2" in proposed(batches(1_000, 100, 2_000), short)


def test_batches_that_do_not_fill_get_a_window() -> None:
    reports = [invocation(n % 3 + 1, 100.0 + 50 * (n % 3 + 1), memory_mb=1_024) for n in range(300_000)]
    found = proposed(reports)
    window = found['mapping={"maximum_batching_window_in_seconds": 11}']  # about a message a second
    assert window.saves_least == 0 < window.saves_most
    assert "visibility_timeout_seconds must then be 191 or more" in " ".join(window.why)
    assert not any("mapping" in change for change in proposed(reports, replace(NOW, fifo=True)))
    assert not any("mapping" in change for change in proposed(reports, replace(NOW, window_seconds=20)))
    assert not any("mapping" in change for change in proposed(reports[:300]))  # too little traffic to collect any


@given(st.integers(1, 10_000), st.floats(0.1, 1_000))
def test_a_message_costs_what_the_estimate_says(batch: int, per_message: float) -> None:
    now = replace(NOW, batch_size=batch)
    shape = Shape(memory_mb=now.memory_mb, architecture="arm64", batch_size=batch)
    traffic = Traffic(messages=batch * 10_000, duration_ms=per_message, message_bytes=100)
    titles = {"Lambda invocations", "Lambda compute, arm64", "SQS receive", "SQS delete"}
    expected = sum(one.cost(US) or 0.0 for one in estimate.items(shape, traffic) if one.title in titles)
    costs = Costs(Durations(0, per_message, ()), now, US)
    found = costs.of_message(batch) * traffic.messages
    # The estimate rounds the duration of a batch up to a millisecond.
    rounding = 10_000 * 0.001 * 0.0000133334
    assert found <= expected + 1e-9
    assert found == pytest.approx(expected, abs=rounding, rel=1e-6)


def test_few_invocations_and_a_log_without_sizes_are_named() -> None:
    result = sizing(NOW, week([invocation(None, 100, memory_mb=1_024)] * (FEW - 1)))
    text = " ".join(result.missing)
    assert "99 invocations with the memory of now: percentiles are rough below 100" in text
    assert "no sizes of batches" in text
    assert result.month
    assert result.month.messages is None
    assert not any("batch" in one.change for one in result.proposals)


@pytest.mark.parametrize(
    ("now", "reports", "sentence"),
    [
        (NOW, [invocation(1, 10, memory_mb=512)] * 200, "No invocation had 1,024 MB yet"),
        (NOW, [invocation(10, 10, memory_mb=1_024)] * 200, "Too few batches, of too few sizes"),
        (replace(NOW, has_alias=True), batches(1_000), "without provisioned concurrency"),
        (replace(NOW, region="ap-south-1"), batches(1_000), "ap-south-1: no prices, so those of us-east-1."),
        (NOW, [replace(one, time=WEEK / 2) for one in batches(1_000)], "long after the begin"),
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
