"""DeadLetterQueue: one dead-letter queue that several consumers share."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components import DeadLetterQueue, QueueConsumer
from consumer_run import KEY_ARN, TOPIC_ARN, Later, outputs
from error_texts import ErrorTexts
from pulumi_run import ACCOUNT, REGION, Run, run


def alone(**args: Any) -> Run:
    return run(lambda: DeadLetterQueue("dead", outputs(args)) and None)


def shared(folder: Path, consumers: int = 2, calls: int = 1) -> Run:
    def program() -> None:
        dead = DeadLetterQueue("dead", {})
        arn: Any = dead.arn
        names = [f"hands{number}" for number in range(consumers)]
        sharing = [QueueConsumer(n, {"source": str(folder), "dead_letter_queue": {"arn": arn}}) for n in names]
        for _ in range(calls):
            dead.restrict_to(sharing)

    return run(program)


def test_it_is_one_queue_with_the_security_of_a_consumers_own() -> None:
    result = alone(fifo=True, name="Dead", tags={"team": "cards"}, protect=True, message_retention_seconds=600)
    assert set(result.resources) == {"dead", "dead-dlq"}
    assert result.resources["dead"].type == "queue-consumer:index:DeadLetterQueue"
    queue = result.resources["dead-dlq"]
    (statement,) = json.loads(queue.inputs["policy"])["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert queue.inputs["sqsManagedSseEnabled"] is True
    assert (queue.inputs["name"], queue.inputs["fifoQueue"], queue.protect) == ("Dead.fifo", True, True)
    assert (queue.inputs["messageRetentionSeconds"], queue.inputs["tags"]["team"]) == (600, "cards")
    assert queue.inputs["tags"]["queue-consumer:part"] == "shared-dead-letter-queue"
    assert result.component_outputs["dead"]["name"] == "Dead.fifo"


def test_by_default_it_keeps_messages_of_every_size_for_14_days() -> None:
    inputs = alone().resources["dead-dlq"].inputs
    assert (inputs["messageRetentionSeconds"], inputs["maxMessageSize"]) == (1_209_600, 1_048_576)
    assert not {"kmsMasterKeyId", "fifoQueue", "name"} & set(inputs)


def test_a_kms_key_encrypts_it_instead_of_sqs() -> None:
    inputs = alone(kms_master_key_id=KEY_ARN, kms_data_key_reuse_period_seconds=60).resources["dead-dlq"].inputs
    assert (inputs["kmsMasterKeyId"], inputs["kmsDataKeyReusePeriodSeconds"]) == (KEY_ARN, 60)
    assert "sqsManagedSseEnabled" not in inputs


def test_consumers_that_share_it_create_no_dead_letter_queue(folder: Path) -> None:
    result = shared(folder)
    assert result.error is None
    queues = result.of_type("queue:Queue")
    assert sorted(queue.name for queue in queues) == ["dead-dlq", "hands0-queue", "hands1-queue"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead-dlq-1a2b3c4"
    for name in ("hands0", "hands1"):
        assert json.loads(result.resources[f"{name}-queue"].inputs["redrivePolicy"])["deadLetterTargetArn"] == arn
        assert result.component_outputs[name]["deadLetterQueueArn"] == arn


def test_it_can_be_restricted_to_the_queues_of_its_consumers(folder: Path) -> None:
    restriction = shared(folder).resources["dead-restriction"]
    arns = [f"arn:aws:sqs:{REGION}:{ACCOUNT}:hands{number}-queue-1a2b3c4" for number in (0, 1)]
    assert json.loads(restriction.inputs["redriveAllowPolicy"]) == {
        "redrivePermission": "byQueue",
        "sourceQueueArns": arns,
    }
    assert {"hands0-queue", "hands1-queue", "dead-dlq"} <= restriction.depends_on


@pytest.mark.parametrize(("consumers", "calls"), [(0, 1), (11, 1), (2, 2)])
def test_it_can_be_restricted_once_to_at_most_ten_queues(
    folder: Path, consumers: int, calls: int, error_text: ErrorTexts
) -> None:
    error = shared(folder, consumers, calls).error
    assert isinstance(error, pulumi.RunError)
    error_text(str(error))


def test_nothing_is_registered_when_a_rule_is_broken(error_text: ErrorTexts) -> None:
    result = alone(name="dead.fifo")
    assert isinstance(result.error, pulumi.RunError)
    error_text(str(result.error))
    assert result.resources == {}


def test_an_output_is_checked_when_it_resolves() -> None:
    result = alone(kms_master_key_id=Later("alias/dead"))
    assert "[shared-queue-key]" in str(result.error)


def test_topics_and_rules_may_send_what_they_cannot_deliver() -> None:
    queue = alone(allowed_senders={"topics": [TOPIC_ARN]}).resources["dead-dlq"]
    _, allowed = json.loads(queue.inputs["policy"])["Statement"]
    assert allowed["Principal"] == {"Service": "sns.amazonaws.com"}
    assert allowed["Condition"] == {"ArnLike": {"aws:SourceArn": [TOPIC_ARN]}}
