"""The dead letters of a consumer on the local AWS, with their reasons, seen without receiving them."""

from functools import partial

from consumers.local import queue_contents
from consumers.local.emulator import LocalAws
from consumers.operations.dead_letters import dead_letter_queue
from consumers.operations.dead_letters.letters import DeadLetter
from consumers.operations.dead_letters.reasons import Explained
from consumers.operations.dead_letters.scanning import with_reasons
from consumers.operations.discovery import Consumer

MOST_COMPARED = 100
"""Dead letters that are looked at again and again, and not only when their number has changed."""


def read(aws: LocalAws, consumer: Consumer) -> list[Explained]:
    """Return the dead letters that come from this consumer, the newest first."""
    queue = dead_letter_queue.of(aws.client, consumer)
    found = [DeadLetter.of(message) for message in queue_contents.messages(aws, queue.url)]
    own = [letter for letter in found if queue.is_own(letter)]
    return with_reasons(own[::-1], partial(dead_letter_queue.read_logs, aws.client, queue))


def ids(aws: LocalAws, url: str) -> frozenset[str]:
    """Return the ids of all messages in a queue."""
    return frozenset(message["MessageId"] for message in queue_contents.messages(aws, url))
