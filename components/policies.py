"""The policy documents of a consumer: pure functions that return them as dicts, and one that writes them as JSON.

Values may be Outputs: a document is plain data until `canonical_json` writes it.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

VERSION = "2012-10-17"


def canonical_json(document: Any) -> str:
    """Return `document` as AWS gives it back, compact and with sorted keys.

    Written in any other way, it would be a change in every `pulumi up`.
    """
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def document(*statements: Mapping[str, Any]) -> dict[str, Any]:
    """Return a policy document of these statements."""
    return {"Version": VERSION, "Statement": list(statements)}


def lambda_trust() -> dict[str, Any]:
    """Return who may assume the function's role: the Lambda service, and nobody else."""
    return document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}})


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


def write_logs(log_group_arn: Any) -> dict[str, Any]:
    """Return the permission to write to this log group, which exists before the function."""
    return allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], log_group_arn)


def allow(sid: str, actions: Sequence[str], resource: Any) -> dict[str, Any]:
    """Return a statement that allows `actions` on `resource`.

    Without a `sid` where it may meet others in a document that is not ours, which must name each only once.
    """
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return {"Sid": sid, **statement} if sid else statement
