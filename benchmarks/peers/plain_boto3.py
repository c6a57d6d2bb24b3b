"""The demo as a plain boto3 script: the same resources on the same local AWS, one call after another, without Pulumi.

Prints each step on stderr when it is done, as `consumers demo --json` does.
"""

import io
import json
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

from consumers.local.emulator import LocalAws, local_aws

ROOT = Path(__file__).parents[2]
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}],
}
TLS_ONLY = {
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


def archive(folder: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for path in [*(ROOT / folder).glob("*.py"), ROOT / "functions/sqs_batch.py"]:
            file.write(path, path.name)
    return buffer.getvalue()


def queue(aws: LocalAws, name: str, **attributes: str) -> tuple[str, str]:
    sqs = aws.client("sqs")
    common = {
        "SqsManagedSseEnabled": "true",
        "ReceiveMessageWaitTimeSeconds": "20",
        "MaximumMessageSize": "1048576",
        "Policy": json.dumps(TLS_ONLY),
    }
    url = sqs.create_queue(QueueName=name, Attributes={**common, **attributes})["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def role(aws: LocalAws, name: str, statements: list[dict[str, Any]]) -> str:
    iam = aws.client("iam")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    document = {"Version": "2012-10-17", "Statement": statements}
    iam.put_role_policy(RoleName=name, PolicyName="consume", PolicyDocument=json.dumps(document))
    return arn


def consumer(aws: LocalAws, name: str, folder: str, **mapping: Any) -> tuple[str, str, str]:
    log_group = f"/aws/lambda/{name}"
    aws.client("logs").create_log_group(logGroupName=log_group)
    aws.client("logs").put_retention_policy(logGroupName=log_group, retentionInDays=14)
    dead_url, dead_arn = queue(aws, f"{name}-dlq", MessageRetentionPeriod="1209600")
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 3})
    url, arn = queue(aws, f"{name}-queue", VisibilityTimeout="60", RedrivePolicy=redrive)
    statements = [
        {"Effect": "Allow", "Action": "sqs:*", "Resource": [arn, dead_arn]},
        {"Effect": "Allow", "Action": "logs:*", "Resource": "*"},
    ]
    function = aws.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="handler.handle",
        Role=role(aws, f"{name}-role", statements),
        Code={"ZipFile": archive(folder)},
        Timeout=10,
        LoggingConfig={"LogGroup": log_group},
        Environment={"Variables": variables(dead_url)},
    )
    aws.client("lambda").create_event_source_mapping(
        EventSourceArn=arn,
        FunctionName=function["FunctionArn"],
        BatchSize=10,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        **mapping,
    )
    return url, dead_url, log_group


def variables(dead_url: str) -> dict[str, str]:
    return {
        "SQS_BATCH_MAX_RECEIVE_COUNT": "3",
        "SQS_BATCH_DEAD_LETTER_QUEUE_URL": dead_url,
        "SQS_BATCH_RETRY_BASE_DELAY_SECONDS": "1",
        "SQS_BATCH_RETRY_MAXIMUM_DELAY_SECONDS": "900",
    }


def handled(aws: LocalAws, log_group: str) -> int:
    pages = aws.client("logs").get_paginator("filter_log_events").paginate(logGroupName=log_group)
    return sum("ok user=" in event["message"] for page in pages for event in page["events"])


def dead(aws: LocalAws, url: str) -> int:
    reply = aws.client("sqs").receive_message(QueueUrl=url, VisibilityTimeout=0)
    return len(reply.get("Messages", []))


def until(done: Any) -> None:
    while not done():
        time.sleep(0.05)


def tell(step: str) -> None:
    print(step, file=sys.stderr, flush=True)


def main() -> None:
    hands = (ROOT / "functions/poker_hands/ten-hands.jsonl").read_text("utf-8").splitlines()
    big = json.dumps({"body": {"chip_delta": [{"numeric": [">=", 100]}]}})
    with local_aws() as aws:
        url, dead_url, log_group = consumer(aws, "PokerHandsConsumer", "functions/poker_hands")
        filters = {"FilterCriteria": {"Filters": [{"Pattern": big}]}}
        pots, _, _ = consumer(aws, "big-pots", "functions/big_pots", **filters)
        tell("is deployed")
        entries = [{"Id": str(number), "MessageBody": hand} for number, hand in enumerate(hands)]
        for target in (url, pots):
            aws.client("sqs").send_message_batch(QueueUrl=target, Entries=entries)
        until(lambda: handled(aws, log_group) == 9)
        tell("hands are handled")
        until(lambda: dead(aws, dead_url) == 1)
        tell("in the dead-letter queue")


if __name__ == "__main__":
    main()
