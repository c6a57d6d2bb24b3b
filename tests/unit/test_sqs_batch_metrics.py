"""The line that tells CloudWatch what became of a batch, against the specification of the embedded metric format.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import time
from typing import Any

import pytest

from sqs_batch import Record, Reject
from sqs_events import DLQ_URL, FIFO_DLQ_URL, FakeSqs, deploy, event_of, fifo_record, raw_record

UNITS = {"Seconds", "Milliseconds", "Bytes", "Percent", "Count", "Count/Second", "None"}


def document_of(output: str) -> dict[str, Any]:
    """The one document in the output, as the specification has it; fails where it is not that."""
    (line,) = output.splitlines()
    document = json.loads(line)
    assert document.keys() >= {"_aws"}
    metadata = document["_aws"]
    assert metadata.keys() == {"Timestamp", "CloudWatchMetrics"}
    assert abs(metadata["Timestamp"] - time.time() * 1000) < 60_000
    assert isinstance(metadata["Timestamp"], int)
    for directive in metadata["CloudWatchMetrics"]:
        assert_directive(directive, document)
    return document


def assert_directive(directive: dict[str, Any], document: dict[str, Any]) -> None:
    assert directive.keys() == {"Namespace", "Dimensions", "Metrics"}
    assert 1 <= len(directive["Namespace"]) <= 1024
    assert 1 <= len(directive["Metrics"]) <= 100
    for dimensions in directive["Dimensions"]:
        assert len(dimensions) <= 30
        # A dimension refers to a member of the root whose value is text.
        assert all(isinstance(document[name], str) and 1 <= len(document[name]) <= 1024 for name in dimensions)
    for metric in directive["Metrics"]:
        assert metric.keys() <= {"Name", "Unit", "StorageResolution"}
        assert 1 <= len(metric["Name"]) <= 1024
        assert metric["Unit"] in UNITS
        assert type(document[metric["Name"]]) in (int, float)


def function(record: Record) -> None:
    if record.body == "reject":
        raise Reject("no such player")
    if record.body != "good":
        raise ValueError(record.body)


def counts(capsys: pytest.CaptureFixture[str], *bodies: str, **settings: Any) -> dict[str, int]:
    deployed = deploy(function, metrics_namespace="QueueConsumer", **settings)
    deployed(event_of(*map(raw_record, bodies)))
    document = document_of(capsys.readouterr().out)
    return {name: document[name] for name in ("Handled", "Failed", "Rejected", "NotStarted")}


def test_a_batch_is_one_document_by_the_functions_name(capsys: pytest.CaptureFixture[str]) -> None:
    deploy(function, metrics_namespace="QueueConsumer")(event_of(raw_record("good"), raw_record("bad")))
    document = document_of(capsys.readouterr().out)
    (directive,) = document["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("QueueConsumer", [["FunctionName"]])
    assert {metric["Name"] for metric in directive["Metrics"]} == {"Handled", "Failed", "Rejected", "NotStarted"}
    assert document["FunctionName"] == "hands-consumer"


def test_each_record_counts_once(capsys: pytest.CaptureFixture[str]) -> None:
    bodies = ("good", "good", "good", "bad", "worse", "reject")
    with_dlq = counts(capsys, *bodies, dead_letter_queue_url=DLQ_URL)
    assert with_dlq == {"Handled": 3, "Failed": 2, "Rejected": 1, "NotStarted": 0}
    assert counts(capsys, *bodies) == {"Handled": 3, "Failed": 3, "Rejected": 0, "NotStarted": 0}


def test_what_a_failure_holds_back_is_not_started(capsys: pytest.CaptureFixture[str]) -> None:
    deployed = deploy(function, metrics_namespace="n", max_receive_count=3, dead_letter_queue_url=FIFO_DLQ_URL)
    deployed(event_of(fifo_record("good"), fifo_record("bad"), fifo_record("good"), fifo_record("good", group="b")))
    document = document_of(capsys.readouterr().out)
    assert [document[name] for name in ("Handled", "Failed", "Rejected", "NotStarted")] == [2, 1, 0, 1]


def test_async_records_count_too(capsys: pytest.CaptureFixture[str]) -> None:
    async def later(record: Record) -> None:
        function(record)

    sqs = FakeSqs(send_message=OSError("down"))
    deploy(later, sqs, metrics_namespace="n", dead_letter_queue_url=DLQ_URL)(
        event_of(raw_record("good"), raw_record("bad"), raw_record("reject"))
    )
    document = document_of(capsys.readouterr().out)
    assert [document[name] for name in ("Handled", "Failed", "Rejected", "NotStarted")] == [1, 2, 0, 0]


def test_without_a_namespace_nothing_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    deploy(function)(event_of(raw_record("good"), raw_record("bad")))
    assert capsys.readouterr().out == ""


def test_an_empty_event_is_no_batch(capsys: pytest.CaptureFixture[str]) -> None:
    deploy(function, metrics_namespace="n")(event_of())
    assert capsys.readouterr().out == ""
