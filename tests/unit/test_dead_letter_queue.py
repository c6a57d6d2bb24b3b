"""DeadLetterQueue: one dead-letter queue that several consumers share."""

import ast
import dataclasses
import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components import DeadLetterQueue, DeadLetterQueueArgs, QueueConsumer, validation
from components.settings import DeadLetterQueueComponentSettings
from pulumi_run import ACCOUNT, REGION, Run, run

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1a2b"


def alone(called: str = "dead", /, **args: Any) -> Run:
    return run(lambda: DeadLetterQueue(called, args) and None)  # pyright: ignore[reportArgumentType]


def shared(folder: Path, consumers: int = 2, calls: int = 1) -> Run:
    def program() -> None:
        dead = DeadLetterQueue("dead", {})
        arn: Any = dead.arn
        names = [f"hands{number}" for number in range(consumers)]
        sharing = [QueueConsumer(n, {"source": str(folder), "dead_letter_queue": {"arn": arn}}) for n in names]
        for _ in range(calls):
            dead.restrict_to(sharing)

    return run(program)


def test_it_is_one_queue_as_safe_as_a_consumers_own() -> None:
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


def test_by_default_it_keeps_messages_of_every_size_for_14_days_with_keys_of_sqs() -> None:
    inputs = alone().resources["dead-dlq"].inputs
    assert (inputs["messageRetentionSeconds"], inputs["maxMessageSize"]) == (1_209_600, 1_048_576)
    assert not {"kmsMasterKeyId", "fifoQueue", "name"} & set(inputs)


def test_a_key_encrypts_it_in_place_of_sqs() -> None:
    inputs = alone(kms_master_key_id=KEY, kms_data_key_reuse_period_seconds=60).resources["dead-dlq"].inputs
    assert (inputs["kmsMasterKeyId"], inputs["kmsDataKeyReusePeriodSeconds"]) == (KEY, 60)
    assert "sqsManagedSseEnabled" not in inputs


def test_consumers_that_share_it_move_their_messages_there_and_make_none_of_their_own(folder: Path) -> None:
    result = shared(folder)
    assert result.error is None
    queues = result.of_type("queue:Queue")
    assert sorted(queue.name for queue in queues) == ["dead-dlq", "hands0-queue", "hands1-queue"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead-dlq-1a2b3c4"
    for name in ("hands0", "hands1"):
        assert json.loads(result.resources[f"{name}-queue"].inputs["redrivePolicy"])["deadLetterTargetArn"] == arn
        assert result.component_outputs[name]["deadLetterQueueArn"] == arn


def test_it_can_be_restricted_to_the_queues_of_its_consumers_after_they_are_made(folder: Path) -> None:
    restriction = shared(folder).resources["dead-restriction"]
    arns = [f"arn:aws:sqs:{REGION}:{ACCOUNT}:hands{number}-queue-1a2b3c4" for number in (0, 1)]
    assert json.loads(restriction.inputs["redriveAllowPolicy"]) == {
        "redrivePermission": "byQueue",
        "sourceQueueArns": arns,
    }
    assert {"hands0-queue", "hands1-queue", "dead-dlq"} <= restriction.depends_on


ALLOWED = (
    "allowed: one call with 1 to 10 consumers. A queue has one redrive-allow policy, and SQS takes 10 ARNs in it. "
    "Name all consumers in one call, or share several dead-letter queues."
)


@pytest.mark.parametrize(
    ("consumers", "calls", "given"), [(0, 1, "got 0 consumers"), (11, 1, "got 11 consumers"), (2, 2, "called again")]
)
def test_a_second_restriction_or_one_of_too_many_is_refused(
    folder: Path, consumers: int, calls: int, given: str
) -> None:
    error = shared(folder, consumers, calls).error
    assert isinstance(error, pulumi.RunError)
    assert str(error) == f"DeadLetterQueue 'dead': restrict_to {given}; {ALLOWED}"


TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:hands"
RULE = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/big-pots"
SQS = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide"
KEYS = (
    "policies name a key by its ARN only; and alias/aws/sqs does not let SNS, S3 and EventBridge use it, so that what "
    "they send is lost without an error"
)


@pytest.mark.parametrize(
    ("name", "args", "line"),
    [
        (
            "d" * 64,
            {},
            f"name: got '{'d' * 64}' as the component's name; allowed: a letter, then letters, digits, '-' and '_', "
            "63 characters at most. The queue is named after the component, and names of queues end at 80 characters. "
            f"Rename the component. [shared-dead-letter-queue] {SQS}/quotas-queues.html",
        ),
        (
            "dead",
            {"name": "dead.fifo"},
            "name: got 'dead.fifo'; allowed: 1 to 80 of letters, digits, '-' and '_'. SQS names have at most 80 "
            "characters, '.fifo' of a FIFO queue included. Set fifo=True, or drop '.fifo'. "
            f"[shared-queue-name] {SQS}/quotas-queues.html",
        ),
        (
            "dead",
            {"kms_master_key_id": "alias/dead"},
            "kms_master_key_id: got 'alias/dead'; allowed: the ARN of a customer managed KMS key, "
            f"'arn:aws:kms:REGION:ACCOUNT:key/ID'. P{KEYS[1:]}. Give the key's ARN; leave it out for encryption by SQS "
            f"itself. [shared-queue-key] {SQS}/sqs-key-management.html",
        ),
        (
            "dead",
            {"kms_data_key_reuse_period_seconds": 60},
            "kms_data_key_reuse_period_seconds: got 60 seconds without a KMS key; allowed: a period beside "
            "kms_master_key_id. Only data keys from KMS are used again, and the AWS provider waits two minutes for the "
            f"setting and then fails. Leave it out. [shared-key-reuse-without-key] {SQS}/sqs-key-management.html",
        ),
        (
            "dead",
            {"allowed_senders": {"buckets": ["arn:aws:s3:::hands"]}},
            "allowed_senders.buckets: got buckets; allowed: topics and event_rules. S3 has no dead letters: it sends "
            "to the queue of a consumer, or tries again. Name the buckets in queue.allowed_senders of a consumer. "
            "[shared-buckets] https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
            "notification-how-to-event-types-and-destinations.html",
        ),
        (
            "dead",
            {"fifo": True, "allowed_senders": {"topics": [TOPIC, f"{TOPIC}.fifo", f"{TOPIC}-*"]}},
            f"allowed_senders.topics: got '{TOPIC}' with fifo=True; allowed: topics whose ARN ends with '.fifo'. A "
            "subscription's dead-letter queue has the type of its topic. Make a dead-letter queue of its type for it. "
            "[shared-topics] https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html",
        ),
        (
            "dead",
            {"allowed_senders": {"topics": [TOPIC, f"{TOPIC}.fifo", f"{TOPIC}-*"]}},
            f"allowed_senders.topics: got '{TOPIC}.fifo' with fifo=False; allowed: topics that are standard. A "
            "subscription's dead-letter queue has the type of its topic. Make a dead-letter queue of its type for it. "
            "[shared-topics] https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html",
        ),
        (
            "dead",
            {"fifo": True, "allowed_senders": {"event_rules": [RULE]}},
            "allowed_senders.event_rules: got event_rules with fifo=True; allowed: event_rules of a standard queue. "
            "EventBridge sends what it cannot deliver to standard queues only. Make a standard one for them. "
            "[shared-event-rules] https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html",
        ),
        (
            "dead",
            {"allowed_senders": {"topics": [f"{TOPIC}-{number:03}" for number in range(160)]}},
            "allowed_senders: got senders that make a policy of 8,351 bytes; allowed: at most 8,192 bytes. SQS takes a "
            "policy of 8,192 bytes, and a queue has one. Give related senders names that begin alike, and one ARN with "
            f"'*' at its end. [shared-senders-too-many] {SQS}/quotas-policies.html",
        ),
        (
            "dead",
            {"retention": 60},
            "retention: got an argument named 'retention'; allowed: fifo, name, message_retention_seconds, "
            "kms_master_key_id, kms_data_key_reuse_period_seconds, allowed_senders, protect, tags. DeadLetterQueueArgs "
            "has no argument of that name. Remove it or correct its name. "
            "[unknown-argument] https://www.pulumi.com/docs/iac/concepts/components/",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 10 else "",
)
def test_a_wrong_argument_is_refused_before_anything_is_registered(name: str, args: dict[str, Any], line: str) -> None:
    result = alone(name, **args)
    assert isinstance(result.error, pulumi.RunError)
    head, error = str(result.error).split("\n")
    assert head == f"DeadLetterQueue {name!r} is refused, 1 error:"
    assert error.partition(":")[0] == f"- {line.partition(':')[0]}"  # the texts are in error_texts.txt
    assert error.rpartition(" [")[2] == line.rpartition(" [")[2]
    assert result.resources == {}


def test_an_output_is_judged_when_it_is_known() -> None:
    def program() -> None:
        DeadLetterQueue("dead", {"kms_master_key_id": pulumi.Output.from_input("alias/dead")})

    result = run(program)
    assert "DeadLetterQueue 'dead' is refused, 1 error:" in str(result.error)
    assert "[shared-queue-key]" in str(result.error)


def test_tags_are_judged_as_a_consumers_are() -> None:
    assert "[tag-reserved]" in str(alone(tags={"aws:team": "cards"}).error)


def test_every_rule_of_its_own_is_tried_above() -> None:
    tried = {"shared-dead-letter-queue", "shared-queue-name", "shared-queue-key", "shared-key-reuse-without-key"}
    tried |= {"shared-buckets", "shared-topics", "shared-event-rules", "shared-senders-too-many"}
    ids = {rule.id for rule in validation.OF_DEAD_LETTER_QUEUE} - {rule.id for rule in validation.RULES}
    assert ids == tried


def test_arguments_settings_and_docstrings_are_the_same_list() -> None:
    fields = [f.name for f in dataclasses.fields(DeadLetterQueueComponentSettings) if "kind" in f.metadata]
    assert list(DeadLetterQueueArgs.__annotations__) == fields
    (node,) = [
        node
        for node in ast.parse(Path("components/dead_letter_queue.py").read_text("utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name == "DeadLetterQueueArgs"
    ]
    documented = [isinstance(each, ast.Expr) for each in node.body]
    assert documented == [True, *[False, True] * len(fields)]


def test_it_takes_what_topics_and_rules_cannot_deliver_where_it_names_them() -> None:
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:hands"
    queue = alone(allowed_senders={"topics": [topic]}).resources["dead-dlq"]
    _, allowed = json.loads(queue.inputs["policy"])["Statement"]
    assert allowed["Principal"] == {"Service": "sns.amazonaws.com"}
    assert allowed["Condition"] == {"ArnLike": {"aws:SourceArn": [topic]}}
