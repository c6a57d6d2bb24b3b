"""HandHistoriesConsumer: reads hand histories line by line, and sends their good hands to the next queue.

A message is an S3 event, a piece of a large upload (which this function sends to its own queue), or a posted history.
"""

import json
import logging
import os
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple, cast
from urllib.parse import unquote_plus

from history import PIECE, Piece, good_hands, numbered, pieces
from sqs_batch import Record, batch_handler
from sqs_send import Message, send

CHUNK = 1024 * 1024  # bytes
REPORTED = 1_000  # broken lines logged in an invocation; logging every line of a binary file would be expensive
# S3's error codes for an upload that was deleted, or replaced by one that has its own event.
GONE = {"NoSuchKey", "404", "PreconditionFailed", "412"}
AWS_FIELDS = ({"Records"}, {"upload", "piece"})  # the fields of S3 events and of pieces

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)


class Upload(NamedTuple):
    bucket: str
    key: str
    etag: str

    def __str__(self) -> str:
        name = f"s3://{self.bucket}/{self.key}"
        return name if name.isprintable() else repr(name)  # a line break would forge log lines


@batch_handler
def handle(record: Record) -> None:
    message = from_aws(record.body)
    if not message:
        posted = record.body.encode()
        # The response to the post had SQS's message id.
        import_hands([posted], f"post {record.message_id}", sha256(posted).hexdigest()[:32])
    elif "piece" in message:
        import_piece(Upload(*message["upload"]), Piece(*message["piece"]))
    else:
        for event in message.get("Records", []):  # an s3:TestEvent has none
            bucket, object = event["s3"]["bucket"]["name"], event["s3"]["object"]
            import_upload(Upload(bucket, unquote_plus(object["key"]), object["eTag"]), object["size"], record)


def from_aws(body: str) -> dict[str, Any]:
    """Return the message if it is an S3 event or a piece; an empty one if it is a posted history."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(message, dict):
        return {}
    fields = cast("dict[str, Any]", message)
    # Compare all fields, since a hand may have some of the same names.
    return fields if {*fields} in AWS_FIELDS or fields.get("Event") == "s3:TestEvent" else {}


def import_upload(upload: Upload, size: int, record: Record) -> None:
    """Import a small upload; split a large one into messages to this function, whose timeout it might exceed."""
    if size <= PIECE:
        import_piece(upload, Piece(0, size, 1))
        return
    messages = [Message({"upload": upload, "piece": piece}, group_id=upload.etag) for piece in pieces(read(upload))]
    send(own_queue_url(record), messages)
    logger.info("history=%s bytes=%d pieces=%d", upload, size, len(messages))


def import_piece(upload: Upload, piece: Piece) -> None:
    import_hands(read(upload, piece), str(upload), upload.etag, piece.line)


def import_hands(chunks: Iterable[bytes], name: str, history: str, first_line: int = 1) -> None:
    """Send the good hands of a history, and log its first broken lines."""
    broken = 0

    def report(line: int, reason: str) -> None:
        nonlocal broken
        broken += 1
        if broken <= REPORTED:
            logger.warning("BROKEN history=%s line=%d reason=%.500s", name, line, reason)

    hands = good_hands(numbered(chunks, first_line), history, report)
    # Each history is a message group: on a fair queue, a long one does not delay the others.
    sent = send(os.environ["HANDS_QUEUE_URL"], (Message(hand, group_id=history) for hand in hands))
    logger.info("history=%s from_line=%d hands=%d broken=%d", name, first_line, sent, broken)


def read(upload: Upload, piece: Piece | None = None) -> Iterator[bytes]:
    """Stream an upload or a piece of it; nothing if the upload no longer exists."""
    if piece and not piece.end:
        return  # S3 rejects ranges of empty objects
    range_ = {"Range": f"bytes={piece.start}-{piece.end - 1}"} if piece else {}
    s3 = s3_client()
    try:
        answer = s3.get_object(Bucket=upload.bucket, Key=upload.key, IfMatch=upload.etag, **range_)
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in GONE:
            raise
        logger.warning("GONE history=%s", upload)
    else:
        yield from answer["Body"].iter_chunks(CHUNK)


@cache
def s3_client() -> Any:
    import boto3  # pyright: ignore[reportMissingTypeStubs]

    return boto3.client("s3")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def own_queue_url(record: Record) -> str:
    # Not from the environment, which would make the function depend on its queue. Both queues are in the same account
    # and region, so their URLs differ in the name only.
    return f"{os.environ['HANDS_QUEUE_URL'].rpartition('/')[0]}/{record.raw['eventSourceARN'].rpartition(':')[2]}"
