"""The dead-letter queue of a consumer, and the consumers that each of its letters may come from."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consumers.operations.dead_letters import logged
from consumers.operations.dead_letters.holding import MOST_HELD, Hold
from consumers.operations.dead_letters.letters import DeadLetter
from consumers.operations.dead_letters.logged import Bounds, Logged
from consumers.operations.discovery import Client, Consumer, DiscoveryError, tagged


@dataclass(frozen=True)
class DeadLetterQueue:
    """One dead-letter queue, and the consumers that use it."""

    url: str
    arn: str
    consumers: tuple[Consumer, ...]
    """Those whose letters are meant, and whose logs are read."""
    sources: frozenset[str]
    """ARNs of all queues whose redrive policy names it."""
    names: Mapping[str, str]
    """The name of each deployed consumer, by the ARN of its queue and by the name of its function."""

    @property
    def name(self) -> str:
        return self.arn.rpartition(":")[2]

    @property
    def fifo(self) -> bool:
        return self.arn.endswith(".fifo")

    @property
    def is_shared(self) -> bool:
        """Whether other queues than the first consumer's send their dead letters here."""
        return bool(self.sources - {self.consumers[0].queue_arn})

    def origin(self, letter: DeadLetter) -> str:
        """Return the name of the consumer that a letter comes from, or of the queue, or `unknown`."""
        if name := self.names.get(_sender(letter)):
            return name
        if letter.source_arn:
            return letter.source_arn.rpartition(":")[2]
        return "unknown" if self.is_shared else self.consumers[0].name

    def is_own(self, letter: DeadLetter) -> bool:
        """Whether a letter comes from the first consumer. Without a trace of another one it does, unless others share
        the queue: a queue or a function that was replaced has left letters under its old name."""
        consumer, sender = self.consumers[0], _sender(letter)
        if sender in (consumer.queue_arn, consumer.function_name):
            return True
        return sender not in self.names and not self.is_shared

    def hold(self, client: Client, most: int = MOST_HELD) -> Hold:
        """Return what reads this queue, `most` letters at once."""
        return Hold(client("sqs"), self.url, most)


def of(client: Client, consumer: Consumer) -> DeadLetterQueue:
    """Return the consumer's dead-letter queue.

    Raises:
        DiscoveryError: it has none.
    """
    return _of(client, [consumer], _names(client))


def all_of(client: Client, consumers: Sequence[Consumer]) -> list[DeadLetterQueue]:
    """Return the dead-letter queues of these consumers, each once."""
    users: dict[str, list[Consumer]] = defaultdict(list)
    for consumer in consumers:
        if consumer.dead_letter_queue_arn and consumer.dead_letter_queue_url:
            users[consumer.dead_letter_queue_arn].append(consumer)
    names = _names(client)
    return [_of(client, those, names) for those in users.values()]


def _of(client: Client, consumers: Sequence[Consumer], names: Mapping[str, str]) -> DeadLetterQueue:
    url, arn = consumers[0].dead_letter_queue_url, consumers[0].dead_letter_queue_arn
    if url is None or arn is None:
        why = "a message that fails is retried until it expires, and is then lost"
        raise DiscoveryError(f"{consumers[0].name} has no dead-letter queue: {why}.")
    return DeadLetterQueue(url, arn, tuple(consumers), frozenset(_sources(client("sqs"), url, arn)), names)


def _names(client: Client) -> dict[str, str]:
    """Return the names of all consumers from their tags alone: a role may be allowed to see no more of the others."""
    names: dict[str, str] = {}
    for one in tagged(client):
        names |= dict.fromkeys(one.arns["queue"], one.name)
        names |= {arn.rpartition(":")[2]: one.name for arn in one.arns["function"]}
    return names


def _sender(letter: DeadLetter) -> str:
    """Return the ARN of the queue that SQS moved a letter from, else the name of the function that sent it."""
    return letter.source_arn or str(letter.rejection.get("function") or "")


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
