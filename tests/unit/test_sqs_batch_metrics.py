"""The metrics of a batch, in the embedded metric format.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import time
from typing import Any

import pytest

from sqs_events import BOTH, DLQ_URL, FIFO_DLQ_URL, FakeSqs, by_body, deploy, event_of, fifo_record, records_of

NAMES = ("Handled", "Failed", "Rejected", "NotStarted")


def document_of(output: str) -> dict[str, Any]:
    """Return the one document in the output."""
    (line,) = output.splitlines()
    return json.loads(line)


def test_a_batch_is_one_document_with_the_function_s_name(capsys: pytest.CaptureFixture[str]) -> None:
    handle = deploy(by_body, metrics_namespace="QueueConsumer")
    handle(event_of(*records_of("good", "bad")))
    document = document_of(capsys.readouterr().out)
    timestamp = document["_aws"].pop("Timestamp")
    assert isinstance(timestamp, int)
    assert abs(timestamp - time.time() * 1000) < 60_000
    metrics = [{"Name": name, "Unit": "Count"} for name in NAMES]
    directive = {"Namespace": "QueueConsumer", "Dimensions": [["FunctionName"]], "Metrics": metrics}
    counts = {"Handled": 1, "Failed": 1, "Rejected": 0, "NotStarted": 0}
    assert document == {"_aws": {"CloudWatchMetrics": [directive]}, "FunctionName": "hands-consumer", **counts}
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
