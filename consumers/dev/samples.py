"""The sample message of a consumer, which a key of the screen sends.

It is the content of `samples/NAME.json` in the project's folder, or the next line of `samples/NAME.jsonl`. Without such
a file it is the body of the newest dead letter, as it is.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from consumers.local.emulator import LocalAws
from consumers.operations import message_lines, sending
from consumers.operations.dead_letters.reasons import Explained
from consumers.operations.discovery import Consumer
from consumers.operations.message_lines import Message

FOLDER = "samples"
GROUP = "sample"
"""The message group on a FIFO queue, if the message is not a dead letter's."""


class SampleError(Exception):
    """There is no sample, or SQS cannot take it. The text says why, and what to do."""


@dataclass(frozen=True)
class Sample:
    """A message to send, and where it comes from."""

    body: str
    origin: str
    group: str = GROUP


def find(project: Path, name: str, letters: Sequence[Explained], number: int) -> Sample:
    """Return the sample of a consumer; of several lines the one with this number, from 0, again and again.

    Raises:
        SampleError: there is none.
    """
    folder = project / FOLDER
    for path in (folder / f"{name}.json", folder / f"{name}.jsonl"):
        origin = f"{FOLDER}/{path.name}"
        if path.exists():
            return _of_file(path, origin, number)
    if letters:
        letter = letters[0].letter
        return Sample(letter.body, "the newest dead letter", letter.group or GROUP)
    raise SampleError(f"There is no sample message: write one to {FOLDER}/{name}.json, or several as lines of .jsonl.")


def send(aws: LocalAws, consumer: Consumer, sample: Sample) -> str:
    """Send it; return the outcome in one line."""
    to = sending.destination(aws.client("sqs"), consumer.existing_queue_url)
    # Its own deduplication id: a key that is pressed twice sends two messages.
    group = sample.group if to.fifo else None
    message = Message(1, sample.body, len(sample.body.encode()), group, deduplication_id=uuid.uuid4().hex)
    outcome = sending.send(aws.client("sqs"), to, [message])
    if outcome.failed:
        raise SampleError(f"{sample.origin} is not sent to {consumer.name}: {outcome.failed[0].reason}")
    return f"Sent {sample.origin} to {consumer.name}{f', group {group}' if group else ''}"


def _of_file(path: Path, origin: str, number: int) -> Sample:
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        raise SampleError(f"{origin} is not UTF-8, and SQS takes only text.") from None
    except OSError as error:
        raise SampleError(f"{origin} cannot be read: {error.strerror}") from None
    bodies = [line for line in text.splitlines() if line.strip()] if path.suffix == ".jsonl" else [text.strip()]
    if not any(bodies):
        raise SampleError(f"{origin} is empty, and SQS takes no empty message.")
    body = bodies[number % len(bodies)]
    if wrong := message_lines.forbidden(body):
        raise SampleError(f"{origin}: {wrong}")
    return Sample(body, origin)
