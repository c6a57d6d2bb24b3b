"""BucketEvents: an S3 bucket that notifies consumers of its objects."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components import BucketEvents, BucketListener, QueueConsumer
from error_texts import ErrorTexts
from pulumi_run import ACCOUNT, REGION, Run, inputs_of, run

BUCKET = "arn:aws:s3:::hand-histories"


def consumer(folder: Path, name: str = "hands", buckets: Any = (BUCKET,), **more: Any) -> QueueConsumer:
    args: Any = {"source": str(folder), "queue": {"allowed_senders": {"buckets": [*buckets]}}, **more}
    return QueueConsumer(name, args)


def attempt(listeners: Callable[[], list[Any]]) -> Run:
    return run(lambda: BucketEvents("uploads", "hand-histories", listeners()) and None)


def test_all_listeners_are_in_one_notification_of_the_bucket(folder: Path, error_text: ErrorTexts) -> None:
    result = attempt(
        lambda: [
            (consumer(folder, "hands"), "hands/", ".jsonl"),
            BucketListener(consumer(folder, "pots"), "pots/"),
            (consumer(folder, "gone"), None, None, ["s3:ObjectRemoved:*"]),
        ]
    )
    error_text(inputs_of(result, "uploads-notification"))
    (notification,) = result.of_type("bucketNotification:BucketNotification")
    assert {"hands-queue", "pots-queue", "gone-queue"} <= notification.depends_on
    assert notification.parent == "uploads"


def test_nothing_is_registered_when_a_rule_is_broken(folder: Path) -> None:
    result = attempt(lambda: [(consumer(folder, buckets=[], fifo=True),)])
    assert isinstance(result.error, pulumi.RunError)
    assert "[bucket-to-fifo]" in str(result.error)
    assert "uploads" not in result.resources


@pytest.mark.parametrize("preview", [False, True])
def test_one_program_may_create_bucket_consumers_and_notification(folder: Path, preview: bool) -> None:
    def program() -> None:
        bucket = aws.s3.Bucket("histories")
        BucketEvents("uploads", bucket, [(consumer(folder, buckets=[bucket.arn]), "hands/")])

    result = run(program, preview=preview)
    assert result.error is None
    if not preview:
        assert result.resources["uploads-notification"].inputs["bucket"] == "histories-1a2b3c4"


def test_a_bucket_that_is_an_output_is_checked_when_it_resolves(folder: Path) -> None:
    result = run(lambda: BucketEvents("uploads", aws.s3.Bucket("histories"), [(consumer(folder), "hands/")]) and None)
    assert "[bucket-not-allowed]" in str(result.error)
    assert "uploads-notification" not in result.resources


def test_an_existing_queue_is_notified_and_gets_no_policy(folder: Path) -> None:
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:theirs"
    args: Any = {"source": str(folder), "queue": {"arn": arn}}
    result = attempt(lambda: [(QueueConsumer("hands", args),)])
    assert result.error is None
    assert result.resources["uploads-notification"].inputs["queues"][0]["queueArn"] == arn
    assert result.of_type("queuePolicy:QueuePolicy") == []


WAYS: dict[str, Callable[[aws.s3.Bucket], Any]] = {
    "bucket": lambda bucket: bucket,
    "name": lambda bucket: bucket.bucket,
    "id": lambda bucket: bucket.id,
    "text": lambda bucket: "histories-1a2b3c4",
}


PAIRS = [*((way, way) for way in WAYS), ("bucket", "name"), ("bucket", "text"), ("id", "bucket")]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_a_second_notification_of_a_bucket_is_an_error_however_the_bucket_is_passed(
    folder: Path, first: str, second: str
) -> None:
    def program() -> None:
        bucket = aws.s3.Bucket("histories")
        hands = consumer(folder, buckets=["arn:aws:s3:::histories-*"])
        BucketEvents("uploads", WAYS[first](bucket), [(hands, "hands/")])
        BucketEvents("more", WAYS[second](bucket), [(hands, "more/")])

    for _ in range(2):  # a second run knows nothing of the first one's notifications
        result = run(program)
        assert isinstance(result.error, pulumi.RunError)
        assert "[bucket-events-twice]" in str(result.error)
        assert len(result.of_type("bucketNotification:BucketNotification")) <= 1
    if first == second:
        preview = run(program, preview=True)
        assert "[bucket-events-twice]" in str(preview.error)
        assert "more" not in preview.resources


def test_each_bucket_of_a_program_may_have_a_notification(folder: Path) -> None:
    def program() -> None:
        hands = consumer(folder, buckets=["arn:aws:s3:::*"])
        for number, bucket in enumerate(["a-bucket", "b-bucket", aws.s3.Bucket("c"), aws.s3.Bucket("d").bucket]):
            BucketEvents(f"uploads-{number}", bucket, [(hands,)])

    result = run(program)
    assert result.error is None
    assert len(result.of_type("bucketNotification:BucketNotification")) == 4


NO_LISTENERS: dict[str, Callable[[QueueConsumer], Any]] = {
    "a consumer": lambda hands: hands,
    "a list of consumers": lambda hands: [hands],
    "an empty tuple": lambda hands: [()],
    "a name for the consumer": lambda hands: [("hands", "in/")],
    "a number for the prefix": lambda hands: [(hands, 3)],
    "text for the events": lambda hands: [(hands, "", "", "s3:ObjectCreated:*")],
    "None for the events": lambda hands: [(hands, "", "", None)],
    "five values": lambda hands: [(hands, "", "", [], "more")],
    "a dict": lambda hands: [{"consumer": hands}],
}


@pytest.mark.parametrize("wrong", NO_LISTENERS)
def test_listeners_of_the_wrong_form_are_one_error(folder: Path, wrong: str, error_text: ErrorTexts) -> None:
    result = run(lambda: BucketEvents("uploads", "hand-histories", NO_LISTENERS[wrong](consumer(folder))) and None)
    assert isinstance(result.error, pulumi.RunError)
    assert "[bucket-listener]" in str(result.error)
    error_text(str(result.error))
