"""The seven resources of a consumer, connected the same way: without a component, and as the children of a bare one."""

import json

import pulumi
from pulumi_aws import cloudwatch, iam, lambda_, sqs

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
        ],
    }
)
TLS_ONLY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sqs:*",
                "Resource": "*",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
)


class Bare(pulumi.ComponentResource):
    """What any component costs that has these children and outputs."""

    def __init__(self, name: str) -> None:
        super().__init__("queue-consumer:index:QueueConsumer", name)
        self.register_outputs(consumer(name, self))


def consumer(name: str, parent: pulumi.Resource | None = None) -> dict[str, pulumi.Output[str]]:
    """Register the resources, and return what the component has as outputs."""
    child = pulumi.ResourceOptions(parent=parent)
    tags = {"consumer": name, "stack": pulumi.get_stack(), "project": pulumi.get_project()}
    role = iam.Role(f"{name}-role", assume_role_policy=TRUST, tags=tags, opts=child)
    logs = cloudwatch.LogGroup(f"{name}-logs", retention_in_days=30, tags=tags, opts=child)
    dead_letters = sqs.Queue(
        f"{name}-dlq",
        message_retention_seconds=1_209_600,
        receive_wait_time_seconds=20,
        max_message_size=1_048_576,
        sqs_managed_sse_enabled=True,
        policy=TLS_ONLY,
        tags=tags,
        opts=child,
    )
    queue = sqs.Queue(
        f"{name}-queue",
        visibility_timeout_seconds=180,
        message_retention_seconds=345_600,
        delay_seconds=0,
        receive_wait_time_seconds=20,
        max_message_size=1_048_576,
        sqs_managed_sse_enabled=True,
        policy=TLS_ONLY,
        redrive_policy=dead_letters.arn.apply(
            lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5})
        ),
        tags=tags,
        opts=child,
    )
    policy = iam.RolePolicy(
        f"{name}-policy",
        role=role.name,
        policy=pulumi.Output.json_dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
                        "Resource": queue.arn,
                    },
                    {
                        "Effect": "Allow",
                        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                        "Resource": pulumi.Output.concat(logs.arn, ":*"),
                    },
                    {"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": dead_letters.arn},
                ],
            }
        ),
        opts=child,
    )
    function = lambda_.Function(
        f"{name}-function",
        code=pulumi.FileArchive("functions/poker_hands"),
        handler="handler.handle",
        runtime="python3.13",
        role=role.arn,
        timeout=30,
        memory_size=128,
        architectures=["x86_64"],
        environment={
            "variables": {
                "SQS_BATCH_MAX_RECEIVE_COUNT": "5",
                "SQS_BATCH_DEAD_LETTER_QUEUE_URL": dead_letters.url,
            }
        },
        logging_config={"log_format": "Text", "log_group": logs.name},
        tags=tags,
        opts=child,
    )
    mapping = lambda_.EventSourceMapping(
        f"{name}-mapping",
        event_source_arn=queue.arn,
        function_name=function.arn,
        batch_size=10,
        function_response_types=["ReportBatchItemFailures"],
        enabled=True,
        tags=tags,
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[policy]),
    )
    return {
        "queueUrl": queue.url,
        "queueArn": queue.arn,
        "queueName": queue.name,
        "deadLetterQueueUrl": dead_letters.url,
        "deadLetterQueueArn": dead_letters.arn,
        "deadLetterQueueName": dead_letters.name,
        "functionName": function.name,
        "functionArn": function.arn,
        "roleArn": role.arn,
        "logGroupName": logs.name,
        "mappingId": mapping.uuid,
    }
