"""The senders that a queue allows: statements of its own policy, or for the policy of an existing queue."""

from pathlib import Path
from typing import Any

import pulumi_aws as aws
import pytest

from components import DeadLetterQueue, QueueConsumer, policies
from consumer_run import QUEUE_ARN, TOPIC_ARN, Later, attempt, outputs, registered, statements
from pulumi_run import ACCOUNT, REGION, Run, run

BUCKET = "arn:aws:s3:::hand-histories"
RULE = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/big-pots"
HANDS = f"arn:aws:sqs:{REGION}:210987654321:hands"


def allowing(folder: Path, **senders: Any) -> Run:
    return registered(folder, queue={"allowed_senders": senders})


def test_the_queue_but_not_its_dead_letter_queue_allows_the_senders(folder: Path) -> None:
    senders = {"topics": [TOPIC_ARN, f"{TOPIC_ARN}-2"], "buckets": [BUCKET], "event_rules": [RULE]}
    result = allowing(folder, **{**senders, "buckets": [Later(BUCKET)]})
    assert statements(result, "hands-queue") == policies.queue_access(ACCOUNT, senders)["Statement"]
    for queue in (statements(result, "hands-dlq"), statements(allowing(folder, topics=[]), "hands-queue")):
        assert queue == policies.tls_only()["Statement"]


def test_a_sender_may_be_unknown_in_a_preview(folder: Path) -> None:
    def program() -> None:
        arns: Any = [BUCKET, aws.s3.Bucket("uploads").arn]
        QueueConsumer("hands", {"source": str(folder), "queue": {"allowed_senders": {"buckets": arns}}})

    preview = run(program, preview=True)
    assert preview.error is None
    assert "hands-queue" in preview.resources


def test_a_sender_that_is_an_output_is_checked_when_it_resolves(folder: Path) -> None:
    result = attempt(folder, fifo=True, queue={"allowed_senders": {"topics": [Later(TOPIC_ARN)]}})
    assert "[topic-to-fifo]" in str(result.error)
    assert "hands-queue" not in result.resources


MANY = {kind: [f"{arn}-{n:03}" for n in range(100)] for kind, arn in (("topics", TOPIC_ARN), ("event_rules", RULE))}
"""Senders of each kind that fit into a policy without the other kind."""


@pytest.mark.parametrize("resolved", [set[str](), {"topics"}, {"event_rules"}], ids=["none", "topics", "rules"])
@pytest.mark.parametrize("component", [QueueConsumer, DeadLetterQueue])
def test_senders_that_are_outputs_are_counted_together_when_all_resolve(
    folder: Path, resolved: set[str], component: Any
) -> None:
    def program() -> None:
        arns_of = {kind: arns if kind in resolved else [Later(arn) for arn in arns] for kind, arns in MANY.items()}
        senders = {"allowed_senders": outputs(arns_of)}
        is_consumer = component is QueueConsumer
        component("hands", {"source": str(folder), "queue": senders} if is_consumer else senders)

    result = run(program)
    assert "senders-too-many] " in str(result.error)
    assert ("hands-queue" if component is QueueConsumer else "hands-dlq") not in result.resources


@pytest.mark.parametrize("kind", MANY)
def test_many_senders_of_one_kind_fit(folder: Path, kind: str) -> None:
    assert len(statements(allowing(folder, **{kind: MANY[kind]}), "hands-queue")) == 2


@pytest.mark.parametrize("arn", [HANDS, None])
def test_the_statements_are_an_output_for_the_policy_of_an_existing_queue(folder: Path, arn: str | None) -> None:
    def program() -> Any:
        existing = {"arn": arn} if arn else {}
        args: Any = {"source": str(folder), "queue": {**existing, "allowed_senders": {"buckets": [BUCKET]}}}
        return QueueConsumer("hands", args).sender_statements()

    result = run(program)
    assert result.error is None
    account = "210987654321" if arn else ACCOUNT
    _, allowed = policies.queue_access(account, {"buckets": [BUCKET], "topics": [], "event_rules": []})["Statement"]
    assert result.value == [{**allowed, "Resource": arn or QUEUE_ARN}]
    assert "aws:sqs/queuePolicy:QueuePolicy" not in {resource.type for resource in result.resources.values()}
