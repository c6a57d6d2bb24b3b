"""Who may send to a queue: the statements in its one policy, or for the policy of a queue that exists already."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components import DeadLetterQueue, QueueConsumer
from pulumi_run import ACCOUNT, REGION, Run, run

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:hands"
BUCKET = "arn:aws:s3:::hand-histories"
RULE = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/big-pots"
HANDS = f"arn:aws:sqs:{REGION}:210987654321:hands"


def allowing(folder: Path, **senders: Any) -> Run:
    args: Any = {"source": str(folder), "queue": {"allowed_senders": senders}}
    result = run(lambda: QueueConsumer("hands", args) and None)
    assert result.error is None, result.error
    return result


def statements(result: Run, queue: str = "hands-queue") -> list[dict[str, Any]]:
    return json.loads(result.resources[queue].inputs["policy"])["Statement"]


def allow(sid: str, service: str, condition: Any, resource: str = "*") -> dict[str, Any]:
    principal = {"Service": f"{service}.amazonaws.com"}
    action = ["sqs:SendMessage"]
    allowed = {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": action}
    return {**allowed, "Resource": resource, "Condition": condition}


def test_each_kind_of_sender_is_one_statement_of_the_queues_policy_with_the_condition_that_is_right_for_it(
    folder: Path,
) -> None:
    result = allowing(folder, topics=[TOPIC, f"{TOPIC}-2"], buckets=[BUCKET], event_rules=[RULE])
    tls, *allowed = statements(result)
    assert (tls["Sid"], tls["Effect"]) == ("DenyWithoutTls", "Deny")
    of_account = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    assert allowed == [
        allow("AllowTopics", "sns", {"ArnLike": {"aws:SourceArn": [TOPIC, f"{TOPIC}-2"]}}),
        allow("AllowBuckets", "s3", {"ArnLike": {"aws:SourceArn": [BUCKET]}, **of_account}),
        allow("AllowEventRules", "events", {"ArnLike": {"aws:SourceArn": [RULE]}}),
    ]


def test_the_dead_letter_queue_and_a_queue_without_senders_take_nothing_from_services(folder: Path) -> None:
    assert [one["Sid"] for one in statements(allowing(folder, topics=[TOPIC]), "hands-dlq")] == ["DenyWithoutTls"]
    assert [one["Sid"] for one in statements(allowing(folder, topics=[]))] == ["DenyWithoutTls"]
    assert [one["Sid"] for one in statements(allowing(folder))] == ["DenyWithoutTls"]


def test_a_sender_may_be_an_output_beside_plain_ones_and_a_preview_does_not_need_it(folder: Path) -> None:
    def program() -> None:
        arns: Any = [BUCKET, aws.s3.Bucket("uploads").arn]
        QueueConsumer("hands", {"source": str(folder), "queue": {"allowed_senders": {"buckets": arns}}})

    up, preview = run(program), run(program, preview=True)
    assert (up.error, preview.error) == (None, None)
    assert statements(up)[1]["Condition"]["ArnLike"] == {"aws:SourceArn": [BUCKET, "arn:aws:s3:::uploads-1a2b3c4"]}
    assert preview.resources.keys() == up.resources.keys()


def test_a_sender_that_is_an_output_is_judged_when_it_is_known(folder: Path) -> None:
    def program() -> None:
        arns: Any = [pulumi.Output.from_input(TOPIC)]
        QueueConsumer("hands", {"source": str(folder), "fifo": True, "queue": {"allowed_senders": {"topics": arns}}})

    result = run(program)
    assert "[topic-to-fifo]" in str(result.error)
    assert "hands-queue" not in result.resources


MANY = {
    kind: [f"{arn}-{number:03}" for number in range(100)] for kind, arn in (("topics", TOPIC), ("event_rules", RULE))
}
"""Of each kind as many as have room in a policy, if there are none of the other."""


@pytest.mark.parametrize("known", [set[str](), {"topics"}, {"event_rules"}], ids=["none", "topics", "rules"])
@pytest.mark.parametrize("component", ["consumer", "shared"])
def test_senders_that_are_known_late_are_counted_together_when_they_are_known(
    folder: Path, known: set[str], component: str
) -> None:
    def program() -> None:
        senders: Any = {
            kind: arns if kind in known else [pulumi.Output.from_input(arn) for arn in arns]
            for kind, arns in MANY.items()
        }
        if component == "shared":
            DeadLetterQueue("dead", {"allowed_senders": senders})
        else:
            QueueConsumer("hands", {"source": str(folder), "queue": {"allowed_senders": senders}})

    result = run(program)
    assert "senders-too-many] " in str(result.error)
    assert not {"hands-queue", "dead-dlq"} & result.resources.keys()


@pytest.mark.parametrize("kind", MANY)
def test_senders_of_one_kind_that_have_room_are_taken(folder: Path, kind: str) -> None:
    assert len(statements(allowing(folder, **{kind: MANY[kind]}))) == 2


def test_of_a_queue_that_exists_the_statements_are_handed_out_with_its_account_and_nothing_is_attached(
    folder: Path,
) -> None:
    def program() -> Any:
        args: Any = {"source": str(folder), "queue": {"arn": HANDS, "allowed_senders": {"buckets": [BUCKET]}}}
        return QueueConsumer("hands", args).sender_statements()

    result = run(program)
    assert result.error is None
    condition = {"ArnLike": {"aws:SourceArn": [BUCKET]}, "StringEquals": {"aws:SourceAccount": "210987654321"}}
    assert result.value == [allow("AllowBuckets", "s3", condition, HANDS)]
    assert not {"aws:sqs/queue:Queue", "aws:sqs/queuePolicy:QueuePolicy"} & {r.type for r in result.resources.values()}


def test_the_statements_of_a_queue_that_is_made_here_name_it(folder: Path) -> None:
    def program() -> Any:
        args: Any = {"source": str(folder), "queue": {"allowed_senders": {"topics": [TOPIC]}}}
        return QueueConsumer("hands", args).sender_statements()

    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:hands-queue-1a2b3c4"
    assert run(program).value == [allow("AllowTopics", "sns", {"ArnLike": {"aws:SourceArn": [TOPIC]}}, queue)]
