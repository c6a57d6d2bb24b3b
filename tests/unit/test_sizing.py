"""What is measured of a consumer's invocations: groups, the fit of durations, a month, two memory sizes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.cost import prices
from consumers.operations.reports import Report, Reports
from consumers.percentiles import percentile
from consumers.sizing import comparison, groups, month
from consumers.sizing.durations import Durations, fit
from measured_invocations import WEEK, invocation, week

US = prices.of("us-east-1")
milliseconds = st.floats(0, 900_000)


@given(st.lists(milliseconds, min_size=1), st.floats(0, 0.99))
def test_a_percentile_is_a_value_that_at_least_its_share_does_not_exceed(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values)


reports = st.builds(
    invocation,
    st.sampled_from([None, *range(1, 40)]),
    milliseconds,
    memory_mb=st.sampled_from([128, 256]),
    init_ms=st.none() | milliseconds,
    used_mb=st.integers(0, 256),
)


@given(st.lists(reports))
def test_groups_lose_nothing(found: list[Report]) -> None:
    made = groups.of(found, 128)
    assert sum(one.invocations for one in made) == len(found)
    assert sum(one.messages for one in made) == sum(one.messages or 0 for one in found)
    assert sum(one.billed_gb_seconds for one in made) == pytest.approx(sum(map(groups.gb_seconds, found)))
    assert all(one.p50_ms <= one.p90_ms <= one.p99_ms for one in made)


def test_groups_are_by_memory_start_and_size_of_the_batch() -> None:
    found = [invocation(n, 10.0 * n, memory_mb=mb) for n in (1, 10) for mb in (128, 256)]
    found += [invocation(1, 10, init_ms=200), invocation(10, 100, init_ms=300), invocation(3, 1, status="timeout")]
    made = [
        (one.memory_mb, one.is_cold, one.least_messages, one.most_messages, one.init_ms)
        for one in groups.of(found, 256)
    ]
    assert made == [
        (256, False, 1, 1, None),
        (256, False, 10, 10, None),
        (128, False, 1, 1, None),
        (128, False, 10, 10, None),
        (128, True, 1, 10, 250),
    ]


def test_many_sizes_of_batches_are_grouped_by_powers_of_two() -> None:
    made = groups.of([invocation(n, 10) for n in range(1, 21)], 128)
    assert [(one.least_messages, one.most_messages) for one in made] == [(1, 1), (2, 3), (4, 7), (8, 15), (16, 20)]


@given(st.floats(0, 10_000), st.floats(0.01, 1_000), st.lists(st.integers(1, 1_000), min_size=10, unique=True))
def test_the_fit_finds_the_line_that_durations_are_on(fixed: float, per_message: float, sizes: list[int]) -> None:
    found = fit([invocation(n, fixed + per_message * n) for n in sizes])
    assert found
    assert found.is_split
    assert found.expected_ms(7) == pytest.approx(fixed + per_message * 7, rel=0.01, abs=0.01)
    assert found.fixed_ms == pytest.approx(fixed, rel=0.01, abs=0.01)


@given(st.lists(st.tuples(st.integers(1, 100), milliseconds), min_size=1))
def test_a_fit_is_never_negative(batches: list[tuple[int, float]]) -> None:
    found = fit([invocation(n, ms) for n, ms in batches])
    assert found
    assert min(found.fixed_ms, found.per_message_ms, *found.samples) >= 0
    assert len(found.samples) == len(batches)


def test_batches_of_one_size_do_not_show_what_an_invocation_takes_beside_its_messages() -> None:
    found = fit([invocation(10, 100)] * 200)
    assert found == Durations(0, 10, (10.0,) * 200, slow_factor=1, is_split=False, messages=(10,) * 200)


def test_durations_that_vary_too_much_show_no_overhead() -> None:
    found = fit([invocation(n % 2 + 1, ms) for n, ms in enumerate([3] * 20 + [900] * 4)])
    assert found
    assert not found.is_split


def test_the_error_of_the_fit_is_the_standard_error_of_its_constant() -> None:
    found = fit(
        [invocation(n, ms) for n, ms in zip((1, 2, 3, 4, 5) * 2, (9, 14, 14, 19, 24, 11, 12, 16, 21, 20), strict=True)]
    )
    assert found
    # By hand: slope 62 / 20, squares of the rest 19.8 with 8 degrees of freedom, times 1/10 + 9/20.
    assert found.per_message_ms == pytest.approx(3.1)
    assert found.fixed_ms == pytest.approx(6.7)
    assert found.fixed_error_ms == pytest.approx((19.8 / 8 * 0.55) ** 0.5)
    assert found.samples[:2] == (pytest.approx(2.3), pytest.approx(3.65))


def test_a_line_that_falls_is_a_constant() -> None:
    found = fit([invocation(n, 100.0 - n) for n in range(1, 12)])
    assert found
    assert (found.fixed_ms, found.per_message_ms) == (94, 0)
    found = fit([invocation(n, 10.0 * n - 5) for n in range(1, 12)])  # one that begins below 0 goes through 0
    assert found
    assert (found.fixed_ms, found.per_message_ms) == (0, pytest.approx(10 - 5 / 6))


def test_cold_starts_and_failures_are_not_in_the_fit() -> None:
    warm = [invocation(n, 50.0 + 10 * n) for n in range(1, 21)]
    other = [
        invocation(1, 9_000, init_ms=400),
        invocation(1, 9_000, init_ms=500),
        invocation(5, 30_000, status="timeout"),
    ]
    found = fit([*warm, *other, invocation(None, 70_000)])
    assert found
    assert (found.fixed_ms, found.per_message_ms) == (pytest.approx(50), pytest.approx(10))
    assert found.cold_start_ms == 450
    assert fit([invocation(None, 70_000), other[0]]) is None


def test_of_slow_batches_99_of_100_take_less() -> None:
    found = fit([invocation(n % 10 + 1, 10.0 * (n % 10 + 1) * (3 if n == 150 else 1)) for n in range(1_000)])
    assert found
    assert found.slow_ms(10) == pytest.approx(100, rel=0.05)
    found = fit(
        [invocation(n % 10 + 1, 10.0 * (n % 10 + 1) * (3 if n % 10 == n // 10 % 10 else 1)) for n in range(1_000)]
    )
    assert found
    assert found.slow_ms(10) == pytest.approx(300, rel=0.2)


def test_a_month_is_billed_as_on_the_page_on_costs() -> None:
    found = Reports([invocation(2, 100, memory_mb=512)] * 1_000, 0, 730 * 3_600, share=0.001)
    made = month.of(found, 512, "x86_64", US)
    assert made
    assert made.invocations == pytest.approx(1_000_000)
    assert made.messages == pytest.approx(2_000_000)
    assert made.gb_seconds == pytest.approx(50_000)
    assert made.compute == pytest.approx(0.83, abs=0.005)
    assert made.requests == pytest.approx(0.20)
    assert made.per_million_messages == pytest.approx(1.03 / 2, abs=0.005)


def test_a_month_has_the_memory_of_now_and_the_traffic_of_all() -> None:
    found = week([invocation(1, 100, memory_mb=1_024)] * 300 + [invocation(1, 200, memory_mb=512)] * 100)
    made = month.of(found, 512, "x86_64", US)
    assert made
    assert made.invocations == pytest.approx(400 * 730 * 3_600 / WEEK)
    assert made.gb_seconds == pytest.approx(made.invocations * 0.5 * 0.2)
    assert month.of(found, 128, "x86_64", US) is None


@pytest.mark.parametrize(
    ("half_memory_ms", "share", "meaning"),
    [
        (200, 1, "computes"),
        (100, 0, "waits"),
        (141.42, 0.5, "computes and waits"),
        (90, 0, "waits"),
        (300, 1, "computes"),
    ],
)
def test_two_memory_sizes_show_whether_a_function_computes(half_memory_ms: float, share: float, meaning: str) -> None:
    found = [invocation(10, 100, memory_mb=1_024)] * 30 + [invocation(10, half_memory_ms, memory_mb=512)] * 30
    made = comparison.compare(found, 512)
    assert made
    assert made.cpu_share == pytest.approx(share, abs=0.001)
    assert made.sentence.endswith(f"(p50): it {meaning}.")
    other = comparison.compare(found, 1_024)
    assert other
    assert other.cpu_share == pytest.approx(share, abs=0.001)


def test_few_invocations_or_other_batches_are_not_compared() -> None:
    large = [invocation(10, 100, memory_mb=1_024)] * 30
    assert comparison.compare([*large, *[invocation(9, 100, memory_mb=512)] * 30], 512) is None
    assert comparison.compare([*large, *[invocation(10, 100, memory_mb=512)] * 29], 512) is None
    assert comparison.compare(large, 1_024) is None
    cold = [replace(one, init_ms=300.0) for one in large]
    assert comparison.compare([*cold, *[invocation(10, 100, memory_mb=512)] * 30], 512) is None
