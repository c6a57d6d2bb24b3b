"""Consumers of existing queues, with shared and restricted dead-letter queues, and with KMS keys."""

import json
from pathlib import Path
from typing import Any

import botocore.session  # pyright: ignore[reportMissingTypeStubs]
import pulumi_aws as aws
import pytest

from components import ConsumersDashboard, QueueConsumer
from components.resources.queues import DOMAINS
from consumer_run import DEAD_ARN, KEY_ARN, Later, attempt, permissions, registered, variables
from pulumi_run import ACCOUNT, REGION, run
from rule_cases import ON_CALL
from validate import rules_of, settings_of

HANDS = f"arn:aws:sqs:{REGION}:{ACCOUNT}:hands"
OTHER_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/3c4d"


def test_an_existing_queue_is_consumed_without_creating_or_attaching_anything_to_it(folder: Path) -> None:
    result = registered(folder, queue={"arn": HANDS})
    assert {resource.type.partition(":")[2] for resource in result.resources.values() if resource.custom} == {
        *("iam/role:Role", "iam/rolePolicy:RolePolicy", "cloudwatch/logGroup:LogGroup"),
        *("lambda/function:Function", "lambda/eventSourceMapping:EventSourceMapping"),
    }
    assert result.resources["hands-mapping"].inputs["eventSourceArn"] == HANDS
    assert permissions(result)["Consume"]["Resource"] == HANDS
    outputs = result.component_outputs["hands"]
    assert (outputs["queueArn"], outputs["queueName"]) == (HANDS, "hands")
    assert {outputs[f"deadLetterQueue{part}"] for part in ("Url", "Arn", "Name")} == {""}


def test_the_url_of_a_queue_has_the_domain_that_boto3_has_for_its_partition(folder: Path) -> None:
    arn = f"arn:aws-cn:sqs:cn-north-1:{ACCOUNT}:hands"
    outputs = registered(folder, queue={"arn": arn}).component_outputs["hands"]
    assert outputs["queueUrl"] == f"https://sqs.cn-north-1.amazonaws.com.cn/{ACCOUNT}/hands"
    session: Any = botocore.session.Session()
    partitions = session.get_data("endpoints")["partitions"]
    assert partitions
    for partition in partitions:
        assert DOMAINS.get(partition["partition"], "amazonaws.com") == partition["dnsSuffix"]


def test_sqs_batch_rejects_to_the_dead_letter_queue_of_an_existing_queue_only_where_it_is_named(batch: Path) -> None:
    unnamed = registered(batch, queue={"arn": HANDS})
    assert variables(unnamed) == {}
    assert "Reject" not in permissions(unnamed)
    counted = registered(batch, queue={"arn": HANDS}, max_receive_count=7)
    assert variables(counted) == {"SQS_BATCH_MAX_RECEIVE_COUNT": "7"}
    named = registered(batch, queue={"arn": HANDS}, dead_letter_queue={"arn": DEAD_ARN})
    url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/dead"
    assert variables(named) == {"SQS_BATCH_DEAD_LETTER_QUEUE_URL": url}
    assert permissions(named)["Reject"]["Resource"] == DEAD_ARN
    assert named.component_outputs["hands"]["deadLetterQueueName"] == "dead"


def test_a_new_queue_moves_messages_to_an_existing_dead_letter_queue(batch: Path) -> None:
    result = registered(batch, dead_letter_queue={"arn": DEAD_ARN})
    (queue,) = result.of_type("queue:Queue")
    assert json.loads(queue.inputs["redrivePolicy"]) == {"deadLetterTargetArn": DEAD_ARN, "maxReceiveCount": 5}
    assert permissions(result)["Reject"]["Resource"] == DEAD_ARN
    assert result.component_outputs["hands"]["deadLetterQueueArn"] == DEAD_ARN


@pytest.mark.parametrize(
    ("args", "rules"),
    [
        (
            {"timeout": 60, "queue": {"arn": HANDS, "visibility_timeout_seconds": 30}},
            ["visibility-below-timeout"],
        ),
        ({"queue": {"arn": HANDS}, "dead_letter_queue": {"arn": HANDS}}, ["dead-letter-queue-elsewhere"]),
        (
            {"queue": {"arn": HANDS}, "dead_letter_queue": {"arn": DEAD_ARN.replace(ACCOUNT, "000000000000")}},
            ["dead-letter-queue-elsewhere"],
        ),
        (
            {
                "queue": {"arn": HANDS, "name": "Hands", "delay_seconds": 0, "protect": False},
                "dead_letter_queue": {"restricted": False},
            },
            ["queue-not-ours-to-shape"] * 4,
        ),
    ],
)
def test_arguments_that_contradict_an_existing_queue_are_errors(
    folder: Path, args: dict[str, Any], rules: list[str]
) -> None:
    assert sorted(rules_of(folder, **args)) == sorted(rules)


def test_an_arn_that_is_an_output_is_not_needed_by_the_preview(folder: Path) -> None:
    def program() -> None:
        arn = aws.sqs.Queue("others").arn
        QueueConsumer("hands", {"source": str(folder), "queue": {"arn": arn}})

    up, preview = run(program), run(program, preview=True)
    assert (up.error, preview.error) == (None, None)
    mapping = up.resources["hands-mapping"]
    assert mapping.inputs["eventSourceArn"] == f"arn:aws:sqs:{REGION}:{ACCOUNT}:others-1a2b3c4"
    assert "others" in mapping.depends_on
    assert preview.resources.keys() == up.resources.keys()


@pytest.mark.parametrize(
    ("argument", "value", "rule"),
    [("arn", f"{HANDS}.fifo", "queue-arn-type"), ("kms_master_key_id", "alias/hands", "queue-key")],
)
def test_an_output_that_breaks_a_rule_is_one_error_when_it_resolves(
    folder: Path, argument: str, value: str, rule: str
) -> None:
    result = attempt(folder, queue={argument: Later(value)})
    assert str(result.error).count(f"[{rule}]") == 1
    assert "hands-mapping" not in result.resources


def test_alarm_and_graph_of_dead_letters_need_a_named_dead_letter_queue(folder: Path) -> None:
    def program() -> None:
        args: Any = {"source": str(folder), "queue": {"arn": HANDS}, "alarms": {"actions": [ON_CALL]}}
        named: Any = {**args, "dead_letter_queue": {"arn": DEAD_ARN}}
        ConsumersDashboard("all", [QueueConsumer("hands0", args), QueueConsumer("hands1", named)])

    resources = run(program).resources
    assert resources["hands0-alarm-message-age"].inputs["dimensions"] == {"QueueName": "hands"}
    assert "hands0-alarm-dead-letters" not in resources
    alarm = resources["hands1-alarm-dead-letters"].inputs
    assert alarm["dimensions"] == {"QueueName": "dead"}
    assert alarm["alarmDescription"].endswith("They are kept for at most 14 days.")
    widgets = json.loads(resources["all-dashboard"].inputs["dashboardBody"])["widgets"]
    shown = [widget["properties"] for widget in widgets if widget["properties"].get("title") == "dead letters"]
    assert [graph["metrics"][0][3] for graph in shown] == ["dead"]


def test_idempotency_assumes_the_longest_retention_of_an_existing_queue(folder: Path) -> None:
    settings = settings_of({"source": str(folder), "queue": {"arn": HANDS}, "idempotency": {}})
    assert settings.idempotency
    assert settings.idempotency.expires_after_seconds == 2 * 14 * 86_400


def test_a_restricted_dead_letter_queue_accepts_messages_of_this_queue_only(folder: Path) -> None:
    restriction = registered(folder, dead_letter_queue={"restricted": True}).of_type("RedriveAllowPolicy")[0]
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:hands-queue-1a2b3c4"
    assert restriction.inputs == {
        "queueUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/hands-dlq-1a2b3c4",
        "redriveAllowPolicy": f'{{"redrivePermission":"byQueue","sourceQueueArns":["{queue}"]}}',
    }
    assert restriction.parent == "hands"


@pytest.mark.parametrize(
    ("queue", "dead_letter_queue", "decrypts", "encrypts"),
    [
        ({"kms_master_key_id": KEY_ARN}, {}, KEY_ARN, KEY_ARN),
        ({}, {"arn": DEAD_ARN, "kms_master_key_id": OTHER_KEY}, None, OTHER_KEY),
        ({"kms_master_key_id": KEY_ARN}, {"allow_rejects": False}, KEY_ARN, None),
        ({"kms_master_key_id": KEY_ARN}, {"reasons": True}, KEY_ARN, KEY_ARN),
        ({}, {"arn": DEAD_ARN, "kms_master_key_id": OTHER_KEY, "reasons": True}, None, OTHER_KEY),
        ({"arn": HANDS, "kms_master_key_id": KEY_ARN}, {}, KEY_ARN, None),
    ],
)
def test_the_role_may_decrypt_messages_and_encrypt_rejects_with_the_key_of_each_queue(
    batch: Path, queue: Any, dead_letter_queue: Any, decrypts: str | None, encrypts: str | None
) -> None:
    found = permissions(registered(batch, queue=queue, dead_letter_queue=dead_letter_queue))
    assert found.get("DecryptMessages", {}).get("Resource") == decrypts
    assert found.get("EncryptRejects", {}).get("Resource") == encrypts
