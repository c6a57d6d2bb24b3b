"""Policy documents: plain data in, plain data out, and text as AWS gives it back."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components import policies

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(document=st.dictionaries(st.text(), values))
def test_canonical_json_is_the_same_for_the_same_document_in_any_order(document: dict[str, object]) -> None:
    backwards = dict(reversed(document.items()))
    text = policies.canonical_json(document)
    assert policies.canonical_json(backwards) == text
    assert json.loads(text) == document


def test_what_is_no_json_is_written_as_its_default_says() -> None:
    assert policies.canonical_json({"a": {1}}, list) == '{"a":[1]}'


def trust(service: str, **condition: Any) -> dict[str, Any]:
    principal = {"Service": f"{service}.amazonaws.com"}
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **condition}
    return {"Version": "2012-10-17", "Statement": [statement]}


ACCOUNT = {"StringEquals": {"aws:SourceAccount": "1234"}}


def test_a_role_is_assumed_by_its_service_alone_for_this_account_where_it_tells_the_account() -> None:
    assert policies.lambda_trust() == trust("lambda")
    assert policies.service_trust("pipes", "1234") == trust("pipes", Condition=ACCOUNT)
    assert policies.service_trust("apigateway", "1234") == trust("apigateway")


def test_each_kind_of_sender_is_one_statement_with_its_condition_beside_what_denies_plain_http() -> None:
    def sent(sid: str, service: str, arn: str, **more: Any) -> dict[str, Any]:
        of_arn = {
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Condition": {"ArnLike": {"aws:SourceArn": [arn]}, **more},
        }
        return {"Sid": sid, "Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": "*", **of_arn}

    senders = {"topics": ["topic"], "buckets": ["bucket"], "event_rules": ["rule"]}
    (deny,) = policies.tls_only()["Statement"]
    everything = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"}
    assert deny == {"Sid": "DenyWithoutTls", **everything, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    statements = [
        sent("AllowTopics", "sns", "topic"),
        sent("AllowBuckets", "s3", "bucket", **ACCOUNT),
        sent("AllowEventRules", "events", "rule"),
    ]
    whole = policies.queue_access("1234", senders)
    assert whole == {"Version": "2012-10-17", "Statement": [deny, *statements]}
    nobody = policies.queue_access("1234", dict.fromkeys(senders, ()))
    assert nobody == {"Version": "2012-10-17", "Statement": [deny]}


READ_QUEUE = "sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes"
MOVE = "sqs:StartMessageMoveTask sqs:CancelMessageMoveTask sqs:ListMessageMoveTasks"
TABLE_KEY = "kms:Encrypt kms:Decrypt kms:ReEncryptFrom kms:ReEncryptTo kms:GenerateDataKey"
NETWORK = "ec2:CreateNetworkInterface ec2:DescribeNetworkInterfaces ec2:DeleteNetworkInterface ec2:DescribeSubnets"
KINESIS, DYNAMODB = "arn:aws:kinesis:eu:1:stream/a", "arn:aws:dynamodb:eu:1:table/a/stream/b"


@pytest.mark.parametrize(
    ("statement", "sid", "actions", "resource"),
    [
        (lambda: policies.consume("q", change_visibility=False), "Consume", READ_QUEUE, "q"),
        (
            lambda: policies.consume("q", change_visibility=True),
            "Consume",
            f"{READ_QUEUE} sqs:ChangeMessageVisibility",
            "q",
        ),
        (lambda: policies.send("q"), "", "sqs:SendMessage", "q"),
        (lambda: policies.send("q", "Send"), "Send", "sqs:SendMessage", "q"),
        (lambda: policies.redrive_from("q"), "", f"{MOVE} {READ_QUEUE} sqs:ListDeadLetterSourceQueues", "q"),
        (lambda: policies.decrypt("k"), "", "kms:Decrypt", "k"),
        (lambda: policies.decrypt("k", "Read"), "Read", "kms:Decrypt", "k"),
        (lambda: policies.encrypt("k"), "", "kms:GenerateDataKey kms:Decrypt", "k"),
        (lambda: policies.encrypt("k", "Write"), "Write", "kms:GenerateDataKey kms:Decrypt", "k"),
        (
            lambda: policies.use_table_key("k"),
            "UseTableKey",
            f"{TABLE_KEY} kms:GenerateDataKeyWithoutPlaintext kms:DescribeKey",
            "k",
        ),
        (
            lambda: policies.remember("t"),
            "Remember",
            "dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem",
            "t",
        ),
        (lambda: policies.trace(), "Trace", "xray:PutTraceSegments xray:PutTelemetryRecords", "*"),
        (lambda: policies.write_logs("g"), "WriteLogs", "logs:CreateLogStream logs:PutLogEvents", "g"),
        (
            lambda: policies.read_stream(KINESIS),
            "",
            "kinesis:DescribeStream kinesis:GetRecords kinesis:GetShardIterator "
            "kinesis:DescribeStreamSummary kinesis:ListShards",
            KINESIS,
        ),
        (
            lambda: policies.read_stream(DYNAMODB),
            "",
            "dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator",
            DYNAMODB,
        ),
        (lambda: policies.read_stream("later"), "", ":DescribeStream :GetRecords :GetShardIterator", "later"),
    ],
)
def test_a_permission_has_these_actions_on_this_resource_and_no_more(
    statement: Callable[[], dict[str, Any]], sid: str, actions: str, resource: str
) -> None:
    expected = {"Effect": "Allow", "Action": actions.split(), "Resource": resource}
    assert statement() == ({"Sid": sid, **expected} if sid else expected)


def test_what_lambda_does_in_a_vpc_is_denied_to_the_functions_code() -> None:
    actions = f"{NETWORK} ec2:AssignPrivateIpAddresses ec2:UnassignPrivateIpAddresses".split()
    shared = {"Action": actions, "Resource": "*"}
    from_code = {"Null": {"lambda:SourceFunctionArn": "false"}}
    assert policies.network_interfaces() == [
        {"Sid": "Network", "Effect": "Allow", **shared},
        {"Sid": "DenyNetworkToCode", "Effect": "Deny", **shared, "Condition": from_code},
    ]


def test_a_dead_letter_queue_may_be_restricted_to_its_queues() -> None:
    allowed = policies.allow_redrive_of(("a", "b"))
    assert allowed == {"redrivePermission": "byQueue", "sourceQueueArns": ["a", "b"]}


def test_the_dead_letter_target_comes_with_a_whole_number() -> None:
    text = policies.canonical_json(policies.redrive("arn", 3))
    assert text == '{"deadLetterTargetArn":"arn","maxReceiveCount":3}'
