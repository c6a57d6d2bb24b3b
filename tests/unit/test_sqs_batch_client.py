"""The real client: that SQS understands what it is asked, and what it costs to import and to wait for."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from botocore.stub import ANY, Stubber  # pyright: ignore

import sqs_batch
from sqs_batch import Record, Reject
from sqs_events import ARN, DLQ_URL, FIFO_ARN, FIFO_DLQ_URL, deploy, fifo_record, raw_record

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the runtime makes for itself, in an environment without a region."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    return sqs_batch.new_client(ARN)


@pytest.fixture
def sqs(client: Any) -> Iterator[Any]:
    with Stubber(client) as stubber:  # it checks parameters and answers against the service model
        yield stubber
        stubber.assert_no_pending_responses()


def reject(record: Record) -> None:
    raise Reject("never")


def fail(record: Record) -> None:
    raise ValueError("it is bad")


def test_the_client_is_of_the_queues_region_and_gives_up_soon(client: Any) -> None:
    config = client.meta.config
    assert client.meta.region_name == "eu-west-1"
    assert (config.connect_timeout, config.read_timeout) == (1, 2)
    assert config.retries == {"mode": "standard", "total_max_attempts": 2}


def test_a_rejected_message_is_one_that_sqs_takes(client: Any, sqs: Any) -> None:
    raw = fifo_record("bad", "table", id="x")
    raw["attributes"]["AWSTraceHeader"] = "Root=1-5759e988-bd862e3fe1be46a994272793"
    raw["messageAttributes"] = {
        "pot": {"stringValue": "120", "dataType": "Number"},
        "card": {"binaryValue": "AP8=", "dataType": "Binary"},
    }
    expected = {
        "QueueUrl": FIFO_DLQ_URL,
        "MessageBody": "bad",
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
    handle = deploy(reject, client, dead_letter_queue_url=FIFO_DLQ_URL)
    assert handle.failed(raw) == []


def test_a_refusal_of_sqs_makes_the_reject_a_failure(client: Any, sqs: Any, caplog: pytest.LogCaptureFixture) -> None:
    sqs.add_client_error("send_message", "AccessDenied", "no permission", 403)
    assert len(deploy(reject, client, dead_letter_queue_url=DLQ_URL).failed(raw_record())) == 1
    assert "(AccessDenied) when calling the SendMessage operation: no permission" in caplog.text


def test_new_visibility_timeouts_are_ones_that_sqs_takes(client: Any, sqs: Any) -> None:
    first, second = fifo_record("bad"), fifo_record("good")
    entries = [
        {"Id": "0", "ReceiptHandle": first["receiptHandle"], "VisibilityTimeout": 1},
        {"Id": "1", "ReceiptHandle": second["receiptHandle"], "VisibilityTimeout": 0},
    ]
    url = "https://sqs.eu-west-1.amazonaws.com/123456789012/hands.fifo"
    answer = {"Successful": [{"Id": "0"}, {"Id": "1"}], "Failed": []}
    sqs.add_response("change_message_visibility_batch", answer, {"QueueUrl": url, "Entries": entries})
    assert len(deploy(fail, client, retry_base_delay_seconds=1).failed(first, second)) == 2


def test_entries_that_sqs_refuses_are_one_warning(client: Any, sqs: Any, caplog: pytest.LogCaptureFixture) -> None:
    failed = [{"Id": "0", "Code": "InvalidParameterValue", "SenderFault": True, "Message": "…"}]
    sqs.add_response("change_message_visibility_batch", {"Successful": [], "Failed": failed})
    assert len(deploy(fail, client, retry_base_delay_seconds=1).failed(raw_record())) == 1
    assert "visibility timeout not changed: records=1 reason=InvalidParameterValue" in caplog.text


class Answer(BaseHTTPRequestHandler):
    """An SQS on loopback that confirms every message."""

    asked: list[tuple[str, dict[str, Any]]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((self.headers["X-Amz-Target"], body))
        answer = b'{"MessageId": "new"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture
def endpoint() -> Iterator[tuple[str, list[tuple[str, dict[str, Any]]]]]:
    asked: list[tuple[str, dict[str, Any]]] = []
    server = HTTPServer(("127.0.0.1", 0), type("Recording", (Answer,), {"asked": asked}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def client_made_before() -> Any:
    """On a busy machine making the client takes longer than a call may, and it is not what a test is about."""
    return mock.patch.object(sqs_batch, "new_client", return_value=sqs_batch.new_client(ARN))


def test_a_local_endpoint_is_asked_instead_of_aws(endpoint: Any) -> None:
    url, asked = endpoint
    environment = {**CREDENTIALS, "AWS_ENDPOINT_URL": url}
    settings = {"SQS_BATCH_DEAD_LETTER_QUEUE_URL": f"{url}/000000000000/dlq"}
    with mock.patch.dict(os.environ, {**environment, **settings}, clear=True), client_made_before():
        reply = sqs_batch.batch_handler(reject)({"Records": [raw_record("bad")]})
    assert reply == {"batchItemFailures": []}
    assert [(target, body["QueueUrl"]) for target, body in asked] == [
        ("AmazonSQS.SendMessage", f"{url}/000000000000/dlq")
    ]


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
def test_nothing_is_imported_that_json_and_logging_do_not_import(then: str) -> None:
    program = IMPORTS.replace("{then}", then)
    environment = {"PYTHONPATH": str(Path(sqs_batch.__file__).parent), "SQS_BATCH_RETRY_BASE_DELAY_SECONDS": "1"}
    result = subprocess.run([sys.executable, "-S", "-c", program], env=environment, capture_output=True, text=True)
    assert (result.stdout.split(), result.stderr.count("Error")) == (["__future__", "sqs_batch"], 0)


def test_a_dead_endpoint_costs_no_more_than_a_call(caplog: pytest.LogCaptureFixture) -> None:
    # Nobody listens on port 9. What sleeps is the one retry that the client is allowed.
    environment = {**CREDENTIALS, "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "SQS_BATCH_RETRY_BASE_DELAY_SECONDS": "1"}
    records = [raw_record(eventSourceARN=FIFO_ARN) for _ in range(10)]
    environ, no_sleep = mock.patch.dict(os.environ, environment, clear=True), mock.patch("time.sleep")
    with environ, client_made_before(), no_sleep as slept:
        reply = sqs_batch.batch_handler(fail)({"Records": records})
    assert len(reply["batchItemFailures"]) == 10
    assert slept.call_count == 1
    assert caplog.text.count("visibility timeout not changed: records=10 reason=EndpointConnectionError") == 1
