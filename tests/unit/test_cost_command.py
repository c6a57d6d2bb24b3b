"""`consumers cost`: what it reads from a program, what it prints, and what it refuses."""

import json
import textwrap
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from components import validation
from consumers.cli import main
from consumers.cost import shape
from consumers.evaluate.dry_run import CheckedComponent
from docs.outputs import with_outputs
from error_texts import ErrorTexts


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: hands\nruntime: python\n")
    (tmp_path / "hands").mkdir()
    (tmp_path / "hands" / "handler.py").write_text("def handle(event, context):\n    return None\n")
    return tmp_path


def cost(project: Path, program: str, *arguments: str) -> Result:
    head = "import pulumi\nfrom pulumi_aws import cloudwatch\nfrom components import DeadLetterQueue, QueueConsumer\n"
    (project / "__main__.py").write_text(head + textwrap.dedent(program))
    return CliRunner().invoke(main, ["cost", "--project", str(project), *arguments])


def as_data(project: Path, program: str, *arguments: str) -> dict[str, Any]:
    result = cost(project, program, "--json", *arguments)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def amounts(one: dict[str, Any]) -> dict[str, float]:
    return {item["title"]: item["amount"] for item in one["items"]}


def test_the_settings_of_the_program_are_what_is_estimated(project: Path) -> None:
    program = """
        QueueConsumer("hands", {"source": "hands", "memory_size": 512, "batch_size": 1, "fifo": True,
                                "function": {"architecture": "arm64", "log_retention_in_days": 7}})
    """
    found = as_data(project, program, "--messages-per-month", "1000000", "--duration-ms", "100")
    (one,) = found["consumers"]
    assert amounts(one)["Lambda compute, arm64"] == 50_000
    assert amounts(one)["Lambda invocations"] == 1_000_000
    assert {item["meter"] for item in one["items"] if item["title"].startswith("SQS")} == {"sqs_fifo_requests"}
    assert one["settings"]["log_retention_days"] == 7
    assert one["total"] == pytest.approx(sum(item["cost"] for item in one["items"]))


def test_the_free_tier_is_an_accounts_and_so_of_all_consumers_together(project: Path) -> None:
    one, two = 'QueueConsumer("one", {"source": "hands"})', 'QueueConsumer("two", {"source": "hands"})'
    alone, both = as_data(project, one), as_data(project, f"{one}\n{two}")
    assert both["total"] == pytest.approx(2 * alone["total"])
    saved = {free["what"]: free["saves"] for free in both["free_tier"]}
    assert saved["1,000,000 SQS requests"] == pytest.approx(0.40)
    assert both["total_after_free_tier"] == pytest.approx(both["total"] - sum(saved.values()))
    assert as_data(project, f"{one}\n{two}", "two")["total"] == alone["total"]


def test_alarms_on_a_consumer_are_counted_however_they_were_made(project: Path) -> None:
    program = """
        hands = QueueConsumer("hands", {"source": "hands"})
        cloudwatch.MetricAlarm("hands-late", comparison_operator="GreaterThanThreshold", evaluation_periods=1,
                               opts=pulumi.ResourceOptions(parent=hands))
    """
    (one,) = as_data(project, program)["consumers"]
    assert amounts(one)["alarms"] == 1


def test_limits_of_the_estimate_are_notes(project: Path, error_text: ErrorTexts) -> None:
    program = """
        QueueConsumer("hands", {"source": "hands", "batch_size": 100, "filters": [{"body": {"won": [True]}}],
                                "mapping": {"enabled": False, "maximum_batching_window_in_seconds": 1}})
    """
    (one,) = as_data(project, program, "--duration-ms", "500")["consumers"]
    error_text("\n".join(one["notes"]))


def test_prices_are_those_of_the_stacks_region_or_of_one_that_is_chosen(project: Path, error_text: ErrorTexts) -> None:
    program = 'QueueConsumer("hands", {"source": "hands"})'
    (project / "Pulumi.dev.yaml").write_text("config:\n  aws:region: eu-west-1\n")
    assert as_data(project, program)["region"] == "eu-west-1"
    (project / "Pulumi.dev.yaml").write_text("config:\n  aws:region: ap-south-1\n")
    refused = cost(project, program)
    assert refused.exit_code == 1
    error_text(refused.stderr)
    assert as_data(project, program, "--region", "eu-central-1")["region"] == "eu-central-1"


@pytest.mark.parametrize(
    ("program", "arguments"),
    [
        ('QueueConsumer("hands", {"source": "hands", "memory_size": 1})', []),
        ('QueueConsumer("hands", {"source": "hands"})', ["feet"]),
        ('QueueConsumer("hands", {"source": "hands"})\nDeadLetterQueue("dead", {})', ["dead"]),
    ],
    ids=["a consumer with errors", "an unknown name", "another component"],
)
def test_only_valid_consumers_are_estimated(
    project: Path, program: str, arguments: list[str], error_text: ErrorTexts
) -> None:
    result = cost(project, program, *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    error_text(result.stderr)


def test_a_duration_must_be_a_number(project: Path) -> None:
    assert cost(project, "", "--duration-ms", "nan").exit_code == 2


def test_a_program_without_consumers_costs_nothing(project: Path) -> None:
    assert cost(project, "").stdout == "The program has no consumers.\n"
    assert as_data(project, "")["total"] == 0


def test_options_beyond_the_defaults_are_in_the_bill_or_in_the_notes(project: Path) -> None:
    (project / "hands" / "handler.py").write_text("import sqs_batch\ndef handle(event, context): ...\n")
    program = """
        QueueConsumer("hands", {
            "source": "hands",
            "function": {"record_metrics": True, "ephemeral_storage": 1_024, "tracing": True,
                         "alias": {"provisioned_concurrent_executions": 3}},
            "queue": {"kms_master_key_id": "arn:aws:kms:us-east-1:123456789012:key/1a2b"},
            "filters": [{"body": {"won": [True]}}],
            "mapping": {"provisioned_pollers": {"minimum": 4}, "metrics": True,
                        "kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/1a2b"},
            "alarms": {"actions": ["arn:aws:sns:us-east-1:123456789012:oncall"], "leave_out": ["duration"],
                       "maximum_quiet_backlog": 5_000},
            "idempotency": {},
        })
    """
    (one,) = as_data(project, program)["consumers"]
    found = amounts(one)
    assert (found["alarms"], found["custom metrics"], found["KMS data keys"]) == (5, 4, 26_280)
    assert found["Lambda provisioned pollers"] == 4 * 730
    assert (one["settings"]["ephemeral_storage_mb"], one["settings"]["provisioned_concurrency"]) == (1_024, 3)
    assert one["not_counted"] == [
        "the idempotency table: DynamoDB bills its reads and writes",
        "message group ids: SQS bills them on a standard queue besides the requests",
        "Lambda's requests to KMS for the filters",
        "the mapping's own metrics",
        "traces in X-Ray",
    ]
    assert "  note: not counted: the mapping's own metrics\n" in cost(project, program).stdout


def test_a_dead_letter_queue_of_its_own_is_nothing_to_estimate(project: Path) -> None:
    program = """
        dead = DeadLetterQueue("dead", {})
        QueueConsumer("hands", {"source": "hands", "dead_letter_queue": {"arn": dead.arn}})
    """
    assert [one["name"] for one in as_data(project, program)["consumers"]] == ["hands"]


@pytest.mark.parametrize(
    ("group", "name"), [("queue", "kms_master_key_id"), ("mapping", "metrics"), ("function", "tracing")]
)
def test_a_setting_that_does_not_exist_raises_instead_of_dropping_its_item(group: str, name: str) -> None:
    settings, _ = validation.examine("hands", {"source": "functions/poker_hands"})
    misspelt: Any = SimpleNamespace(**vars(getattr(settings, group)))
    delattr(misspelt, name)
    object.__setattr__(settings, group, misspelt)

    def estimate() -> None:
        shape.of(CheckedComponent(settings, []))
        list(shape.not_counted(settings))

    with pytest.raises(AttributeError, match=name):
        estimate()


def test_the_documented_costs_are_what_the_command_prints() -> None:
    page = Path("docs/costs.md").read_text("utf-8")
    assert "$ consumers cost" in page
    assert with_outputs(page) == page, "make docs writes it"


@pytest.mark.parametrize(
    "arguments",
    [
        *(["--since", "7d"], ["--aws"], ["--profile", "ops"], ["--prices-of", "us-east-1"], ["--region", "ap-south-1"]),
        *(["--measured", option, "5"] for option in ("--messages-per-month", "--duration-ms", "--message-bytes")),
        *(["--measured", "--messages-per-batch", "5"], ["--measured", "--since", "30m"]),
        *(["--measured", "--since", "456d"], ["--measured", "--region", ""]),
    ],
    ids=" ".join,
)
def test_options_that_have_no_effect_together_are_refused(
    project: Path, arguments: list[str], error_text: ErrorTexts
) -> None:
    result = cost(project, 'QueueConsumer("hands", {"source": "hands"})', *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    error_text(result.stderr.partition("Error: ")[2])
