"""The real client: valid requests, limited waiting, and no import before it is needed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from botocore.stub import ANY, Stubber  # pyright: ignore

import sqs_batch
from sqs_events import ARN, FIFO_DLQ_URL, by_body, deploy, fifo_record

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}


@pytest.fixture
def client() -> Any:
    """The runtime's client, created without a region in the environment."""
    with mock.patch.dict(os.environ, CREDENTIALS, clear=True):
        return sqs_batch.new_client(ARN)


@pytest.fixture
def sqs(client: Any) -> Iterator[Any]:
    with Stubber(client) as stubber:  # validates parameters and answers against the service model
        yield stubber
        stubber.assert_no_pending_responses()


def test_the_client_has_the_queue_s_region_and_short_timeouts(client: Any) -> None:
    config = client.meta.config
    assert client.meta.region_name == "eu-west-1"
    assert (config.connect_timeout, config.read_timeout) == (1, 2)
    assert config.retries == {"mode": "standard", "total_max_attempts": 2}


def test_a_rejected_message_is_valid(client: Any, sqs: Any) -> None:
    raw = fifo_record("reject", "table", id="x")
    raw["attributes"]["AWSTraceHeader"] = "Root=1-5759e988-bd862e3fe1be46a994272793"
    raw["messageAttributes"] = {
        "pot": {"stringValue": "120", "dataType": "Number"},
        "card": {"binaryValue": "AP8=", "dataType": "Binary"},
    }
    expected = {
        "QueueUrl": FIFO_DLQ_URL,
        "MessageBody": "reject",
        "MessageGroupId": "table",
        "MessageDeduplicationId": "x",
        "MessageAttributes": {
            "pot": {"DataType": "Number", "StringValue": "120"},
            "card": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
            "Rejected": {"DataType": "String", "StringValue": ANY},
        },
        "MessageSystemAttributes": {"AWSTraceHeader": {"DataType": "String", "StringValue": ANY}},
    }
    sqs.add_response("send_message", {"MessageId": "new", "MD5OfMessageBody": "", "SequenceNumber": "1"}, expected)
    assert deploy(by_body, client, dead_letter_queue_url=FIFO_DLQ_URL).failed(raw) == []


def test_new_visibility_timeouts_are_valid(client: Any, sqs: Any) -> None:
    first, second = fifo_record("bad"), fifo_record("good")
    entries = [
        {"Id": "0", "ReceiptHandle": first["receiptHandle"], "VisibilityTimeout": 1},
        {"Id": "1", "ReceiptHandle": second["receiptHandle"], "VisibilityTimeout": 0},
    ]
    url = "https://sqs.eu-west-1.amazonaws.com/123456789012/hands.fifo"
    answer = {"Successful": [{"Id": "0"}, {"Id": "1"}], "Failed": []}
    sqs.add_response("change_message_visibility_batch", answer, {"QueueUrl": url, "Entries": entries})
    assert len(deploy(by_body, client, retry_base_delay_seconds=1).failed(first, second)) == 2


def test_a_custom_endpoint_replaces_aws() -> None:
    with mock.patch.dict(os.environ, {**CREDENTIALS, "AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, clear=True):
        assert sqs_batch.new_client(ARN).meta.endpoint_url == "http://127.0.0.1:4566"


IMPORTS = """
import json, logging, os, sys
before = set(sys.modules)
import sqs_batch
{then}
print(" ".join(sorted(set(sys.modules) - before)))
"""
INVOKE = """
record = {"messageId": "x", "body": "{}", "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:r:1:q"}
@sqs_batch.batch_handler
def handle(record): record.json
assert handle({"Records": [record]}, None) == {"batchItemFailures": []}
"""


@pytest.mark.parametrize("then", ["", INVOKE], ids=["import", "invocation"])
def test_only_modules_that_json_and_logging_need_are_imported(then: str) -> None:
    program = IMPORTS.replace("{then}", then)
    environment = {"PYTHONPATH": str(Path(sqs_batch.__file__).parent), "SQS_BATCH_RETRY_BASE_DELAY_SECONDS": "1"}
    result = subprocess.run([sys.executable, "-S", "-c", program], env=environment, capture_output=True, text=True)
    assert (result.stdout.split(), result.stderr.count("Error")) == (["__future__", "sqs_batch"], 0)
