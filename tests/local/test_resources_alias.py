"""Aliases, what is kept ready for them, and attached policies on the local AWS, compared with what boto3 says."""

import pulumi
import pytest

from consumers.local.emulator import LocalAws
from consumers.resource_table import Values, find

ROLE = "aws:iam/role:Role"
FUNCTION = "aws:lambda/function:Function"
ALIAS = "aws:lambda/alias:Alias"
PROVISIONED = "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
XRAY = "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"


def create(aws: LocalAws, token: str, name: str, inputs: Values) -> tuple[str, Values]:
    return find(token, name).create(aws, name, inputs)


@pytest.fixture
def role(aws: LocalAws, name: str) -> Values:
    statement = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return create(aws, ROLE, name, {"assumeRolePolicy": {"Version": "2012-10-17", "Statement": [statement]}})[1]


@pytest.fixture
def function(name: str, role: Values) -> Values:
    """The inputs of a function with versions."""
    code = pulumi.AssetArchive({"handler.py": pulumi.StringAsset("def handle(event, context): return 'old'")})
    return {
        "name": name,
        "role": role["arn"],
        "code": code,
        "handler": "handler.handle",
        "runtime": "python3.12",
        "publish": True,
    }


def test_an_alias_follows_the_newest_version(aws: LocalAws, name: str, function: Values) -> None:
    client = aws.client("lambda")
    _, made = create(aws, FUNCTION, name, function)
    inputs = {"name": "live", "functionName": name, "functionVersion": made["version"]}
    alias_id, alias = create(aws, ALIAS, name, inputs)
    assert alias_id == alias["arn"] == f"{made['arn']}:live"
    assert alias["invokeArn"].endswith(f"/functions/{alias_id}/invocations")
    code = pulumi.AssetArchive({"handler.py": pulumi.StringAsset("def handle(event, context): return 'new'")})
    updated = find(FUNCTION, name).update(aws, name, function, function | {"code": code})
    assert (made["version"], updated["version"]) == ("1", "2")
    assert client.invoke(FunctionName=alias_id)["Payload"].read() == b'"old"'
    find(ALIAS, name).update(aws, alias_id, inputs, inputs | {"functionVersion": updated["version"]})
    assert client.invoke(FunctionName=alias_id)["Payload"].read() == b'"new"'
    find(ALIAS, name).delete(aws, alias_id, {})
    assert client.list_aliases(FunctionName=name)["Aliases"] == []


def test_environments_are_kept_ready_for_an_alias(aws: LocalAws, name: str, function: Values) -> None:
    _, made = create(aws, FUNCTION, name, function)
    create(aws, ALIAS, name, {"name": "live", "functionName": name, "functionVersion": made["version"]})
    inputs = {"functionName": name, "qualifier": "live", "provisionedConcurrentExecutions": 2.0}
    ready_id, ready = create(aws, PROVISIONED, name, inputs)
    said = aws.client("lambda").get_provisioned_concurrency_config(FunctionName=name, Qualifier="live")
    assert (ready_id, ready["provisionedConcurrentExecutions"]) == (f"{name},live", 2)
    assert said["RequestedProvisionedConcurrentExecutions"] == 2
    find(PROVISIONED, name).delete(aws, ready_id, {})
    assert find(PROVISIONED, name).read(aws, ready_id) is None


def test_a_policy_is_attached_to_a_role_and_detached(aws: LocalAws, name: str, role: Values) -> None:
    iam, entry = aws.client("iam"), find(ATTACHMENT, name)
    attachment_id, outputs = create(aws, ATTACHMENT, name, {"role": role["name"], "policyArn": XRAY})
    attached = iam.list_attached_role_policies(RoleName=role["name"])["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [XRAY]
    assert outputs == entry.read(aws, attachment_id) == {"role": role["name"], "policyArn": XRAY}
    entry.delete(aws, attachment_id, outputs)
    assert iam.list_attached_role_policies(RoleName=role["name"])["AttachedPolicies"] == []
    assert entry.read(aws, attachment_id) is None
    entry.delete(aws, attachment_id, outputs)


def test_a_function_keeps_its_key_snapshots_and_signature(aws: LocalAws, name: str, function: Values) -> None:
    client, entry = aws.client("lambda"), find(FUNCTION, name)
    config = "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-0a1b2c3d4e5f6a7b8"
    key = "arn:aws:kms:us-east-1:000000000000:key/k"
    given = {"kmsKeyArn": key, "snapStart": {"applyOn": "PublishedVersions"}, "codeSigningConfigArn": config}
    _, made = create(aws, FUNCTION, name, function | given)
    assert given.items() <= made.items()
    said = client.get_function_configuration(FunctionName=name)
    assert (said["KMSKeyArn"], said["SnapStart"]["ApplyOn"]) == (key, "PublishedVersions")
    other = entry.update(aws, name, function | given, function | {"codeSigningConfigArn": f"{config}0"})
    assert client.get_function_code_signing_config(FunctionName=name)["CodeSigningConfigArn"] == f"{config}0"
    assert not {"kmsKeyArn", "snapStart"} & set(other)
    entry.update(aws, name, function | {"codeSigningConfigArn": f"{config}0"}, function)
    assert client.get_function_code_signing_config(FunctionName=name)["CodeSigningConfigArn"] == ""
