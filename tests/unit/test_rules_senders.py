"""Consumers that break a rule on who may send, with the whole text that their users read."""

from pathlib import Path
from typing import Any

import pytest

from components import validation
from test_rules import Case, assert_told

TOPIC = "arn:aws:sns:eu-central-1:123456789012:hands"
BUCKET = "arn:aws:s3:::hand-histories"
CASES = [
    Case(
        "buckets-to-fifo",
        "hands",
        {"fifo": True, "queue": {"allowed_senders": {"buckets": [BUCKET]}}},
        "queue.allowed_senders.buckets: got buckets with fifo=True; allowed: buckets of a standard queue. S3 cannot send to FIFO queues. Leave fifo out, or let EventBridge take the bucket's events and a rule send them.",
        also=[],
    ),
    Case(
        "topic-to-fifo",
        "hands",
        {"fifo": True, "queue": {"allowed_senders": {"topics": [TOPIC, f"{TOPIC}.fifo"]}}},
        f"queue.allowed_senders.topics: got '{TOPIC}' with fifo=True; allowed: topics whose ARN ends with '.fifo'. To a FIFO queue SNS delivers from FIFO topics only. Leave fifo out, or send through a FIFO topic.",
        also=[],
    ),
    Case(
        "senders-too-many",
        "hands",
        {"queue": {"allowed_senders": {"topics": [f"{TOPIC}-{number:03}" for number in range(160)]}}},
        "queue.allowed_senders: got senders that make a policy of 8,351 bytes; allowed: at most 8,192 bytes. SQS takes a policy of 8,192 bytes, and a queue has one. Give related senders names that begin alike, and one ARN with '*' at its end.",
        also=[],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_rule_on_senders_says_what_was_given_what_is_allowed_why_and_what_to_do(case: Case, folder: Path) -> None:
    assert_told(case, folder)


@pytest.mark.parametrize(
    ("kind", "arn"),
    [
        ("topics", "hands"),
        ("topics", "arn:aws:sns:eu-central-1:*:hands"),
        ("topics", "*"),
        ("buckets", "hand-histories"),
        ("buckets", "arn:aws:s3:eu-central-1:123456789012:hands"),
        ("event_rules", "arn:aws:events:eu-central-1:123456789012:event-bus/hands"),
        ("event_rules", "arn:aws:events:*:*:rule/*"),
    ],
)
def test_a_sender_is_named_by_an_arn_of_its_kind_whose_account_is_no_wildcard(
    folder: Path, kind: str, arn: str
) -> None:
    args: dict[str, Any] = {"source": str(folder), "queue": {"allowed_senders": {kind: [arn]}}}
    (finding,) = validation.examine("hands", args)[1]
    assert finding.rule == f"queue-allowed-senders-{kind.replace('_', '-')}-value"
    assert f"got {arn!r}; allowed: a list, each an ARN like arn:aws:" in str(finding)


@pytest.mark.parametrize(
    ("kind", "arn"),
    [
        ("topics", "arn:aws-cn:sns:cn-north-1:123456789012:hands-*"),
        ("buckets", "arn:aws-us-gov:s3:::hand-histories"),
        ("event_rules", "arn:aws:events:eu-central-1:123456789012:rule/own-bus/hands"),
    ],
)
def test_senders_of_every_partition_and_names_with_wildcards_are_taken(folder: Path, kind: str, arn: str) -> None:
    args: dict[str, Any] = {"source": str(folder), "queue": {"allowed_senders": {kind: [arn]}}}
    assert validation.examine("hands", args)[1] == []
