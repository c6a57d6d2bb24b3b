"""`consumers size` on functions that were really invoked, and the outputs on its page."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from consumers.evaluate.results import Deployment
from consumers.local.emulator import LocalAws
from consumers.operations import reports
from deployed_consumers import failed, run
from docs import sizing
from error_texts import ErrorTexts
from on_local_aws import wait_until

HANDLER = """
import logging, time
from sqs_batch import Record, batch_handler

@batch_handler
def handle(record: Record) -> None:
    time.sleep(0.02)
    logging.getLogger().warning("REPORT RequestId: an application writes such lines too")
"""
PROGRAM = """
import pulumi
from components import QueueConsumer

made = QueueConsumer("{name}", {{"source": "function", "timeout": 10, "memory_size": 256}})
pulumi.export("function", made.function_name)
pulumi.export("logs", made.log_group_name)
pulumi.export("queue", made.queue_arn)
"""
SIZES = [1, 2, 4, 8] * 4


pytestmark = pytest.mark.usefixtures("account")


def event(size: int, queue_arn: str) -> bytes:
    record = {"receiptHandle": "h", "body": "{}", "attributes": {"ApproximateReceiveCount": "1"}}
    record |= {"messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs", "eventSourceARN": queue_arn}
    return json.dumps({"Records": [{**record, "messageId": str(number)} for number in range(size)]}).encode()


def invoked(aws: LocalAws, made: dict[str, Any]) -> None:
    """Invoke the function once for each of `SIZES`."""
    for size in SIZES:
        done = aws.client("lambda").invoke(FunctionName=made["function"], Payload=event(size, made["queue"]))
        assert json.loads(done["Payload"].read()) == {"batchItemFailures": []}
    logs = aws.client("logs")
    wait_until(lambda: len(reports.read(logs, made["logs"], 0).reports) == len(SIZES))


def test_durations_are_those_of_the_invocations(aws: LocalAws, deployed: Callable[..., Deployment], name: str) -> None:
    made = deployed(PROGRAM.format(name=name), HANDLER).exports
    invoked(aws, made)
    found = reports.read(aws.client("logs"), made["logs"], 0)
    assert [one.messages for one in found.reports] == SIZES
    assert all(one.duration_ms >= 20 * (one.messages or 0) for one in found.reports)
    assert {(one.memory_mb, one.status) for one in found.reports} == {(256, "success")}

    data = json.loads(run("size", name, "--json").stdout)
    assert data["settings"]["memory_mb"] == 256
    assert [(one["most_messages"], one["invocations"]) for one in data["groups"]] == [(1, 4), (2, 4), (4, 4), (8, 4)]
    of_mean_batch = data["durations"]["fixed_ms"] + data["durations"]["per_message_ms"] * sum(SIZES) / len(SIZES)
    assert of_mean_batch >= 20 * sum(SIZES) / len(SIZES)
    assert data["month"]["messages"] == pytest.approx(sum(SIZES) * 730 / (7 * 24), rel=0.001)

    shown = run("size", name).stdout.splitlines()
    assert shown[0].startswith(f"{name}  16 invocations since ")
    assert [line.split()[:2] for line in shown if re.match(r" +\d+ +4 ", line)] == [[size, "4"] for size in "1248"]
    assert "note: 16 invocations with the current memory_size: percentiles are rough below 100." in shown
    assert '  function={"architecture": "arm64"}  changes the cost by less than $0.01 a month' in shown


def test_a_consumer_without_invocations_is_an_error(
    deployed: Callable[..., Deployment], name: str, error_text: ErrorTexts
) -> None:
    deployed(PROGRAM.format(name=name), HANDLER)
    error_text(failed(run("size", name, "--since", "2026-01-31T00:00:00Z")).replace(name, "orders"))


def test_the_outputs_on_the_page_are_current() -> None:
    page = sizing.PAGE.read_text("utf-8")
    assert sizing.masked(sizing.outputs(page)) == sizing.masked(page), "stale: run `make docs`"
