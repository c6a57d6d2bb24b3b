"""What the keys of the screen do on the local AWS. Each returns its outcome in one line."""

import threading
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from consumers.local.emulator import LocalAws
from consumers.operations import pausing, sending
from consumers.operations.dead_letters import dead_letter_queue
from consumers.operations.dead_letters.choosing import Chosen
from consumers.operations.dead_letters.edits import Edit
from consumers.operations.dead_letters.exporting import file_name
from consumers.operations.dead_letters.reasons import Explained
from consumers.operations.dead_letters.receipts import Receipts
from consumers.operations.dead_letters.redriving import Outcome, Queues, Redrive
from consumers.operations.dead_letters.scanning import Spool, explained, without_log
from consumers.operations.dead_letters.selection import Exactly, Selection, selected
from consumers.operations.discovery import Consumer
from consumers.operations.leases import Lease
from consumers.operations.pausing import Wait

BY = "consumers-dev"
PAUSE = 3600.0  # seconds; the pause does not end by itself
PATIENCE = 60.0  # seconds for the mapping to change


class ActionError(Exception):
    """An action is not possible. The text says why."""


def pause(aws: LocalAws, consumer: Consumer, tell: Callable[[str], None]) -> str:
    """Pause a consumer, and wait until its mapping is disabled."""
    now, wait = time.time(), Wait(PATIENCE, tell)
    pausing.pause(aws.client, consumer, Lease(now, now + PAUSE, BY), wait)
    pausing.wait_for_state(aws.client, consumer, "Disabled", wait)
    return f"{consumer.name} is paused: messages stay in its queue"


def resume(aws: LocalAws, consumer: Consumer, tell: Callable[[str], None]) -> str:
    """End the pause of a consumer, no matter who started it."""
    lease = pausing.resume(aws.client, consumer, Wait(PATIENCE, tell))
    return f"{consumer.name} reads its queue again" if lease else f"{consumer.name} was not paused"


def redrive(
    aws: LocalAws,
    consumer: Consumer,
    ids: Collection[str],
    folder: Path,
    stop: threading.Event,
    tell: Callable[[str], None],
) -> str:
    """Send the dead letters with these ids back, as `consumers dlq redrive` does; the receipt is a file in `folder`."""
    queue, sqs = dead_letter_queue.of(aws.client, consumer), aws.client("sqs")
    path = folder / file_name("redrive", consumer.name)
    to = sending.destination(sqs, consumer.existing_queue_url)
    with queue.hold(aws.client) as hold, Spool[Explained]() as spool, Receipts(path) as receipts:

        def read(selection: Selection) -> Iterator[list[Explained]]:
            return selected(explained(hold, without_log, fifo=queue.fifo), selection)

        chosen = Chosen(hold, read, Exactly(ids=frozenset(ids)), spool, fifo=queue.fifo)
        count = sum(map(len, chosen.first()))
        tell(f"sending {count:,}")
        sender = Redrive(Queues(sqs, queue.url, to, sqs), hold, receipts, Edit(), stop=stop)
        outcome = sender.send([one.letter for one in letters] for letters in chosen.all())
    return _outcome(consumer, outcome, len(ids), path)


def _outcome(consumer: Consumer, outcome: Outcome, count: int, path: Path) -> str:
    if not outcome.failed and not outcome.twice and not outcome.refusal:
        few = "" if outcome.done >= count else f" of {count:,}; the others are gone or being read"
        return f"Redriven to {consumer.queue_name}: {outcome.done:,}{few}"
    reasons = [*outcome.failed.values(), *outcome.twice.values(), *([str(outcome.refusal)] if outcome.refusal else [])]
    raise ActionError(f"Redriven: {outcome.done:,} of {count:,}: {reasons[0]}. What became of each: {path}")
