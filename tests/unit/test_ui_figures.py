"""The figures of the page: what is kept, what CloudWatch is asked, and how they are drawn."""

# boto3 comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import sys
import threading
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from consumers.operations import alarms
from consumers.operations.discovery import Consumer
from consumers.operations.status import assess
from consumers.percentiles import percentile
from consumers.ui import charts
from consumers.ui.measuring import CloudWatch
from consumers.ui.series import History, last
from metric_data import NEWEST, metric_data

ARN = "arn:aws:sqs:eu-west-1:123456789012:"
HANDS = Consumer("hands", "dev", "shop", f"{ARN}q", "url", f"{ARN}dlq", "url", {"FunctionName": "f"})


@pytest.fixture
def cloudwatch() -> Any:
    client: Any = boto3.client("cloudwatch", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    return client


def test_a_history_keeps_an_hour_and_leaves_out_what_has_no_value() -> None:
    history = History(period=600)
    for number in range(10):
        history.add(number * 600, {"visible": number, "p50": None if number % 2 else 1.5})
    assert history.points("visible") == [(number * 600, float(number)) for number in range(4, 10)]
    assert history.points("p50") == [(2400, 1.5), (3600, 1.5), (4800, 1.5)]
    assert history.points("age") == []


def test_a_history_is_read_while_it_grows() -> None:
    history, ended = History(period=600), threading.Event()

    def grow() -> None:
        while not ended.is_set():
            history.add(0, {"visible": 1})

    thread, interval = threading.Thread(target=grow), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread.start()
    try:
        for _ in range(2_000):
            history.points("p99")
    finally:
        ended.set()
        thread.join()
        sys.setswitchinterval(interval)


def test_a_percentile_is_a_value_that_occurred() -> None:
    assert percentile(range(1, 101), 0.5) == 50
    assert percentile(range(1, 101), 0.99) == 99
    assert percentile([7], 0.99) == 7
    assert percentile([], 0.5) is None
    assert (last([(1, 2.0), (2, 3.0)]), last([])) == (3.0, None)


def test_cloudwatch_is_asked_once_a_minute_and_failed_is_what_was_received_and_not_deleted(cloudwatch: Any) -> None:
    parameters = dict.fromkeys(("MetricDataQueries", "StartTime", "EndTime", "ScanBy"), ANY)
    values = {"visible": 4, "in_flight": 1, "age": 60, "received": 10, "handled": 7, "p50": 1, "p90": 2, "p99": 3}
    with Stubber(cloudwatch) as stubber:
        for value in [*values.values(), 5]:
            answer = {"MetricDataResults": [metric_data("q0", value)]}
            stubber.add_response("get_metric_data", answer, parameters)
        measuring = CloudWatch(lambda service: cloudwatch)
        found = [(HANDS, assess(HANDS, None, None))]
        measuring.note(found)
        measuring.note(found)
        stubber.assert_no_pending_responses()
    at = NEWEST.timestamp()
    for name, value in ({**values, "dead": 5, "failed": 3}).items():
        assert measuring.points(HANDS, name) == [(at, value)], name


def test_alarms_are_found_by_queue_and_function_and_those_that_fire_come_first(
    cloudwatch: Any,
) -> None:
    def alarm(name: str, state: str, dimension: str, value: str) -> dict[str, Any]:
        dimensions = [{"Name": dimension, "Value": value}]
        return {"AlarmName": name, "StateValue": state, "StateReason": "why", "Dimensions": dimensions}

    metric = {"Namespace": "AWS/SQS", "MetricName": "m", "Dimensions": [{"Name": "QueueName", "Value": "q"}]}
    query = {"Id": "a", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
    found = [
        alarm("a-age", "OK", "QueueName", "q"),
        alarm("b-dead", "ALARM", "QueueName", "dlq"),
        alarm("c-errors", "OK", "FunctionName", "f"),
        alarm("d-other", "ALARM", "QueueName", "other"),
        {"AlarmName": "e-math", "StateValue": "OK", "Metrics": [query]},
    ]
    with Stubber(cloudwatch) as stubber:
        stubber.add_response("describe_alarms", {"MetricAlarms": found})
        by_resource = alarms.of_consumers(cloudwatch, [HANDS])
    assert [one.name for one in alarms.of(by_resource, HANDS)] == ["b-dead", "a-age", "c-errors", "e-math"]


def test_without_the_permission_there_are_no_alarms(cloudwatch: Any) -> None:
    with Stubber(cloudwatch) as stubber:
        stubber.add_client_error("describe_alarms", "AccessDenied")
        assert alarms.of_consumers(cloudwatch, [HANDS]) == {}


def test_a_chart_names_its_values_for_a_screen_reader_and_escapes_its_label() -> None:
    points = [(3_000.0, 2.0), (3_500.0, 7.0)]
    drawn = charts.spark(points, '"><script>', now=3_600)
    assert "<script>" not in drawn
    assert 'aria-label="&#34;&gt;&lt;script&gt;: 7 now, 7 at most"' in drawn
    assert 'points="100.0,18.0 116.7,8.0"' in drawn
    assert "no data yet" in charts.spark([], "x")


def test_a_chart_has_no_style_of_its_own_which_the_policy_would_forbid() -> None:
    drawn = charts.chart({"p50": [(10.0, 1.0)], "p99": []}, "Duration", " ms", now=20)
    assert "style=" not in drawn
    assert drawn.count("<circle") == 1  # one point makes no line


def test_points_of_more_than_an_hour_ago_are_not_drawn() -> None:
    assert 'points=""' in charts.spark([(0.0, 1.0), (1.0, 1.0)], "x", now=10_000)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.4217, "0.422"), (12, "12"), (12.345, "12.3"), (1_250, "1,250")],
)
def test_amounts_have_three_digits_or_separators(value: float, text: str) -> None:
    assert charts.amount(value) == text
