"""The dashboard of a stack: a row for each consumer, in a document that CloudWatch takes."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components import ConsumersDashboard, QueueConsumer
from error_texts import ErrorTexts
from pulumi_run import REGION, Run, run
from rule_cases import ON_CALL

MESSAGES = {"NumberOfMessagesSent": "Sum", "NumberOfMessagesReceived": "Sum", "NumberOfMessagesDeleted": "Sum"}


def dashboard(folder: Path, *names: str, preview: bool = False, **args: Any) -> Run:
    everything: Any = {"source": str(folder), **args}

    def program() -> None:
        ConsumersDashboard("poker", [QueueConsumer(name, everything) for name in names])

    return run(program, preview=preview)


def body_of(result: Run) -> dict[str, Any]:
    """The document, which is as CloudWatch's page on its structure has it."""
    assert result.error is None, result.error
    text = result.resources["poker-dashboard"].inputs["dashboardBody"]
    body = json.loads(text)
    assert text == json.dumps(body, sort_keys=True, separators=(",", ":"))
    for widget in body["widgets"]:
        assert widget.keys() == {"type", "x", "y", "width", "height", "properties"}
        assert 0 <= widget["x"] < widget["x"] + widget["width"] <= 24
        assert 1 <= widget["height"] <= 1000
        properties = widget["properties"]
        if widget["type"] == "text":
            assert properties.keys() == {"markdown"}
        else:
            assert properties["region"] == REGION
            assert {tuple(map(type, metric)) for metric in properties["metrics"]} == {(str, str, str, str, dict)}
    return body


def metrics(body: dict[str, Any]) -> dict[tuple[str, str, str], set[str]]:
    """Each metric with its statistics, by namespace, name of the metric and name of the resource."""
    found: dict[tuple[str, str, str], set[str]] = {}
    for widget in body["widgets"]:
        for namespace, metric, _, name, options in widget["properties"].get("metrics", []):
            found.setdefault((namespace, metric, name), set()).add(options["stat"])
    return found


def test_a_row_shows_everything_about_its_consumer(folder: Path) -> None:
    queue, dlq, function = "hands-queue-1a2b3c4", "hands-dlq-1a2b3c4", "hands-function-1a2b3c4"
    visible = "ApproximateNumberOfMessagesVisible"
    assert metrics(body_of(dashboard(folder, "hands"))) == {
        **{("AWS/SQS", metric, queue): {"Sum"} for metric in MESSAGES},
        ("AWS/SQS", visible, queue): {"Maximum"},
        ("AWS/SQS", "ApproximateNumberOfMessagesNotVisible", queue): {"Maximum"},
        ("AWS/SQS", "ApproximateAgeOfOldestMessage", queue): {"Maximum"},
        ("AWS/SQS", visible, dlq): {"Maximum"},
        **{("AWS/Lambda", metric, function): {"Sum"} for metric in ("Invocations", "Errors", "Throttles")},
        ("AWS/Lambda", "Duration", function): {"p50", "p99", "Maximum"},
        ("AWS/Lambda", "ConcurrentExecutions", function): {"Maximum"},
    }


def test_records_are_shown_where_they_are_counted(batch: Path) -> None:
    result = dashboard(batch, "hands", function={"record_metrics": True})
    variables = result.resources["hands-function"].inputs["environment"]["variables"]
    counted = {(namespace, metric) for namespace, metric, _ in metrics(body_of(result)) if "AWS/" not in namespace}
    assert counted == {
        (variables["SQS_BATCH_METRICS_NAMESPACE"], metric) for metric in ("Handled", "Failed", "Rejected", "NotStarted")
    }


def test_quiet_groups_are_shown_beside_the_whole_queue_where_an_alarm_watches_a_fair_queue(folder: Path) -> None:
    groups, backlog = {"maximum_noisy_groups": 0}, {"maximum_quiet_backlog": 1_000}
    plain, fair, same = (
        body_of(dashboard(folder, "hands", alarms={"actions": [ON_CALL], **more})) for more in ({}, groups, backlog)
    )
    assert fair == same
    names = ("NumberOfMessagesVisibleInQuietGroups", "AgeOfOldestMessageInQuietGroups", "NumberOfNoisyGroups")
    new = {("AWS/SQS", f"Approximate{name}", "hands-queue-1a2b3c4"): {"Maximum"} for name in names}
    assert metrics(fair) == metrics(plain) | new
    lines = {w["properties"]["title"]: len(w["properties"]["metrics"]) for w in fair["widgets"] if w["type"] != "text"}
    assert (lines["backlog"], lines["age"], lines["noisy groups"], len(lines)) == (3, 2, 1, 8)


def test_each_consumer_is_a_row_across_the_whole_width(folder: Path) -> None:
    body = body_of(dashboard(folder, "hands", "pots"))
    headings = [w for w in body["widgets"] if w["type"] == "text"]
    assert [heading["properties"]["markdown"] for heading in headings] == ["## hands", "## pots"]
    for heading in headings:
        row = [w for w in body["widgets"] if w["type"] == "metric" and w["y"] == heading["y"] + 1]
        assert len(row) == 7
        edges = [(w["x"], w["x"] + w["width"]) for w in row]
        assert [edges[0][0], *(end for _, end in edges)] == [*(start for start, _ in edges), 24]
    assert headings[1]["y"] >= headings[0]["y"] + 7


def test_the_timeout_and_the_alarms_age_are_marked(folder: Path) -> None:
    alarms = {"actions": [ON_CALL], "maximum_message_age_seconds": 90}
    body = body_of(dashboard(folder, "hands", timeout=7, alarms=alarms))
    marks = {
        w["properties"]["title"]: w["properties"]["annotations"]["horizontal"]
        for w in body["widgets"]
        if "annotations" in w["properties"]
    }
    assert marks == {
        "duration, ms": [{"label": "timeout", "value": 7_000}],
        "age": [{"label": "promised", "value": 90}],
    }


def test_the_name_contains_project_and_stack(folder: Path) -> None:
    result = dashboard(folder, "hands")
    assert result.resources["poker-dashboard"].inputs["dashboardName"] == "shop-test-poker"
    assert result.resources["poker-dashboard"].parent == "poker"
    assert result.component_outputs["poker"] == {"dashboardName": "shop-test-poker"}


def test_a_preview_shows_the_dashboard_before_any_name_is_known(folder: Path) -> None:
    result = dashboard(folder, "hands", preview=True)
    assert result.error is None
    assert "poker-dashboard" in result.resources


def repeated(folder: Path, count: int, with_records: bool = False) -> Run:
    def program() -> None:
        args: Any = {"source": str(folder), "function": {"record_metrics": with_records}}
        ConsumersDashboard("poker", [QueueConsumer("hands", args)] * count)

    return run(program)


@pytest.mark.parametrize(("count", "with_records"), [(0, False), (63, False), (56, True)])
def test_a_dashboard_has_at_least_one_consumer_and_at_most_500_widgets(
    batch: Path, count: int, with_records: bool, error_text: ErrorTexts
) -> None:
    result = repeated(batch, count, with_records)
    assert isinstance(result.error, pulumi.RunError)
    error_text(str(result.error))
    assert "poker" not in result.resources
    assert len(body_of(repeated(batch, 62))["widgets"]) == 496
