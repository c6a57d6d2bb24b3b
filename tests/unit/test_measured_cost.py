"""A measured month beside the estimate: the arithmetic, without an AWS."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.cost import estimate, measured
from consumers.cost.estimate import GB, HOURS, MB, SECONDS, Shape, Traffic
from consumers.cost.measured import Billing, Usage
from consumers.operations.reports import Report
from measured_month import MONTH, rows_of, shapes


def caused_by(shape: Shape, traffic: Traffic) -> Usage:
    """Return the metrics of a month that goes exactly as the estimate assumes."""
    amounts = {item.title.partition(",")[0]: item.amount for item in estimate.items(shape, traffic)}
    messages, duration = traffic.messages, traffic.messages * traffic.duration_ms
    gb_seconds = amounts["Lambda compute"]
    billed_ms = gb_seconds * 1_000 / (shape.memory_mb / 1_024)
    reports = Billing(1, billed_ms / duration, shape.memory_mb) if duration and gb_seconds else None
    return Usage(
        seconds=SECONDS,
        memory_mb=shape.memory_mb,
        architecture=shape.architecture,
        ephemeral_storage_mb=shape.ephemeral_storage_mb,
        invocations=amounts["Lambda invocations"],
        duration_ms=duration,
        sent=messages,
        sent_bytes=messages * traffic.message_bytes,
        received=messages,
        deleted=messages,
        empty_receives=amounts["SQS empty receives"],
        log_bytes=amounts["logs"] * GB,
        poller_hours=shape.provisioned_pollers * HOURS or None,
        alarms=shape.alarms or None,
        billing=reports,
    )


traffics = st.builds(
    Traffic,
    messages=st.integers(1, 10**9),
    duration_ms=st.floats(1, 900_000),
    message_bytes=st.integers(1, MB),
    messages_per_batch=st.none() | st.integers(1, 10_000),
    messages_per_send=st.integers(1, 10),
    log_bytes=st.integers(0, 100_000),
)


@given(shape=shapes, traffic=traffics)
def test_a_month_that_goes_as_the_estimate_assumes_costs_what_it_says(shape: Shape, traffic: Traffic) -> None:
    found = rows_of(shape, caused_by(shape, traffic), traffic)
    assert {"Lambda invocations", "Lambda compute", "SQS send", "SQS receive", "SQS delete"} <= set(found)
    for title, row in found.items():
        if row.measured is None:
            assert title in {"Lambda provisioned concurrency", "custom metrics"}  # which no metric tells
            continue
        assert row.estimated
        assert row.measured.meter == row.estimated.meter
        # The last batch is smaller than the others; a month has batches of its average size.
        size = traffic.messages / (found["Lambda invocations"].estimated or row.estimated).amount
        rounded = 1 / (size * traffic.duration_ms) if title.startswith("Lambda") else 0
        assert row.measured.amount == pytest.approx(row.estimated.amount, rel=1e-6 + rounded, abs=1.01)


def test_the_traffic_of_the_estimate_is_the_measured_one() -> None:
    usage = replace(MONTH, received=1_100_000, invocations=400_000)
    traffic = measured.traffic(usage, Traffic(messages_per_send=3, log_bytes=7))
    assert traffic == Traffic(1_000_000, 100_000_000 / 1_100_000, 1_024, 2.75, 3, 7)


def test_half_a_month_is_scaled_to_a_whole_one_but_not_its_alarms() -> None:
    half = replace(MONTH, seconds=SECONDS / 2, alarms=3)
    found = rows_of(Shape(alarms=3), half)
    assert half.scale == 2
    for title, amount in {"Lambda invocations": 200_000, "SQS empty receives": 1_314_000, "alarms": 3}.items():
        item = found[title].measured
        assert item
        assert item.amount == pytest.approx(amount)


@pytest.mark.parametrize(
    ("field", "titles"),
    [
        ("invocations", {"Lambda invocations"}),
        ("duration_ms", {"Lambda compute"}),
        ("sent", {"SQS send"}),
        ("received", {"SQS receive"}),
        ("deleted", {"SQS delete"}),
        ("empty_receives", {"SQS empty receives"}),
        ("log_bytes", {"logs", "logs kept"}),
    ],
)
def test_a_missing_metric_is_no_data_and_never_zero(field: str, titles: set[str]) -> None:
    missing: dict[str, Any] = {field: None}
    found = rows_of(Shape(), replace(MONTH, **missing))
    assert {title for title, row in found.items() if row.measured is None} == titles
    assert all(row.estimated and row.estimated.amount for row in found.values())


def test_zero_is_zero() -> None:
    found = rows_of(Shape(), replace(MONTH, deleted=0))
    assert found["SQS delete"].measured
    assert found["SQS delete"].measured.amount == 0


def test_without_any_message_count_there_is_no_estimate() -> None:
    found = rows_of(Shape(), Usage(seconds=SECONDS, invocations=5))
    assert {title: (row.measured is None, row.estimated) for title, row in found.items()} == {
        "Lambda invocations": (False, None)
    }
    assert not Usage(seconds=SECONDS).has_data


def report(duration: float, billed: float, memory: int = 128, init: float | None = None) -> Report:
    return Report(0, "", duration, billed, memory, 50, init, None)


def test_the_billed_duration_is_in_proportion_to_the_reports_with_cold_starts_and_rounding() -> None:
    found = measured.billing([report(98.2, 99), report(1.8, 301, init=298.7)])
    assert found == Billing(2, 4, 128)
    compute = rows_of(Shape(), replace(MONTH, billing=found))["Lambda compute"].measured
    assert compute
    assert compute.amount == pytest.approx(4 * 12_500)
    assert measured.billing([]) is None


def test_a_change_of_the_memory_counts_for_what_was_billed_under_each() -> None:
    found = measured.billing([report(300, 300, 128), report(100, 100, 1_024)])
    assert found
    assert found.memory_mb == 352
    # The function has 1,024 MB now.
    compute = rows_of(Shape(), replace(MONTH, memory_mb=1_024, billing=found))["Lambda compute"].measured
    assert compute
    assert compute.amount == pytest.approx(100_000 * 352 / 1_024)


def test_spillover_is_paid_for_as_without_provisioned_concurrency() -> None:
    usage = replace(MONTH, invocations=100_000, spillover=25_000)
    found = rows_of(Shape(provisioned_concurrency=1), usage)
    ready, spilled = found["Lambda compute"].measured, found["Lambda compute of spillover"].measured
    assert ready
    assert spilled
    assert (ready.meter, ready.amount) == ("provisioned_duration_gb_seconds_x86_64", pytest.approx(9_375))
    assert (spilled.meter, spilled.amount) == ("lambda_gb_seconds_x86_64", pytest.approx(3_125))
    assert found["Lambda provisioned concurrency"].measured is None


def test_messages_that_filters_delete_are_in_no_batch_where_the_mapping_counts_them() -> None:
    filtered = replace(MONTH, invocations=50_000, invoked_messages=500_000)
    assert filtered.messages_per_batch == 10
    traffic = measured.traffic(filtered, Traffic())
    assert traffic
    assert traffic.duration_ms == 200


def test_requests_to_receive_hold_as_many_messages_as_an_invocation_and_ten_at_most() -> None:
    def receives(**changed: Any) -> float:
        item = rows_of(Shape(batch_size=100), replace(MONTH, **changed))["SQS receive"].measured
        assert item
        return item.amount

    assert receives(invocations=500_000) == 500_000
    assert receives(invocations=100_000) == 100_000
    assert receives(invocations=10_000) == 100_000
    assert receives(invocations=100_000, sent_bytes=1_000_000 * 10_000) == 200_000  # two times 64 KB in each
