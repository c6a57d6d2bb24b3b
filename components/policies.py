"""The policy documents of a consumer: pure functions that return them as dicts, and one that writes them as JSON.

Values may be Outputs: a document is plain data until `canonical_json` writes it.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

VERSION = "2012-10-17"


def canonical_json(document: Any, default: Callable[[Any], Any] | None = None) -> str:
    """Return `document` as AWS gives it back, compact and with sorted keys.

    Written in any other way, it would be a change in every `pulumi up`. `default` stands in for what is no JSON.
    """
    return json.dumps(document, sort_keys=True, separators=(",", ":"), default=default)


def document(*statements: Mapping[str, Any]) -> dict[str, Any]:
    """Return a policy document of these statements."""
    return {"Version": VERSION, "Statement": list(statements)}


def lambda_trust() -> dict[str, Any]:
    """Return who may assume the function's role: the Lambda service, and nobody else."""
    return document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}})


def service_trust(service: str, account: str) -> dict[str, Any]:
    """Return who may assume a role that sends: this service, for what belongs to this account.

    Of API Gateway no page says that it tells the account, and a condition on what is not told is never met.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": f"{service}.amazonaws.com"},
    }
    if service != "apigateway":
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": account}}
    return document(statement)


def read_stream(stream_arn: str) -> dict[str, Any]:
    """Return what a pipe needs to read this stream, of Kinesis or DynamoDB.

    The page also asks for dynamodb:ListStreams. IAM knows no resource for it, so it grants nothing on a stream's ARN;
    on `*` it would list all streams of the account, which a pipe that is given one does not need.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-permissions.html
    """
    service = stream_arn.split(":")[2] if ":" in stream_arn else ""
    verbs = ["DescribeStream", "GetRecords", "GetShardIterator"]
    more = ["DescribeStreamSummary", "ListShards"] if service == "kinesis" else []
    return allow("", [f"{service}:{verb}" for verb in verbs + more], stream_arn)


SENDING_SERVICES = {"topics": "sns", "buckets": "s3", "event_rules": "events"}
"""The services that send on somebody's behalf, by the argument that names on whose."""


def queue_access(account: Any, senders: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Return a queue's access policy: by TLS only, and from these senders, whose ARNs are listed by their kind.

    A queue has one policy document, so it is written in one piece. For `"Resource": "*"` see `tls_only`.
    """
    return document(*tls_only()["Statement"], *sender_statements("*", account, senders))


def sender_statements(queue_arn: Any, account: Any, senders: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Return what lets these senders send to the queue: a statement for each kind, so that its limits are far.

    A service sends for whoever asks it, so each condition says for whom it may. The ARN of a bucket does not tell its
    account, and its name can be somebody else's tomorrow: hence the account too.
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
    """Return a queue's access policy that denies whatever does not come by TLS.

    `"Resource": "*"` in a policy that is attached to one queue means that queue. Its own ARN is not known while it is
    made, and a policy as a resource of its own would be 25 s more in each deployment.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html
    """
    return document(
        {
            "Sid": "DenyWithoutTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sqs:*",
            "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )


def redrive(dead_letter_queue_arn: Any, max_receive_count: int) -> dict[str, Any]:
    """Return the redrive policy that moves a message on after `max_receive_count` receives."""
    return {"deadLetterTargetArn": dead_letter_queue_arn, "maxReceiveCount": max_receive_count}


def allow_redrive_of(queue_arns: Sequence[Any]) -> dict[str, Any]:
    """Return the redrive-allow policy of a dead-letter queue that only these queues may use, 10 at most.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
    """
    return {"redrivePermission": "byQueue", "sourceQueueArns": list(queue_arns)}


def consume(queue_arn: Any, *, change_visibility: bool) -> dict[str, Any]:
    """Return what Lambda's pollers need on the queue, and the runtime where it sets visibility timeouts.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    return allow("Consume", actions + ["sqs:ChangeMessageVisibility"] * change_visibility, queue_arn)


def send(queue_arn: Any, sid: str = "") -> dict[str, Any]:
    """Return the permission to send to this queue."""
    return allow(sid, ["sqs:SendMessage"], queue_arn)


def remember(table_arn: Any) -> dict[str, Any]:
    """Return what Powertools' idempotency utility needs on its table.

    https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/#iam-permissions
    """
    actions = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]
    return allow("Remember", actions, table_arn)


def use_table_key(key_arn: Any) -> dict[str, Any]:
    """Return what DynamoDB needs of a KMS key to read and write a table on the role's behalf.

    What AWS asks for, with its wildcards spelt out and without CreateGrant, which only making the table takes.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
    """
    verbs = ("Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext")
    return allow("UseTableKey", [f"kms:{verb}" for verb in (*verbs, "DescribeKey")], key_arn)


def redrive_from(dead_letter_queue_arn: Any) -> dict[str, Any]:
    """Return what it takes to look into a dead-letter queue and to move its messages on, but for the sending.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
    """
    tasks = ["sqs:StartMessageMoveTask", "sqs:CancelMessageMoveTask", "sqs:ListMessageMoveTasks"]
    messages = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ListDeadLetterSourceQueues"]
    return allow("", tasks + messages, dead_letter_queue_arn)


def decrypt(key_arn: Any, sid: str = "") -> dict[str, Any]:
    """Return what it takes of a KMS key to receive from a queue that is encrypted with it.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
    """
    return allow(sid, ["kms:Decrypt"], key_arn)


def encrypt(key_arn: Any, sid: str = "") -> dict[str, Any]:
    """Return what it takes of a KMS key to send to a queue that is encrypted with it: a new data key, or a used one."""
    return allow(sid, ["kms:GenerateDataKey", "kms:Decrypt"], key_arn)


def trace() -> dict[str, Any]:
    """Return the permission to send traces. X-Ray has no resources to narrow it to.

    https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
    """
    return allow("Trace", ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*")


def network_interfaces() -> list[dict[str, Any]]:
    """Return what Lambda needs to connect a function to a VPC, and that the function's own code may not do it.

    On `*`, as AWS's own AWSLambdaVPCAccessExecutionRole: Lambda names the interfaces, and may describe them so only.
    So AWS advises to deny the same to the function's code, whose requests, unlike Lambda's own, carry
    `lambda:SourceFunctionArn`. https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """
    verbs = ("Create", "Describe", "Delete")
    actions = [
        *(f"ec2:{verb}NetworkInterface{'s' * (verb == 'Describe')}" for verb in verbs),
        *("ec2:DescribeSubnets", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"),
    ]
    from_code = {"Null": {"lambda:SourceFunctionArn": "false"}}
    denied = {**allow("DenyNetworkToCode", actions, "*"), "Effect": "Deny", "Condition": from_code}
    return [allow("Network", actions, "*"), denied]


def write_logs(log_group_arn: Any) -> dict[str, Any]:
    """Return the permission to write to this log group, which exists before the function."""
    return allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], log_group_arn)


def allow(sid: str, actions: Sequence[str], resource: Any) -> dict[str, Any]:
    """Return a statement that allows `actions` on `resource`.

    Without a `sid` where it may meet others in a document that is not ours, which must name each only once.
    """
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return {"Sid": sid, **statement} if sid else statement
