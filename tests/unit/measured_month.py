"""A month of a consumer, as CloudWatch has it, for tests of what it costs."""

from hypothesis import strategies as st

from consumers.cost import measured
from consumers.cost.estimate import SECONDS, Shape, Traffic
from consumers.cost.measured import Row, Usage

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
