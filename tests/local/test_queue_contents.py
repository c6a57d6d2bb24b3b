"""Messages of a queue of the local AWS, seen without receiving them."""

from consumers.local.emulator import LocalAws
from consumers.local.queue_contents import messages
from consumers.operations.dead_letters.letters import DeadLetter

ALL = {"MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"]}
ATTRIBUTES = {
    "tenant": {"DataType": "String", "StringValue": "acme"},
    "key": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
}


def test_they_are_as_a_receive_returns_them_and_no_receive_is_counted(aws: LocalAws, name: str) -> None:
    sqs, queue = aws.client("sqs"), {"FifoQueue": "true"}
    url = sqs.create_queue(QueueName=f"{name}.fifo", Attributes=queue)["QueueUrl"]
    for body in ("first", "second"):
        sqs.send_message(
            QueueUrl=url,
            MessageBody=body,
            MessageGroupId=body,
            MessageDeduplicationId=body,
            MessageAttributes=ATTRIBUTES,
        )
    seen = [[DeadLetter.of(each) for each in messages(aws, url)] for _ in range(3)]
    received = [DeadLetter.of(each) for each in sqs.receive_message(QueueUrl=url, **ALL)["Messages"]]
    for letters in seen:
        assert [(each.id, each.body, each.group, each.sent) for each in letters] == [
            (each.id, each.body, each.group, each.sent) for each in received
        ]
        assert [each.attributes for each in letters] == [ATTRIBUTES, ATTRIBUTES]
        assert [each.receives for each in letters] == [0, 0]
    assert [each.receives for each in received] == [1, 1]


def test_messages_in_flight_are_among_them_and_an_unknown_queue_has_none(aws: LocalAws, name: str) -> None:
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    sqs.receive_message(QueueUrl=url)
    (seen,) = messages(aws, url)
    assert (seen["Body"], seen["Attributes"]["ApproximateReceiveCount"]) == ("{}", "1")
    assert messages(aws, f"{url}-x") == []
