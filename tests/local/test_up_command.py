"""`consumers up` as a command: its output, its secrets, and the calls to AWS of a program itself."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3  # pyright: ignore[reportMissingTypeStubs]
import pytest
from click.testing import CliRunner, Result

from consumers.cli import main
from consumers.evaluate.program import ProgramError
from consumers.evaluate.results import Step
from consumers.local.background import find, stop
from consumers.local.emulator import LocalAws
from consumers.provider.update import Outcome
from error_texts import ErrorTexts
from up_project import UpProject, done, write_program, write_project

ROOT = Path(__file__).parents[2]
WHO = """
    import os, boto3
    print(boto3.client("sts").get_caller_identity()["Account"])
    pulumi.export("seen", sorted({value for name, value in os.environ.items() if name.startswith("AWS_")}))
    pulumi.export("region", aws.config.region)
    pulumi.export("queues", len(boto3.client("sqs").list_queues().get("QueueUrls", [])))
"""


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell that has the credentials of an account, in its variables and in ~/.aws."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAOFTHESHELL",
        "AWS_SECRET_ACCESS_KEY": "of-the-shell",
        "AWS_SESSION_TOKEN": "of-the-shell",
        "AWS_PROFILE": "of-the-shell",
        "AWS_CONFIG_FILE": str(tmp_path / "aws-config"),
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_REGION": "eu-west-1",
        "HOME": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    text = "[{}]\naws_access_key_id = AKIAOFTHESHELL\naws_secret_access_key = of-the-shell\nregion = eu-west-1\n"
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(text.format("default"))
    (tmp_path / "aws-config").write_text(text.format("profile of-the-shell"))


@pytest.mark.usefixtures("account")
def test_a_program_calls_the_local_aws_and_does_not_see_the_credentials_of_the_shell(
    stack: UpProject, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", shell := boto3.Session())
    before = dict(os.environ)
    stack.aws.client("sqs").create_queue(QueueName=name)
    exports = stack.up(WHO).exports
    assert (exports["queues"] >= 1, exports["region"]) == (True, stack.aws.region)
    assert {stack.aws.access_key_id, stack.aws.endpoint_url, stack.aws.region} < set(exports["seen"])
    assert not {"of-the-shell", "eu-west-1"} & set(exports["seen"])
    assert dict(os.environ) == before
    assert boto3.DEFAULT_SESSION is shell  # pyright: ignore[reportUnknownMemberType]


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("command", ["check", "cost"])
def test_a_program_under_check_or_cost_has_no_credentials(tmp_path: Path, error_text: ErrorTexts, command: str) -> None:
    write_project(tmp_path)
    write_program(tmp_path, WHO)
    result = CliRunner().invoke(main, [command, "--project", str(tmp_path)])
    assert result.exit_code == 1
    error_text(result.output)


# --- secrets ---

SECRETS = """
    token = pulumi.Config().require_secret("token")
    QueueConsumer("hands", QueueConsumerArgs(
        source="hands", runtime="python3.12", timeout=10, environment={"TOKEN": token, "LEVEL": "INFO"}
    ))
    key = {"name": token, "type": "S"}
    table = aws.dynamodb.Table("table", hash_key=token, attributes=[key], billing_mode="PAY_PER_REQUEST")
    topic = aws.sns.Topic("topic", display_name=token, opts=ResourceOptions(additional_secret_outputs=["owner"]))
    tags = {"key": table.hash_key, "name": topic.display_name.apply(lambda name: f"<{name}>")}
    own = {"tags": {"token": token}}
    provider = aws.Provider("p", region="us-east-1", default_tags=own)
    aws.sqs.Queue("derived", tags=tags)
    tagged = aws.sqs.Queue("tagged", opts=ResourceOptions(provider=provider))
    pulumi.export("key", table.hash_key)
    pulumi.export("tags", tagged.tags_all)
"""


def test_no_secret_is_on_disk_and_yet_a_change_of_one_is_seen(stack: UpProject) -> None:
    def up_with(token: str) -> Outcome:
        (stack.folder / "Pulumi.dev.yaml").write_text(f"config:\n  hands:token: {token}\n")
        outcome = stack.up(SECRETS)
        assert (outcome.exports, outcome.secret_exports) == ({"key": token, "tags": {"token": token}}, {"key", "tags"})
        assert stack.files_with("s3cret") == []
        return outcome

    up_with("s3cret-1")
    again = up_with("s3cret-1")
    assert (again.steps, again.unchanged) == ([], 11)
    changed = up_with("s3cret-2")
    assert {step.name: (step.action, step.properties) for step in changed.steps} == {
        "hands-function": ("updated", ["environment.variables.TOKEN"]),
        "table": ("replaced", ["hashKey", "attributes"]),
        "topic": ("updated", ["displayName"]),
        "derived": ("updated", ["tags.key", "tags.name"]),
        "tagged": ("updated", ["tagsAll.token"]),
    }
    tags = stack.aws.client("sqs").list_queue_tags(QueueUrl=stack.ids()["derived"])["Tags"]
    assert tags == {"key": "s3cret-2", "name": "<s3cret-2>"}
    assert set(done(stack.up("")).values()) == {"deleted"}


def test_an_ignored_change_of_a_secret_is_not_applied_also_when_something_else_changes(stack: UpProject) -> None:
    program = """
        role = aws.iam.Role("role", assume_role_policy=json.dumps({{"Version": "2012-10-17", "Statement": []}}),
            description=pulumi.Output.secret("{}"), max_session_duration={},
            opts=ResourceOptions(ignore_changes=["description"]))
        pulumi.export("name", role.name)
        pulumi.export("description", role.description)
    """
    stack.up(program.format("s3cret-1", 3600))
    assert stack.up(program.format("s3cret-2", 3600)).steps == []
    outcome = stack.up(program.format("s3cret-2", 7200))
    assert [(step.action, step.properties) for step in outcome.steps] == [("updated", ["maxSessionDuration"])]
    role = stack.aws.client("iam").get_role(RoleName=outcome.exports["name"])["Role"]
    assert role["Description"] == outcome.exports["description"] == "s3cret-1"


def test_a_secret_is_not_in_an_error_of_aws(stack: UpProject) -> None:
    with pytest.raises(ProgramError) as caught:
        stack.up("""
            policy = pulumi.Output.secret("s3cret{")
            aws.iam.Role("role", assume_role_policy=policy, max_session_duration=pulumi.Output.secret("s3cret-2"))
        """)
    assert "s3cret" not in str(caught.value)
    assert "[secret]" in str(caught.value)


# --- the command ---


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """A project with no local AWS yet; one that is started ends with the test."""
    write_project(tmp_path)
    yield tmp_path
    stop(tmp_path)


def up(project: Path, program: str, *arguments: str) -> Result:
    write_program(project, program)
    return CliRunner().invoke(main, ["up", "--project", str(project), *arguments])


def running(project: Path) -> LocalAws:
    aws = find(project)
    assert aws is not None
    return aws


def test_the_command_starts_a_local_aws_prints_what_changes_and_starts_another_when_it_has_died(project: Path) -> None:
    program = """
        print("noise")
        queue = aws.sqs.Queue("queue", delay_seconds={}, tags={{"token": pulumi.Output.secret("s3cret")}})
        pulumi.log.warn("few hands", queue)
        pulumi.export("token", pulumi.Output.secret("s3cret"))
    """
    first, second = (up(project, program.format(delay)) for delay in (1, 2))
    for result in (first, second):
        assert result.exit_code == 0, result.output
        assert "warning: queue: few hands\n" in result.output
        assert "token: [secret]\n" in result.output
        assert "s3cret" not in result.output
    assert "+  aws:sqs/queue:Queue queue created (" in first.output
    assert "~  aws:sqs/queue:Queue queue updated: delaySeconds (" in second.output
    assert "= 0 unchanged\n" in second.output
    assert running(project).endpoint_url in second.output

    printed = json.loads(up(project, program.format(3), "--json").stdout)
    assert [Step(**step).name for step in printed["steps"]] == ["queue"]
    assert (printed["stack"], printed["unchanged"], printed["exports"]) == ("dev", 0, {"token": "[secret]"})

    process_id = running(project).process_id
    assert process_id
    os.killpg(process_id, signal.SIGKILL)
    result = up(project, program.format(3))
    assert "The local AWS had died" in result.output
    assert "queue created" in result.output


@pytest.mark.parametrize("arguments", [["--stack", "a/b"], ["--port", "0"], ["--project", "nowhere"]])
def test_wrong_arguments_start_nothing(project: Path, arguments: list[str]) -> None:
    result = up(project, "", *arguments)
    assert result.exit_code in (1, 2)
    assert "Traceback" not in result.output
    assert not (project / ".consumers").exists()


def test_a_folder_without_a_project_is_an_error(tmp_path: Path, error_text: ErrorTexts) -> None:
    result = CliRunner().invoke(main, ["up", "--project", str(tmp_path)])
    assert (result.exit_code, list(tmp_path.iterdir())) == (1, [])
    error_text(result.output)


def test_ctrl_c_is_one_line_and_the_next_up_continues(project: Path, error_text: ErrorTexts) -> None:
    waiting = 'aws.sqs.Queue("first").id.apply(lambda _: print("ready", flush=True) or __import__("time").sleep(60))'
    write_program(project, waiting)
    with subprocess.Popen(
        [sys.executable, "-m", "consumers.cli", "up"],
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as command:
        assert command.stdout is not None
        while "ready" not in command.stdout.readline():
            assert command.poll() is None
        command.send_signal(signal.SIGINT)
        _, errors = command.communicate(timeout=30)
    assert command.returncode == 1
    error_text(errors)
    result = up(project, 'aws.sqs.Queue("first")\naws.sqs.Queue("second")')
    assert "first" not in result.output
    assert "second created" in result.output
