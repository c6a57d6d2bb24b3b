"""The metrics of a batch, checked against the specification of the embedded metric format.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import time
from typing import Any

import pytest

from sqs_events import BOTH, DLQ_URL, FIFO_DLQ_URL, FakeSqs, by_body, deploy, event_of, fifo_record, records_of

NAMES = ("Handled", "Failed", "Rejected", "NotStarted")


def document_of(output: str) -> dict[str, Any]:
    """Return the one document in the output; fail if it violates the specification."""
    (line,) = output.splitlines()
    document = json.loads(line)
    metadata = document["_aws"]
    assert metadata.keys() == {"Timestamp", "CloudWatchMetrics"}
    assert abs(metadata["Timestamp"] - time.time() * 1000) < 60_000
    assert isinstance(metadata["Timestamp"], int)
    for directive in metadata["CloudWatchMetrics"]:
        assert directive.keys() == {"Namespace", "Dimensions", "Metrics"}
        assert 1 <= len(directive["Namespace"]) <= 1024
        for dimensions in directive["Dimensions"]:
            assert all(isinstance(document[name], str) and 1 <= len(document[name]) <= 1024 for name in dimensions)
        for metric in directive["Metrics"]:
            assert type(document[metric["Name"]]) in (int, float)
    return document


def test_a_batch_is_one_document_with_the_function_s_name(capsys: pytest.CaptureFixture[str]) -> None:
    handle = deploy(by_body, metrics_namespace="QueueConsumer")
    handle(event_of(*records_of("good", "bad")))
    document = document_of(capsys.readouterr().out)
    (directive,) = document["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("QueueConsumer", [["FunctionName"]])
    assert directive["Metrics"] == [{"Name": name, "Unit": "Count"} for name in NAMES]
    assert document["FunctionName"] == "hands-consumer"
    del handle.environment["AWS_LAMBDA_FUNCTION_NAME"]
    handle(event_of(*records_of("good")))
    assert document_of(capsys.readouterr().out)["FunctionName"] == "unknown"


BATCH = records_of("good", "good", "good", "bad", "bad", "reject")
FIFO = [fifo_record("good"), fifo_record("bad"), fifo_record("good"), fifo_record("good", group="b")]


@BOTH
@pytest.mark.parametrize(
    ("batch", "settings", "answer", "counts"),
    [
        (BATCH, {}, None, (3, 3, 0, 0)),
        (BATCH, {"dead_letter_queue_url": DLQ_URL}, None, (3, 2, 1, 0)),
        (BATCH, {"dead_letter_queue_url": DLQ_URL}, OSError("down"), (3, 3, 0, 0)),
        (FIFO, {"dead_letter_queue_url": FIFO_DLQ_URL}, None, (2, 1, 0, 1)),
    ],
)
def test_each_record_counts_once(
    batch: Any, settings: Any, answer: Any, counts: Any, function: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    sqs = FakeSqs(send_message=answer) if answer else FakeSqs()
    deploy(function, sqs, metrics_namespace="n", **settings)(event_of(*batch))
    document = document_of(capsys.readouterr().out)
    assert tuple(document[name] for name in NAMES) == counts


def test_without_a_namespace_or_without_records_nothing_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    deploy(by_body)(event_of(*records_of("good", "bad")))
    deploy(by_body, metrics_namespace="n")(event_of())
    assert capsys.readouterr().out == ""
