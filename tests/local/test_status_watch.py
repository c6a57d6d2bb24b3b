"""`consumers status --watch` and `--exit-code` on consumers that are deployed to the local AWS."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import deployed_consumers
from consumers.local.aws_environment import aws_environment
from consumers.local.emulator import LocalAws
from consumers.operations.discovery import find_one
from consumers.operations.leases import TAG
from deployed_consumers import ROOT, Deployed, failed, run, start, use_only
from error_texts import ErrorTexts
from on_local_aws import wait_until

LEASE = "from 2025-01-31T12:00:00Z until 2025-01-31T13:00:00Z by jane@laptop why a test"


@pytest.fixture(scope="module")
def deployed(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    with deployed_consumers.deployed(aws, tmp_path_factory.mktemp("project")) as consumers:
        yield consumers


@pytest.fixture(autouse=True)
def _hermetic(aws: LocalAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_only(aws, monkeypatch, tmp_path)


def test_the_exit_code_tells_scripts_whether_anything_needs_attention(deployed: Deployed) -> None:
    fine, disabled = deployed.name("hands"), deployed.name("paused")
    assert run("status", fine, "--exit-code").exit_code == 0
    assert run("status", disabled, "--exit-code").exit_code == 3
    assert run("status", disabled, "--exit-code", "--json").exit_code == 3
    assert run("status", disabled).exit_code == 0
    assert run("status", f"{disabled}x", "--exit-code").exit_code == 1


def test_an_exit_code_of_a_watch_is_an_error(error_text: ErrorTexts) -> None:
    error_text(failed(run("status", "--watch", "--exit-code"), 2))


def test_a_pause_is_shown_with_who_until_when_and_why(aws: LocalAws, deployed: Deployed) -> None:
    consumer = find_one(aws.client, deployed.name("paused"))
    aws.client("lambda").tag_resource(Resource=consumer.function_arn, Tags={TAG: LEASE})
    try:
        assert run("status", consumer.name).stdout.splitlines()[2:] == [
            f"→ {consumer.name} is still paused, although its time is up, by jane@laptop from 2025-01-31 12:00 until "
            f"2025-01-31 13:00 UTC (a test): `consumers resume {consumer.name}` ends it"
        ]
        (one,) = json.loads(run("status", consumer.name, "--json").stdout)
        assert one["pause"] == {
            "by": "jane@laptop",
            "since": "2025-01-31T12:00:00Z",
            "until": "2025-01-31T13:00:00Z",
            "why": "a test",
            "is_over": True,
        }
        assert (one["errors_last_hour"], one["move_task"], one["is_code_deployed"]) == (None, None, True)
    finally:
        aws.client("lambda").untag_resource(Resource=consumer.function_arn, TagKeys=[TAG])


def test_errors_of_the_last_hour_are_shown_where_cloudwatch_has_them(aws: LocalAws, deployed: Deployed) -> None:
    consumer = find_one(aws.client, deployed.name("ordered"))
    datum = {"MetricName": "Errors", "Dimensions": [{"Name": "FunctionName", "Value": consumer.function_name}]}
    aws.client("cloudwatch").put_metric_data(Namespace="AWS/Lambda", MetricData=[{**datum, "Value": 12}])
    heading, row, *advice = run("status", consumer.name).stdout.splitlines()
    assert "errors" in heading.split()
    assert " 12 " in row
    assert any("has a function with 12 errors in the last hour" in line for line in advice)


def test_a_watch_without_a_terminal_prints_one_block_after_another_until_ctrl_c(
    aws: LocalAws, deployed: Deployed
) -> None:
    name = deployed.name("paused")
    process = start("status", name, "--watch", "--interval", "0.1s", aws=aws)
    assert process.stdout
    rows = 0
    for line in process.stdout:
        rows += line.startswith(name)
        if rows == 3:
            break
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "On AWS account 000000000000, us-east-1\n")
    assert "\x1b" not in rest


def test_a_watch_as_json_is_one_document_in_a_line(aws: LocalAws, deployed: Deployed) -> None:
    process = start("status", deployed.name("paused"), "--watch", "--interval", "0.1s", "--json", aws=aws)
    assert process.stdout
    blocks = [json.loads(process.stdout.readline()) for _ in range(2)]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert [one["name"] for (one,) in blocks] == [deployed.name("paused")] * 2


def test_a_watch_shows_the_top_reason_of_dead_letters(aws: LocalAws, deployed: Deployed) -> None:
    consumer = find_one(aws.client, deployed.name("paused"))
    sqs, url = aws.client("sqs"), consumer.dead_letter_queue_url
    rejected = {"DataType": "String", "StringValue": '{"reason": "no such player"}'}
    sqs.send_message(QueueUrl=url, MessageBody="{}", MessageAttributes={"Rejected": rejected})
    process = start("status", consumer.name, "--watch", "--json", aws=aws)
    assert process.stdout
    (first,), (one,) = [json.loads(process.stdout.readline()) for _ in range(2)]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert (first["top_reason"], one["top_reason"]) == (None, "no such player")
    assert f"{consumer.name} has 1 dead letter, most often: no such player: see `consumers dlq list" in one["advice"][0]
    (again,) = json.loads(run("status", consumer.name, "--json").stdout)
    assert (again["dead_letters"], again["top_reason"]) == (1, None)
    sqs.purge_queue(QueueUrl=url)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo terminals")
def test_a_watch_on_a_terminal_refreshes_in_place(aws: LocalAws, deployed: Deployed) -> None:
    name = deployed.name("paused")
    master, terminal = pty.openpty()
    command = ["status", name, "--watch", "--interval", "0.1s", "--region", aws.region]
    process = subprocess.Popen(
        [sys.executable, "-m", "consumers.cli", *command],
        cwd=ROOT,
        env={"PATH": os.defpath, "TERM": "xterm", "COLUMNS": "200", **aws_environment(aws)},
        stdout=terminal,
        stderr=subprocess.DEVNULL,
    )
    os.close(terminal)
    shown = ""

    def refreshed() -> bool:
        nonlocal shown
        shown += os.read(master, 65536).decode(errors="replace")
        return shown.count(name) >= 6

    wait_until(refreshed)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    os.close(master)
    assert re.search(r"\x1b\[\d*A", shown)  # the cursor goes up, to write over the lines before


def test_a_watch_whose_aws_has_gone_keeps_the_last_status(aws: LocalAws, deployed: Deployed) -> None:
    name = deployed.name("paused")
    missing = f"{name}-x"
    aws.client("sqs").create_queue(
        QueueName=missing,
        tags={f"queue-consumer:{key}": value for key, value in (("consumer", missing), ("part", "queue"))},
    )
    process = start("status", missing, "--watch", "--interval", "0.1s", aws=aws)
    assert process.stdout
    seen = iter(process.stdout)
    assert any(line.startswith(missing) for line in seen)
    aws.client("sqs").delete_queue(QueueUrl=aws.client("sqs").get_queue_url(QueueName=missing)["QueueUrl"])
    assert any("This is the status of the last refresh that worked: There is no consumer" in line for line in seen)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 0
