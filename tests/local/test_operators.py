"""A role with `grant_operate` on the local AWS, which enforces IAM: it may call what the commands call, and no more."""

import base64
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3  # pyright: ignore[reportMissingTypeStubs]
import pytest
from botocore.exceptions import ClientError  # pyright: ignore[reportMissingTypeStubs]

from consumers.evaluate.program import deploy
from consumers.local.emulator import LocalAws
from consumers.operations import deployed_settings, discovery, logs, message_life, pausing, reports, status, usage
from consumers.operations.details import Reasons
from consumers.operations.leases import Lease
from consumers.operations.pausing import Wait
from deployed_consumers import failed, run, use_only
from on_local_aws import policy

PROGRAM = """
import pulumi
import pulumi_aws as aws
from components import QueueConsumer

for name in {names!r}:
    made = QueueConsumer(name, {{"source": "function", "timeout": 10, "function": {{"alias": {{}}}}}})
    parts = ("queue_url", "queue_arn", "dead_letter_queue_url", "dead_letter_queue_arn")
    parts += ("function_arn", "log_group_name", "mapping_id")
    pulumi.export(name, {{part: getattr(made, part) for part in parts}})
    if name == {names!r}[0]:
        made.grant_operate(aws.iam.Role("operator", name="O{role}", assume_role_policy={anyone!r}))
aws.iam.Role("stranger", name="S{role}", assume_role_policy={anyone!r})
"""
ANYONE = policy({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"})
PAUSED = "queue-consumer:paused"
Call = tuple[str, str, dict[str, Any]]
"""Service, operation and parameters."""


class Role:
    """A role of the account, and what it can call."""

    def __init__(self, aws: LocalAws, name: str) -> None:
        arn = f"arn:aws:iam::{aws.account_id}:role/{name}"
        key = aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        sdk: Any = boto3
        self.variables = {
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
            "AWS_SESSION_TOKEN": key["SessionToken"],
        }
        self._session = sdk.Session(*self.variables.values(), aws.region)
        self._endpoint_url = aws.endpoint_url
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._session.client(service, endpoint_url=self._endpoint_url)
        return self._clients[service]

    def may(self, call: Call) -> bool:
        """Whether IAM allows the call. What the service answers then is another matter."""
        service, operation, parameters = call
        try:
            getattr(self.client(service), operation)(**parameters)
        except ClientError as error:
            return "AccessDenied" not in error.response["Error"]["Code"]
        return True


@dataclass(frozen=True)
class Operated:
    """Two consumers: one that an operator has the grant for, and another one."""

    name: str
    own: dict[str, str]
    others: dict[str, str]
    operator: Role
    stranger: Role


@pytest.fixture(scope="module")
def operated(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operated]:
    folder, suffix = tmp_path_factory.mktemp("project"), uuid.uuid4().hex[:8]
    own, other = f"own-{suffix}", f"other-{suffix}"
    (folder / "function").mkdir()
    (folder / "function" / "handler.py").write_text("def handle(event, context): ...\n")
    (folder / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM.format(names=[own, other], role=suffix, anyone=ANYONE))
    exports = deploy(folder, aws, stack="test").exports
    yield Operated(own, exports[own], exports[other], Role(aws, f"O{suffix}"), Role(aws, f"S{suffix}"))
    for export in exports.values():  # a poller that goes on would slow down the tests after these
        aws.client("lambda").delete_event_source_mapping(UUID=export["mapping_id"])


def calls_on(parts: dict[str, str]) -> list[Call]:
    """Every call of the commands on one consumer, the harmless ones first."""
    queue, dead = {"QueueUrl": parts["queue_url"]}, {"QueueUrl": parts["dead_letter_queue_url"]}
    queue_name, dead_name = ({"QueueName": each["QueueUrl"].rpartition("/")[2]} for each in (queue, dead))
    function, mapping = parts["function_arn"], {"UUID": parts["mapping_id"]}
    attributes, receipt = {"AttributeNames": ["All"]}, {"ReceiptHandle": "AQEB"}
    move = {"SourceArn": parts["dead_letter_queue_arn"]}
    return [
        ("sqs", "get_queue_url", queue_name),
        ("sqs", "get_queue_attributes", queue | attributes),
        ("sqs", "send_message", queue | {"MessageBody": "{}"}),
        ("sqs", "send_message_batch", queue | {"Entries": [{"Id": "0", "MessageBody": "{}"}]}),
        ("sqs", "get_queue_url", dead_name),
        ("sqs", "get_queue_attributes", dead | attributes),
        ("sqs", "list_dead_letter_source_queues", dead),
        ("sqs", "receive_message", dead | {"VisibilityTimeout": 0, "WaitTimeSeconds": 0}),
        ("sqs", "change_message_visibility", dead | receipt | {"VisibilityTimeout": 0}),
        (
            "sqs",
            "change_message_visibility_batch",
            dead | {"Entries": [{"Id": "0", "VisibilityTimeout": 0} | receipt]},
        ),
        ("sqs", "delete_message", dead | receipt),
        ("sqs", "delete_message_batch", dead | {"Entries": [{"Id": "0"} | receipt]}),
        ("sqs", "list_message_move_tasks", move),
        ("sqs", "start_message_move_task", move | {"DestinationArn": parts["queue_arn"]}),
        ("sqs", "cancel_message_move_task", {"TaskHandle": task_handle(parts["dead_letter_queue_arn"])}),
        ("lambda", "get_function_configuration", {"FunctionName": function}),
        ("lambda", "get_function_configuration", {"FunctionName": f"{function}:live"}),
        ("lambda", "list_tags", {"Resource": function}),
        ("lambda", "tag_resource", {"Resource": function, "Tags": {PAUSED: "until later"}}),
        ("lambda", "untag_resource", {"Resource": function, "TagKeys": [PAUSED]}),
        ("lambda", "get_event_source_mapping", mapping),
        ("lambda", "update_event_source_mapping", mapping | {"Enabled": False}),
        ("lambda", "update_event_source_mapping", mapping | {"Enabled": True}),
        ("logs", "filter_log_events", {"logGroupName": parts["log_group_name"]}),
    ]


def task_handle(arn: str) -> str:
    """Return the handle of a task of this queue, as AWS writes it; there is no such task."""
    return base64.b64encode(json.dumps({"taskId": "3f5a1d2c", "sourceArn": arn}).encode()).decode()


METRIC = {"MetricStat": {"Metric": {"Namespace": "AWS/SQS", "MetricName": "A"}, "Period": 60, "Stat": "Maximum"}}
OF_THE_ACCOUNT: list[Call] = [
    ("resourcegroupstaggingapi", "get_resources", {}),
    ("lambda", "list_event_source_mappings", {}),
    (
        "cloudwatch",
        "get_metric_data",
        {"MetricDataQueries": [{"Id": "a", **METRIC}], "StartTime": 1_800_000_000, "EndTime": 1_800_000_060},
    ),
]


def test_an_operator_may_call_what_the_commands_call_and_nobody_else_may(operated: Operated) -> None:
    for call in [*OF_THE_ACCOUNT, *calls_on(operated.own)]:
        assert operated.operator.may(call), call
        assert not operated.stranger.may(call), call


def test_on_another_consumer_an_operator_may_do_nothing(operated: Operated) -> None:
    assert [call for call in calls_on(operated.others) if operated.operator.may(call)] == []


def test_on_its_own_consumer_an_operator_may_do_nothing_else(operated: Operated) -> None:
    own, function = operated.own, {"Resource": operated.own["function_arn"]}
    queue, dead = {"QueueUrl": own["queue_url"]}, {"QueueUrl": own["dead_letter_queue_url"]}
    forbidden: list[Call] = [
        ("sqs", "receive_message", queue),  # could itself dead-letter a message
        ("sqs", "delete_message", queue | {"ReceiptHandle": "AQEB"}),
        ("sqs", "purge_queue", queue),
        ("sqs", "purge_queue", dead),
        ("sqs", "delete_queue", dead),
        ("sqs", "set_queue_attributes", queue | {"Attributes": {"VisibilityTimeout": "1"}}),
        ("sqs", "send_message", dead | {"MessageBody": "{}"}),
        ("lambda", "tag_resource", function | {"Tags": {"team": "other"}}),
        ("lambda", "tag_resource", function | {"Tags": {PAUSED: "until later", "team": "other"}}),
        ("lambda", "untag_resource", function | {"TagKeys": ["queue-consumer:consumer"]}),
        ("lambda", "delete_event_source_mapping", {"UUID": own["mapping_id"]}),
        ("lambda", "invoke", {"FunctionName": own["function_arn"]}),
        ("lambda", "update_function_configuration", {"FunctionName": own["function_arn"], "Timeout": 3}),
        ("logs", "delete_log_group", {"logGroupName": own["log_group_name"]}),
    ]
    assert [call for call in forbidden if operated.operator.may(call)] == []


def test_the_size_of_a_consumer_needs_the_grant_alone(operated: Operated) -> None:
    client = operated.operator.client
    found = discovery.find_one(client, operated.name)
    assert deployed_settings.read(client, found).has_alias
    assert not reports.read(client("logs"), found.log_group or "", 0).is_cut


def test_the_operations_find_show_and_read_a_consumer_with_the_grant_alone(operated: Operated) -> None:
    client = operated.operator.client
    found = discovery.find_one(client, operated.name)
    assert found.mapping_ids == [operated.own["mapping_id"]]
    (shown,) = status.read(client, [found])
    assert shown.dead_letters == 0
    assert found.log_group
    logs.lines(client("logs"), found.log_group)
    (used,) = usage.read(client, [found], 3_600)
    assert not used.has_data


def test_the_operations_pause_resume_drain_and_follow_a_message_with_the_grant_alone(
    operated: Operated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pausing, "POLL", 0.05)
    client, wait = operated.operator.client, Wait(30)
    found = discovery.find_one(client, operated.name)
    pausing.pause(client, found, Lease(1738324800.0, 1738328400.0, "ann"), wait)
    pausing.wait_for_state(client, found, "Disabled", wait)
    pausing.wait_until_idle(client, found, wait)
    reasons = Reasons(client)
    (paused,) = status.read(client, [discovery.find_one(client, operated.name)], reasons=reasons)
    assert paused.pause
    assert (paused.pause.by, paused.is_code_deployed) == ("ann", True)
    assert pausing.resume(client, found, wait) == paused.pause
    assert pausing.wait_until_empty(client, found, wait) == 0
    assert message_life.read(client("logs"), found.log_group or "", "no-such-message", 0).events == []
    with pytest.raises(ClientError, match="AccessDenied"):
        pausing.pause(operated.stranger.client, found, Lease(1738324800.0, 1738328400.0, "eve"), wait)


@pytest.mark.parametrize("command", [("status",), ("dlq", "list")], ids=" ".join)
def test_an_operator_of_some_consumers_is_advised_to_name_them(
    aws: LocalAws, operated: Operated, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    use_only(aws, monkeypatch, tmp_path)
    for name, value in operated.operator.variables.items():
        monkeypatch.setenv(name, value)
    advice = "Without NAME this reads all consumers: name those that the grant is for."
    assert advice in failed(run(*command))
    assert run(*command, operated.name).exit_code == 0
