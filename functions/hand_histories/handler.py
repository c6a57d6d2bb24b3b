"""HandHistoriesConsumer: reads uploaded and posted hand histories line by line, and sends their good hands on.

A message is what S3 says of an upload, a piece of a large upload (which this function sends to itself), or the text of
a history that was posted.
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

CHUNK = 1024 * 1024  # bytes of an upload in memory at a time
REPORTED = 1_000  # broken lines of a call: of a picture that is named .jsonl, the log would cost more than all else
# The upload has been deleted, or replaced: by another one, of which S3 tells too.
GONE = {"NoSuchKey", "404", "PreconditionFailed", "412"}
SAID = ({"Records"}, {"upload", "piece"})  # the fields of what S3 and this function say

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)


class Upload(NamedTuple):
    bucket: str
    key: str
    etag: str

    def __str__(self) -> str:
        name = f"s3://{self.bucket}/{self.key}"
        return name if name.isprintable() else repr(name)  # a line break in a key would forge lines in the log


@batch_handler
def handle(record: Record) -> None:
    message = from_aws(record.body)
    if not message:
        posted = record.body.encode()
        # SQS's id is what the answer to the post has said.
        import_hands([posted], f"post {record.message_id}", sha256(posted).hexdigest()[:32])
    elif "piece" in message:
        import_piece(Upload(*message["upload"]), Piece(*message["piece"]))
    else:
        for event in message.get("Records", []):  # an s3:TestEvent has none
            bucket, told = event["s3"]["bucket"]["name"], event["s3"]["object"]
            import_upload(Upload(bucket, unquote_plus(told["key"]), told["eTag"]), told["size"], record)


def from_aws(body: str) -> dict[str, Any]:
    """Return what S3 or this function says; nothing of a history: a hand, too, may have a field `Event`."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(message, dict):
        return {}
    said = cast("dict[str, Any]", message)
    return said if {*said} in SAID or said.get("Event") == "s3:TestEvent" else {}


def import_upload(upload: Upload, size: int, record: Record) -> None:
    """Import a small upload, and send the pieces of a large one to this function: a call lasts 15 minutes at most."""
    if size <= PIECE:
        import_piece(upload, Piece(0, size, 1))
        return
    # In a group of its own, as its hands are.
    found = [Message({"upload": upload, "piece": piece}, upload.etag) for piece in pieces(read(upload))]
    send(own_queue_url(record), found)
    logger.info("history=%s bytes=%d pieces=%d", upload, size, len(found))


def import_piece(upload: Upload, piece: Piece) -> None:
    import_hands(read(upload, piece), str(upload), upload.etag, piece.line)


def import_hands(chunks: Iterable[bytes], name: str, history: str, first_line: int = 1) -> None:
    """Send the good hands of a history on, and log what is wrong with the first of its other lines."""
    broken = 0

    def report(line: int, reason: str) -> None:
        nonlocal broken
        broken += 1
        if broken <= REPORTED:
            logger.warning("BROKEN history=%s line=%d reason=%.500s", name, line, reason)

    hands = good_hands(numbered(chunks, first_line), history, report)
    # In a group of its own: of a queue with many histories' hands, a long one does not delay the others (a fair queue).
    sent = send(os.environ["HANDS_QUEUE_URL"], (Message(hand, group_id=history) for hand in hands))
    logger.info("history=%s from_line=%d hands=%d broken=%d", name, first_line, sent, broken)


def read(upload: Upload, piece: Piece | None = None) -> Iterator[bytes]:
    """Stream an upload, or a piece of it; nothing where it is there no longer."""
    if piece and not piece.end:
        return  # S3 knows no range of an empty object
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
    # Not from the environment: the function is made before the queue that it reads. The URL of a neighbour, of the same
    # account and region, is right but for the name.
    return f"{os.environ['HANDS_QUEUE_URL'].rpartition('/')[0]}/{record.raw['eventSourceARN'].rpartition(':')[2]}"
