"""What the options of the function register, and what its role may do with them."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components import QueueConsumer, QueueConsumerArgs
from components.settings.rules.functions import OWN_STATEMENTS
from pulumi_run import ACCOUNT, REGION, Run, run

IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/hands:1"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k"
LAYER = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:tools:3"
XRAY = "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"
FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:hands-function-1a2b3c4"
VPC = {"subnet_ids": ["subnet-1", "subnet-2"], "security_group_ids": ["sg-1"]}


def consumer(folder: Path, **args: Any) -> Run:
    result = attempt(folder, **args)
    assert result.error is None, result.error
    return result


def attempt(folder: Path, **args: Any) -> Run:
    given: Any = {"source": str(folder), **args}
    return run(lambda: QueueConsumer("hands", given) and None)


def statements(result: Run) -> dict[str, Any]:
    policy = json.loads(result.resources["hands-policy"].inputs["policy"])
    return {statement["Sid"]: statement for statement in policy["Statement"]}


def test_every_option_reaches_its_resource(folder: Path) -> None:
    resources = consumer(
        folder,
        function={
            "description": "plays hands",
            "layers": [LAYER],
            "vpc": {**VPC, "ipv6_allowed_for_dual_stack": True},
            "ephemeral_storage": 1024,
            "tracing": True,
            "log_format": "JSON",
            "application_log_level": "DEBUG",
            "system_log_level": "WARN",
            "log_kms_key_arn": KEY,
            "environment_kms_key_arn": KEY,
            "reserved_concurrent_executions": 5,
            "code_signing_config_arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:code-signing-config:csc-0a1b2c3d4e5f6a7b8",
            "permissions_boundary": f"arn:aws:iam::{ACCOUNT}:policy/Boundary",
        },
        mapping={"maximum_concurrency": 5},
    ).resources
    function = resources["hands-function"].inputs
    assert {key: value for key, value in function.items() if key not in ("code", "tags", "role")} == {
        "handler": "handler.handle",
        "runtime": "python3.13",
        "timeout": 30,
        "memorySize": 128,
        "architectures": ["x86_64"],
        "description": "plays hands",
        "layers": [LAYER],
        "vpcConfig": {"subnetIds": VPC["subnet_ids"], "securityGroupIds": ["sg-1"], "ipv6AllowedForDualStack": True},
        "ephemeralStorage": {"size": 1024},
        "tracingConfig": {"mode": "Active"},
        "loggingConfig": {
            "logFormat": "JSON",
            "logGroup": "hands-logs-1a2b3c4",
            "applicationLogLevel": "DEBUG",
            "systemLogLevel": "WARN",
        },
        "kmsKeyArn": KEY,
        "reservedConcurrentExecutions": 5,
        "codeSigningConfigArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:code-signing-config:csc-0a1b2c3d4e5f6a7b8",
        "publish": False,
    }
    assert resources["hands-logs"].inputs["kmsKeyId"] == KEY
    assert resources["hands-role"].inputs["permissionsBoundary"] == f"arn:aws:iam::{ACCOUNT}:policy/Boundary"


def test_what_was_larger_or_traced_goes_back_to_the_default_when_it_is_left_out(folder: Path) -> None:
    # AWS's provider keeps what a program no longer says of these two, so the defaults are always said.
    function = consumer(folder).resources["hands-function"].inputs
    assert (function["ephemeralStorage"], function["tracingConfig"]) == ({"size": 512}, {"mode": "PassThrough"})


def test_an_image_comes_without_handler_runtime_and_archive() -> None:
    config = {"commands": ["handler.handle"], "entry_points": ["/lambda-entrypoint.sh"], "working_directory": "/w"}
    args = QueueConsumerArgs(image_uri=IMAGE, function={"image_config": config})  # pyright: ignore[reportArgumentType]
    result = run(lambda: QueueConsumer("hands", args) and None)
    assert result.error is None
    function = result.resources["hands-function"].inputs
    assert (function["packageType"], function["imageUri"]) == ("Image", IMAGE)
    assert function["imageConfig"] == {
        "commands": ["handler.handle"],
        "entryPoints": ["/lambda-entrypoint.sh"],
        "workingDirectory": "/w",
    }
    assert not {"handler", "runtime", "code"} & set(function)


def test_an_image_may_be_known_later_and_is_checked_then() -> None:
    def program(uri: str) -> Any:
        return lambda: QueueConsumer("hands", QueueConsumerArgs(image_uri=pulumi.Output.from_input(uri))) and None

    assert run(program(IMAGE)).resources["hands-function"].inputs["imageUri"] == IMAGE
    assert "- image_uri: got 'hands:1'; allowed: the URI of an image, like " in str(run(program("hands:1")).error)


@pytest.mark.parametrize(
    ("function", "says"),
    [
        ({"layers": ["tools"]}, "- function.layers: got 'tools'; allowed: a list of at most 5"),
        ({"alias": {"name": "7"}}, "- function.alias.name: got '7'; allowed: "),
        ({"environment_kms_key_arn": "k"}, "- function.environment_kms_key_arn: got 'k'; "),
        ({"managed_policy_arns": ["p"]}, "- function.managed_policy_arns: got 'p'; "),
        (
            {"vpc": {"subnet_ids": ["vpc-1"], "security_group_ids": ["sg-1"]}},
            "- function.vpc.subnet_ids: got 'vpc-1'; ",
        ),
    ],
)
def test_what_is_known_later_is_checked_when_it_is(folder: Path, function: Any, says: str) -> None:
    def program() -> None:
        args: Any = {"source": str(folder), "function": late(function)}
        QueueConsumer("hands", args)

    assert says in str(run(program).error)


def late(value: Any) -> Any:
    """`value` with each text in it as an Output."""
    if isinstance(value, dict):
        return {key: late(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [late(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return pulumi.Output.from_input(value)


def test_the_mapping_invokes_the_alias_of_the_version_that_was_published(folder: Path) -> None:
    resources = consumer(folder, function={"alias": {}}).resources
    alias, mapping = resources["hands-alias"], resources["hands-mapping"]
    assert resources["hands-function"].inputs["publish"] is True
    assert (alias.inputs["name"], alias.inputs["functionVersion"]) == ("live", "7")
    assert alias.property_depends_on["functionVersion"] == {"hands-function"}
    assert mapping.property_depends_on["functionName"] == {"hands-alias"}
    assert mapping.inputs["functionName"] == f"arn:aws:lambda:{REGION}:{ACCOUNT}:live"
    assert "hands-provisioned-concurrency" not in resources


def test_environments_are_kept_ready_for_the_alias(folder: Path) -> None:
    alias = {"name": "now", "provisioned_concurrent_executions": 3}
    resources = consumer(folder, function={"alias": alias}).resources
    assert resources["hands-provisioned-concurrency"].inputs == {
        "functionName": "hands-function-1a2b3c4",
        "qualifier": "now",
        "provisionedConcurrentExecutions": 3,
    }


def test_snapshots_are_taken_of_versions(folder: Path) -> None:
    resources = consumer(folder, function={"alias": {"snap_start": True}}).resources
    assert resources["hands-function"].inputs["snapStart"] == {"applyOn": "PublishedVersions"}


def test_without_an_alias_the_mapping_invokes_what_was_deployed_last(folder: Path) -> None:
    mapping = consumer(folder).resources["hands-mapping"]
    assert mapping.inputs["functionName"] == FUNCTION_ARN


def test_alias_and_provisioned_concurrency_are_attributes(folder: Path) -> None:
    def program() -> list[str]:
        args = QueueConsumerArgs(source=str(folder), function={"alias": {"provisioned_concurrent_executions": 1}})
        ready, plain = QueueConsumer("ready", args), QueueConsumer("plain", QueueConsumerArgs(source=str(folder)))
        parts = (ready.alias, ready.provisioned_concurrency, plain.alias, plain.provisioned_concurrency)
        return [type(part).__name__ for part in parts]

    assert run(program).value == ["Alias", "ProvisionedConcurrencyConfig", "NoneType", "NoneType"]


@pytest.mark.parametrize("function", [{"vpc": VPC}, {"tracing": True}, {"alias": {}}])
def test_the_function_waits_for_its_permissions_where_lambda_needs_them_before_the_mapping(
    folder: Path, function: Any
) -> None:
    arns = {"managed_policy_arns": [XRAY]}
    waits = consumer(folder, function=function | arns).resources["hands-function"].depends_on
    assert {"hands-policy", "hands-aws-policy-AWSXRayDaemonWriteAccess"} <= waits
    assert "hands-policy" not in consumer(folder, function=arns).resources["hands-function"].depends_on


def test_tracing_may_send_traces_and_nothing_else_on_everything(folder: Path) -> None:
    assert "Trace" not in statements(consumer(folder))
    assert statements(consumer(folder, function={"tracing": True}))["Trace"] == {
        "Sid": "Trace",
        "Effect": "Allow",
        "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
        "Resource": "*",
    }


def test_a_vpc_lets_lambda_make_network_interfaces_and_not_the_functions_code(folder: Path) -> None:
    assert not {"Network", "DenyNetworkToCode"} & set(statements(consumer(folder)))
    told = statements(consumer(folder, function={"vpc": VPC}))
    allowed, denied = told["Network"], told["DenyNetworkToCode"]
    assert (allowed["Effect"], denied["Effect"], allowed["Resource"]) == ("Allow", "Deny", "*")
    assert allowed["Action"] == denied["Action"]
    assert set(allowed["Action"]) == {
        *("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"),
        *("ec2:DescribeSubnets", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"),
    }
    assert denied["Condition"] == {"Null": {"lambda:SourceFunctionArn": "false"}}


def test_the_key_of_the_environment_may_be_used_and_no_other(folder: Path) -> None:
    statement = statements(consumer(folder, function={"environment_kms_key_arn": KEY}))["DecryptEnvironment"]
    assert (statement["Action"], statement["Resource"]) == (["kms:Decrypt"], KEY)


def test_no_wildcard_is_allowed_but_for_traces_and_network_interfaces(folder: Path) -> None:
    (folder / "handler.py").write_text("from sqs_batch import batch_handler\n\n@batch_handler\ndef handle(r): ...\n")
    function = {"vpc": VPC, "tracing": True, "environment_kms_key_arn": KEY}
    told = statements(consumer(folder, fifo=True, retry={}, function=function))
    wide = {sid for sid, statement in told.items() if statement["Resource"] == "*" and statement["Effect"] == "Allow"}
    assert wide == {"Network", "Trace"}
    assert not any("*" in action for statement in told.values() for action in statement["Action"])


def test_our_own_statements_leave_room_for_those_of_the_program(folder: Path) -> None:
    (folder / "handler.py").write_text("from sqs_batch import batch_handler\n\n@batch_handler\ndef handle(r): ...\n")
    longest = {"queue": {"name": "q" * 75}, "dead_letter_queue": {"name": "d" * 75}}
    function = {"name": "f" * 64, "vpc": VPC, "tracing": True, "environment_kms_key_arn": f"{KEY}{'k' * 35}"}
    idempotency = {"name": "t" * 255, "kms_key_arn": f"{KEY}{'k' * 35}"}
    result = consumer(folder, fifo=True, retry={}, function=function, idempotency=idempotency, **longest)
    assert len(result.resources["hands-policy"].inputs["policy"]) + 50 < OWN_STATEMENTS  # in the longest region


def test_managed_policies_are_attached_one_by_one_and_named_after_themselves(folder: Path) -> None:
    own = f"arn:aws:iam::{ACCOUNT}:policy/team/Own"

    def program() -> None:
        arns: list[Any] = [XRAY, own, pulumi.Output.from_input(f"{own}2")]
        QueueConsumer("hands", QueueConsumerArgs(source=str(folder), function={"managed_policy_arns": arns}))

    result = run(program)
    attached = {r.name: r.inputs for r in result.of_type("RolePolicyAttachment")}
    role = {"role": "hands-role-1a2b3c4"}
    assert attached == {
        "hands-aws-policy-AWSXRayDaemonWriteAccess": {**role, "policyArn": XRAY},
        f"hands-{ACCOUNT}-policy-team-Own": {**role, "policyArn": own},
        "hands-managed-policy-2": {**role, "policyArn": f"{own}2"},
    }
    assert set(attached) <= result.resources["hands-mapping"].depends_on


def test_an_arn_that_is_not_known_in_preview_does_not_hold_it_up(folder: Path) -> None:
    def program() -> None:
        first = QueueConsumer("first", QueueConsumerArgs(source=str(folder)))
        late = first.queue_arn.apply(lambda arn: arn.replace("sqs", "kms"))
        function: Any = {
            "managed_policy_arns": [late],
            "layers": [late],
            "environment_kms_key_arn": late,
            "alias": {"name": late},
        }
        QueueConsumer("second", {"source": str(folder), "function": function})

    result = run(program, preview=True)
    assert result.error is None
    assert {"second-function", "second-alias", "second-managed-policy-0"} <= set(result.resources)


def test_secret_values_of_the_environment_stay_secret_under_a_key_too(folder: Path) -> None:
    def program() -> None:
        environment: Any = {"TABLE": "hands", "PASSWORD": pulumi.Output.secret("hunter2")}
        function: Any = {"environment_kms_key_arn": KEY, "alias": {}}
        QueueConsumer("hands", QueueConsumerArgs(source=str(folder), environment=environment, function=function))

    result = run(program)
    assert result.error is None
    sent = result.resources["hands-function"].request.object.fields
    assert "1b47061264138c4ac30d75fd1eb44270" in str(sent["environment"])  # Pulumi's mark of a secret value
    everything = [r.request.object.fields for r in result.resources.values()]
    assert not any(
        "hunter2" in str(value) for sent in everything for key, value in sent.items() if key != "environment"
    )
