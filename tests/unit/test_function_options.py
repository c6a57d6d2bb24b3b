"""The resources and permissions that the options of the function add."""

import base64
import hashlib
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components import QueueConsumer, QueueConsumerArgs
from components.settings.rules.functions import OWN_STATEMENTS
from consumer_run import KEY_ARN, Later, attempt, permissions, registered
from error_texts import ErrorTexts
from pulumi_run import ACCOUNT, REGION, inputs_of, run
from rule_cases import IMAGE, LAYER

SIGNING = f"arn:aws:lambda:{REGION}:{ACCOUNT}:code-signing-config:csc-0a1b2c3d4e5f6a7b8"
XRAY = "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"
VPC = {"subnet_ids": ["subnet-1", "subnet-2"], "security_group_ids": ["sg-1"]}


def test_every_option_reaches_its_resource(folder: Path, error_text: ErrorTexts) -> None:
    function = {
        "description": "plays hands",
        "layers": [LAYER],
        "vpc": {**VPC, "ipv6_allowed_for_dual_stack": True},
        "ephemeral_storage": 1024,
        "tracing": True,
        "reserved_concurrent_executions": 5,
        "log_format": "JSON",
        "application_log_level": "DEBUG",
        "system_log_level": "WARN",
        "log_kms_key_arn": KEY_ARN,
        "environment_kms_key_arn": KEY_ARN,
        "code_signing_config_arn": SIGNING,
        "permissions_boundary": f"arn:aws:iam::{ACCOUNT}:policy/Boundary",
    }
    result = registered(folder, function=function, mapping={"maximum_concurrency": 5})
    for part in ("function", "logs", "role"):
        error_text(inputs_of(result, f"hands-{part}"))


def test_an_image_has_no_handler_runtime_or_archive(folder: Path, error_text: ErrorTexts) -> None:
    config = {"commands": ["handler.handle"], "entry_points": ["/lambda-entrypoint.sh"], "working_directory": "/w"}
    result = registered(folder, source=None, image_uri=Later(IMAGE), function={"image_config": config})
    error_text(inputs_of(result, "hands-function"))
    assert "code" not in result.resources["hands-function"].inputs


def test_the_function_is_tagged_with_the_hash_of_its_archive_as_lambda_shows_it(folder: Path) -> None:
    function = registered(folder).resources["hands-function"].inputs
    content = Path(function["code"].path).read_bytes()
    expected = base64.b64encode(hashlib.sha256(content).digest()).decode()
    assert function["tags"]["queue-consumer:code-sha256"] == expected


@pytest.mark.parametrize(
    "args",
    [
        {"source": None, "code": pulumi.FileArchive("x.zip"), "runtime": "python3.12"},
        {"source": None, "image_uri": IMAGE},
        {"tags": {f"tag-{number}": "x" for number in range(45)}},
    ],
    ids=["an archive", "an image", "no room for the tag and that of a pause"],
)
def test_without_a_hash_of_its_own_or_without_room_the_function_has_no_such_tag(
    folder: Path, args: dict[str, Any]
) -> None:
    tags = registered(folder, **args).resources["hands-function"].inputs["tags"]
    assert "queue-consumer:consumer" in tags
    assert "queue-consumer:code-sha256" not in tags


def test_the_tags_of_the_hash_and_of_a_pause_fit_in(folder: Path) -> None:
    tags = registered(folder, tags={f"tag-{number}": "x" for number in range(44)}).resources["hands-function"].inputs
    assert len(tags["tags"]) == 49


LATER: dict[str, dict[str, Any]] = {
    "image_uri": {"source": None, "image_uri": Later("hands:1")},
    "layers": {"function": {"layers": [Later("tools")]}},
    "alias.name": {"function": {"alias": {"name": Later("7")}}},
    "environment_kms_key_arn": {"function": {"environment_kms_key_arn": Later("k")}},
    "mapping.kms_key_arn": {"filters": [{"body": ["ping"]}], "mapping": {"kms_key_arn": Later("k")}},
    "managed_policy_arns": {"function": {"managed_policy_arns": [Later("p")]}},
    "vpc.subnet_ids": {"function": {"vpc": {"subnet_ids": [Later("vpc-1")], "security_group_ids": ["sg-1"]}}},
}


@pytest.mark.parametrize("argument", LATER)
def test_an_output_is_checked_when_it_resolves(folder: Path, argument: str, error_text: ErrorTexts) -> None:
    error_text(str(attempt(folder, **LATER[argument]).error))


def test_a_preview_does_not_wait_for_an_output(folder: Path) -> None:
    def program() -> None:
        first = QueueConsumer("first", QueueConsumerArgs(source=str(folder)))
        unknown = first.queue_arn.apply(lambda arn: arn.replace("sqs", "kms"))
        lists = {"managed_policy_arns": [unknown], "layers": [unknown]}
        function: Any = {**lists, "environment_kms_key_arn": unknown, "alias": {"name": unknown}}
        QueueConsumer("second", {"source": str(folder), "function": function})
        send: Any = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": first.queue_arn}
        chained: Any = {"environment": {"NEXT": first.queue_url}, "policy_statements": [send]}
        QueueConsumer("third", QueueConsumerArgs(source=str(folder), **chained))

    preview = run(program, preview=True)
    assert preview.error is None
    assert {"second-function", "second-alias", "second-managed-policy-0"} <= set(preview.resources)
    resources = run(program).resources
    assert resources["third-function"].inputs["environment"]["variables"]["NEXT"].endswith("/first-queue-1a2b3c4")
    assert ":first-queue-1a2b3c4" in resources["third-policy"].inputs["policy"]
    assert "third-mapping" in preview.resources


def test_the_mapping_invokes_the_alias_of_the_published_version(folder: Path) -> None:
    resources = registered(folder, function={"alias": {}}).resources
    alias, mapping = resources["hands-alias"], resources["hands-mapping"]
    assert resources["hands-function"].inputs["publish"] is True
    assert (alias.inputs["name"], alias.inputs["functionVersion"]) == ("live", "7")
    assert alias.property_depends_on["functionVersion"] == {"hands-function"}
    assert mapping.property_depends_on["functionName"] == {"hands-alias"}
    assert mapping.inputs["functionName"] == f"arn:aws:lambda:{REGION}:{ACCOUNT}:live"
    assert "hands-provisioned-concurrency" not in resources


def test_an_alias_may_have_provisioned_concurrency_or_snapshots(folder: Path) -> None:
    ready = registered(folder, function={"alias": {"name": "now", "provisioned_concurrent_executions": 3}}).resources
    assert ready["hands-provisioned-concurrency"].inputs == {
        "functionName": "hands-function-1a2b3c4",
        "qualifier": "now",
        "provisionedConcurrentExecutions": 3,
    }
    snapshot = registered(folder, function={"alias": {"snap_start": True}}).resources["hands-function"]
    assert snapshot.inputs["snapStart"] == {"applyOn": "PublishedVersions"}


def test_alias_and_provisioned_concurrency_are_attributes(folder: Path) -> None:
    def program() -> list[str]:
        args = QueueConsumerArgs(source=str(folder), function={"alias": {"provisioned_concurrent_executions": 1}})
        ready, plain = QueueConsumer("ready", args), QueueConsumer("plain", QueueConsumerArgs(source=str(folder)))
        parts = (ready.alias, ready.provisioned_concurrency, plain.alias, plain.provisioned_concurrency)
        return [type(part).__name__ for part in parts]

    assert run(program).value == ["Alias", "ProvisionedConcurrencyConfig", "NoneType", "NoneType"]


@pytest.mark.parametrize("function", [{"vpc": VPC}, {"tracing": True}, {"alias": {}}])
def test_the_function_waits_for_permissions_that_lambda_needs_to_create_it(folder: Path, function: Any) -> None:
    arns = {"managed_policy_arns": [XRAY]}
    waits = registered(folder, function=function | arns).resources["hands-function"].depends_on
    assert {"hands-policy", "hands-aws-policy-AWSXRayDaemonWriteAccess"} <= waits
    assert "hands-policy" not in registered(folder, function=arns).resources["hands-function"].depends_on


def test_the_role_has_only_the_permissions_that_the_options_need_and_no_other_wildcards(batch: Path) -> None:
    of_options = {"Trace", "Network", "DenyNetworkToCode", "DecryptEnvironment"}
    assert not of_options & permissions(registered(batch)).keys()
    function = {"vpc": VPC, "tracing": True, "environment_kms_key_arn": KEY_ARN}
    found = permissions(registered(batch, fifo=True, retry={}, function=function))
    assert of_options <= found.keys()
    assert found["DecryptEnvironment"]["Resource"] == KEY_ARN
    wide = {sid for sid, one in found.items() if one["Resource"] == "*" and one["Effect"] == "Allow"}
    assert wide == {"Network", "Trace"}
    assert not any("*" in action for one in found.values() for action in one["Action"])


def test_the_longest_statements_leave_the_documented_room_for_the_programs(batch: Path) -> None:
    key = f"arn:aws-us-gov:kms:us-gov-west-1:{ACCOUNT}:key/{'x' * 40}"
    function = {"name": "f" * 64, "vpc": VPC, "tracing": True, "environment_kms_key_arn": key}
    idempotency = {"name": "t" * 255, "kms_key_arn": key}
    dead = {"arn": f"arn:aws-us-gov:sqs:us-gov-west-1:{ACCOUNT}:{'d' * 75}.fifo", "kms_master_key_id": key}
    queue = {"name": "q" * 75, "kms_master_key_id": key}
    options: Any = {"function": function, "idempotency": idempotency, "queue": queue, "dead_letter_queue": dead}
    result = registered(batch, fifo=True, retry={}, **options)
    assert len(result.resources["hands-policy"].inputs["policy"]) + 50 < OWN_STATEMENTS  # in the longest region


def test_each_managed_policy_is_an_attachment_named_after_the_policy(folder: Path) -> None:
    own = f"arn:aws:iam::{ACCOUNT}:policy/team/Own"
    result = registered(folder, function={"managed_policy_arns": [XRAY, own, Later(f"{own}2")]})
    attached = {resource.name: resource.inputs for resource in result.of_type("RolePolicyAttachment")}
    role = {"role": "hands-role-1a2b3c4"}
    assert attached == {
        "hands-aws-policy-AWSXRayDaemonWriteAccess": {**role, "policyArn": XRAY},
        f"hands-{ACCOUNT}-policy-team-Own": {**role, "policyArn": own},
        "hands-managed-policy-2": {**role, "policyArn": f"{own}2"},
    }
    assert set(attached) <= result.resources["hands-mapping"].depends_on


def test_a_secret_in_the_environment_is_marked_secret_and_sent_nowhere_else(folder: Path) -> None:
    environment = {"TABLE": "hands", "PASSWORD": Later("hunter2", is_secret=True)}
    result = registered(folder, environment=environment, function={"environment_kms_key_arn": KEY_ARN, "alias": {}})
    requests = {name: resource.request.object.fields for name, resource in result.resources.items()}
    assert "1b47061264138c4ac30d75fd1eb44270" in str(requests["hands-function"].pop("environment"))  # marks a secret
    assert "hunter2" not in str(requests)
