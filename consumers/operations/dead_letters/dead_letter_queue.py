"""The dead-letter queue of a consumer, and the consumers that each of its letters may come from."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from consumers.operations.dead_letters import logged
from consumers.operations.dead_letters.holding import MOST_HELD, Hold
from consumers.operations.dead_letters.letters import DeadLetter
from consumers.operations.dead_letters.logged import Bounds, Logged
from consumers.operations.discovery import Client, Consumer, DiscoveryError


@dataclass(frozen=True)
class DeadLetterQueue:
    """One dead-letter queue, and the consumers that use it."""

    url: str
    arn: str
    consumers: tuple[Consumer, ...]
    """Those that are deployed; other queues may send letters here too."""
    sources: frozenset[str]
    """ARNs of all queues whose redrive policy names it."""

    @property
    def name(self) -> str:
        return self.arn.rpartition(":")[2]

    @property
    def fifo(self) -> bool:
        return self.arn.endswith(".fifo")

    @property
    def is_shared(self) -> bool:
        return len(self.sources) > 1

    def origin(self, letter: DeadLetter) -> str:
        """Return the name of the consumer that a letter comes from, or of the queue, or `unknown`."""
        if letter.source_arn:
            names = {one.queue_arn: one.name for one in self.consumers}
            return names.get(letter.source_arn, letter.source_arn.rpartition(":")[2])
        names = {one.function_name: one.name for one in self.consumers}
        sole = "unknown" if self.is_shared else self.consumers[0].name
        return names.get(letter.rejection.get("function"), sole)

    def hold(self, client: Client, most: int = MOST_HELD) -> Hold:
        """Return what reads this queue, `most` letters at once."""
        return Hold(client("sqs"), self.url, most)


def of(client: Client, consumer: Consumer, deployed: Sequence[Consumer] = ()) -> DeadLetterQueue:
    """Return the consumer's dead-letter queue; `deployed` are other consumers, which may share it.

    Raises:
        DiscoveryError: it has none.
    """
    url, arn = consumer.dead_letter_queue_url, consumer.dead_letter_queue_arn
    if url is None or arn is None:
        why = "a message that fails is retried until it expires, and is then lost"
        raise DiscoveryError(f"{consumer.name} has no dead-letter queue: {why}.")
    users = [one for one in deployed if one.dead_letter_queue_arn == arn and one != consumer]
    return DeadLetterQueue(url, arn, (consumer, *users), frozenset(_sources(client("sqs"), url, arn)))


def all_of(client: Client, consumers: Sequence[Consumer]) -> list[DeadLetterQueue]:
    """Return the dead-letter queues of these consumers, each once."""
    users: dict[str, list[Consumer]] = defaultdict(list)
    for consumer in consumers:
        if consumer.dead_letter_queue_arn and consumer.dead_letter_queue_url:
            users[consumer.dead_letter_queue_arn].append(consumer)
    return [of(client, those[0], those) for those in users.values()]


def read_logs(
    client: Client, queue: DeadLetterQueue, ids: Collection[str], start: float, bounds: Bounds | None = None
) -> Logged:
    """Read the logs of the queue's consumers for the ids of messages, from `start` (seconds since 1970) on."""
    found = Logged()
    for log_group in sorted({one.log_group for one in queue.consumers if one.log_group}):
        one = logged.read(client("logs"), log_group, ids, start, bounds)
        found.reasons |= one.reasons
        found.ends = sorted([*found.ends, *one.ends])
        found.is_cut |= one.is_cut
    return found


def _sources(sqs: Any, url: str, arn: str) -> list[str]:
    """Return the ARNs of the queues that name it: they are in its account and region."""
    pages = sqs.get_paginator("list_dead_letter_source_queues").paginate(QueueUrl=url)
    scope = arn.rpartition(":")[0]
    return [f"{scope}:{source.rpartition('/')[2]}" for page in pages for source in page.get("queueUrls", [])]
