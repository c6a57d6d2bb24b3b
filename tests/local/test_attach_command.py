"""`consumers attach` on a consumer that is deployed to the local AWS, which plays the remote one."""

import json
import os
import signal
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from attachable import depth, state
from consumers.evaluate.program import deploy
from consumers.local.emulator import LocalAws
from consumers.operations import attaching, held_lease, pausing
from consumers.operations.discovery import Client, Consumer, find_one
from consumers.operations.leases import TAG, read_lease
from deployed_consumers import failed, run, use_only
from error_texts import ErrorTexts
from forked_commands import Commands, Ended
from on_local_aws import has_arrived, policy, short, wait_until

HANDLER = """
import os, time
import boto3
from sqs_batch import batch_handler

@batch_handler
def handle(record):
    do = record.json["do"]
    print("saw", do, os.environ["WHO"], os.environ["AWS_LAMBDA_FUNCTION_NAME"], chr(27) + "[2J", flush=True)
    if do == "fail":
        raise ValueError("no such hand")
    if do == "crash" and record.receive_count == 1:
        os._exit(3)
    if do == "wait":
        time.sleep(8)
    if do == "identity":
        print("I am", boto3.client("sts").get_caller_identity()["Arn"])
"""
PROGRAM = """
from components import QueueConsumer

QueueConsumer({name!r}, {{
    "source": "function",
    "timeout": 10,
    "environment": {{"WHO": "the program"}},
    "filters": [{{"body": {{"do": [{{"anything-but": "nothing"}}]}}}}],
}})
"""


@dataclass(frozen=True)
class Project:
    """A program with one consumer, which is deployed to the stacks dev and prod."""

    folder: Path
    aws: LocalAws
    consumer: Consumer
    commands: Commands

    @property
    def name(self) -> str:
        return self.consumer.name

    def send(self, *what: str) -> None:
        for do in what:
            body = json.dumps({"do": do})
            self.aws.client("sqs").send_message(QueueUrl=self.consumer.queue_url, MessageBody=body)

    def start(self, *arguments: str) -> int:
        """Attach, and wait until messages are received."""
        process = self.commands.start("attach", self.name, "--stack", "dev", *arguments)
        wait_until(lambda: "is attached" in (self.folder / "stderr").read_text())
        time.sleep(1)  # as on AWS, the function may get messages for a moment after its mapping is Disabled
        return process

    def interrupt(self, process: int) -> Ended:
        os.kill(process, signal.SIGINT)
        return self.commands.wait()

    def printed(self, text: str) -> bool:
        return text in (self.folder / "stdout").read_text()


@pytest.fixture(scope="module")
def project(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder, name = tmp_path_factory.mktemp("project"), f"hands-{uuid.uuid4().hex[:8]}"
    (folder / "function").mkdir()
    (folder / "function" / "handler.py").write_text(HANDLER)
    (folder / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM.format(name=name))
    for stack in ("dev", "prod"):
        deploy(folder, aws, stack=stack)
    consumer = find_one(aws.client, name, "dev")
    variables = {**consumer.function["Environment"]["Variables"], "WHO": "the deployment"}
    aws.client("lambda").update_function_configuration(
        FunctionName=consumer.function_name, Environment={"Variables": variables}
    )
    with Commands(folder, aws.endpoint_url, aws.access_key_id, aws.region) as commands:
        yield Project(folder, aws, consumer, commands)
    for stack in ("dev", "prod"):
        for uuid_ in find_one(aws.client, name, stack).mapping_ids:
            aws.client("lambda").delete_event_source_mapping(UUID=uuid_)


@pytest.fixture(autouse=True)
def _hermetic(aws: LocalAws, project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    use_only(aws, monkeypatch, project.folder)
    monkeypatch.setattr(pausing, "POLL", 0.05)
    monkeypatch.setattr(held_lease, "SETTLE", 0.1)
    (project.folder / "stderr").write_text("")
    yield
    aws.client("lambda").untag_resource(Resource=project.consumer.function_arn, TagKeys=[TAG])
    aws.client("lambda").update_event_source_mapping(UUID=project.consumer.mapping_ids[0], Enabled=True)
    aws.client("sqs").purge_queue(QueueUrl=project.consumer.queue_url)


def test_messages_are_handled_by_the_working_copy_with_the_deployed_variables(aws: LocalAws, project: Project) -> None:
    process = project.start()
    assert state(aws, project.consumer) == ("Disabled", True)
    project.send("well", "nothing", "fail")
    wait_until(lambda: project.printed(": no such hand") and project.printed("1 handled"))
    ended = project.interrupt(process)
    assert ended.code == 0, ended.stderr
    assert ended.stderr.startswith(
        f"On AWS account 000000000000, us-east-1\nQueue {project.consumer.queue_name}\nWhat differs from Lambda:\n"
    )
    assert "  The handler has your credentials, not the role " in ended.stderr
    assert "deleted 1 that the filters of the mapping exclude, as Lambda does" in ended.stderr
    assert f"saw well the deployment {project.name}-working-copy \\x1b[2J" in ended.stdout
    assert "\x1b[2J" not in ended.stdout
    last = ended.stdout.splitlines()[-1]
    assert last.startswith(f"{project.name} reads its queue again. Messages: 1 handled, ")
    assert last.endswith(" failed, 1 deleted that its filters exclude.")
    assert state(aws, project.consumer) == ("Enabled", False)


def test_a_crash_returns_the_batch_and_the_next_one_has_a_new_process(aws: LocalAws, project: Project) -> None:
    process = project.start()
    project.send("crash")
    wait_until(lambda: project.printed("failed: "))
    project.send("well")
    wait_until(lambda: project.printed("1 handled"))
    ended = project.interrupt(process)
    assert ": Runtime.ExitError: Runtime exited with error: exit status 3\n" in ended.stdout
    assert ended.stdout.endswith("Messages: 1 handled, 1 failed.\n")


def test_a_saved_handler_gets_the_next_batch_and_one_that_cannot_be_imported_ends_it(
    aws: LocalAws, project: Project
) -> None:
    handler = project.folder / "function" / "handler.py"
    try:
        process = project.start()
        project.send("well")
        wait_until(lambda: project.printed("saw well"))
        handler.write_text(HANDLER.replace('"saw"', '"saw anew"'))
        project.send("well")
        wait_until(lambda: project.printed("saw anew well") and project.printed("1 handled"))
        handler.write_text("import missing\ndef handle(event, context): ...\n")
        project.send("well")
        ended = project.commands.wait()
    finally:
        handler.write_text(HANDLER)
    assert process
    assert ended.code == 1
    assert "cannot be imported, so nothing is received: Runtime.ImportModuleError" in ended.stderr.splitlines()[-1]
    assert state(aws, project.consumer) == ("Enabled", False)


def test_a_second_ctrl_c_ends_at_once_and_says_how_to_resume(aws: LocalAws, project: Project) -> None:
    process = project.start()
    project.send("wait")
    wait_until(lambda: project.printed("saw wait"))
    os.kill(process, signal.SIGINT)
    wait_until(lambda: has_arrived(signal.SIGINT, process))
    time.sleep(1)  # on a busy machine Python calls its handler later, and two signals before that are one
    ended = project.interrupt(process)
    assert ended.code == 130
    name = project.name
    assert ended.stderr.endswith(f"{name} may be paused now: `consumers resume {name}` ends that.\n")
    assert state(aws, project.consumer) == ("Disabled", True)
    assert depth(aws, project.consumer).in_flight == 1
    assert run("resume", name, "--stack", "dev").exit_code == 0


def test_another_stack_than_dev_or_your_own_requires_yes(
    aws: LocalAws, project: Project, error_text: ErrorTexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "ann")
    error_text(failed(run("attach", project.name, "--stack", "prod")).replace(project.name, "hands"))
    assert read_lease(aws.client, find_one(aws.client, project.name, "prod")) is None


@pytest.mark.parametrize(
    ("file", "text", "error"),
    [
        ("__main__.py", "raise ValueError('no such table')", "ValueError: no such table"),
        (
            "function/handler.py",
            "import missing\ndef handle(event, context): ...",
            "cannot be imported, so nothing is received",
        ),
    ],
    ids=["program", "handler"],
)
def test_what_cannot_be_run_is_an_error_before_anything_is_paused(
    aws: LocalAws, project: Project, file: str, text: str, error: str
) -> None:
    path = project.folder / file
    before = path.read_text()
    try:
        path.write_text(text)
        result = run("attach", project.name, "--stack", "dev")
        assert (result.exit_code, error in result.stderr.splitlines()[-1]) == (1, True), result.output
    finally:
        path.write_text(before)
    assert state(aws, project.consumer) == ("Enabled", False)


def test_filters_that_lambda_cannot_decrypt_are_an_error_before_anything_is_paused(
    aws: LocalAws, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(client: Client, consumer: Consumer) -> Consumer:
        raise attaching.AttachError(f"Lambda cannot decrypt the filters of {consumer.name}.")

    monkeypatch.setattr(attaching, "with_filters", denied)  # the local AWS does not encrypt
    assert "Lambda cannot decrypt the filters" in failed(run("attach", project.name, "--stack", "dev"))
    assert state(aws, project.consumer) == ("Enabled", False)


# --- permissions ---

FIND = ["tag:GetResources", "lambda:ListEventSourceMappings", "lambda:GetFunctionConfiguration", "lambda:ListTags"]
PAUSE = [
    *("lambda:GetEventSourceMapping", "lambda:UpdateEventSourceMapping", "lambda:TagResource", "lambda:UntagResource"),
    *("cloudwatch:GetMetricData", "sqs:GetQueueUrl", "sqs:GetQueueAttributes"),
]
CONSUME = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"]


@pytest.fixture
def credentials(aws: LocalAws, name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes the shell's credentials those of a role with these actions."""

    def use(*actions: str) -> str:
        iam, role_name = aws.client("iam"), short(name)
        trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
        role = iam.create_role(RoleName=role_name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
        document = policy({"Effect": "Allow", "Action": list(actions), "Resource": "*"})
        iam.put_role_policy(RoleName=role_name, PolicyName="p", PolicyDocument=document)
        key = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="ann")["Credentials"]
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        monkeypatch.setenv("AWS_SESSION_TOKEN", key["SessionToken"])
        return role

    return use


def test_without_a_permission_to_consume_it_names_that_and_the_function_goes_on(
    aws: LocalAws, project: Project, credentials: Any, error_text: ErrorTexts
) -> None:
    role = credentials(*FIND, *PAUSE)
    text = failed(run("attach", project.name, "--stack", "dev"))
    error_text(text.partition(" AWS says: ")[0].replace(role, "ROLE"))
    assert state(aws, project.consumer) == ("Enabled", False)


def test_the_permissions_of_the_page_are_all_that_it_needs(aws: LocalAws, project: Project, credentials: Any) -> None:
    page = (Path(__file__).parents[2] / "docs" / "attach.md").read_text()
    assert [action for action in CONSUME if f"`{action}`" not in page] == []
    credentials(*FIND, *PAUSE, *CONSUME)
    keys = {key: os.environ[key] for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")}
    with Commands(project.folder, aws.endpoint_url, aws.access_key_id, aws.region, keys) as commands:
        as_role = Project(project.folder, aws, project.consumer, commands)
        process = as_role.start()
        project.send("well")
        wait_until(lambda: as_role.printed("1 handled"))
        ended = as_role.interrupt(process)
    assert ended.code == 0, ended.stderr
    assert ended.stdout.endswith("Messages: 1 handled.\n")


def test_the_role_of_the_function_is_assumed_if_it_trusts_you(aws: LocalAws, project: Project) -> None:
    role = project.consumer.function["Role"].rpartition("/")[2]
    iam = aws.client("iam")
    trusted = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    you = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=policy(*trusted["Statement"], you))
    try:
        process = project.start("--assume-role")
        project.send("identity")
        wait_until(lambda: project.printed("1 handled") or project.printed("failed"))
        ended = project.interrupt(process)
    finally:
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trusted))
    assert f"assumed-role/{role}/consumers-attach" in ended.stdout
    assert "your credentials" not in ended.stderr


def test_a_role_that_does_not_trust_you_is_an_error_before_anything_is_paused(
    aws: LocalAws, project: Project, credentials: Any, error_text: ErrorTexts
) -> None:
    credentials(*FIND, *PAUSE, *CONSUME)
    text = failed(run("attach", project.name, "--stack", "dev", "--assume-role"))
    error_text(text.partition(" AWS says: ")[0].replace(project.consumer.function["Role"], "ROLE"))
    assert state(aws, project.consumer) == ("Enabled", False)
