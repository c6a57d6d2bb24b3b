"""`consumers simulate --duration logs` on a deployed consumer."""

import json

import pytest
from click.testing import CliRunner, Result

from consumers.cli import main
from consumers.local.emulator import LocalAws
from consumers.operations import reports
from consumers.sizing.durations import fit
from deployed_consumers import HANDLER, failed, lines, use_only
from deployed_program import DeployedProgram
from error_texts import ErrorTexts
from on_local_aws import wait_until


def simulate(*arguments: str) -> Result:
    load = ["--stack", "test", "--spike", "100", "--duration", "logs", "--aws"]
    return CliRunner().invoke(main, ["simulate", *load, *arguments])


def test_durations_and_cold_starts_are_those_of_the_log(
    aws: LocalAws, program: DeployedProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    program.consume(HANDLER)
    program.send(*lines(20))
    program.wait_until_empty()
    wait_until(lambda: program.lines("REPORT"))
    use_only(aws, monkeypatch, program.folder)

    result = simulate("--json", "--overhead", "50ms")
    assert result.exit_code == 0, result.output
    assert "Durations are those on AWS account 000000000000, us-east-1\n" in result.stderr
    (one,) = json.loads(result.stdout)["consumers"]
    assert one["messages"] == one["counts"]["handled"] == 100

    found = fit(reports.read(aws.client("logs"), program.exports["logs"], 0).reports)
    assert found
    assert f"as in {len(found.samples)} invocations in its log" in one["assumed"][1]
    assert one["counts"]["seconds"] >= 0.05 * one["counts"]["invocations"]


def test_a_log_without_batches_is_refused(
    aws: LocalAws, program: DeployedProgram, monkeypatch: pytest.MonkeyPatch, error_text: ErrorTexts
) -> None:
    program.consume(HANDLER)
    use_only(aws, monkeypatch, program.folder)
    error_text(failed(simulate()).replace(program.name, "orders"))
