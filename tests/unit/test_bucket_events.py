"""BucketEvents: an S3 bucket that tells consumers of its objects."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components import BucketEvents, BucketListener, QueueConsumer
from pulumi_run import ACCOUNT, REGION, Run, run

BUCKET = "arn:aws:s3:::hand-histories"


def consumer(folder: Path, name: str = "hands", buckets: Any = (BUCKET,), **more: Any) -> QueueConsumer:
    args: Any = {"source": str(folder), "queue": {"allowed_senders": {"buckets": [*buckets]}}, **more}
    return QueueConsumer(name, args)


def attempt(listeners: Callable[[], list[Any]]) -> Run:
    return run(lambda: BucketEvents("uploads", "hand-histories", listeners()) and None)


def test_however_many_consumers_listen_the_bucket_has_one_notification(folder: Path) -> None:
    result = attempt(
        lambda: [
            (consumer(folder, "hands"), "hands/", ".jsonl"),
            BucketListener(consumer(folder, "pots"), "pots/"),
            (consumer(folder, "gone"), "", "", ["s3:ObjectRemoved:*"]),
        ]
    )
    assert result.error is None
    (notification,) = result.of_type("bucketNotification:BucketNotification")
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}"
    made = ["s3:ObjectCreated:*"]
    assert notification.inputs == {
        "bucket": "hand-histories",
        "queues": [
            {
                "id": "hands-0",
                "queueArn": f"{queue}:hands-queue-1a2b3c4",
                "events": made,
                "filterPrefix": "hands/",
                "filterSuffix": ".jsonl",
            },
            {"id": "pots-1", "queueArn": f"{queue}:pots-queue-1a2b3c4", "events": made, "filterPrefix": "pots/"},
            {"id": "gone-2", "queueArn": f"{queue}:gone-queue-1a2b3c4", "events": ["s3:ObjectRemoved:*"]},
        ],
    }
    assert {"hands-queue", "pots-queue", "gone-queue"} <= notification.depends_on
    assert notification.parent == "uploads"


def test_a_fifo_consumer_is_refused_before_anything_of_the_notification_is_registered(folder: Path) -> None:
    result = attempt(lambda: [(consumer(folder, buckets=[], fifo=True),)])
    assert isinstance(result.error, pulumi.RunError)
    assert str(result.error).startswith("BucketEvents 'uploads' is refused, 2 errors:\n- bucket: got ")
    assert "[bucket-to-fifo]" in str(result.error)
    assert "uploads" not in result.resources


@pytest.mark.parametrize("preview", [False, True])
def test_bucket_consumers_and_notification_may_be_made_by_one_program(folder: Path, preview: bool) -> None:
    def program() -> None:
        bucket = aws.s3.Bucket("histories")
        BucketEvents("uploads", bucket, [(consumer(folder, buckets=[bucket.arn]), "hands/")])

    result = run(program, preview=preview)
    assert result.error is None
    if not preview:
        assert result.resources["uploads-notification"].inputs["bucket"] == "histories-1a2b3c4"


def test_a_bucket_that_is_an_output_is_judged_when_it_is_known(folder: Path) -> None:
    def program() -> None:
        bucket = aws.s3.Bucket("histories")
        BucketEvents("uploads", bucket, [(consumer(folder), "hands/")])

    result = run(program)
    text = "- bucket: got 'histories-1a2b3c4', which the queue of 'hands' does not allow; allowed: one of"
    assert text in str(result.error)
    assert "uploads-notification" not in result.resources


def test_the_consumer_of_a_queue_that_exists_is_told_of_and_nothing_is_attached_to_its_queue(folder: Path) -> None:
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:theirs"
    args: Any = {"source": str(folder), "queue": {"arn": arn}}
    result = attempt(lambda: [(QueueConsumer("hands", args),)])
    assert result.error is None
    assert result.resources["uploads-notification"].inputs["queues"][0]["queueArn"] == arn
    assert result.of_type("queuePolicy:QueuePolicy") == []


def _bucket_itself(bucket: aws.s3.Bucket) -> Any:
    return bucket


def _its_name(bucket: aws.s3.Bucket) -> Any:
    return bucket.bucket


def _its_id(bucket: aws.s3.Bucket) -> Any:
    return bucket.id


def _text(bucket: aws.s3.Bucket) -> Any:
    return "histories-1a2b3c4"


@pytest.mark.parametrize("first", [_bucket_itself, _its_name, _its_id, _text])
@pytest.mark.parametrize("second", [_bucket_itself, _its_name, _its_id, _text])
def test_a_second_notification_of_a_bucket_is_refused_however_the_two_say_which_bucket(
    folder: Path, first: Callable[[aws.s3.Bucket], Any], second: Callable[[aws.s3.Bucket], Any]
) -> None:
    def program() -> None:
        bucket = aws.s3.Bucket("histories")
        hands = consumer(folder, buckets=["arn:aws:s3:::histories-*"])
        BucketEvents("uploads", first(bucket), [(hands, "hands/")])
        BucketEvents("more", second(bucket), [(hands, "more/")])

    for _ in range(2):  # the second time as the first: what one run has claimed is nothing to the next one
        result = run(program)
        assert isinstance(result.error, pulumi.RunError)
        assert "which has the BucketEvents '" in str(result.error)
        assert len(result.of_type("bucketNotification:BucketNotification")) <= 1


@pytest.mark.parametrize("given", [_bucket_itself, _its_name, _its_id, _text])
def test_a_second_notification_is_refused_in_a_preview_before_anything_of_it_is_registered(
    folder: Path, given: Callable[[aws.s3.Bucket], Any]
) -> None:
    def program() -> None:
        bucket = aws.s3.Bucket("histories")
        hands = consumer(folder, buckets=[bucket.arn])
        for name in ("uploads", "more"):
            BucketEvents(name, given(bucket), [(hands, f"{name}/")])

    result = run(program, preview=True)
    assert isinstance(result.error, pulumi.RunError)
    assert str(result.error).startswith("BucketEvents 'more' is refused, 1 error:\n- bucket: got ")
    assert "which has the BucketEvents 'uploads'; allowed: " in str(result.error)
    assert "more" not in result.resources


def test_each_bucket_of_a_program_has_its_notification(folder: Path) -> None:
    def program() -> None:
        hands = consumer(folder, buckets=["arn:aws:s3:::*"])
        for number, bucket in enumerate(["a-bucket", "b-bucket", aws.s3.Bucket("c"), aws.s3.Bucket("d").bucket]):
            BucketEvents(f"uploads-{number}", bucket, [(hands,)])

    result = run(program)
    assert result.error is None
    assert len(result.of_type("bucketNotification:BucketNotification")) == 4


def test_what_is_no_listener_is_refused_in_one_line_and_not_by_a_traceback(folder: Path) -> None:
    wrong: list[Callable[[], Any]] = [
        lambda: consumer(folder),
        lambda: [consumer(folder)],
        lambda: [()],
        lambda: [("hands", "in/")],
        lambda: [(consumer(folder), 3)],
        lambda: [(consumer(folder), "", "", "s3:ObjectCreated:*")],
        lambda: [(consumer(folder), "", "", None)],
        lambda: [(consumer(folder), "", "", [], "more")],
        lambda: [{"consumer": consumer(folder)}],
    ]
    for listeners in wrong:
        result = attempt(listeners)
        assert isinstance(result.error, pulumi.RunError)
        head, line = str(result.error).splitlines()
        assert head == "BucketEvents 'uploads' is refused, 1 error:"
        assert line.startswith("- listeners: got ")
        assert "[bucket-listener]" in line
        assert " object at 0x" not in line


def test_a_prefix_or_a_suffix_of_none_is_any(folder: Path) -> None:
    result = attempt(lambda: [(consumer(folder), None, ".jsonl"), (consumer(folder, "pots"), None, ".csv")])
    assert result.error is None
    queues = result.resources["uploads-notification"].inputs["queues"]
    assert [set(queue) for queue in queues] == [{"id", "queueArn", "events", "filterSuffix"}] * 2
