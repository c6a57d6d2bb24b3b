"""Which AWS a command uses."""

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError  # pyright: ignore[reportMissingTypeStubs]
from click.testing import CliRunner, Result

from consumers.cli import main
from consumers.commands.target import explain
from consumers.local import background
from error_texts import ErrorTexts

CHANGING = [["pause", "orders"], ["resume", "orders"], ["drain", "orders"]]
READING = [["status"], ["logs", "orders"]]
ALL = [["send", "orders"], *CHANGING, *READING]


@pytest.fixture(autouse=True)
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The calls to the accounts of the shell's variables and of a profile; the current folder is a project."""
    operations: list[str] = []

    def answer(client: object, operation: str, parameters: object) -> dict[str, Any]:
        operations.append(operation)
        return {"Account": "123456789012", "ResourceTagMappingList": []}

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", answer)
    for variable in [variable for variable in os.environ if variable.startswith("AWS_")]:
        monkeypatch.delenv(variable)
    (tmp_path / "config").write_text("[profile ops]\nregion = eu-north-1\n")
    (tmp_path / "keys").write_text("[ops]\naws_access_key_id = AKIAOPS\naws_secret_access_key = x\n")
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIASHELL",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "keys"),
    }.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return operations


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, input="1\n")


def failed(result: Result) -> str:
    """Return the one error of a command that failed."""
    assert result.exit_code == 1, result.output
    assert result.stderr.startswith("Error: ")
    return result.stderr.removeprefix("Error: ")


def note(**changed: object) -> str:
    fields = {"port": 1, "region": "us-east-1", "access_key_id": "AKIA1", "process_id": 7, "folder": "aws/x"}
    return json.dumps(fields | changed)


def write_note(text: str) -> None:
    Path(".consumers").mkdir()
    Path(".consumers/aws.json").write_text(text)


@pytest.mark.parametrize("command", ALL, ids=lambda command: command[0])
def test_no_command_goes_to_an_account_because_the_local_aws_has_died(
    calls: list[str], error_text: ErrorTexts, command: list[str]
) -> None:
    write_note(note())
    error_text(failed(run(*command)))
    assert calls == []


def test_no_command_goes_to_an_account_because_the_local_aws_hangs(
    calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "ANSWER_TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        write_note(note(port=port))
        Path(".consumers/aws/x").mkdir(parents=True)
        os.mkfifo(".consumers/aws/x/stdin")  # the process still has it open
        stdin = os.open(".consumers/aws/x/stdin", os.O_RDWR)
        error = failed(run("send", "orders"))
        os.close(stdin)
    assert error.startswith(f"The local AWS of this project at http://127.0.0.1:{port} (process 7) does not answer.")
    assert calls == []


BROKEN = {
    "empty": "",
    "half": note()[:30],
    "deep": "[" * 100_000,
    "another field": '{"port": 1}',
    "another type": note(folder=3),
    "a key of two lines": note(access_key_id="AKIA\n1"),
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_no_command_goes_to_an_account_because_the_note_of_the_local_aws_is_broken(
    calls: list[str], error_text: ErrorTexts, text: str
) -> None:
    write_note(text)
    error_text(failed(run("send", "orders")))
    assert calls == []


@pytest.mark.parametrize("changed", [{"port": 99_999_999}, {"port": -1}, {"folder": "\0"}], ids=str)
def test_a_note_that_no_local_aws_can_have_is_one_line(calls: list[str], changed: dict[str, object]) -> None:
    write_note(note(**changed))
    assert "Traceback" not in failed(run("send", "orders"))
    assert calls == []


def test_a_folder_without_the_note_still_belongs_to_a_local_aws(calls: list[str]) -> None:
    Path(".consumers").mkdir()
    assert "aws.json is missing or broken." in failed(run("status"))
    assert calls == []


def test_a_command_that_changes_something_needs_a_local_aws_or_an_option_that_names_an_account(
    calls: list[str], error_text: ErrorTexts
) -> None:
    error_text(failed(run("send", "orders")))
    assert calls == []


@pytest.mark.parametrize("command", READING, ids=lambda command: command[0])
def test_a_command_that_only_reads_uses_aws_where_no_local_aws_belongs_to_the_project(
    calls: list[str], command: list[str]
) -> None:
    assert run(*command).stderr.startswith("On AWS account 123456789012, eu-west-1\n")
    assert calls == ["GetCallerIdentity", "GetResources"]


@pytest.mark.parametrize(
    ("command", "option", "region"),
    [
        (["send", "orders"], ["--aws"], "eu-west-1"),
        (["status"], ["--region", "us-west-2"], "us-west-2"),
        (["logs", "orders"], ["--profile", "ops"], "eu-west-1"),
    ],
    ids=["aws", "region", "profile"],
)
def test_an_option_names_an_account_even_where_the_project_has_a_local_aws(
    calls: list[str], command: list[str], option: list[str], region: str
) -> None:
    write_note(note())
    assert run(*command, *option).stderr.startswith(f"On AWS account 123456789012, {region}\n")
    assert calls == ["GetCallerIdentity", "GetResources"]


@pytest.mark.parametrize("option", ["--profile", "--region"])
def test_an_empty_variable_names_no_account(calls: list[str], option: str) -> None:
    result = run("send", "orders", option, "")
    assert result.exit_code == 2
    assert result.stderr.endswith("Error: --profile and --region must not be empty.\n")
    assert calls == []


def test_a_script_does_not_continue_with_the_shells_account_after_an_env_that_has_failed(
    error_text: ErrorTexts,
) -> None:
    for _ in range(2):
        result = run("env")
        assert (result.exit_code, result.stdout) == (1, "false\n")
        error_text(failed(result))
        if not Path(".consumers").exists():
            write_note(note())


DENIED = {
    "a policy that is missing": (
        "GetEventSourceMapping",
        "AccessDeniedException",
        "User: arn:aws:sts::123456789012:assumed-role/ops/ann is not authorized to perform: "
        "lambda:GetEventSourceMapping on resource: "
        "arn:aws:lambda:eu-west-1:123456789012:event-source-mapping:1 because no identity-based policy allows the "
        "lambda:GetEventSourceMapping action",
    ),
    "a batch, in SQS's lower case": (
        "SendMessageBatch",
        "AccessDenied",
        "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: sqs:sendmessage on resource: "
        "arn:aws:sqs:eu-west-1:123456789012:orders because no identity-based policy allows the sqs:sendmessage action",
    ),
    "a key": (
        "ReceiveMessage",
        "KMS.AccessDeniedException",
        "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:1",
    ),
    "an explicit deny": (
        "ReceiveMessage",
        "AccessDenied",
        "User: ann is not authorized to perform: sqs:receivemessage with an explicit deny in a service control policy",
    ),
    "no word of the action": ("GetQueueUrl", "AccessDenied", "Access to the resource https://sqs/orders is denied."),
}


@pytest.mark.parametrize("case", DENIED)
def test_a_denied_call_names_the_missing_action_and_the_grant(error_text: ErrorTexts, case: str) -> None:
    operation, code, message = DENIED[case]
    error_text(explain(ClientError({"Error": {"Code": code, "Message": message}}, operation)))


@pytest.mark.parametrize("operation", ["GetQueueAttributes", "GetResources"])
def test_a_denied_call_of_a_command_on_all_consumers_advises_to_name_some(
    error_text: ErrorTexts, operation: str
) -> None:
    error = ClientError({"Error": {"Code": "AccessDenied", "Message": "Access is denied."}}, operation)
    error_text(explain(error, of_all=True))
