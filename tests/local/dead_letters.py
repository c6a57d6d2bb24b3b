"""Consumers with dead letters on the local AWS. They have queues and no function, so that messages stay."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from consumers.local.emulator import LocalAws
from deployed_consumers import run


@dataclass(frozen=True)
class Dead:
    """A consumer, its queue and its dead-letter queue."""

    aws: LocalAws
    name: str
    url: str
    arn: str
    dead_url: str
    dead_arn: str

    def put(self, *bodies: str, url: str | None = None, **more: Any) -> list[str]:
        """Send messages straight to the dead-letter queue, each with the same attributes; return their ids."""
        sqs = self.aws.client("sqs")
        url = url or self.dead_url
        ids: list[str] = []
        for body in bodies:
            extra = {"MessageDeduplicationId": f"{time.time_ns()}"} if url.endswith(".fifo") else {}
            ids.append(sqs.send_message(QueueUrl=url, MessageBody=body, **extra, **more)["MessageId"])
        return ids

    def put_dead(self, *bodies: str, before: int = 0, **more: Any) -> None:
        """Let SQS move messages: they are received once, and given back. `before` letters are there already."""
        sqs = self.aws.client("sqs")
        self.put(*bodies, url=self.url, **more)
        while received := sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, VisibilityTimeout=0):
            if not received.get("Messages"):
                break
        wait = time.monotonic() + 10
        while self.depth(self.dead_url) < before + len(bodies) and time.monotonic() < wait:
            sqs.receive_message(QueueUrl=self.url)

    def depth(self, url: str) -> int:
        keys = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = self.aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=keys)["Attributes"]
        return sum(int(attributes[key]) for key in keys)

    def visible(self, url: str) -> int:
        keys = ["ApproximateNumberOfMessages"]
        attributes = self.aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=keys)["Attributes"]
        return int(attributes[keys[0]])

    def messages(self, url: str | None = None) -> list[dict[str, Any]]:
        """Take every visible message of the queue, or of another."""
        sqs, url = self.aws.client("sqs"), url or self.url
        taken: list[dict[str, Any]] = []
        names = {"MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"]}
        while received := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, **names).get("Messages"):
            taken += received
            for message in received:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return taken

    def seen(self, url: str) -> list[dict[str, Any]]:
        """Every visible message of a standard queue; they stay there."""
        sqs, seen = self.aws.client("sqs"), list[dict[str, Any]]()
        names = {"MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"]}
        while received := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, **names).get("Messages"):
            seen += received
        for message in seen:
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
        return seen

    def bodies(self, url: str | None = None) -> list[str]:
        return [message["Body"] for message in self.messages(url)]

    def send(self, *arguments: str, stdin: str | bytes | None = None) -> Any:
        return run("send", self.name, *arguments, stdin=stdin)

    def dlq(self, command: str, *arguments: str, stdin: str | bytes | None = None) -> Any:
        return run("dlq", command, self.name, *arguments, stdin=stdin)


def rejected(reason: str, **more: Any) -> dict[str, Any]:
    """The attribute that the runtime writes, with the user's own."""
    why = json.dumps({"reason": reason, "function": None, "receiveCount": 3, "messageId": "original"})
    return {"MessageAttributes": {"Rejected": text(why), **more}}


def text(value: str) -> dict[str, Any]:
    return {"DataType": "String", "StringValue": value}


def consumer(aws: LocalAws, name: str, *, fifo: bool = False, dead_letter_queue: str | None = None) -> Dead:
    """Create the queues of a consumer, with its tags; or only its queue, with the URL of a shared dead-letter queue."""
    sqs, end = aws.client("sqs"), ".fifo" if fifo else ""
    kind = {"FifoQueue": "true"} if fifo else {}
    dead = (
        dead_letter_queue
        or sqs.create_queue(QueueName=f"{name}-dlq{end}", Attributes=kind, tags=_tags(name, "dead-letter-queue"))[
            "QueueUrl"
        ]
    )
    policy = json.dumps({"deadLetterTargetArn": _arn(sqs, dead), "maxReceiveCount": "1"})
    url = sqs.create_queue(
        QueueName=f"{name}-queue{end}", Attributes={**kind, "RedrivePolicy": policy}, tags=_tags(name, "queue")
    )["QueueUrl"]
    return Dead(aws, name, url, _arn(sqs, url), dead, _arn(sqs, dead))


def _arn(sqs: Any, url: str) -> str:
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _tags(name: str, part: str) -> dict[str, str]:
    values = {"consumer": name, "part": part, "stack": "dev", "project": "test"}
    return {f"queue-consumer:{key}": value for key, value in values.items()}


def json_of(result: Any) -> Any:
    assert result.stdout, result.output
    return json.loads(result.stdout)


def bodies_of(messages: Sequence[dict[str, Any]], group: str) -> list[str]:
    return [each["Body"] for each in messages if each["Attributes"].get("MessageGroupId") == group]
