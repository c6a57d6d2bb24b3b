"""The resources that one QueueConsumer registers, and how they are wired."""

import zipfile
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws

from components import QueueConsumer, QueueConsumerArgs
from consumer_run import DLQ_ARN, KEY_ARN, QUEUE_ARN, Later, permissions, registered, variables
from error_texts import ErrorTexts
from pulumi_run import ACCOUNT, REGION, inputs_of, run

PARTS = ("role", "logs", "dlq", "queue", "policy", "function", "mapping")
DLQ_URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/hands-dlq-1a2b3c4"


def test_a_consumer_is_one_component_with_seven_resources_that_wait_for_each_other(folder: Path) -> None:
    resources = registered(folder).resources
    assert resources.keys() == {"hands", *(f"hands-{part}" for part in PARTS)}
    assert resources["hands"].type == "queue-consumer:index:QueueConsumer"
    assert {resource.parent for resource in resources.values() if resource.custom} == {"hands"}
    assert resources["hands-queue"].property_depends_on["redrivePolicy"] == {"hands-dlq"}
    assert {"hands-policy", "hands-queue", "hands-function"} <= resources["hands-mapping"].depends_on


def test_a_consumer_has_these_defaults(folder: Path, error_text: ErrorTexts) -> None:
    """A stack deployed with another version of this library must preview without a change."""
    error_text(inputs_of(registered(folder)))


def test_a_function_with_sqs_batch_gets_its_permissions_and_waits_for_the_dead_letter_queue_only(batch: Path) -> None:
    def actions(**args: Any) -> set[str]:
        found = {action for one in permissions(registered(batch, **args)).values() for action in one["Action"]}
        return {action.partition(":")[2] for action in found} & {"SendMessage", "ChangeMessageVisibility"}

    assert actions() == {"SendMessage"}
    assert actions(retry={}) == actions(fifo=True) == {"SendMessage", "ChangeMessageVisibility"}
    assert actions(dead_letter_queue={"allow_rejects": False}) == set()
    function = registered(batch).resources["hands-function"]
    assert function.depends_on == {"hands-role", "hands-logs", "hands-dlq"}
    assert zipfile.ZipFile(function.inputs["code"].path).namelist() == ["handler.py", "sqs_batch.py"]


def test_sqs_batch_is_configured_by_the_environment(batch: Path) -> None:
    expected = {"SQS_BATCH_MAX_RECEIVE_COUNT": "5"}
    assert variables(registered(batch, dead_letter_queue={"allow_rejects": False})) == expected
    retry = {"base_delay_seconds": 2, "maximum_delay_seconds": 60}
    assert variables(registered(batch, retry=retry, environment={"TABLE": "hands"})) == {
        **expected,
        "TABLE": "hands",
        "SQS_BATCH_DEAD_LETTER_QUEUE_URL": DLQ_URL,
        "SQS_BATCH_RETRY_BASE_DELAY_SECONDS": "2",
        "SQS_BATCH_RETRY_MAXIMUM_DELAY_SECONDS": "60",
    }


def test_with_reasons_the_function_may_send_to_its_dead_letter_queue_and_knows_that_it_should(batch: Path) -> None:
    group = {"reasons": True}
    result = registered(batch, dead_letter_queue=group)
    reject = {"Sid": "Reject", "Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": DLQ_ARN}
    assert permissions(result)["Reject"] == reject
    assert variables(result) == {
        "SQS_BATCH_MAX_RECEIVE_COUNT": "5",
        "SQS_BATCH_DEAD_LETTER_QUEUE_URL": DLQ_URL,
        "SQS_BATCH_DEAD_LETTER_REASONS": "1",
    }
    archive = registered(batch, source=None, code=pulumi.FileArchive("hands.zip"), dead_letter_queue=group)
    assert permissions(archive)["Reject"] == reject
    assert variables(archive) == variables(result)


def test_every_argument_reaches_its_resource(folder: Path, error_text: ErrorTexts) -> None:
    put = {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "arn:aws:dynamodb:::table/t"}
    result = registered(
        folder,
        runtime="python3.12",
        timeout=60,
        memory_size=512,
        environment={"TABLE": "hands"},
        policy_statements=[put],
        batch_size=70,
        filters=[{"body": {"chip_delta": [{"numeric": [">=", 100.0]}]}}],
        max_receive_count=4,
        function={"architecture": "arm64", "log_retention_in_days": 7},
        queue={"message_retention_seconds": 7200, "delay_seconds": 3, "receive_wait_time_seconds": 5},
        dead_letter_queue={"message_retention_seconds": 8000},
        mapping={
            "maximum_concurrency": 6,
            "enabled": False,
            "maximum_batching_window_in_seconds": 5,
            "kms_key_arn": Later(KEY_ARN),
        },
        tags={"team": "cards"},
    )
    error_text(inputs_of(result))
    tagged = [resource for resource in result.resources.values() if "tags" in resource.inputs]
    assert {resource.inputs["tags"]["team"] for resource in tagged} == {"cards"}


def test_every_argument_of_a_fifo_consumer_reaches_its_resource(folder: Path, error_text: ErrorTexts) -> None:
    key = {"kms_master_key_id": KEY_ARN, "kms_data_key_reuse_period_seconds": 600}
    queue = {"content_based_deduplication": True, "name": "Hands", "high_throughput": True, "max_message_size": 1_024}
    mapping = {"provisioned_pollers": {"minimum": 5}, "metrics": True}
    error_text(inputs_of(registered(folder, fifo=True, queue={**queue, **key}, mapping=mapping)))
    changed = registered(folder, fifo=True, queue={"name": "Hands.fifo", "high_throughput": False})
    error_text(inputs_of(changed, "hands-queue"))


def test_tags_name_consumer_part_stack_and_project(folder: Path) -> None:
    resources = registered(folder).resources
    tagged = {name: resource.inputs["tags"] for name, resource in resources.items() if "tags" in resource.inputs}
    assert set(tagged) == {f"hands-{part}" for part in PARTS if part != "policy"}
    keys = [f"queue-consumer:{key}" for key in ("consumer", "stack", "project")]
    assert {tuple(tags[key] for key in keys) for tags in tagged.values()} == {("hands", "test", "shop")}
    assert len({tags["queue-consumer:part"] for tags in tagged.values()}) == 6


def test_the_component_has_its_outputs_and_its_resources_as_attributes(folder: Path) -> None:
    def program() -> list[str]:
        hands = QueueConsumer("hands", QueueConsumerArgs(source=str(folder)))
        parts = (hands.role, hands.log_group, hands.dead_letter_queue, hands.queue, hands.role_policy)
        return [type(part).__name__ for part in (*parts, hands.function, hands.mapping)]

    result = run(program)
    assert result.value == ["Role", "LogGroup", "Queue", "Queue", "RolePolicy", "Function", "EventSourceMapping"]
    assert result.component_outputs["hands"] == {
        "queueUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/hands-queue-1a2b3c4",
        "queueArn": QUEUE_ARN,
        "queueName": "hands-queue-1a2b3c4",
        "deadLetterQueueUrl": DLQ_URL,
        "deadLetterQueueArn": DLQ_ARN,
        "deadLetterQueueName": "hands-dlq-1a2b3c4",
        "functionName": "hands-function-1a2b3c4",
        "functionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:hands-function-1a2b3c4",
        "roleArn": f"arn:aws:iam::{ACCOUNT}:role/hands-role-1a2b3c4",
        "logGroupName": "hands-logs-1a2b3c4",
        "mappingId": result.resources["hands-mapping"].outputs["uuid"],
    }


def test_consumers_share_no_name_and_no_resource(folder: Path) -> None:
    def program() -> None:
        for name in ("hands", "pots", "hands-late"):
            QueueConsumer(name, QueueConsumerArgs(source=str(folder)))

    result = run(program)
    assert result.error is None
    assert len(result.resources) == 3 * 8
    for name in ("hands", "pots", "hands-late"):
        own = {name, *(f"{name}-{part}" for part in PARTS)}
        assert all(result.resources[child].depends_on <= own for child in own)


def test_an_archive_is_used_unchanged(tmp_path: Path) -> None:
    archive = tmp_path / "function.zip"
    archive.write_bytes(b"PK")
    args = QueueConsumerArgs(code=pulumi.FileArchive(str(archive)), handler="index.handler", runtime="nodejs22.x")
    result = run(lambda: QueueConsumer("hands", args) and None)
    function = result.resources["hands-function"].inputs
    assert (function["code"].path, function["handler"]) == (str(archive), "index.handler")


def test_the_protect_argument_protects_the_queues_and_pulumis_protect_every_child(folder: Path) -> None:
    resources = registered(folder, queue={"protect": True}).resources
    assert {name for name, resource in resources.items() if resource.protect} == {"hands-queue", "hands-dlq"}
    resources = registered(folder, opts=pulumi.ResourceOptions(protect=True)).resources
    assert all(resource.protect for resource in resources.values())


def test_the_components_provider_reaches_every_child(folder: Path) -> None:
    def program() -> None:
        provider = aws.Provider("west", region="us-west-2")
        QueueConsumer("hands", QueueConsumerArgs(source=str(folder)), pulumi.ResourceOptions(providers=[provider]))

    result = run(program)
    assert result.error is None
    children = [resource for name, resource in result.resources.items() if name.startswith("hands-")]
    assert {child.provider.split("::")[3] for child in children} == {"west"}
