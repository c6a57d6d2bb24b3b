"""`consumers pause`, `resume` and `drain` on consumers that are deployed to the local AWS."""

import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import deployed_consumers
from consumers.local.emulator import LocalAws
from consumers.operations import ages, pausing, queues
from consumers.operations.discovery import Consumer, find_one
from consumers.operations.leases import TAG, Lease, read_lease
from deployed_consumers import Deployed, failed, lines, run, start, use_only
from error_texts import ErrorTexts
from on_local_aws import policy, short, wait_until

LEASE = "from 2025-01-31T12:00:00Z until 2025-01-31T13:00:00Z by jane@laptop why a test"


@pytest.fixture(scope="module")
def deployed(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    with deployed_consumers.deployed(aws, tmp_path_factory.mktemp("project")) as consumers:
        yield consumers


@pytest.fixture(autouse=True)
def _hermetic(aws: LocalAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_only(aws, monkeypatch, tmp_path)
    monkeypatch.setattr(pausing, "POLL", 0.05)


@pytest.fixture
def hands(aws: LocalAws, deployed: Deployed) -> Iterator[Consumer]:
    """The consumer that reads its queue; whatever a test does, it reads again after it, and its queue is empty."""
    consumer = find_one(aws.client, deployed.name("hands"))
    yield consumer
    aws.client("lambda").untag_resource(Resource=consumer.function_arn, TagKeys=[TAG])
    enable(aws, consumer)
    aws.client("sqs").purge_queue(QueueUrl=consumer.queue_url)


def enable(aws: LocalAws, consumer: Consumer) -> None:
    aws.client("lambda").update_event_source_mapping(UUID=consumer.mapping_ids[0], Enabled=True)


def state(aws: LocalAws, consumer: Consumer) -> str:
    return aws.client("lambda").get_event_source_mapping(UUID=consumer.mapping_ids[0])["State"]


def visible(aws: LocalAws, consumer: Consumer) -> int:
    return queues.depth(aws.client("sqs"), consumer.queue_url or "").visible


def hold(aws: LocalAws, consumer: Consumer) -> str:
    """Put a message in flight for ten minutes, as a function does that has received it; return its receipt."""
    aws.client("sqs").send_message(QueueUrl=consumer.queue_url, MessageBody='{"id": 1}')
    received = aws.client("sqs").receive_message(QueueUrl=consumer.queue_url, VisibilityTimeout=600, WaitTimeSeconds=5)
    return received["Messages"][0]["ReceiptHandle"]


def paused_by_hand(aws: LocalAws, consumer: Consumer) -> None:
    aws.client("lambda").update_event_source_mapping(UUID=consumer.mapping_ids[0], Enabled=False)
    wait_until(lambda: not queues.depth(aws.client("sqs"), consumer.queue_url or "").in_flight)


def test_a_paused_consumer_gets_nothing_until_somebody_else_resumes_it(aws: LocalAws, hands: Consumer) -> None:
    result = run("pause", hands.name, "--for", "2h", "--why", "the fix is not out; wait", "--by", "jane@laptop")
    assert result.exit_code == 0, result.output
    assert f"On AWS account 000000000000, us-east-1\nQueue {hands.queue_name}\n" in result.stderr
    assert result.stdout.startswith(f"{hands.name} is paused, by jane@laptop from ")
    assert result.stdout.endswith(f" UTC (the fix is not out- wait). End it with `consumers resume {hands.name}`.\n")
    assert state(aws, hands) == "Disabled"
    assert run("send", hands.name, stdin="\n".join(lines(20))).exit_code == 0
    assert visible(aws, hands) == 20
    tag = aws.client("lambda").list_tags(Resource=hands.function_arn)["Tags"][TAG]
    held = Lease.read(tag)
    assert held
    assert (held.until - held.start, held.by, held.why) == (7200, "jane@laptop", "the fix is not out- wait")

    result = run("resume", hands.name)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"{hands.name} reads its queue again. It was paused by jane@laptop from ")
    assert (state(aws, hands), read_lease(aws.client, hands)) == ("Enabled", None)
    wait_until(lambda: visible(aws, hands) == 0)


def test_a_pause_is_one_json_object_and_so_are_its_end_and_the_drain(aws: LocalAws, hands: Consumer) -> None:
    paused = json.loads(run("pause", hands.name, "--for", "90s", "--by", "jane", "--json").stdout)
    assert (paused["name"], paused["stack"], paused["by"], paused["why"]) == (hands.name, "one", "jane", "")
    assert paused["is_over"] is False
    resumed = json.loads(run("resume", hands.name, "--json").stdout)
    assert resumed["paused"]["until"] == paused["until"]
    assert json.loads(run("resume", hands.name, "--json").stdout)["paused"] is None
    drained = json.loads(run("drain", hands.name, "--json").stdout)
    assert (drained["empty"], drained["new_dead_letters"]) == (True, 0)


def test_who_pauses_is_by_default_the_user_on_this_host(hands: Consumer, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr("getpass.getuser", nobody)
    monkeypatch.setattr("platform.node", lambda: "laptop")
    assert json.loads(run("pause", hands.name, "--json").stdout)["by"] == "unknown@laptop"


def test_a_pause_waits_until_nothing_is_in_flight(aws: LocalAws, hands: Consumer) -> None:
    paused_by_hand(aws, hands)
    receipt = hold(aws, hands)
    enable(aws, hands)

    def end() -> None:
        wait_until(lambda: state(aws, hands) == "Disabled")
        end_of_flight = {"ReceiptHandle": receipt, "VisibilityTimeout": 0}
        aws.client("sqs").change_message_visibility(QueueUrl=hands.queue_url, **end_of_flight)

    function = threading.Thread(target=end)
    function.start()
    assert run("pause", hands.name).exit_code == 0
    depth = queues.depth(aws.client("sqs"), hands.queue_url or "")
    function.join()
    assert (depth.visible, depth.in_flight) == (1, 0)


def test_a_pause_whose_time_runs_out_stays_and_says_what_is_in_flight(
    aws: LocalAws, hands: Consumer, error_text: ErrorTexts
) -> None:
    paused_by_hand(aws, hands)
    hold(aws, hands)
    enable(aws, hands)
    error_text(failed(run("pause", hands.name, "--timeout", "1s")).replace(hands.name, "hands"))
    assert state(aws, hands) == "Disabled"
    assert read_lease(aws.client, hands)


def test_a_paused_consumer_is_paused_again_only_after_its_resume(
    aws: LocalAws, hands: Consumer, error_text: ErrorTexts
) -> None:
    aws.client("lambda").tag_resource(Resource=hands.function_arn, Tags={TAG: LEASE})
    error_text(failed(run("pause", hands.name)).replace(hands.name, "hands"))
    assert run("resume", hands.name).exit_code == 0
    assert run("pause", hands.name).exit_code == 0


def test_a_mapping_that_was_disabled_without_a_pause_belongs_to_nobody(
    deployed: Deployed, aws: LocalAws, error_text: ErrorTexts
) -> None:
    name = deployed.name("paused")
    consumer = find_one(aws.client, name)
    for command in ("pause", "resume", "drain"):
        text = failed(run(command, name)).replace(name, "hands").replace(consumer.mapping_ids[0], "UUID")
        error_text(text)
    assert read_lease(aws.client, consumer) is None


def test_a_paused_consumer_cannot_drain(aws: LocalAws, hands: Consumer, error_text: ErrorTexts) -> None:
    aws.client("lambda").tag_resource(Resource=hands.function_arn, Tags={TAG: LEASE})
    error_text(failed(run("drain", hands.name)).replace(hands.name, "hands"))


def test_a_pause_that_the_retention_does_not_allow_is_refused(
    aws: LocalAws, hands: Consumer, error_text: ErrorTexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    error_text(failed(run("pause", hands.name, "--for", "4d")).replace(hands.name, "hands"))
    monkeypatch.setattr(ages, "oldest", lambda cloudwatch, names: dict.fromkeys(names, 342_001))  # pyright: ignore
    error_text(failed(run("pause", hands.name, "--for", "1h")).replace(hands.name, "hands"))
    assert (state(aws, hands), read_lease(aws.client, hands)) == ("Enabled", None)


@pytest.fixture
def waiting(aws: LocalAws, hands: Consumer) -> Iterator["subprocess.Popen[str]"]:
    """A pause in a process of its own, which waits for a message that stays in flight."""
    paused_by_hand(aws, hands)
    hold(aws, hands)
    enable(aws, hands)
    process = start("pause", hands.name, aws=aws)
    wait_until(lambda: read_lease(aws.client, hands))
    yield process
    process.kill()
    process.communicate()


def test_a_pause_that_is_killed_leaves_a_lease_that_anybody_can_end(
    aws: LocalAws, hands: Consumer, waiting: "subprocess.Popen[str]"
) -> None:
    waiting.kill()
    waiting.wait(20)
    assert read_lease(aws.client, hands)
    assert run("resume", hands.name).exit_code == 0
    assert (state(aws, hands), read_lease(aws.client, hands)) == ("Enabled", None)


def test_ctrl_c_says_that_the_consumer_may_be_paused(
    aws: LocalAws, hands: Consumer, waiting: "subprocess.Popen[str]"
) -> None:
    wait_until(lambda: state(aws, hands) == "Disabled")
    waiting.send_signal(signal.SIGINT)
    _, errors = waiting.communicate(timeout=60)
    assert waiting.returncode == 130
    assert errors.splitlines()[-1] == f"{hands.name} may be paused now: `consumers resume {hands.name}` ends that."


def test_a_drain_ends_when_the_queue_is_empty(aws: LocalAws, hands: Consumer) -> None:
    delayed = {"QueueUrl": hands.queue_url, "MessageBody": '{"id": 1}', "DelaySeconds": 1}
    aws.client("sqs").send_message(**delayed)
    result = run("drain", hands.name)
    assert (result.exit_code, result.stdout) == (0, f"The queue of {hands.name} is empty.\n")
    assert queues.depth(aws.client("sqs"), hands.queue_url or "").total == 0


def test_a_drain_counts_the_dead_letters_that_it_has_seen(
    aws: LocalAws, hands: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def poison(*_: Any) -> bool:
        aws.client("sqs").send_message(QueueUrl=hands.dead_letter_queue_url, MessageBody="poison")
        return original(*_)

    original = pausing.Wait.until
    monkeypatch.setattr(pausing.Wait, "until", poison)
    result = run("drain", hands.name)
    assert result.stdout == f"The queue of {hands.name} is empty. Messages that became dead letters meanwhile: 1.\n"
    aws.client("sqs").purge_queue(QueueUrl=hands.dead_letter_queue_url)


def test_a_drain_whose_time_runs_out_says_what_is_left(aws: LocalAws, hands: Consumer, error_text: ErrorTexts) -> None:
    aws.client("sqs").send_message(QueueUrl=hands.queue_url, MessageBody='{"id": 1}', DelaySeconds=600)
    error_text(failed(run("drain", hands.name, "--timeout", "1s")).replace(hands.name, "hands"))


FIND = ["tag:GetResources", "lambda:ListEventSourceMappings", "lambda:GetFunctionConfiguration", "sqs:*"]
READ = [*FIND, "lambda:List*", "lambda:Get*"]


@pytest.mark.parametrize(
    ("allowed", "missing"),
    [
        ([], "tag:GetResources"),
        (FIND, "lambda:ListTags"),
        ([*FIND, "lambda:List*", "lambda:Get*"], "lambda:TagResource"),
    ],
    ids=["nothing", "finding it", "reading"],
)
def test_a_role_without_a_permission_is_told_which(
    aws: LocalAws, hands: Consumer, name: str, monkeypatch: pytest.MonkeyPatch, allowed: list[str], missing: str
) -> None:
    name, iam = short(name), aws.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    if allowed:
        document = policy({"Effect": "Allow", "Action": allowed, "Resource": "*"})
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
    key = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="ann")["Credentials"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", key["SessionToken"])
    text = failed(run("pause", hands.name))
    assert text.startswith(f"You lack the permission {missing}. `grant_operate(role)` on the consumer")
    assert state(aws, hands) == "Enabled"


WRONG = [
    ["--for", "2"],
    ["--for", "0h"],
    ["--for", "-1h"],
    ["--for", "999999999d"],
    ["--why", "x" * 121],
    ["--by", "x" * 65],
    ["--timeout", "soon"],
]


@pytest.mark.parametrize("arguments", WRONG, ids=lambda pair: " ".join(pair)[:20])
def test_wrong_arguments_of_pause_are_errors(hands: Consumer, error_text: ErrorTexts, arguments: list[str]) -> None:
    error_text(failed(run("pause", hands.name, *arguments), 2))
