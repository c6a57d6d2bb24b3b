"""Consumers of queues that exist already, of shared and restricted dead-letter queues, and with KMS keys."""

import json
from pathlib import Path
from typing import Any

import botocore.session  # pyright: ignore[reportMissingTypeStubs]
import pulumi
import pulumi_aws as aws
import pytest

from components import ConsumersDashboard, QueueConsumer, settings, validation
from components.resources.queues import DOMAINS
from components.settings.rules import functions as function_rules
from pulumi_run import ACCOUNT, REGION, Run, run

HANDS = f"arn:aws:sqs:{REGION}:{ACCOUNT}:hands"
DEAD = f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1a2b"
OTHER_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/3c4d"


@pytest.fixture
def batch(folder: Path) -> Path:
    """The folder of a function that uses `sqs_batch`."""
    (folder / "handler.py").write_text("from sqs_batch import batch_handler\n\n@batch_handler\ndef handle(r): ...\n")
    return folder


def attempt(folder: Path, **args: Any) -> Run:
    everything: Any = {"source": str(folder), **args}
    return run(lambda: QueueConsumer("hands", everything) and None)


def attempt_later(folder: Path, group: str, argument: str, value: str) -> Run:
    """The same with an argument that is an Output, which can be made in a program only."""

    def program() -> None:
        args: Any = {"source": str(folder), group: {argument: pulumi.Output.from_input(value)}}
        QueueConsumer("hands", args)

    return run(program)


def consumer(folder: Path, **args: Any) -> Run:
    result = attempt(folder, **args)
    assert result.error is None, result.error
    return result


def variables(result: Run) -> dict[str, str]:
    return result.resources["hands-function"].inputs.get("environment", {}).get("variables", {})


def allowed(result: Run) -> dict[str, dict[str, Any]]:
    statements = json.loads(result.resources["hands-policy"].inputs["policy"])["Statement"]
    return {statement["Sid"]: statement for statement in statements}


def test_beside_a_queue_that_exists_no_queue_is_made_and_nothing_is_attached_to_it(folder: Path) -> None:
    result = consumer(folder, queue={"arn": HANDS})
    assert {r.type.partition(":")[2] for r in result.resources.values() if r.custom} == {
        *("iam/role:Role", "iam/rolePolicy:RolePolicy", "cloudwatch/logGroup:LogGroup"),
        *("lambda/function:Function", "lambda/eventSourceMapping:EventSourceMapping"),
    }
    assert result.resources["hands-mapping"].inputs["eventSourceArn"] == HANDS
    assert allowed(result)["Consume"]["Resource"] == HANDS


def test_the_outputs_of_a_queue_that_exists_come_from_its_arn_and_of_an_unknown_dead_letter_queue_are_empty(
    folder: Path,
) -> None:
    outputs = consumer(folder, queue={"arn": HANDS}).component_outputs["hands"]
    assert (outputs["queueArn"], outputs["queueName"]) == (HANDS, "hands")
    assert outputs["queueUrl"] == f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/hands"
    assert {outputs[f"deadLetterQueue{part}"] for part in ("Url", "Arn", "Name")} == {""}


@pytest.mark.parametrize(
    ("partition", "region", "domain"),
    [
        ("aws-cn", "cn-north-1", "amazonaws.com.cn"),
        ("aws-us-gov", "us-gov-west-1", "amazonaws.com"),
        ("aws-iso", "us-iso-east-1", "c2s.ic.gov"),
    ],
)
def test_the_url_of_a_queue_is_below_the_domain_of_its_partition(
    folder: Path, partition: str, region: str, domain: str
) -> None:
    arn = f"arn:{partition}:sqs:{region}:{ACCOUNT}:hands"
    outputs = consumer(folder, queue={"arn": arn}).component_outputs["hands"]
    assert outputs["queueUrl"] == f"https://sqs.{region}.{domain}/{ACCOUNT}/hands"


def test_the_domains_are_those_that_boto3_knows() -> None:
    session: Any = botocore.session.Session()
    partitions = session.get_data("endpoints")["partitions"]
    assert partitions
    for partition in partitions:
        assert DOMAINS.get(partition["partition"], "amazonaws.com") == partition["dnsSuffix"]


def test_the_runtime_is_told_of_an_existing_queue_only_what_is_known_of_it(batch: Path) -> None:
    assert variables(consumer(batch, queue={"arn": HANDS})) == {}
    assert variables(consumer(batch, queue={"arn": HANDS}, max_receive_count=7)) == {"SQS_BATCH_MAX_RECEIVE_COUNT": "7"}
    assert variables(consumer(batch, queue={"arn": HANDS}, dead_letter_queue={"arn": DEAD})) == {
        "SQS_BATCH_DEAD_LETTER_QUEUE_URL": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/dead"
    }


def test_the_function_may_reject_to_the_dead_letter_queue_of_an_existing_queue_where_it_is_named(batch: Path) -> None:
    assert "Reject" not in allowed(consumer(batch, queue={"arn": HANDS}))
    result = consumer(batch, queue={"arn": HANDS}, dead_letter_queue={"arn": DEAD})
    assert allowed(result)["Reject"]["Resource"] == DEAD
    assert result.component_outputs["hands"]["deadLetterQueueName"] == "dead"


def test_a_queue_of_our_own_moves_messages_to_a_dead_letter_queue_that_exists(batch: Path) -> None:
    result = consumer(batch, dead_letter_queue={"arn": DEAD})
    (queue,) = result.of_type("queue:Queue")
    assert json.loads(queue.inputs["redrivePolicy"]) == {"deadLetterTargetArn": DEAD, "maxReceiveCount": 5}
    assert allowed(result)["Reject"]["Resource"] == DEAD
    assert result.component_outputs["hands"]["deadLetterQueueArn"] == DEAD


def test_an_existing_queues_visibility_timeout_is_checked_where_it_is_stated(folder: Path) -> None:
    found = validation.examine(
        "hands",
        {"source": str(folder), "timeout": 60, "queue": {"arn": HANDS, "visibility_timeout_seconds": 30}},
    )[1]
    assert [finding.rule for finding in found] == ["visibility-below-timeout"]


def test_each_argument_that_would_shape_an_existing_queue_is_a_line_of_its_own(folder: Path) -> None:
    shaping = {"name": "Hands", "delay_seconds": 0, "protect": False, "receive_wait_time_seconds": 20}
    result = attempt(folder, queue={"arn": HANDS, **shaping}, dead_letter_queue={"restricted": False})
    lines = str(result.error).splitlines()
    assert lines[0] == "QueueConsumer 'hands' is refused, 5 errors:"
    for line, argument in zip(
        lines[1:],
        (*(f"queue.{name}" for name in sorted(shaping, key=_place)), "dead_letter_queue.restricted"),
        strict=True,
    ):
        assert line.startswith(
            f"- queue.arn: got an ARN together with {argument}; allowed: an ARN without {argument}. "
        )


def _place(name: str) -> int:
    return [*settings.Settings("x").queue.__dataclass_fields__].index(name)


def test_an_arn_that_is_an_output_is_used_when_it_is_known_and_the_preview_does_not_need_it(folder: Path) -> None:
    def program() -> None:
        arn = aws.sqs.Queue("others").arn  # which a preview does not know
        QueueConsumer("hands", {"source": str(folder), "queue": {"arn": arn}})

    up, preview = run(program), run(program, preview=True)
    assert (up.error, preview.error) == (None, None)
    mapping = up.resources["hands-mapping"]
    assert mapping.inputs["eventSourceArn"] == f"arn:aws:sqs:{REGION}:{ACCOUNT}:others-1a2b3c4"
    assert "others" in mapping.depends_on
    assert preview.resources.keys() == up.resources.keys()


def test_an_arn_of_the_wrong_type_is_refused_when_it_is_known(folder: Path) -> None:
    result = attempt_later(folder, "queue", "arn", f"{HANDS}.fifo")
    assert "[queue-arn-type]" in str(result.error)
    assert "hands-mapping" not in result.resources


def test_a_dead_letter_queue_in_another_account_or_the_queue_itself_is_refused(folder: Path) -> None:
    for dead in (DEAD.replace(ACCOUNT, "000000000000"), HANDS):
        found = validation.examine(
            "hands", {"source": str(folder), "queue": {"arn": HANDS}, "dead_letter_queue": {"arn": dead}}
        )[1]
        assert [finding.rule for finding in found] == ["dead-letter-queue-elsewhere"]


def test_the_alarm_on_dead_letters_is_there_where_their_queue_is_known(folder: Path) -> None:
    alarms = {"actions": [f"arn:aws:sns:{REGION}:{ACCOUNT}:on-call"]}
    unknown = consumer(folder, queue={"arn": HANDS}, alarms=alarms).resources
    assert "hands-alarm-dead-letters" not in unknown
    assert unknown["hands-alarm-message-age"].inputs["dimensions"] == {"QueueName": "hands"}
    named = consumer(folder, queue={"arn": HANDS}, dead_letter_queue={"arn": DEAD}, alarms=alarms).resources
    assert named["hands-alarm-dead-letters"].inputs["dimensions"] == {"QueueName": "dead"}
    told = named["hands-alarm-dead-letters"].inputs["alarmDescription"]
    assert "they failed too often, or were rejected." in told
    assert told.endswith("They are kept for 14 days at the most.")


def test_the_dashboard_shows_dead_letters_where_their_queue_is_known(folder: Path) -> None:
    def program() -> None:
        groups = [{"queue": {"arn": HANDS}}, {"queue": {"arn": HANDS}, "dead_letter_queue": {"arn": DEAD}}]
        everything: list[Any] = [{"source": str(folder), **group} for group in groups]
        ConsumersDashboard("all", [QueueConsumer(f"hands{n}", args) for n, args in enumerate(everything)])

    (dashboard,) = run(program).of_type("dashboard:Dashboard")
    widgets = json.loads(dashboard.inputs["dashboardBody"])["widgets"]
    shown = [widget["properties"] for widget in widgets if widget["properties"].get("title") == "dead letters"]
    assert [graph["metrics"][0][3] for graph in shown] == ["dead"]


def test_of_a_queue_that_exists_the_longest_retention_is_expected(folder: Path) -> None:
    accepted, _ = validation.examine("hands", {"source": str(folder), "queue": {"arn": HANDS}, "idempotency": {}})
    assert accepted.idempotency
    assert accepted.idempotency.expires_after_seconds == 2 * 14 * 86_400


def test_a_restricted_dead_letter_queue_takes_messages_of_this_queue_only(folder: Path) -> None:
    resources = consumer(folder, dead_letter_queue={"restricted": True}).resources
    (restriction,) = [r for r in resources.values() if r.type == "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy"]
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:hands-queue-1a2b3c4"
    assert restriction.inputs == {
        "queueUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/hands-dlq-1a2b3c4",
        "redriveAllowPolicy": f'{{"redrivePermission":"byQueue","sourceQueueArns":["{queue}"]}}',
    }
    assert restriction.parent == "hands"


# KMS


def test_a_kms_key_encrypts_both_queues_in_place_of_sqs(folder: Path) -> None:
    given = {"kms_master_key_id": KEY, "kms_data_key_reuse_period_seconds": 600}
    queues = consumer(folder, queue=given).of_type("queue:Queue")
    assert len(queues) == 2
    for queue in queues:
        assert (queue.inputs["kmsMasterKeyId"], queue.inputs["kmsDataKeyReusePeriodSeconds"]) == (KEY, 600)
        assert "sqsManagedSseEnabled" not in queue.inputs


def test_the_role_may_decrypt_and_where_it_rejects_encrypt_with_the_key_and_no_other(batch: Path, folder: Path) -> None:
    reject = {"kms:GenerateDataKey", "kms:Decrypt"}
    both = allowed(consumer(batch, queue={"kms_master_key_id": KEY}))
    assert (both["DecryptMessages"]["Action"], both["DecryptMessages"]["Resource"]) == (["kms:Decrypt"], KEY)
    assert (set(both["EncryptRejects"]["Action"]), both["EncryptRejects"]["Resource"]) == (reject, KEY)
    dead_only = allowed(consumer(batch, dead_letter_queue={"arn": DEAD, "kms_master_key_id": OTHER_KEY}))
    assert "DecryptMessages" not in dead_only
    assert dead_only["EncryptRejects"]["Resource"] == OTHER_KEY
    without = allowed(consumer(batch, queue={"kms_master_key_id": KEY}, dead_letter_queue={"allow_rejects": False}))
    assert "EncryptRejects" not in without
    existing = allowed(consumer(batch, queue={"arn": HANDS, "kms_master_key_id": KEY}))
    assert existing["DecryptMessages"]["Resource"] == KEY
    assert "EncryptRejects" not in existing


def test_our_own_statements_fit_into_what_is_kept_free_for_them_with_the_longest_names(batch: Path) -> None:
    long, key = "x" * 70, f"arn:aws-us-gov:kms:us-gov-west-1:{ACCOUNT}:key/{'x' * 40}"
    result = consumer(
        batch,
        retry={},
        function={"name": "x" * 64},
        queue={"name": long, "kms_master_key_id": key},
        dead_letter_queue={"arn": f"arn:aws-us-gov:sqs:us-gov-west-1:{ACCOUNT}:{long}", "kms_master_key_id": key},
    )
    assert len(result.resources["hands-policy"].inputs["policy"]) < 10_240 - function_rules.ROLE_POLICY_CHARACTERS


def test_a_key_that_is_an_output_is_told_once_when_it_is_an_alias(folder: Path) -> None:
    result = attempt_later(folder, "queue", "kms_master_key_id", "alias/hands")
    assert str(result.error).count("[queue-key]") == 1


@pytest.mark.parametrize("key", ["alias/aws/sqs", "alias/hands", "1a2b-3c4d", KEY.replace("key/1a2b", "alias/hands")])
def test_a_key_by_alias_or_id_is_refused(folder: Path, key: str) -> None:
    found = validation.examine("hands", {"source": str(folder), "queue": {"kms_master_key_id": key}})[1]
    assert [finding.rule for finding in found] == ["queue-key"]


@pytest.mark.parametrize("key", [KEY, "arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1234abcd12ab34cd56ef"])
def test_a_key_by_its_arn_is_taken_in_every_partition(folder: Path, key: str) -> None:
    assert validation.examine("hands", {"source": str(folder), "queue": {"kms_master_key_id": key}})[1] == []


# FIFO, sizes, pollers


def test_high_throughput_counts_by_message_group_and_can_be_turned_off_again(folder: Path) -> None:
    for high, expected in ((True, ("messageGroup", "perMessageGroupId")), (False, ("queue", "perQueue"))):
        queue = consumer(folder, fifo=True, queue={"high_throughput": high}).resources["hands-queue"].inputs
        assert (queue["deduplicationScope"], queue["fifoThroughputLimit"]) == expected
    assert "deduplicationScope" not in consumer(folder).resources["hands-queue"].inputs


def test_the_largest_message_is_the_same_for_both_queues(folder: Path) -> None:
    assert {q.inputs["maxMessageSize"] for q in consumer(folder).of_type("queue:Queue")} == {1_048_576}
    small = consumer(folder, queue={"max_message_size": 1_024}).of_type("queue:Queue")
    assert [queue.inputs["maxMessageSize"] for queue in small] == [1_024, 1_024]


def test_pollers_and_metrics_reach_the_mapping(folder: Path) -> None:
    given = {"provisioned_pollers": {"minimum": 5}, "metrics": True}
    mapping = consumer(folder, mapping=given, fifo=True).resources["hands-mapping"].inputs
    assert mapping["provisionedPollerConfig"] == {"minimumPollers": 5, "maximumPollers": 200}
    assert mapping["metricsConfig"] == {"metrics": ["EventCount"]}
    plain = consumer(folder).resources["hands-mapping"].inputs
    assert not {"provisionedPollerConfig", "metricsConfig"} & set(plain)
