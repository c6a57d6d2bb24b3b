"""What consumers cost: the arithmetic, against figures that AWS states and against what must hold of every bill."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sqs_batch
from consumers.cost import estimate, prices
from consumers.cost.estimate import Item, Shape, Traffic
from consumers.cost.shape import not_counted
from sqs_events import event_of, raw_record
from validate import settings_of

LISTED = prices.of("us-east-1")

shapes = st.builds(
    Shape,
    memory_mb=st.integers(128, 10_240),
    architecture=st.sampled_from(["x86_64", "arm64"]),
    batch_size=st.integers(1, 10_000),
    fifo=st.booleans(),
    timeout_seconds=st.integers(1, 900),
    log_retention_days=st.integers(1, 3_653),
    alarms=st.integers(0, 20),
    metrics=st.integers(0, 9),
    key_reuse_seconds=st.none() | st.integers(60, 86_400),
    provisioned_concurrency=st.integers(0, 100),
    provisioned_pollers=st.just(0) | st.integers(2, 200),
    ephemeral_storage_mb=st.integers(512, 10_240),
)
traffics = st.builds(
    Traffic,
    messages=st.integers(0, 10**10),
    duration_ms=st.floats(0, 900_000),
    message_bytes=st.integers(0, 1_048_576),
    messages_per_batch=st.none() | st.integers(1, 10_000),
    messages_per_send=st.integers(1, 10),
    log_bytes=st.integers(0, 100_000),
)


def line(title: str, shape: Shape, traffic: Traffic) -> Item:
    (found,) = [item for item in estimate.items(shape, traffic) if item.title.startswith(title)]
    return found


def bill(shape: Shape, traffic: Traffic) -> tuple[float, float]:
    """Return the cost of a month, before and after the free tier."""
    lines = estimate.items(shape, traffic)
    before = estimate.total(lines, LISTED)
    return before, before - sum(estimate.free_tier(lines, LISTED).values())


def test_aws_own_example_of_a_bill_after_the_free_tier() -> None:
    # https://aws.amazon.com/lambda/pricing/: 3 million calls of 1 s at 512 MB, then at $0.00001667: $18.34 and $0.40.
    lines = [
        item
        for item in estimate.items(Shape(memory_mb=512, batch_size=1), Traffic(messages=3_000_000, duration_ms=1_000))
        if item.meter.startswith("lambda")
    ]
    rest = estimate.total(lines, LISTED) - sum(estimate.free_tier(lines, LISTED).values())
    assert rest == pytest.approx(18.33 + 0.40, abs=0.01)


@pytest.mark.parametrize(
    ("messages", "per_request", "size", "billed"),
    [
        (0, 10, 1_024, 0),
        (1, 10, 65_536, 1),
        (1, 10, 65_537, 2),
        (10, 10, 6_553, 1),
        (11, 10, 6_553, 2),
        (10, 1, 100, 10),
        (3, 10, 1_048_576, 48),  # each fills a request
        (4, 10, 400_000, 2 * 13),  # two fit into a request
    ],
)
def test_sqs_bills_every_64_kb_of_a_request_that_carries_up_to_ten_messages_and_1_mib(
    messages: int, per_request: int, size: int, billed: int
) -> None:
    assert estimate.requests(messages, per_request, size) == billed


@pytest.mark.parametrize(
    ("messages", "duration", "billed"), [(1, 0.01, 1), (10, 0.9, 9), (10, 1.1, 11), (9, 0.912, 9), (0, 5, 0)]
)
def test_an_invocation_is_billed_by_the_millisecond_begun(messages: int, duration: float, billed: int) -> None:
    assert estimate.invocation_ms(messages, duration) == billed


@pytest.mark.parametrize(
    ("size", "given", "message_bytes", "messages"),
    [(10, None, 1_024, 10), (10, 3, 1_024, 3), (10, 50, 1_024, 10), (10_000, None, 262_144, 24), (1, 5, 0, 1)],
)
def test_a_batch_is_as_large_as_its_size_the_traffic_and_lambdas_6_mb_allow(
    size: int, given: int | None, message_bytes: int, messages: int
) -> None:
    traffic = Traffic(messages_per_batch=given, message_bytes=message_bytes)
    assert estimate.batch(Shape(batch_size=size), traffic) == messages


def test_an_idle_consumer_pays_for_empty_receives_only_and_more_on_a_fifo_queue() -> None:
    paid = [item for item in estimate.items(Shape(), Traffic(messages=0)) if item.amount]
    assert [(item.title, item.amount) for item in paid] == [("SQS empty receives, at most", 657_000)]
    assert bill(Shape(), Traffic(messages=0)) == (pytest.approx(0.2628), pytest.approx(0))
    assert bill(Shape(fifo=True), Traffic(messages=0)) == (pytest.approx(0.3285), pytest.approx(0))


def test_a_key_is_asked_three_times_in_each_reuse_period_in_which_there_are_messages() -> None:
    shape = Shape(key_reuse_seconds=300)
    assert line("KMS", shape, Traffic()).amount == 3 * 8_760
    assert line("KMS", shape, Traffic(messages=5)).amount == 3 * 5
    assert line("KMS", shape, Traffic()).cost(LISTED) == pytest.approx(0.07884)


def test_provisioned_concurrency_is_paid_for_all_month_and_not_in_the_free_tier() -> None:
    # https://aws.amazon.com/lambda/pricing/: $0.0000041667 for each GB-second of it.
    shape = Shape(memory_mb=1_024, provisioned_concurrency=10)
    assert line("Lambda provisioned concurrency", shape, Traffic()).cost(LISTED) == pytest.approx(109.50, abs=0.01)
    lines = [item for item in estimate.items(shape, Traffic()) if item.title.startswith("Lambda")]
    assert sum(estimate.free_tier(lines, LISTED).values()) == 0


def test_provisioned_pollers_are_paid_by_the_hour_and_ask_instead_of_the_five() -> None:
    shape = Shape(provisioned_pollers=2)
    assert line("Lambda provisioned pollers", shape, Traffic()).cost(LISTED) == pytest.approx(2 * 730 * 0.00925)
    assert line("SQS empty", shape, Traffic()).amount == 2 * 131_400


def test_ten_alarms_of_an_account_are_free() -> None:
    before, after = bill(Shape(alarms=12), Traffic(messages=0))
    assert before == pytest.approx(1.20 + 0.2628)
    assert after == pytest.approx(0.20)


def test_logs_are_kept_compressed_for_as_long_as_the_log_group_keeps_them() -> None:
    traffic = Traffic(messages=10, log_bytes=2**30 // 10 - 34)  # a GB, with the lines of one invocation
    lines = {item.title: item for item in estimate.items(Shape(log_retention_days=365), traffic)}
    assert lines["logs"].amount == pytest.approx(1)
    assert lines["logs kept"].amount == pytest.approx(0.15 * 12)


def test_the_free_gb_seconds_go_to_the_dearer_architecture_first() -> None:
    lines = [Item("", "lambda_gb_seconds_arm64", 300_000), Item("", "lambda_gb_seconds_x86_64", 300_000)]
    taken = estimate.free_tier(lines, LISTED)["400,000 GB-seconds"]
    assert taken == pytest.approx(300_000 * 0.0000166667 + 100_000 * 0.0000133334)
    otherwise = {**LISTED, "lambda_gb_seconds_arm64": 0.00002}
    taken = estimate.free_tier(lines, otherwise)["400,000 GB-seconds"]
    assert taken == pytest.approx(300_000 * 0.00002 + 100_000 * 0.0000166667)


def test_an_item_without_a_price_in_the_region_is_not_in_the_total() -> None:
    listed = prices.of("eu-west-1")
    lines = [Item("", "poller_hours", 730), Item("", "alarms", 1)]
    assert lines[0].cost(listed) is None
    assert estimate.total(lines, listed) == pytest.approx(0.10)
    assert Item("", "poller_hours", 0).cost(listed) == 0


def test_the_line_of_a_batchs_metrics_is_as_long_as_it_is_taken_to_be(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SQS_BATCH_METRICS_NAMESPACE", "QueueConsumer")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "poker-hands-function-761a0df")

    @sqs_batch.batch_handler
    def handle(record: sqs_batch.Record) -> None:
        pass

    handle(event_of(*(raw_record() for _ in range(10))))
    billed = len(capsys.readouterr().out.strip()) + 26  # which CloudWatch adds to each line
    assert billed == pytest.approx(estimate.METRICS_LOG_BYTES, abs=20)


def changes(shape: Shape, traffic: Traffic, region: str = "us-east-1") -> dict[str, float]:
    return {one.change: one.saves for one in estimate.alternatives(shape, traffic, prices.of(region))}


def test_the_change_that_saves_most_is_first_and_one_that_costs_is_last() -> None:
    found = changes(Shape(memory_mb=1_024), Traffic(duration_ms=500))
    first, *_, last = found
    assert first == "memory_size 512, if the function mostly waits (one that computes takes twice as long)"
    assert last == "messages that come one by one"
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert found["function.architecture arm64"] == pytest.approx(500_000 * 0.0000033333)


def test_a_larger_batch_is_proposed_as_far_as_half_of_the_timeout_reaches() -> None:
    def proposed(shape: Shape, **traffic: Any) -> list[str]:
        return [change for change in changes(shape, Traffic(**traffic)) if change.startswith("batch_size")]

    assert proposed(Shape(batch_size=1)) == ["batch_size 10, if they fill"]
    assert proposed(Shape(), duration_ms=1) == ["batch_size 100 with a batching window, if they fill"]
    assert proposed(Shape(timeout_seconds=3)) == ["batch_size 15 with a batching window, if they fill"]
    assert proposed(Shape(timeout_seconds=1)) == []
    assert proposed(Shape(), message_bytes=1_000_000) == []
    assert proposed(Shape(fifo=True), duration_ms=1) == []
    assert proposed(Shape(), messages_per_batch=2) == []  # the batches that there are do not fill


def test_a_change_to_what_has_no_price_is_not_proposed() -> None:
    shape = Shape(provisioned_concurrency=1)
    assert "function.architecture arm64" in changes(shape, Traffic())
    assert "function.architecture arm64" not in changes(shape, Traffic(), "eu-west-1")


@settings(max_examples=40)
@given(shape=shapes, traffic=traffics)
def test_nothing_is_negative_and_the_free_tier_takes_off_no_more_than_there_is(shape: Shape, traffic: Traffic) -> None:
    lines = estimate.items(shape, traffic)
    assert all(item.amount >= 0 for item in lines)
    taken = estimate.free_tier(lines, LISTED)
    assert all(saves >= 0 for saves in taken.values())
    before, after = bill(shape, traffic)
    assert after >= -1e-9 * before


@settings(max_examples=40)
@given(shape=shapes, traffic=traffics, more=st.integers(1, 10**6))
def test_more_messages_never_cost_less(shape: Shape, traffic: Traffic, more: int) -> None:
    few, many = bill(shape, traffic), bill(shape, replace(traffic, messages=traffic.messages + more))
    for less, greater in zip(few, many, strict=True):
        assert greater >= less - 1e-9 * max(few)


@settings(max_examples=40)
@given(shape=shapes, traffic=traffics)
def test_a_change_saves_what_the_estimate_of_the_changed_consumer_is_lower(shape: Shape, traffic: Traffic) -> None:
    found = changes(shape, traffic)
    now, _ = bill(shape, traffic)
    assert found.get("function.architecture arm64", 0) >= 0
    if "no log line for each message" in found:
        then, _ = bill(shape, replace(traffic, log_bytes=0))
        assert found["no log line for each message"] == pytest.approx(now - then)


def test_every_meter_of_the_free_tier_and_of_the_estimate_is_in_the_table() -> None:
    many = [
        Shape(architecture=kind, fifo=ready == 0, provisioned_concurrency=ready, key_reuse_seconds=60)
        for kind, ready in product(("x86_64", "arm64"), (0, 1))
    ]
    used = {item.meter for shape in many for item in estimate.items(shape, Traffic())}
    free = {meter for allowance in prices.FREE_TIER for meter in allowance.meters}
    assert used == set(prices.TABLE)
    assert free < used
    assert {len(row) for row in prices.TABLE.values()} == {len(prices.REGIONS)}


def test_costs_that_the_estimate_leaves_out_are_named() -> None:
    vpc = {"subnet_ids": ["subnet-1a"], "security_group_ids": ["sg-1a"]}
    options: dict[str, Any] = {"tracing": True, "alias": {"snap_start": True}, "vpc": vpc}
    args = {"code": object(), "idempotency": {}, "mapping": {"metrics": True}, "function": options}
    topics = ("DynamoDB", "metrics", "X-Ray", "SnapStart", "VPC")
    left_out = list(not_counted(settings_of(args)))
    assert [topic for topic, text in zip(topics, left_out, strict=True) if topic not in text] == []
