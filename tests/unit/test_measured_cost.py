"""A measured month beside the estimate: the arithmetic, without an AWS."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.cost import differences, estimate, measured, prices
from consumers.cost.differences import Month
from consumers.cost.estimate import GB, HOURS, MB, SECONDS, Shape, Traffic
from consumers.cost.measured import Billing, Row, Usage
from consumers.operations.reports import Report

LISTED = prices.of("us-east-1")
MONTH = Usage(
    seconds=SECONDS,
    invocations=100_000,
    duration_ms=100_000_000,
    sent=1_000_000,
    sent_bytes=1_024_000_000,
    received=1_000_000,
    deleted=1_000_000,
    empty_receives=657_000,
    log_bytes=184_000_000,
)
"""What the traffic that the estimate assumes causes."""


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


def rows_of(shape: Shape, usage: Usage, assumed: Traffic | None = None) -> dict[str, Row]:
    assumed = assumed or Traffic()
    month = usage.per_month()
    return {row.title: row for row in measured.rows(shape, month, measured.traffic(month, assumed), assumed)}


shapes = st.builds(
    Shape,
    memory_mb=st.integers(128, 10_240),
    architecture=st.sampled_from(["x86_64", "arm64"]),
    batch_size=st.integers(1, 10_000),
    fifo=st.booleans(),
    log_retention_days=st.integers(1, 3_653),
    alarms=st.integers(0, 20),
    metrics=st.just(0) | st.just(4),
    provisioned_concurrency=st.integers(0, 5),
    provisioned_pollers=st.just(0) | st.integers(2, 200),
    ephemeral_storage_mb=st.integers(512, 10_240),
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


def explained(shape: Shape | None = None, **changed: Any) -> list[tuple[str, str, str]]:
    """Return title, sign and reason of each difference from the estimate."""
    usage, shape = replace(MONTH, **changed), shape or Shape()
    traffic = measured.traffic(usage, Traffic())
    assert traffic
    found = differences.between(list(rows_of(shape, usage).values()), Month(shape, usage, traffic), LISTED)
    assert [abs(one.dollars) for one in found] == sorted((abs(one.dollars) for one in found), reverse=True)
    return [(one.title, "+" if one.dollars > 0 else "-", one.reason) for one in found]


def test_what_agrees_to_the_cent_is_no_difference() -> None:
    assert explained() == []


RETRIES = "2,000,000 messages were received and 1,000,000 sent: retries, or messages from before"


@pytest.mark.parametrize(
    ("changed", "shape", "first"),
    [
        (
            {"empty_receives": 1_000},
            Shape(),
            (
                "SQS empty receives",
                "-",
                "the estimate is for 5 pollers that never find a message, and the real ones found messages, "
                "or were fewer",
            ),
        ),
        (
            {"empty_receives": 9_000_000},
            Shape(),
            (
                "SQS empty receives",
                "+",
                "the estimate is for 5 pollers that never find a message, and more of them ran",
            ),
        ),
        (
            {"received": 2_000_000, "invocations": 200_000, "duration_ms": None},
            Shape(),
            ("SQS receive", "+", RETRIES),
        ),
        (
            {"received": 400_000, "invocations": 40_000, "duration_ms": 40_000_000, "sent": 1_000_000},
            Shape(),
            ("Lambda compute", "-", "400,000 messages were received and 1,000,000 sent: others wait or have expired"),
        ),
        (
            {"received": 2_000_000, "invocations": 200_000, "duration_ms": 2_000_000_000},
            Shape(),
            ("Lambda compute", "+", RETRIES),
        ),
        (
            {"billing": Billing(9, 3.5, 128)},
            Shape(),
            ("Lambda compute", "+", "cold starts and rounding up make the billed duration 3.50 times the measured one"),
        ),
        (
            {"memory_mb": 512},
            Shape(),
            ("Lambda compute", "+", "it has 512 MB, and 128 in the program"),
        ),
        (
            {"memory_mb": 128, "billing": Billing(9, 1, 512)},
            Shape(),
            ("Lambda compute", "+", "it has 512 MB, and 128 in the program"),
        ),
        (
            {"billing": Billing(9, 3, 256)},
            Shape(),
            ("Lambda compute", "+", "cold starts and rounding up make the billed duration 3.00 times the measured one"),
        ),
        (
            {"architecture": "arm64"},
            Shape(),
            ("Lambda compute", "-", "it runs on arm64, and on x86_64 in the program"),
        ),
        (
            {"log_bytes": 2_034_000_000},
            Shape(),
            ("logs", "+", "a message logs 2,000 bytes, and the estimate assumes 150 (--log-bytes)"),
        ),
        (
            {"log_bytes": 2_034_000_000},
            Shape(metrics=4),
            ("logs", "+", "a message logs 1,960 bytes, and the estimate assumes 150 (--log-bytes)"),
        ),
        (
            {"log_bytes": 1_000_000},
            Shape(),
            ("logs", "-", "the log has fewer of Lambda's own lines than the estimate assumes"),
        ),
        (
            {"deleted": 400_000},
            Shape(),
            (
                "SQS delete",
                "-",
                "400,000 messages were deleted and 1,000,000 sent: others wait, have expired or are dead letters",
            ),
        ),
        (
            {"deleted": 1_600_000},
            Shape(),
            (
                "SQS delete",
                "+",
                "1,600,000 messages were deleted and 1,000,000 sent: messages from before, or some twice",
            ),
        ),
        (
            {"alarms": 9},
            Shape(alarms=2),
            ("alarms", "+", "9 alarms watch its queues and its function, and the program has 2"),
        ),
        (
            {"poller_hours": 5_000, "empty_receives": None},
            Shape(provisioned_pollers=2),
            ("Lambda provisioned pollers", "+", "the estimate is for the minimum of 2, and Lambda started more"),
        ),
        (
            {"ephemeral_storage_mb": 10_240, "duration_ms": 100_000_000_000},
            Shape(),
            ("Lambda /tmp above 512 MB", "+", "its /tmp has 10,240 MB, and 512 in the program"),
        ),
        (
            {
                "architecture": "arm64",
                "ephemeral_storage_mb": 10_240,
                "duration_ms": 100_000_000_000,
                "billing": Billing(9, 2, 128),
            },
            Shape(ephemeral_storage_mb=10_240),
            ("Lambda compute", "+", "cold starts and rounding up make the billed duration 2.00 times the measured one"),
        ),
    ],
)
def test_the_largest_difference_is_explained(
    changed: dict[str, Any], shape: Shape, first: tuple[str, str, str]
) -> None:
    assert explained(shape, **changed)[0] == first


def test_storage_that_is_as_configured_costs_more_for_the_reason_that_the_compute_does() -> None:
    usage = replace(MONTH, ephemeral_storage_mb=10_240, duration_ms=100_000_000_000, billing=Billing(9, 2, 128))
    found = {
        title: reason
        for title, _, reason in explained(Shape(ephemeral_storage_mb=10_240), **{**vars(usage), "seconds": SECONDS})
    }
    assert found["Lambda /tmp above 512 MB"] == found["Lambda compute"]


counts = st.none() | st.floats(0, 1e12)


@given(
    shape=shapes,
    fields=st.fixed_dictionaries(dict.fromkeys(measured.COUNTS, counts)),
    billing=st.none() | st.builds(Billing, st.integers(1, 9), st.floats(1, 100), st.floats(128, 10_240)),
    architecture=st.sampled_from(["x86_64", "arm64"]),
    alarms=st.none() | st.integers(0, 99),
)
def test_every_difference_has_a_reason_whatever_the_metrics_are(
    shape: Shape, fields: dict[str, Any], billing: Billing | None, architecture: str, alarms: int | None
) -> None:
    usage = Usage(seconds=SECONDS, **fields, billing=billing, architecture=architecture, alarms=alarms)
    traffic = measured.traffic(usage, Traffic())
    rows = measured.rows(shape, usage, traffic, Traffic())
    for row in rows:
        assert row.measured is None or row.measured.amount >= 0
    if traffic:
        for one in differences.between(rows, Month(shape, usage, traffic), LISTED):
            assert one.reason
