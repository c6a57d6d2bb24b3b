"""Why a measured month costs more or less than the estimate."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.cost import differences, measured, prices
from consumers.cost.differences import Month
from consumers.cost.estimate import SECONDS, Shape, Traffic
from consumers.cost.measured import Billing, Usage
from measured_month import MONTH, rows_of, shapes

LISTED = prices.of("us-east-1")


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


counts = st.none() | st.just(0.0) | st.floats(1, 1e12)


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
