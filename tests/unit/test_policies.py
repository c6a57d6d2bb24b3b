"""Policy documents: plain data in, plain data out, and text as AWS gives it back."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from components import policies

text = st.text('aé"\n', max_size=3)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)


@given(document=st.dictionaries(text, values, max_size=3))
@settings(max_examples=50)
def test_canonical_json_is_the_same_for_the_same_document_in_any_order(document: dict[str, object]) -> None:
    backwards = dict(reversed(document.items()))
    text = policies.canonical_json(document)
    assert policies.canonical_json(backwards) == text
    assert json.loads(text) == document


def test_a_value_that_is_not_json_is_written_by_the_default() -> None:
    assert policies.canonical_json({"a": {1}}, list) == '{"a":[1]}'


def trust(service: str, **condition: Any) -> dict[str, Any]:
    principal = {"Service": f"{service}.amazonaws.com"}
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **condition}
    return {"Version": "2012-10-17", "Statement": [statement]}


ACCOUNT = {"StringEquals": {"aws:SourceAccount": "1234"}}


def test_a_role_is_assumed_by_its_service_only_and_for_this_account_where_the_service_supports_it() -> None:
    assert policies.lambda_trust() == trust("lambda")
    assert policies.service_trust("pipes", "1234") == trust("pipes", Condition=ACCOUNT)
    assert policies.service_trust("apigateway", "1234") == trust("apigateway")


def test_each_kind_of_sender_is_one_statement_beside_the_one_that_requires_tls() -> None:
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


WRITE_TABLE = "dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem"
OF_STREAM = "{0}:DescribeStream {0}:GetRecords {0}:GetShardIterator"
MORE_KEY = "kms:GenerateDataKeyWithoutPlaintext kms:DescribeKey"
MORE_REDRIVE = f"{READ_QUEUE} sqs:ListDeadLetterSourceQueues"


def test_a_permission_allows_these_actions_on_this_resource_and_no_more() -> None:
    table: list[tuple[dict[str, Any], str, str, str]] = [
        (policies.consume("q", change_visibility=False), "Consume", READ_QUEUE, "q"),
        (policies.consume("q", change_visibility=True), "Consume", f"{READ_QUEUE} sqs:ChangeMessageVisibility", "q"),
        (policies.send("q"), "", "sqs:SendMessage", "q"),
        (policies.send("q", "Send"), "Send", "sqs:SendMessage", "q"),
        (policies.redrive_from("q"), "", f"{MOVE} {MORE_REDRIVE}", "q"),
        (policies.decrypt("k"), "", "kms:Decrypt", "k"),
        (policies.decrypt("k", "Read"), "Read", "kms:Decrypt", "k"),
        (policies.encrypt("k"), "", "kms:GenerateDataKey kms:Decrypt", "k"),
        (policies.encrypt("k", "Write"), "Write", "kms:GenerateDataKey kms:Decrypt", "k"),
        (policies.use_table_key("k"), "UseTableKey", f"{TABLE_KEY} {MORE_KEY}", "k"),
        (policies.remember("t"), "Remember", WRITE_TABLE, "t"),
        (policies.trace(), "Trace", "xray:PutTraceSegments xray:PutTelemetryRecords", "*"),
        (policies.write_logs("g"), "WriteLogs", "logs:CreateLogStream logs:PutLogEvents", "g"),
        (
            policies.read_stream(KINESIS),
            "",
            f"{OF_STREAM.format('kinesis')} kinesis:DescribeStreamSummary kinesis:ListShards",
            KINESIS,
        ),
        (policies.read_stream(DYNAMODB), "", OF_STREAM.format("dynamodb"), DYNAMODB),
        (policies.read_stream("later"), "", OF_STREAM.format(""), "later"),
    ]
    for statement, sid, actions, resource in table:
        expected = {"Effect": "Allow", "Action": actions.split(), "Resource": resource}
        assert statement == ({"Sid": sid, **expected} if sid else expected)


def test_the_key_of_filters_may_be_used_through_lambda_only() -> None:
    assert policies.use_filter_key("k") == {
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
        "Resource": "k",
        "Condition": {"StringLike": {"kms:ViaService": "lambda.*"}},
    }


def test_network_interfaces_are_allowed_to_lambda_and_denied_to_the_functions_code() -> None:
    actions = f"{NETWORK} ec2:AssignPrivateIpAddresses ec2:UnassignPrivateIpAddresses".split()
    shared = {"Action": actions, "Resource": "*"}
    from_code = {"Null": {"lambda:SourceFunctionArn": "false"}}
    assert policies.network_interfaces() == [
        {"Sid": "Network", "Effect": "Allow", **shared},
        {"Sid": "DenyNetworkToCode", "Effect": "Deny", **shared, "Condition": from_code},
    ]


def test_a_dead_letter_queue_may_be_restricted_to_its_queues() -> None:
    allowed = policies.allow_redrive_of(["a", "b"])
    assert allowed == {"redrivePermission": "byQueue", "sourceQueueArns": ["a", "b"]}


def test_the_redrive_policy_is_canonical_with_an_integer_count() -> None:
    text = policies.canonical_json(policies.redrive("arn", 3))
    assert text == '{"deadLetterTargetArn":"arn","maxReceiveCount":3}'
