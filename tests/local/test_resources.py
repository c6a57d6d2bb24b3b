"""A resource of each type on the local AWS; and queues, roles and log groups compared with boto3's answers."""

import json
from datetime import UTC
from typing import Any

import pytest

from consumers.local.emulator import LocalAws
from consumers.provider.desired_state import id_of
from consumers.provider.provider_logic import refreshed_inputs, refreshed_outputs
from consumers.resource_table import TABLE as TYPES
from consumers.resource_table import ResourceError, Values, find
from consumers.resource_table.changes import changes
from consumers.resource_table.invokes import invoke
from error_texts import ErrorTexts
from resource_examples import FORCE_NEW, INACTIVE, LOGS, QUEUE, ROLE, TRUST, Create, document, example

REWRITTEN = ("functionName", "assumeRolePolicy", "policy")
"""Inputs that outputs have in another form: as an ARN, or as compact JSON."""


@pytest.mark.parametrize("token", sorted(TYPES.keys() - INACTIVE))
def test_each_type_is_created_found_updated_and_deleted(aws: LocalAws, create: Create, name: str, token: str) -> None:
    entry = find(token, name)
    inputs, change = example(create, name, token)
    before = entry.completed(name, inputs)
    if entry.name_property in entry.properties:
        before.setdefault(entry.name_property, entry.auto_name(name, before))
    after = entry.completed(name, before | change)

    resource_id, outputs = entry.create(aws, name, before)
    assert_read_again(aws, token, resource_id, outputs, before)
    assert id_of(aws, entry, before) == resource_id
    differing = list(changes(entry.properties, before, after))
    assert (bool(differing), [one for one in differing if one.force_new]) == (bool(change), [])

    updated = entry.update(aws, resource_id, before, after) if change else outputs
    assert {key: after[key] for key in after if key not in REWRITTEN}.items() <= updated.items()
    assert_read_again(aws, token, resource_id, updated, after)

    for _ in range(2):  # deleting a missing resource is no error
        entry.delete(aws, resource_id, updated)
        assert entry.read(aws, resource_id) is None


def assert_read_again(aws: LocalAws, token: str, resource_id: str, outputs: Values, inputs: Values) -> None:
    """A later read differs neither from the outputs nor from the inputs."""
    now = TYPES[token].read(aws, resource_id)
    assert now is not None
    assert now.items() <= outputs.items()
    assert refreshed_outputs(TYPES[token], outputs, now) == outputs
    assert refreshed_inputs(TYPES[token], inputs, now) == inputs


def attributes(aws: LocalAws, url: str) -> dict[str, str]:
    return aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]


def test_a_queue_has_the_urls_arns_and_defaults_of_the_aws_provider(aws: LocalAws, create: Create, name: str) -> None:
    url, outputs = create(QUEUE, {"name": name, "tags": {"consumer": "hands"}})
    found = attributes(aws, url)
    assert outputs == {
        "name": name,
        "url": aws.client("sqs").get_queue_url(QueueName=name)["QueueUrl"],
        "arn": found["QueueArn"],
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
    assert found["MaximumMessageSize"] == "262144"
    assert not {"FifoQueue", "ContentBasedDeduplication"} & found.keys()  # AWS refuses them on a standard queue
    assert aws.client("sqs").list_queue_tags(QueueUrl=url)["Tags"] == {"consumer": "hands"}


def test_every_attribute_of_a_queue_arrives_as_text_without_floats(aws: LocalAws, create: Create, name: str) -> None:
    _, dlq = create(QUEUE, {}, f"{name}-dlq")
    redrive = json.dumps({"deadLetterTargetArn": dlq["arn"], "maxReceiveCount": 3}, separators=(",", ":"))
    allow, policy = '{"redrivePermission":"denyAll"}', document(Action="sqs:SendMessage", Resource="*")
    expected: dict[str, tuple[str, Any, str]] = {
        "visibilityTimeoutSeconds": ("VisibilityTimeout", 60.0, "60"),
        "messageRetentionSeconds": ("MessageRetentionPeriod", 120.0, "120"),
        "delaySeconds": ("DelaySeconds", 1.0, "1"),
        "receiveWaitTimeSeconds": ("ReceiveMessageWaitTimeSeconds", 2.0, "2"),
        "maxMessageSize": ("MaximumMessageSize", 1_048_576.0, "1048576"),
        "redrivePolicy": ("RedrivePolicy", redrive, redrive),
        "redriveAllowPolicy": ("RedriveAllowPolicy", allow, allow),
        "policy": ("Policy", policy, policy),
        "sqsManagedSseEnabled": ("SqsManagedSseEnabled", True, "true"),
    }
    inputs = {key: value for key, (_, value, _) in expected.items()}
    url, outputs = create(QUEUE, inputs)
    assert {key: text for key, _, text in expected.values()}.items() <= attributes(aws, url).items()
    assert inputs.items() <= outputs.items()
    assert type(outputs["visibilityTimeoutSeconds"]) is int


def test_an_attribute_that_a_queue_no_longer_sets_gets_its_default(aws: LocalAws, create: Create, name: str) -> None:
    old = {"name": name, "visibilityTimeoutSeconds": 60, "tags": {"a": "1", "b": "2"}}
    new = {"name": name, "delaySeconds": 5, "tags": {"b": "3", "c": "4"}}
    url, _ = create(QUEUE, old)
    outputs = find(QUEUE, name).update(aws, url, old, new)
    assert (outputs["visibilityTimeoutSeconds"], outputs["delaySeconds"]) == (30, 5)
    assert attributes(aws, url)["VisibilityTimeout"] == "30"
    assert aws.client("sqs").list_queue_tags(QueueUrl=url)["Tags"] == outputs["tags"] == {"b": "3", "c": "4"}


def test_a_queue_is_encrypted_by_either_sqs_or_a_kms_key(aws: LocalAws, create: Create, name: str) -> None:
    key = f"arn:aws:kms:{aws.region}:{aws.account_id}:key/1a2b"
    by_sqs, by_key = {"name": name, "sqsManagedSseEnabled": True}, {"name": name, "kmsMasterKeyId": key}
    url, _ = create(QUEUE, by_sqs)
    for old, new, expected in ((by_sqs, by_key, (key, "false")), (by_key, by_sqs, ("", "true"))):
        find(QUEUE, name).update(aws, url, old, new)
        found = attributes(aws, url)
        assert (found["KmsMasterKeyId"], found["SqsManagedSseEnabled"]) == expected


def test_a_role_has_the_providers_outputs_and_changes_in_place(aws: LocalAws, create: Create, name: str) -> None:
    boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    kept = {"name": name, "assumeRolePolicy": TRUST, "path": "/hands/", "maxSessionDuration": 7200.0}
    old = kept | {"description": "old", "permissionsBoundary": boundary, "tags": {"a": "1"}}
    role_id, outputs = create(ROLE, old)
    found = aws.client("iam").get_role(RoleName=name)["Role"]
    assert role_id == name
    assert outputs == old | {
        "maxSessionDuration": found["MaxSessionDuration"],
        "arn": found["Arn"],
        "uniqueId": found["RoleId"],
        "createDate": found["CreateDate"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "tagsAll": {"a": "1"},
    }
    assert (found["Path"], found["AssumeRolePolicyDocument"]) == ("/hands/", json.loads(TRUST))
    trust = TRUST.replace("lambda.", "events.")
    new = kept | {"assumeRolePolicy": trust, "maxSessionDuration": 4000.0, "tags": {"b": "2"}}
    outputs = find(ROLE, name).update(aws, role_id, old, new)
    found = aws.client("iam").get_role(RoleName=name)["Role"]
    assert (found["AssumeRolePolicyDocument"], found["Description"]) == (json.loads(trust), "")
    assert (found["MaxSessionDuration"], found["Tags"]) == (4000, [{"Key": "b", "Value": "2"}])
    assert "PermissionsBoundary" not in found
    assert (outputs["assumeRolePolicy"], outputs["tags"]) == (trust, {"b": "2"})


def test_a_log_group_has_the_providers_outputs_and_changes_in_place(aws: LocalAws, create: Create, name: str) -> None:
    key = f"arn:aws:kms:{aws.region}:{aws.account_id}:key/1"
    full = {"name": name, "retentionInDays": 7.0, "kmsKeyId": key, "logGroupClass": "INFREQUENT_ACCESS"}
    full |= {"tags": {"a": "1"}}
    group_id, outputs = create(LOGS, full)
    create(LOGS, {"name": f"{name}-2"})  # the name of this one begins as the other's does
    assert group_id == name
    assert outputs == full | {"arn": log_group(aws, name)["logGroupArn"], "tagsAll": {"a": "1"}}
    assert log_group(aws, name)["retentionInDays"] == 7
    plain = {key: value for key, value in full.items() if key not in ("retentionInDays", "tags")}
    outputs = find(LOGS, name).update(aws, name, full, plain)
    assert "retentionInDays" not in log_group(aws, name)
    assert (outputs["retentionInDays"], outputs["tags"]) == (0, {})


def log_group(aws: LocalAws, name: str) -> dict[str, Any]:
    groups = aws.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    (found,) = [group for group in groups if group["logGroupName"] == name]
    return found


def test_an_automatic_name_ends_in_7_hexadecimal_or_after_a_prefix_26_digits(create: Create, name: str) -> None:
    for token, inputs in ((QUEUE, {}), (ROLE, {"assumeRolePolicy": TRUST}), (LOGS, {})):
        logical, _, digits = create(token, inputs)[1]["name"].rpartition("-")
        assert (logical, len(digits), set(digits) <= set("0123456789abcdef")) == (name, 7, True)
    prefix = f"{name[:20]}-"
    names = [create(QUEUE, {"namePrefix": prefix, "fifoQueue": True})[1]["name"] for _ in range(2)]
    digits = [each.removeprefix(prefix).removesuffix(".fifo") for each in names]
    assert [(len(each), each[:18].isdigit()) for each in digits] == [(26, True)] * 2
    assert len(set(names)) == 2


def test_an_error_of_boto3_names_the_resource(aws: LocalAws, error_text: ErrorTexts) -> None:
    with pytest.raises(ResourceError) as caught:
        find(LOGS, "hands").create(aws, "hands", {"name": 5.0})
    error_text(str(caught.value))


def test_a_resource_whose_creation_fails_half_way_is_deleted(aws: LocalAws, create: Create, name: str) -> None:
    with pytest.raises(ResourceError, match="retentionInDays"):
        create(LOGS, {"name": name, "retentionInDays": 8})  # not one of AWS's numbers
    assert aws.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"] == []


def test_the_common_functions_of_the_provider_have_an_answer(aws: LocalAws) -> None:
    for token, expected in {
        "getCallerIdentity": {"accountId": "000000000000", "id": "000000000000"},
        "getRegion": {"region": "us-east-1", "name": "us-east-1", "id": "us-east-1"},
        "getPartition": {"partition": "aws", "dnsSuffix": "amazonaws.com"},
    }.items():
        assert expected.items() <= invoke(aws, f"aws:index/{token}:{token}").items()


def test_properties_that_force_a_new_resource_are_those_of_the_aws_provider() -> None:
    assert {token: {name for name, p in t.properties.items() if p.force_new} for token, t in TYPES.items()} == FORCE_NEW
