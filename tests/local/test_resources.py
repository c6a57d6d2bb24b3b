"""Every resource type on the local AWS: created, read, changed, deleted, and compared with what boto3 says."""

import json
from datetime import UTC
from typing import Any

import pulumi
import pytest

from consumers.local.emulator import LocalAws
from consumers.resource_table import ResourceError, Values, find
from consumers.resource_table.invokes import invoke

QUEUE = "aws:sqs/queue:Queue"
ALLOW = "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy"
ROLE = "aws:iam/role:Role"
POLICY = "aws:iam/rolePolicy:RolePolicy"
LOGS = "aws:cloudwatch/logGroup:LogGroup"
FUNCTION = "aws:lambda/function:Function"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    },
    separators=(",", ":"),
)


def policy(action: str) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))


def create(aws: LocalAws, token: str, name: str, inputs: Values) -> tuple[str, Values]:
    return find(token, name).create(aws, name, inputs)


def attributes(aws: LocalAws, url: str) -> dict[str, str]:
    return aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]


# Queue


def test_a_queue_has_the_urls_arns_and_defaults_of_the_aws_provider(aws: LocalAws, name: str) -> None:
    url, outputs = create(aws, QUEUE, name, {"name": name, "tags": {"consumer": "hands"}})
    said = attributes(aws, url)
    assert outputs == {
        "name": name,
        "url": aws.client("sqs").get_queue_url(QueueName=name)["QueueUrl"],
        "arn": said["QueueArn"],
        "visibilityTimeoutSeconds": 30,
        "messageRetentionSeconds": 345_600,
        "delaySeconds": 0,
        "receiveWaitTimeSeconds": 0,
        "maxMessageSize": 262_144,
        "fifoQueue": False,
        "contentBasedDeduplication": False,
        "kmsDataKeyReusePeriodSeconds": 300,
        "tags": {"consumer": "hands"},
        "tagsAll": {"consumer": "hands"},
    }
    assert url == outputs["url"]
    assert said["MaximumMessageSize"] == "262144"
    assert not {"FifoQueue", "ContentBasedDeduplication"} & said.keys()  # AWS refuses them on a standard queue
    assert aws.client("sqs").list_queue_tags(QueueUrl=url)["Tags"] == {"consumer": "hands"}


def test_every_attribute_of_a_queue_arrives_as_text_though_pulumi_sends_floats(aws: LocalAws, name: str) -> None:
    _, dlq = create(aws, QUEUE, f"{name}-dlq", {})
    redrive = json.dumps({"deadLetterTargetArn": dlq["arn"], "maxReceiveCount": 3}, separators=(",", ":"))
    inputs = {
        "visibilityTimeoutSeconds": 60.0,
        "messageRetentionSeconds": 120.0,
        "delaySeconds": 1.0,
        "receiveWaitTimeSeconds": 2.0,
        "maxMessageSize": 1_048_576.0,
        "redrivePolicy": redrive,
        "redriveAllowPolicy": '{"redrivePermission":"denyAll"}',
        "policy": policy("sqs:SendMessage"),
        "sqsManagedSseEnabled": True,
    }
    url, outputs = create(aws, QUEUE, name, inputs)
    expected = {
        "VisibilityTimeout": "60",
        "MessageRetentionPeriod": "120",
        "DelaySeconds": "1",
        "ReceiveMessageWaitTimeSeconds": "2",
        "MaximumMessageSize": "1048576",
        "RedrivePolicy": redrive,
        "RedriveAllowPolicy": '{"redrivePermission":"denyAll"}',
        "Policy": policy("sqs:SendMessage"),
        "SqsManagedSseEnabled": "true",
    }
    assert expected.items() <= attributes(aws, url).items()
    assert inputs.items() <= outputs.items()
    assert type(outputs["visibilityTimeoutSeconds"]) is int


def test_a_fifo_queue_gets_an_automatic_name_that_ends_in_fifo(aws: LocalAws, name: str) -> None:
    inputs = {
        "fifoQueue": True,
        "contentBasedDeduplication": True,
        "deduplicationScope": "messageGroup",
        "fifoThroughputLimit": "perMessageGroupId",
        "kmsMasterKeyId": "alias/aws/sqs",
        "kmsDataKeyReusePeriodSeconds": 600,
    }
    url, outputs = create(aws, QUEUE, name, inputs)
    assert inputs.items() <= outputs.items()
    assert outputs["name"].startswith(f"{name}-")
    assert outputs["name"].endswith(".fifo")
    said = attributes(aws, url)
    assert said["FifoQueue"] == said["ContentBasedDeduplication"] == "true"
    assert said["KmsMasterKeyId"] == "alias/aws/sqs"


def test_a_queue_is_changed_in_place(aws: LocalAws, name: str) -> None:
    old = {
        "name": name,
        "visibilityTimeoutSeconds": 60,
        "kmsMasterKeyId": "alias/aws/sqs",
        "tags": {"a": "1", "b": "2"},
    }
    new = {"name": name, "delaySeconds": 5, "tags": {"b": "3", "c": "4"}}
    url, _ = create(aws, QUEUE, name, old)
    outputs = find(QUEUE, name).update(aws, url, old, new)
    said = attributes(aws, url)
    assert (said["VisibilityTimeout"], said["DelaySeconds"], said["KmsMasterKeyId"]) == ("30", "5", "")
    assert aws.client("sqs").list_queue_tags(QueueUrl=url)["Tags"] == {"b": "3", "c": "4"}
    assert (outputs["visibilityTimeoutSeconds"], outputs["delaySeconds"]) == (30, 5)
    assert outputs["tags"] == {"b": "3", "c": "4"}


def test_a_queue_that_gets_a_kms_key_is_no_longer_encrypted_by_sqs_and_the_other_way_round(
    aws: LocalAws, name: str
) -> None:
    key = f"arn:aws:kms:{aws.region}:{aws.account_id}:key/1a2b"
    by_sqs, by_key = {"name": name, "sqsManagedSseEnabled": True}, {"name": name, "kmsMasterKeyId": key}
    url, _ = create(aws, QUEUE, name, by_sqs)
    find(QUEUE, name).update(aws, url, by_sqs, by_key)
    said = attributes(aws, url)
    assert (said["KmsMasterKeyId"], said["SqsManagedSseEnabled"]) == (key, "false")
    find(QUEUE, name).update(aws, url, by_key, by_sqs)
    said = attributes(aws, url)
    assert (said["KmsMasterKeyId"], said["SqsManagedSseEnabled"]) == ("", "true")


# Role and policy


def test_a_role_has_the_outputs_of_the_aws_provider(aws: LocalAws, name: str) -> None:
    inputs = {"name": name, "assumeRolePolicy": TRUST, "path": "/hands/", "description": "d", "tags": {"a": "1"}}
    role_id, outputs = create(aws, ROLE, name, inputs | {"maxSessionDuration": 7200.0})
    said = aws.client("iam").get_role(RoleName=name)["Role"]
    assert role_id == name
    assert outputs == inputs | {
        "maxSessionDuration": said["MaxSessionDuration"],
        "arn": said["Arn"],
        "uniqueId": said["RoleId"],
        "createDate": said["CreateDate"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "tagsAll": {"a": "1"},
    }
    assert said["Path"] == "/hands/"
    assert said["AssumeRolePolicyDocument"] == json.loads(TRUST)
    assert said["Tags"] == [{"Key": "a", "Value": "1"}]


def test_a_role_is_changed_in_place(aws: LocalAws, name: str) -> None:
    boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    old = {
        "name": name,
        "assumeRolePolicy": TRUST,
        "description": "old",
        "permissionsBoundary": boundary,
        "tags": {"a": "1"},
    }
    trust = TRUST.replace("lambda.", "events.")
    role_id, outputs = create(aws, ROLE, name, old)
    assert outputs["permissionsBoundary"] == boundary
    outputs = find(ROLE, name).update(
        aws, role_id, old, {"name": name, "assumeRolePolicy": trust, "maxSessionDuration": 4000.0, "tags": {"b": "2"}}
    )
    said = aws.client("iam").get_role(RoleName=name)["Role"]
    assert said["AssumeRolePolicyDocument"] == json.loads(trust)
    assert (said["Description"], said["MaxSessionDuration"]) == ("", 4000)
    assert "PermissionsBoundary" not in said
    assert said["Tags"] == [{"Key": "b", "Value": "2"}]
    assert (outputs["assumeRolePolicy"], outputs["tags"]) == (trust, {"b": "2"})


def test_a_role_policy_is_named_after_role_and_policy(aws: LocalAws, name: str) -> None:
    create(aws, ROLE, name, {"name": name, "assumeRolePolicy": json.loads(TRUST)})
    inputs = {"role": name, "name": "consume", "policy": policy("sqs:ReceiveMessage")}
    policy_id, outputs = create(aws, POLICY, name, inputs)
    assert policy_id == f"{name}:consume"
    assert outputs == inputs
    said = aws.client("iam").get_role_policy(RoleName=name, PolicyName="consume")
    assert said["PolicyDocument"] == json.loads(policy("sqs:ReceiveMessage"))
    changed = find(POLICY, name).update(aws, policy_id, inputs, inputs | {"policy": policy("sqs:*")})
    assert changed["policy"] == policy("sqs:*")
    said = aws.client("iam").get_role_policy(RoleName=name, PolicyName="consume")
    assert said["PolicyDocument"] == json.loads(policy("sqs:*"))


# Log group


def test_a_log_group_keeps_its_retention(aws: LocalAws, name: str) -> None:
    group_id, outputs = create(aws, LOGS, name, {"name": name, "retentionInDays": 7.0, "tags": {"a": "1"}})
    create(aws, LOGS, f"{name}-2", {"name": f"{name}-2"})  # whose name begins as the other's does
    groups = aws.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    (said,) = [group for group in groups if group["logGroupName"] == name]
    assert group_id == name
    assert outputs == {
        "name": name,
        "arn": said["logGroupArn"],
        "retentionInDays": said["retentionInDays"],
        "logGroupClass": said["logGroupClass"],
        "tags": {"a": "1"},
        "tagsAll": {"a": "1"},
    }
    assert outputs["retentionInDays"] == 7


def test_a_log_group_is_created_with_its_key(aws: LocalAws, name: str) -> None:
    key = f"arn:aws:kms:{aws.region}:{aws.account_id}:key/1"
    _, outputs = create(aws, LOGS, name, {"name": name, "kmsKeyId": key, "logGroupClass": "INFREQUENT_ACCESS"})
    (said,) = aws.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert outputs["kmsKeyId"] == said["kmsKeyId"] == key
    assert outputs["logGroupClass"] == said["logGroupClass"] == "INFREQUENT_ACCESS"


def test_a_log_group_is_changed_in_place(aws: LocalAws, name: str) -> None:
    plain, full = {"name": name}, {"name": name, "retentionInDays": 1.0, "tags": {"a": "1"}}
    _, outputs = create(aws, LOGS, name, plain)
    assert outputs["retentionInDays"] == 0
    outputs = find(LOGS, name).update(aws, name, plain, full)
    assert full.items() <= outputs.items()
    outputs = find(LOGS, name).update(aws, name, full, plain)
    (said,) = aws.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert "retentionInDays" not in said
    assert (outputs["retentionInDays"], outputs["tags"]) == (0, {})


# What holds for every type


def example(aws: LocalAws, token: str, name: str) -> tuple[str, Values]:
    """One of each type, with whatever it needs."""
    _, role = create(aws, ROLE, f"{name}-role", {"assumeRolePolicy": TRUST})
    archive = pulumi.AssetArchive({"handler.py": pulumi.StringAsset("def handle(event, context): return event")})
    inputs: dict[str, Values] = {
        QUEUE: {},
        LOGS: {},
        ROLE: {"assumeRolePolicy": TRUST},
        POLICY: {"role": role["name"], "policy": policy("sqs:*")},
        FUNCTION: {"role": role["arn"], "code": archive, "handler": "handler.handle", "runtime": "python3.12"},
    }
    if token == ALLOW:
        _, queue = create(aws, QUEUE, name, {})
        inputs[ALLOW] = {"queueUrl": queue["url"], "redriveAllowPolicy": '{"redrivePermission":"denyAll"}'}
    if token == MAPPING:
        _, function = create(aws, FUNCTION, name, inputs[FUNCTION])
        _, queue = create(aws, QUEUE, name, {})
        inputs[MAPPING] = {"eventSourceArn": queue["arn"], "functionName": function["arn"]}
    return create(aws, token, name, inputs[token])


EVERY_TYPE = pytest.mark.parametrize("token", [QUEUE, ALLOW, ROLE, POLICY, LOGS, FUNCTION, MAPPING])


@EVERY_TYPE
def test_what_is_read_is_what_create_gave(aws: LocalAws, name: str, token: str) -> None:
    resource_id, outputs = example(aws, token, name)
    read = find(token, name).read(aws, resource_id)
    assert read is not None
    assert ("name" in read, "arn" in read) == (token not in (MAPPING, ALLOW), token not in (POLICY, ALLOW))
    assert read.items() <= outputs.items()


@EVERY_TYPE
def test_what_is_deleted_is_gone_and_may_be_deleted_again(aws: LocalAws, name: str, token: str) -> None:
    resource_id, outputs = example(aws, token, name)
    find(token, name).delete(aws, resource_id, outputs)
    assert find(token, name).read(aws, resource_id) is None
    find(token, name).delete(aws, resource_id, outputs)


@pytest.mark.parametrize("token", [QUEUE, ROLE, POLICY, LOGS, FUNCTION])
def test_an_automatic_name_is_the_logical_one_and_seven_hexadecimal_digits(
    aws: LocalAws, name: str, token: str
) -> None:
    _, outputs = example(aws, token, name)
    logical, _, digits = outputs["name"].rpartition("-")
    assert logical == name
    assert len(digits) == 7
    assert set(digits) <= set("0123456789abcdef")


def test_a_name_prefix_is_followed_by_26_digits(aws: LocalAws, name: str) -> None:
    names = [create(aws, QUEUE, name, {"namePrefix": f"{name[:20]}-", "fifoQueue": True})[1]["name"] for _ in range(2)]
    for each in names:
        digits = each.removeprefix(f"{name[:20]}-").removesuffix(".fifo")
        assert len(digits) == 26
        assert digits[:18].isdigit()
    assert len(set(names)) == 2


def test_the_providers_default_tags_are_on_the_resource_and_in_tags_all_only(aws: LocalAws, name: str) -> None:
    defaults, entry = {"environment": "dev", "a": "default"}, find(QUEUE, name)
    url, outputs = entry.create(aws, name, {"tags": {"a": "own"}}, defaults)
    assert aws.client("sqs").list_queue_tags(QueueUrl=url)["Tags"] == {"environment": "dev", "a": "own"}
    assert outputs["tags"] == {"a": "own"}
    assert outputs["tagsAll"] == {"environment": "dev", "a": "own"}
    assert entry.read(aws, url, defaults) == outputs
    outputs = entry.update(aws, url, {"tags": {"a": "own"}}, {"tags": {"environment": "dev"}}, defaults)
    assert (outputs["tags"], outputs["tagsAll"]) == ({"environment": "dev"}, defaults)


def test_a_refusal_of_aws_names_the_resource_and_says_what_aws_said(aws: LocalAws) -> None:
    with pytest.raises(ResourceError) as caught:
        find(QUEUE, "hands").create(aws, "hands", {"visibilityTimeoutSeconds": 99_999.0})
    assert str(caught.value) == (
        "aws:sqs/queue:Queue 'hands': InvalidAttributeValue: Invalid value for the parameter VisibilityTimeout. "
        "Value must be between 0 and 43200."
    )


def test_a_value_of_the_wrong_type_is_refused_in_one_line(aws: LocalAws) -> None:
    with pytest.raises(ResourceError) as caught:
        find(LOGS, "hands").create(aws, "hands", {"name": 5.0})
    assert str(caught.value) == (
        "aws:cloudwatch/logGroup:LogGroup 'hands': Parameter validation failed: Invalid type for parameter "
        "logGroupName, value: 5, type: <class 'int'>, valid types: <class 'str'>"
    )


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("getCallerIdentity", {"accountId": "000000000000", "id": "000000000000"}),
        ("getRegion", {"region": "us-east-1", "name": "us-east-1", "id": "us-east-1"}),
        ("getPartition", {"partition": "aws", "dnsSuffix": "amazonaws.com"}),
    ],
)
def test_the_common_functions_of_the_provider_have_an_answer(
    aws: LocalAws, token: str, expected: dict[str, Any]
) -> None:
    answer = invoke(aws, f"aws:index/{token}:{token}")
    assert expected.items() <= answer.items()
