"""`consumers cost --measured` on a deployed consumer. The local AWS is in AWS's place, with metrics from the tests."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from consumers.cli import main
from consumers.local import background
from consumers.local.emulator import LocalAws
from consumers.operations import discovery
from deployed_consumers import HANDLER, failed, lines, use_only
from deployed_program import DeployedProgram
from error_texts import ErrorTexts
from on_local_aws import wait_until

MESSAGES, INVOCATIONS = 10_000, 1_250
QUEUE = {
    "NumberOfMessagesSent": MESSAGES,
    "SentMessageSize": MESSAGES * 900,
    "NumberOfMessagesReceived": MESSAGES,
    "NumberOfMessagesDeleted": MESSAGES - 10,
    "NumberOfEmptyReceives": 0,
}
FUNCTION = {"Invocations": INVOCATIONS, "Duration": INVOCATIONS * 95.5}


def put(aws: LocalAws, namespace: str, dimension: str, resource: str, values: Mapping[str, float]) -> None:
    """Give metrics the same values in the current hour as in one some days ago."""
    dimensions = [{"Name": dimension, "Value": resource}]
    data = [
        {"MetricName": name, "Dimensions": dimensions, "Timestamp": moment, "Value": value / 2}
        for name, value in values.items()
        for moment in (datetime.now(UTC), datetime.now(UTC) - timedelta(days=9))
    ]
    aws.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=data)


def cost(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["cost", "--stack", "test", *arguments])


@pytest.fixture
def consumer(aws: LocalAws, program: DeployedProgram, monkeypatch: pytest.MonkeyPatch) -> DeployedProgram:
    """A consumer that has handled some messages."""
    program.consume(HANDLER, memory_size=256)
    program.send(*lines(20))
    program.wait_until_empty()
    wait_until(lambda: program.lines("REPORT"))
    use_only(aws, monkeypatch, program.folder)
    return program


def put_metrics(consumer: DeployedProgram) -> None:
    aws, found = consumer.aws, discovery.find_one(consumer.aws.client, consumer.name)
    put(aws, "AWS/SQS", "QueueName", str(found.queue_name), QUEUE)
    put(aws, "AWS/Lambda", "FunctionName", str(found.function_name), FUNCTION)


def measured(*arguments: str) -> dict[str, Any]:
    result = cost("--measured", "--region", "us-east-1", "--json", *arguments)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_metrics_of_aws_and_the_reports_of_the_log_are_what_is_measured(consumer: DeployedProgram) -> None:
    put_metrics(consumer)
    (one,) = measured()["consumers"]
    found = {item["title"]: item for item in one["items"]}
    scale = one["scale"]
    assert one["traffic"]["messages_per_batch"] == pytest.approx(MESSAGES / INVOCATIONS)
    assert one["traffic"]["message_bytes"] == 900
    assert found["Lambda invocations"]["measured"]["amount"] == pytest.approx(INVOCATIONS * scale)
    assert found["SQS delete"]["measured"]["amount"] == pytest.approx((MESSAGES - 10) / 8 * scale, rel=1e-3)
    compute = found["Lambda compute"]["measured"]["amount"]
    # What the local AWS reports is rounded up, and has the configured memory.
    assert one["reports"] > 0
    assert compute >= INVOCATIONS * 0.0955 * 0.25 * scale * 0.999
    for title in ("Lambda invocations", "SQS send", "SQS receive"):
        assert found[title]["measured"]["amount"] == pytest.approx(found[title]["estimated"]["amount"], rel=1e-6)
    assert found["logs"]["measured"] is None  # this log group has no metric
    assert found["logs"]["estimated"]["amount"] > 0


def test_people_read_a_table_with_both_sides_and_why_they_differ(consumer: DeployedProgram) -> None:
    put_metrics(consumer)
    result = cost("--measured", "--region", "us-east-1")
    assert result.stderr.startswith("On AWS account 000000000000, us-east-1\n")
    assert re.search(rf"^{consumer.name}  \$[\d,.]+ a month measured, \$[\d,.]+ estimated", result.stdout)
    assert re.search(
        r"^  Lambda invocations +\$[\d,.]+ +[\d,]+ +\$[\d,.]+ +[\d,]+ requests$", result.stdout, re.MULTILINE
    )
    assert re.search(r"^  logs +no data +\$[\d,.]+ +[\d,.]+ GB$", result.stdout, re.MULTILINE)
    assert re.search(r"^  SQS empty receives +\$0.00 +0 ", result.stdout, re.MULTILINE)
    assert "what differs most\n" in result.stdout
    assert "note: less than a day was measured, and a month is seldom like it\n" in result.stdout


def test_a_consumer_without_metrics_has_no_bill_rather_than_one_of_zero(consumer: DeployedProgram) -> None:
    result = cost("--measured", "--region", "us-east-1")
    assert result.exit_code == 0
    assert f"{consumer.name}  no data" in result.stdout
    assert "note: CloudWatch has no data of its queue, its function and its log\n" in result.stdout
    assert "together" not in result.stdout
    found = measured()
    (one,) = found["consumers"]
    assert (one["items"], one["measured"], one["estimated"], found["total"]) == ([], None, None, None)


def test_the_local_aws_of_a_project_has_no_metrics(
    consumer: DeployedProgram, monkeypatch: pytest.MonkeyPatch, error_text: ErrorTexts
) -> None:
    monkeypatch.setattr(background, "find", lambda project: consumer.aws)  # pyright: ignore
    result = cost("--measured")
    assert result.stderr.startswith("On the local AWS, us-east-1\n")
    error_text(failed(result))


def test_a_consumer_that_is_not_deployed_is_left_out(consumer: DeployedProgram) -> None:
    consumer.write_consumer(repr({"source": "function"}), "QueueConsumer('extra', {'source': 'function'})")
    result = cost("--measured", "--region", "us-east-1")
    assert "extra: not deployed in the stack test/test, so not measured.\n" in result.stderr
    assert consumer.name in result.stdout
    error = failed(cost("extra", "--measured", "--region", "us-east-1"))
    assert error == "extra: not deployed in the stack test/test of AWS account 000000000000, us-east-1."


def test_a_region_without_prices_asks_for_those_of_another(
    consumer: DeployedProgram, error_text: ErrorTexts, tmp_path: Path
) -> None:
    error_text(failed(cost("--measured", "--region", "ap-south-1")))
    result = cost("--measured", "--region", "ap-south-1", "--prices-of", "eu-west-1")
    assert "not deployed" in failed(result)
