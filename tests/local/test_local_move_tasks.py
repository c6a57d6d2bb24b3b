"""Message move tasks on the local AWS, as AWS runs them."""

import json
from collections.abc import Callable
from typing import Any

import boto3  # pyright: ignore[reportMissingTypeStubs]
import pytest

from consumers.local.emulator import LocalAws
from on_local_aws import policy, wait_until

ATTRIBUTES = {
    "tenant": {"DataType": "String", "StringValue": "acme ♠"},
    "raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    "count": {"DataType": "Number.int", "StringValue": "7"},
}
TRACE = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}}


class Queues:
    """A queue and its dead-letter queue."""

    def __init__(self, aws: LocalAws, name: str, suffix: str = "") -> None:
        self.sqs = aws.client("sqs")
        kind = {"FifoQueue": "true"} if suffix else {}
        self.dead = self.sqs.create_queue(QueueName=f"{name}-dlq{suffix}", Attributes=kind)["QueueUrl"]
        redrive = json.dumps({"deadLetterTargetArn": self.arn(self.dead), "maxReceiveCount": 1})
        attributes = kind | {"RedrivePolicy": redrive}
        self.live = self.sqs.create_queue(QueueName=f"{name}{suffix}", Attributes=attributes)["QueueUrl"]

    def arn(self, url: str) -> str:
        return self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def receive(self, url: str, seconds: int = 30) -> list[dict[str, Any]]:
        return self.sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=seconds,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        ).get("Messages", [])

    def kill(self) -> None:
        """Let SQS move every message of the live queue."""
        self.receive(self.live, 0)
        self.receive(self.live, 0)

    def start(self, destination: str | None = None, **parameters: Any) -> str:
        named = {} if destination is None else {"DestinationArn": self.arn(destination)}
        task = self.sqs.start_message_move_task(SourceArn=self.arn(self.dead), **named, **parameters)
        return task["TaskHandle"]

    def tasks(self, most: int = 10) -> list[dict[str, Any]]:
        return self.sqs.list_message_move_tasks(SourceArn=self.arn(self.dead), MaxResults=most)["Results"]

    def ended(self) -> dict[str, Any]:
        wait_until(lambda: self.tasks()[0]["Status"] != "RUNNING")
        return self.tasks()[0]

    def send(self, url: str, count: int = 1, **parameters: Any) -> None:
        for number in range(count):
            self.sqs.send_message(QueueUrl=url, MessageBody=str(number), **parameters)


@pytest.fixture
def queues(aws: LocalAws, name: str) -> Queues:
    return Queues(aws, name)


def error_of(call: Callable[[], object]) -> tuple[str, int, str]:
    with pytest.raises(Exception, match="MessageMoveTask") as caught:
        call()
    response: Any = getattr(caught.value, "response", {})
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Message"]


def test_a_message_goes_back_whole_with_a_new_id_and_no_receives(queues: Queues) -> None:
    queues.send(queues.live, MessageAttributes=ATTRIBUTES, MessageSystemAttributes=TRACE, MessageGroupId="fair")
    queues.kill()
    (dead,) = queues.receive(queues.dead, 0)
    queues.start()
    assert queues.ended()["ApproximateNumberOfMessagesMoved"] == 1
    (moved,) = queues.receive(queues.live)
    assert (moved["Body"], moved["MessageAttributes"]) == ("0", ATTRIBUTES)
    assert moved["Attributes"]["AWSTraceHeader"] == TRACE["AWSTraceHeader"]["StringValue"]
    assert moved["Attributes"]["MessageGroupId"] == "fair"
    assert moved["Attributes"]["ApproximateReceiveCount"] == "1"
    assert "DeadLetterQueueSourceArn" not in moved["Attributes"]
    assert moved["MessageId"] != dead["MessageId"]
    assert queues.receive(queues.dead) == []


def test_without_a_destination_a_message_that_was_sent_here_fails_the_task(queues: Queues) -> None:
    queues.send(queues.dead)
    queues.start()
    task = queues.ended()
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")
    assert len(queues.receive(queues.dead)) == 1
    assert "DestinationArn" not in task


def test_with_a_destination_such_a_message_is_moved(queues: Queues) -> None:
    queues.send(queues.dead, 3)
    queues.start(queues.live)
    task = queues.ended()
    assert (task["Status"], task["DestinationArn"]) == ("COMPLETED", queues.arn(queues.live))
    assert task["ApproximateNumberOfMessagesMoved"] == task["ApproximateNumberOfMessagesToMove"] == 3
    assert not {"TaskHandle", "FailureReason", "MaxNumberOfMessagesPerSecond"} & task.keys()
    assert [message["Body"] for message in queues.receive(queues.live)] == ["0", "1", "2"]


def test_a_message_in_flight_stays(queues: Queues) -> None:
    queues.send(queues.dead, 2)
    (held, *_) = queues.sqs.receive_message(QueueUrl=queues.dead, VisibilityTimeout=60)["Messages"]
    queues.start(queues.live)
    assert queues.ended()["ApproximateNumberOfMessagesMoved"] == 1
    queues.sqs.change_message_visibility(QueueUrl=queues.dead, ReceiptHandle=held["ReceiptHandle"], VisibilityTimeout=0)
    assert [message["MessageId"] for message in queues.receive(queues.dead)] == [held["MessageId"]]


def test_a_task_keeps_to_its_rate_and_is_cancelled_where_it_is(queues: Queues) -> None:
    queues.send(queues.dead, 9)
    handle = queues.start(queues.live, MaxNumberOfMessagesPerSecond=5)
    wait_until(lambda: queues.tasks()[0]["ApproximateNumberOfMessagesMoved"] > 0)
    (running,) = queues.tasks()
    assert (running["Status"], running["TaskHandle"], running["MaxNumberOfMessagesPerSecond"]) == ("RUNNING", handle, 5)
    code, status, text = error_of(lambda: queues.start(queues.live))
    assert (code, status) == ("InvalidParameterValue", 400)
    assert text.startswith("There is already a task running.")
    moved = queues.sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]
    assert 0 < moved < 9
    assert queues.tasks()[0]["Status"] == "CANCELLED"
    assert (len(queues.receive(queues.live)), len(queues.receive(queues.dead))) == (moved, 9 - moved)
    assert error_of(lambda: queues.sqs.cancel_message_move_task(TaskHandle=handle))[2] == "Task does not exist."


def test_a_task_whose_destination_is_deleted_fails(queues: Queues) -> None:
    queues.send(queues.dead, 9)
    queues.start(queues.live, MaxNumberOfMessagesPerSecond=2)
    queues.sqs.delete_queue(QueueUrl=queues.live)
    task = queues.ended()
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "AWS.SimpleQueueService.NonExistentQueue")
    assert len(queues.receive(queues.dead)) == 9 - task["ApproximateNumberOfMessagesMoved"]


def test_fifo_messages_keep_their_group_and_order_and_are_no_duplicates_of_themselves(aws: LocalAws, name: str) -> None:
    queues = Queues(aws, name, ".fifo")
    for number in range(4):
        group = {"MessageGroupId": "ab"[number % 2], "MessageDeduplicationId": str(number)}
        queues.sqs.send_message(QueueUrl=queues.live, MessageBody=str(number), **group)
    queues.kill()
    queues.start()
    assert queues.ended()["Status"] == "COMPLETED"
    moved = [(message["Attributes"]["MessageGroupId"], message["Body"]) for message in queues.receive(queues.live)]
    assert moved == [("a", "0"), ("b", "1"), ("a", "2"), ("b", "3")]


def test_the_newest_task_comes_first_and_ten_are_listed(queues: Queues) -> None:
    for _ in range(12):
        queues.start(queues.live)
        queues.ended()
    assert len(queues.tasks()) == 10
    queues.send(queues.dead)
    queues.start(queues.live)
    assert queues.ended()["ApproximateNumberOfMessagesMoved"] == 1
    assert [task["ApproximateNumberOfMessagesMoved"] for task in queues.tasks(2)] == [1, 0]


def test_a_role_may_move_what_its_policy_names(aws: LocalAws, queues: Queues, name: str) -> None:
    allowed = {
        "Effect": "Allow",
        "Action": "sqs:*MessageMoveTask*",
        "Resource": queues.arn(queues.dead),
    }
    sqs = client_of_a_user(aws, name, policy(allowed))
    queues.send(queues.dead, 9)
    arns = {"SourceArn": queues.arn(queues.dead), "DestinationArn": queues.arn(queues.live)}
    handle = sqs.start_message_move_task(**arns, MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    assert sqs.list_message_move_tasks(SourceArn=arns["SourceArn"])["Results"][0]["Status"] == "RUNNING"
    sqs.cancel_message_move_task(TaskHandle=handle)
    code, status, _ = error_of(lambda: sqs.start_message_move_task(SourceArn=arns["DestinationArn"]))
    assert (code, status) == ("AccessDenied", 403)


def client_of_a_user(aws: LocalAws, name: str, document: str) -> Any:
    iam = aws.client("iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="allowed", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    sdk: Any = boto3
    return sdk.client(
        "sqs",
        region_name=aws.region,
        endpoint_url=aws.endpoint_url,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
