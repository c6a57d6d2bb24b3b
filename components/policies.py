"""Policy documents and statements as dicts, whose values may be Outputs, and their canonical JSON."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def canonical_json(document: Any, default: Callable[[Any], Any] | None = None) -> str:
    """Return `document` as AWS returns it, compact and with sorted keys, so that `pulumi up` shows no difference.

    `default` converts values that are not JSON.
    """
    return json.dumps(document, sort_keys=True, separators=(",", ":"), default=default)


def document(*statements: Mapping[str, Any]) -> dict[str, Any]:
    """Return a policy document with these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def lambda_trust() -> dict[str, Any]:
    """Return the trust policy of the function's role: only Lambda may assume it."""
    return document(_assume_role("lambda"))


def service_trust(service: str, account: Any) -> dict[str, Any]:
    """Return the trust policy of a sending role: this service may assume it, for resources of this account.

    API Gateway is not documented to pass the account, and a condition on a missing key never matches.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    statement = _assume_role(service)
    if service != "apigateway":
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": account}}
    return document(statement)


def _assume_role(service: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": f"{service}.amazonaws.com"}}


def read_stream(stream_arn: str) -> dict[str, Any]:
    """Return the permissions of a pipe to read this Kinesis or DynamoDB stream.

    The page also lists dynamodb:ListStreams, but that has no effect on a stream's ARN, and on `*` it would list all
    streams of the account, which this pipe does not need.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-permissions.html
    """
    service = stream_arn.split(":")[2] if ":" in stream_arn else ""
    verbs = ["DescribeStream", "GetRecords", "GetShardIterator"]
    more = ["DescribeStreamSummary", "ListShards"] if service == "kinesis" else []
    return allow("", [f"{service}:{verb}" for verb in verbs + more], stream_arn)


PAUSE_TAG = "queue-consumer:paused"
"""The tag of a function by which `consumers pause` says who has paused its consumer, and until when."""

SENDING_SERVICES = {"topics": "sns", "buckets": "s3", "event_rules": "events"}
"""The services that `allowed_senders` allows, by its arguments."""


def queue_access(account: Any, senders: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Return a queue's policy: TLS only, and these senders, as ARNs by kind.

    A queue has one policy, so all statements are built together. For `"Resource": "*"` see `tls_only`.
    """
    return document(*tls_only()["Statement"], *sender_statements("*", account, senders))


def sender_statements(queue_arn: Any, account: Any, senders: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Return statements that let these senders send to the queue, one for each kind.

    Confused-deputy protection: restrict each service principal by source ARN. The ARN of a bucket contains no account,
    and its name can belong to somebody else tomorrow, so restrict the account too.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    statements: list[dict[str, Any]] = []
    for kind, service in SENDING_SERVICES.items():
        condition: dict[str, Any] = {"ArnLike": {"aws:SourceArn": [*senders[kind]]}}
        if kind == "buckets":
            condition["StringEquals"] = {"aws:SourceAccount": account}
        principal = {"Service": f"{service}.amazonaws.com"}
        statement = allow(f"Allow{kind.title().replace('_', '')}", ["sqs:SendMessage"], queue_arn)
        statements += [{**statement, "Principal": principal, "Condition": condition}] if senders[kind] else []
    return statements


def tls_only() -> dict[str, Any]:
    """Return a queue's policy that denies requests without TLS.

    In a queue's policy, `"Resource": "*"` means that queue. Its ARN does not exist before the queue, and a separate
    policy resource would add 25 s to each deployment.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html
    """
    return document({**_without_tls("sqs:*"), "Resource": "*"})


def _without_tls(actions: str) -> dict[str, Any]:
    return {
        "Sid": "DenyWithoutTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": actions,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def publish_alarms(topic_arn: str) -> dict[str, Any]:
    """Return a topic's policy: only with TLS, and only alarms of the topic's account and region may publish.

    It replaces SNS's default policy. Principals of the account still need no statement here: their own policies decide.
    https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
    """
    _, partition, _, region, account, _ = topic_arn.split(":") if topic_arn.count(":") == 5 else [""] * 6
    alarms = f"arn:{partition}:cloudwatch:{region}:{account}:alarm:*"
    condition = {"ArnLike": {"aws:SourceArn": alarms}, "StringEquals": {"aws:SourceAccount": account}}
    publish = allow("AllowAlarms", ["sns:Publish"], topic_arn)
    return document(
        {**_without_tls("sns:Publish"), "Resource": topic_arn},
        {**publish, "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Condition": condition},
    )


def redrive(dead_letter_queue_arn: Any, max_receive_count: int) -> dict[str, Any]:
    """Return the redrive policy that moves a message after `max_receive_count` receives."""
    return {"deadLetterTargetArn": dead_letter_queue_arn, "maxReceiveCount": max_receive_count}


def allow_redrive_of(queue_arns: Any) -> dict[str, Any]:
    """Return the redrive-allow policy of a dead-letter queue that only these queues, at most 10, may use.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
    """
    return {"redrivePermission": "byQueue", "sourceQueueArns": queue_arns}


def consume(queue_arn: Any, *, change_visibility: bool) -> dict[str, Any]:
    """Return the permissions of Lambda's pollers on the queue, and of `sqs_batch` to change visibility timeouts.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    return allow("Consume", actions + ["sqs:ChangeMessageVisibility"] * change_visibility, queue_arn)


def send(queue_arn: Any, sid: str = "") -> dict[str, Any]:
    """Return the permission to send to this queue."""
    return allow(sid, ["sqs:SendMessage"], queue_arn)


def remember(table_arn: Any) -> dict[str, Any]:
    """Return the permissions of Powertools' idempotency utility on its table.

    https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/#iam-permissions
    """
    actions = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]
    return allow("Remember", actions, table_arn)


def use_table_key(key_arn: Any) -> dict[str, Any]:
    """Return the permissions to use a table's KMS key.

    The page lists them. CreateGrant is left out, because only creating the table requires it.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
    """
    verbs = ("Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext")
    return allow("UseTableKey", [f"kms:{verb}" for verb in (*verbs, "DescribeKey")], key_arn)


def redrive_from(dead_letter_queue_arn: Any) -> dict[str, Any]:
    """Return the permissions to inspect a dead-letter queue and to redrive its messages, except for sending.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
    """
    tasks = ["sqs:StartMessageMoveTask", "sqs:CancelMessageMoveTask", "sqs:ListMessageMoveTasks"]
    messages = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ListDeadLetterSourceQueues"]
    return allow("", tasks + messages, dead_letter_queue_arn)


def operate_queue(queue_arn: Any) -> dict[str, Any]:
    """Return the permissions to find a queue, count its messages and send to it. They do not include receiving: a look
    at the queue would count as a receive, and could itself dead-letter a message."""
    return allow("", ["sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:SendMessage"], queue_arn)


def operate_dead_letters(dead_letter_queue_arn: Any) -> dict[str, Any]:
    """Return the permissions of `consumers dlq` on a dead-letter queue: those of `redrive_from`, and to find it and to
    give back what it has looked at."""
    redrive = redrive_from(dead_letter_queue_arn)["Action"]
    return allow("", [*redrive, "sqs:GetQueueUrl", "sqs:ChangeMessageVisibility"], dead_letter_queue_arn)


def operate_function(function_arn: Any, alias_arns: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the permissions to look at a function and at what its alias invokes, and to write and remove the tag that
    says who has paused it.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
    """
    tag = {"ForAllValues:StringEquals": {"aws:TagKeys": [PAUSE_TAG]}}
    return [
        allow("", ["lambda:GetFunctionConfiguration", "lambda:ListTags"], [function_arn, *alias_arns]),
        {**allow("", ["lambda:TagResource", "lambda:UntagResource"], function_arn), "Condition": tag},
    ]


def operate_mapping(mapping_arn: Any, function_arns: Sequence[Any]) -> dict[str, Any]:
    """Return the permissions to look at a mapping, and to turn it off and on. It may not be moved to another function.

    UpdateEventSourceMapping covers everything else of the mapping too, its filters included: IAM has nothing narrower.
    A request that leaves the function as it is need not name it, so the condition holds where there is no such key.
    """
    actions = ["lambda:GetEventSourceMapping", "lambda:UpdateEventSourceMapping"]
    same_function = {"StringEqualsIfExists": {"lambda:FunctionArn": [*function_arns]}}
    return {**allow("", actions, mapping_arn), "Condition": same_function}


def read_log(log_group_arns: Sequence[Any]) -> dict[str, Any]:
    """Return the permission to read a log group, of which these are the ARNs.

    In policies AWS writes the ARN of a log group in both ways, with `:*` at its end and without.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
    """
    return allow("", ["logs:FilterLogEvents"], [*log_group_arns])


def read_topics(topic_arns: Any) -> dict[str, Any]:
    """Return the permission to see which subscriptions of these topics are not confirmed."""
    return allow("", ["sns:ListSubscriptionsByTopic"], topic_arns)


def find_consumers(*, has_alarms: bool) -> dict[str, Any]:
    """Return the permissions to find resources by their tags, to list mappings, to read metrics, and to find alarms.

    On `*`, because IAM supports neither resources nor conditions for the first three, and alarms are found by their
    action among those of the account.
    https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
    """
    actions = ["tag:GetResources", "lambda:ListEventSourceMappings", "cloudwatch:GetMetricData"]
    return allow("", actions + ["cloudwatch:DescribeAlarms"] * has_alarms, "*")


def decrypt(key_arn: Any, sid: str = "") -> dict[str, Any]:
    """Return the permissions on a KMS key to receive from a queue that it encrypts.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
    """
    return allow(sid, ["kms:Decrypt"], key_arn)


def encrypt(key_arn: Any, sid: str = "") -> dict[str, Any]:
    """Return the permissions on a KMS key to send to a queue that it encrypts."""
    return allow(sid, ["kms:GenerateDataKey", "kms:Decrypt"], key_arn)


def use_filter_key(key_arn: Any) -> dict[str, Any]:
    """Return the permissions to look at a mapping whose filters this KMS key encrypts, and to change it.

    Only in calls that Lambda makes for the caller: its service names begin with `lambda.` and a region.
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filter-criteria-encryption
    """
    statement = allow("", ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"], key_arn)
    return {**statement, "Condition": {"StringLike": {"kms:ViaService": "lambda.*"}}}


def trace() -> dict[str, Any]:
    """Return the permission to send traces. X-Ray does not support resource ARNs.

    https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
    """
    return allow("Trace", ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*")


def network_interfaces() -> list[dict[str, Any]]:
    """Return the permissions to connect a function to a VPC, denied to the function's own code.

    On `*`, like AWSLambdaVPCAccessExecutionRole, because Lambda names the interfaces. AWS advises to deny them to the
    function's code, whose requests carry `lambda:SourceFunctionArn`. https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """
    actions = [
        "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface",
        "ec2:DescribeSubnets", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
    ]  # fmt: skip
    from_code = {"Null": {"lambda:SourceFunctionArn": "false"}}
    denied = {**allow("DenyNetworkToCode", actions, "*"), "Effect": "Deny", "Condition": from_code}
    return [allow("Network", actions, "*"), denied]


def write_logs(log_group_arn: Any) -> dict[str, Any]:
    """Return the permission to write to this log group."""
    return allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], log_group_arn)


def allow(sid: str, actions: Sequence[str], resource: Any) -> dict[str, Any]:
    """Return a statement that allows `actions` on `resource`.

    Omit `sid` in statements for other policies, where it could collide.
    """
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return {"Sid": sid, **statement} if sid else statement
