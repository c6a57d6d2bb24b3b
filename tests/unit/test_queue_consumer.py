"""What one QueueConsumer registers, and how its resources are wired."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components import QueueConsumer, QueueConsumerArgs
from pulumi_run import ACCOUNT, REGION, Registered, Run, run

PARTS = ("role", "logs", "dlq", "queue", "policy", "function", "mapping")


def consumer(folder: Path, name: str = "hands", opts: pulumi.ResourceOptions | None = None, **args: Any) -> Run:
    """Run a program of one consumer; fails where the program does."""
    result = attempt(folder, name, opts, **args)
    assert result.error is None, result.error
    return result


def attempt(folder: Path, name: str = "hands", opts: pulumi.ResourceOptions | None = None, **args: Any) -> Run:
    return run(lambda: QueueConsumer(name, args={"source": str(folder), **args}, opts=opts) and None)  # pyright: ignore[reportArgumentType]


def policy(resource: Registered, key: str = "policy") -> list[dict[str, Any]]:
    return json.loads(resource.inputs[key])["Statement"]


def test_a_consumer_is_seven_aws_resources_under_one_component(folder: Path) -> None:
    resources = consumer(folder).resources
    assert set(resources) == {"hands", *(f"hands-{part}" for part in PARTS)}
    assert resources["hands"].type == "queue-consumer:index:QueueConsumer"
    assert {r.parent for r in resources.values() if r.custom} == {"hands"}
    assert sum(r.type == "aws:sqs/queue:Queue" for r in resources.values()) == 2


def test_two_sqs_resources_and_no_attachment_stand_between_up_and_the_first_message(folder: Path) -> None:
    types = {r.type.partition(":")[2] for r in consumer(folder).resources.values()}
    assert not types & {"sqs/queuePolicy:QueuePolicy", "sqs/redrivePolicy:RedrivePolicy"}


def test_the_queue_depends_on_its_dead_letter_queue_and_moves_messages_there_after_five_receives(folder: Path) -> None:
    queue = consumer(folder).resources["hands-queue"]
    assert queue.property_depends_on["redrivePolicy"] == {"hands-dlq"}
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:hands-dlq-1a2b3c4"
    assert queue.inputs["redrivePolicy"] == f'{{"deadLetterTargetArn":"{arn}","maxReceiveCount":5}}'


def test_the_mapping_waits_for_the_permission_to_poll_and_for_a_queue_that_has_its_dead_letter_queue(
    folder: Path,
) -> None:
    mapping = consumer(folder).resources["hands-mapping"]
    assert {"hands-policy", "hands-queue", "hands-function"} <= mapping.depends_on
    assert mapping.inputs["functionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping.inputs["batchSize"] == 10
    assert mapping.inputs["enabled"] is True
    assert not {"filterCriteria", "scalingConfig", "maximumBatchingWindowInSeconds"} & set(mapping.inputs)


def test_the_function_waits_for_no_queue_but_the_dead_letter_queue(folder: Path) -> None:
    (folder / "handler.py").write_text("from sqs_batch import batch_handler\n\n@batch_handler\ndef handle(r): ...\n")
    function = consumer(folder).resources["hands-function"]
    assert function.depends_on == {"hands-role", "hands-logs", "hands-dlq"}


def test_the_function_logs_to_a_group_of_its_own_that_exists_before_it(folder: Path) -> None:
    resources = consumer(folder).resources
    assert resources["hands-function"].inputs["loggingConfig"] == {
        "logFormat": "Text",
        "logGroup": "hands-logs-1a2b3c4",
    }
    assert resources["hands-logs"].inputs["retentionInDays"] == 30


def test_the_role_may_read_its_queue_write_its_log_and_nothing_else(folder: Path) -> None:
    statements = policy(consumer(folder).resources["hands-policy"])
    assert statements == [
        {
            "Sid": "Consume",
            "Effect": "Allow",
            "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
            "Resource": f"arn:aws:sqs:{REGION}:{ACCOUNT}:hands-queue-1a2b3c4",
        },
        {
            "Sid": "WriteLogs",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:hands-logs-1a2b3c4:*",
        },
    ]


def test_only_lambda_may_assume_the_role(folder: Path) -> None:
    statements = policy(consumer(folder).resources["hands-role"], "assumeRolePolicy")
    assert [s["Principal"] for s in statements] == [{"Service": "lambda.amazonaws.com"}]


def test_what_the_runtime_needs_is_granted_only_where_the_function_imports_it(folder: Path) -> None:
    def actions(**args: Any) -> set[str]:
        statements = policy(consumer(folder, **args).resources["hands-policy"])
        return {action for statement in statements for action in statement["Action"]}

    assert "sqs:SendMessage" not in actions()
    (folder / "handler.py").write_text("import sqs_batch\n\n@sqs_batch.batch_handler\ndef handle(record): ...\n")
    assert "sqs:SendMessage" in actions()
    assert "sqs:ChangeMessageVisibility" not in actions()
    assert "sqs:ChangeMessageVisibility" in actions(retry={})
    assert "sqs:ChangeMessageVisibility" in actions(fifo=True)
    assert "sqs:SendMessage" not in actions(dead_letter_queue={"allow_rejects": False})


def test_the_runtime_is_told_what_it_may_do(folder: Path) -> None:
    (folder / "handler.py").write_text("from sqs_batch import batch_handler\n\n@batch_handler\ndef handle(r): ...\n")

    def variables(**args: Any) -> dict[str, str]:
        return consumer(folder, **args).resources["hands-function"].inputs["environment"]["variables"]

    dlq = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/hands-dlq-1a2b3c4"
    rejects = {"SQS_BATCH_MAX_RECEIVE_COUNT": "5", "SQS_BATCH_DEAD_LETTER_QUEUE_URL": dlq}
    retries = {"SQS_BATCH_RETRY_BASE_DELAY_SECONDS": "2", "SQS_BATCH_RETRY_MAXIMUM_DELAY_SECONDS": "60"}
    retry = {"base_delay_seconds": 2, "maximum_delay_seconds": 60}
    assert variables() == rejects
    assert variables(retry=retry, environment={"TABLE": "hands"}) == {**rejects, **retries, "TABLE": "hands"}
    assert variables(dead_letter_queue={"allow_rejects": False}) == {"SQS_BATCH_MAX_RECEIVE_COUNT": "5"}
    assert variables(retry=retry, dead_letter_queue={"allow_rejects": False}) == {
        "SQS_BATCH_MAX_RECEIVE_COUNT": "5",
        **retries,
    }


def test_a_function_without_the_runtime_gets_no_variable_of_ours(folder: Path) -> None:
    assert "environment" not in consumer(folder).resources["hands-function"].inputs


def test_both_queues_are_encrypted_and_deny_what_does_not_come_by_tls(folder: Path) -> None:
    queues = consumer(folder).of_type("queue:Queue")
    assert len(queues) == 2
    for queue in queues:
        (statement,) = policy(queue)
        assert queue.inputs["sqsManagedSseEnabled"] is True
        assert (statement["Effect"], statement["Principal"], statement["Resource"]) == ("Deny", "*", "*")
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_every_policy_is_written_as_aws_gives_it_back(folder: Path) -> None:
    texts = [
        value
        for resource in consumer(folder).resources.values()
        for key, value in resource.inputs.items()
        if key in ("policy", "assumeRolePolicy", "redrivePolicy")
    ]
    assert len(texts) == 5
    for text in texts:
        assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))


def test_the_visibility_timeout_follows_timeout_and_batching_window(folder: Path) -> None:
    resources = consumer(
        folder, timeout=10, batch_size=100, mapping={"maximum_batching_window_in_seconds": 5}
    ).resources
    assert resources["hands-queue"].inputs["visibilityTimeoutSeconds"] == 65
    assert resources["hands-mapping"].inputs["maximumBatchingWindowInSeconds"] == 5


def test_a_fifo_consumer_has_two_fifo_queues(folder: Path) -> None:
    resources = consumer(folder, fifo=True, queue={"content_based_deduplication": True}).resources
    assert resources["hands-queue"].inputs["fifoQueue"] is True
    assert resources["hands-dlq"].inputs["fifoQueue"] is True
    assert resources["hands-queue"].inputs["contentBasedDeduplication"] is True
    assert "contentBasedDeduplication" not in resources["hands-dlq"].inputs


@pytest.mark.parametrize("given", ["Hands", "Hands.fifo"])
def test_the_name_of_a_fifo_queue_ends_with_fifo_once(folder: Path, given: str) -> None:
    resources = consumer(folder, fifo=True, queue={"name": given}).resources
    assert resources["hands-queue"].inputs["name"] == "Hands.fifo"


def test_given_names_are_used_and_the_log_group_is_named_after_the_function(folder: Path) -> None:
    resources = consumer(
        folder,
        function={"name": "PokerHandsConsumer", "role_name": "PokerHandsLambdaRole"},
        queue={"name": "PokerHandsQueue"},
        dead_letter_queue={"name": "PokerHandsDeadLetterQueue"},
    ).resources
    names = {part: resources[f"hands-{part}"].inputs.get("name") for part in PARTS}
    assert names == {
        "role": "PokerHandsLambdaRole",
        "logs": "/aws/lambda/PokerHandsConsumer",
        "dlq": "PokerHandsDeadLetterQueue",
        "queue": "PokerHandsQueue",
        "policy": None,
        "function": "PokerHandsConsumer",
        "mapping": None,
    }


def test_without_names_nothing_has_a_fixed_name_so_that_two_stacks_fit_into_one_account(folder: Path) -> None:
    resources = consumer(folder).resources
    assert all("name" not in resource.inputs for resource in resources.values())


def test_every_argument_reaches_its_resource(folder: Path) -> None:
    resources = consumer(
        folder,
        runtime="python3.12",
        timeout=60,
        memory_size=512,
        environment={"TABLE": "hands"},
        policy_statements=[{"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "arn:aws:dynamodb:::table/t"}],
        batch_size=7,
        filters=[{"body": {"chip_delta": [{"numeric": [">=", 100.0]}]}}],
        max_receive_count=4,
        function={"architecture": "arm64", "log_retention_in_days": 7},
        queue={
            "visibility_timeout_seconds": 400,
            "message_retention_seconds": 7200,
            "delay_seconds": 3,
            "receive_wait_time_seconds": 5,
        },
        dead_letter_queue={"message_retention_seconds": 8000},
        mapping={"maximum_concurrency": 6, "enabled": False},
        tags={"team": "cards"},
    ).resources
    function, queue, mapping = (resources[f"hands-{part}"].inputs for part in ("function", "queue", "mapping"))
    given = {key: function[key] for key in ("runtime", "timeout", "memorySize", "architectures", "environment")}
    assert given == {
        "runtime": "python3.12",
        "timeout": 60,
        "memorySize": 512,
        "architectures": ["arm64"],
        "environment": {"variables": {"TABLE": "hands"}},
    }
    assert resources["hands-logs"].inputs["retentionInDays"] == 7
    assert queue["visibilityTimeoutSeconds"] == 400
    assert queue["messageRetentionSeconds"] == 7200
    assert queue["delaySeconds"] == 3
    assert queue["receiveWaitTimeSeconds"] == 5
    assert json.loads(queue["redrivePolicy"])["maxReceiveCount"] == 4
    assert resources["hands-dlq"].inputs["messageRetentionSeconds"] == 8000
    assert mapping["batchSize"] == 7
    assert mapping["enabled"] is False
    assert mapping["scalingConfig"] == {"maximumConcurrency": 6}
    assert mapping["filterCriteria"] == {"filters": [{"pattern": '{"body":{"chip_delta":[{"numeric":[">=",100]}]}}'}]}
    assert policy(resources["hands-policy"])[-1]["Action"] == "dynamodb:PutItem"
    assert all(r.inputs["tags"]["team"] == "cards" for r in resources.values() if "tags" in r.inputs)


def test_tags_lead_from_aws_back_to_the_consumer(folder: Path) -> None:
    resources = consumer(folder).resources
    tagged = {name: resource.inputs["tags"] for name, resource in resources.items() if "tags" in resource.inputs}
    assert set(tagged) == {f"hands-{part}" for part in PARTS if part != "policy"}
    assert {tags["queue-consumer:consumer"] for tags in tagged.values()} == {"hands"}
    assert {(tags["queue-consumer:stack"], tags["queue-consumer:project"]) for tags in tagged.values()} == {
        ("test", "shop")
    }
    assert len({tags["queue-consumer:part"] for tags in tagged.values()}) == 6


def test_the_component_registers_every_output_once_in_camel_case(folder: Path) -> None:
    result = consumer(folder)
    outputs = result.component_outputs["hands"]
    assert set(outputs) == {
        *("queueUrl", "queueArn", "queueName", "functionName", "functionArn", "roleArn", "logGroupName", "mappingId"),
        *("deadLetterQueueUrl", "deadLetterQueueArn", "deadLetterQueueName"),
    }
    assert outputs["queueUrl"] == f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/hands-queue-1a2b3c4"
    assert outputs["deadLetterQueueName"] == "hands-dlq-1a2b3c4"
    assert outputs["functionArn"] == f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:hands-function-1a2b3c4"
    assert outputs["mappingId"] == result.resources["hands-mapping"].outputs["uuid"]


def test_the_underlying_resources_are_attributes(folder: Path) -> None:
    def program() -> list[str]:
        hands = QueueConsumer("hands", QueueConsumerArgs(source=str(folder)))
        parts = (hands.role, hands.log_group, hands.dead_letter_queue, hands.queue, hands.role_policy)
        return [type(part).__name__ for part in (*parts, hands.function, hands.mapping)]

    names = ["Role", "LogGroup", "Queue", "Queue", "RolePolicy", "Function", "EventSourceMapping"]
    assert run(program).value == names


def test_several_consumers_share_no_name_and_no_resource(folder: Path) -> None:
    def program() -> None:
        for name in ("hands", "pots", "hands-late"):
            QueueConsumer(name, QueueConsumerArgs(source=str(folder)))

    result = run(program)
    assert result.error is None
    assert len(result.resources) == 3 * 8
    for name in ("hands", "pots", "hands-late"):
        own = {name, *(f"{name}-{part}" for part in PARTS)}
        assert all(result.resources[child].depends_on <= own for child in own)


def test_an_archive_made_elsewhere_is_taken_as_it_is(tmp_path: Path) -> None:
    archive = tmp_path / "function.zip"
    archive.write_bytes(b"PK")
    args = QueueConsumerArgs(code=pulumi.FileArchive(str(archive)), handler="index.handler", runtime="nodejs22.x")
    result = run(lambda: QueueConsumer("hands", args) and None)
    function = result.resources["hands-function"].inputs
    assert (function["code"].path, function["handler"]) == (str(archive), "index.handler")


def test_protect_holds_both_queues_and_leaves_the_rest_replaceable(folder: Path) -> None:
    resources = consumer(folder, queue={"protect": True}).resources
    assert {name for name, resource in resources.items() if resource.protect} == {"hands-queue", "hands-dlq"}


def test_pulumis_own_protect_reaches_every_child(folder: Path) -> None:
    resources = consumer(folder, opts=pulumi.ResourceOptions(protect=True)).resources
    assert all(resource.protect for resource in resources.values())


def test_a_provider_given_to_the_component_reaches_every_child(folder: Path) -> None:
    import pulumi_aws

    def program() -> None:
        provider = pulumi_aws.Provider("west", region="us-west-2")
        QueueConsumer("hands", QueueConsumerArgs(source=str(folder)), pulumi.ResourceOptions(providers=[provider]))

    result = run(program)
    providers = {r.provider.split("::")[3] for name, r in result.resources.items() if name.startswith("hands-")}
    assert result.error is None
    assert providers == {"west"}


def test_a_preview_shows_every_resource_though_nothing_is_known_yet(folder: Path) -> None:
    (folder / "handler.py").write_text("from sqs_batch import batch_handler\n\n@batch_handler\ndef handle(r): ...\n")
    args = QueueConsumerArgs(source=str(folder), retry={}, environment={"TABLE": "hands"})
    result = run(lambda: QueueConsumer("hands", args) and None, preview=True)
    assert result.error is None
    assert len(result.resources) == 8


def test_the_archive_holds_the_runtime_where_the_function_imports_it(folder: Path) -> None:
    import zipfile

    (folder / "handler.py").write_text("from sqs_batch import batch_handler\n\n@batch_handler\ndef handle(r): ...\n")
    code = consumer(folder).resources["hands-function"].inputs["code"]
    assert zipfile.ZipFile(code.path).namelist() == ["handler.py", "sqs_batch.py"]
