"""A simulated FIFO queue that rejects entries and calls, and loses answers: for tests of senders."""

import random
import threading
from collections import Counter
from itertools import pairwise
from typing import Any, NamedTuple

from botocore import exceptions  # pyright: ignore[reportMissingTypeStubs]

BUSY = {"Code": "InternalError", "Message": "try again", "SenderFault": False}
WRONG = {"Code": "InvalidMessageContents", "Message": "bad character", "SenderFault": True}


def client_error(code: str, status: int = 400) -> exceptions.ClientError:
    reply: Any = {"Error": {"Code": code, "Message": "because"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return exceptions.ClientError(reply, "SendMessageBatch")


UNAVAILABLE = [client_error("ThrottlingException"), client_error("Slow", 429), client_error("Busy", 500)]


class Rates(NamedTuple):
    """The probability of each fault."""

    busy: float = 0  # an entry fails, by no fault of the sender
    wrong: float = 0  # an entry fails, by a fault of the sender
    unavailable: float = 0  # a call is throttled or fails
    lost: float = 0  # the call, or its answer, does not arrive
    denied: float = 0  # a call is denied; a retry would be, too


class FlakyFifo:
    """An SQS client and its queue. Like SQS, it accepts an entry even after a failed one of the same group."""

    def __init__(self, rates: Rates, seed: int) -> None:
        self.rates, self._seed, self._tries = rates, seed, Counter[str]()
        self._lock = threading.Lock()
        self._deduplication_ids = set[str]()
        self.groups: dict[str, list[str]] = {}
        self.calls = 0
        self.took_without_answer = False

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        with self._lock:
            self.calls += 1
            assert 1 <= len(Entries) == len({entry["Id"] for entry in Entries}) <= 10
            chance = self._chance("call", Entries[0]["MessageBody"])
            if chance.random() < self.rates.denied:
                raise client_error("AccessDenied", 403)
            if chance.random() < self.rates.unavailable:
                raise chance.choice(UNAVAILABLE)
            is_lost = chance.random() < self.rates.lost
            if is_lost and chance.random() < 0.5:
                raise exceptions.EndpointConnectionError(endpoint_url="u")
            answer = self._answer(Entries)
            if is_lost:
                self.took_without_answer = True
                raise chance.choice([exceptions.ConnectionClosedError, exceptions.ReadTimeoutError])(endpoint_url="u")
            return answer

    def _answer(self, entries: list[dict[str, str]]) -> dict[str, Any]:
        answer: dict[str, list[dict[str, Any]]] = {"Successful": [], "Failed": []}
        for entry in entries:
            chance = self._chance("entry", entry["MessageBody"])
            if chance.random() < self.rates.wrong:
                answer["Failed"].append({"Id": entry["Id"], **WRONG})
            elif chance.random() < self.rates.busy:
                answer["Failed"].append({"Id": entry["Id"], **BUSY})
            else:
                answer["Successful"].append({"Id": entry["Id"]})
                self._take(entry)
        return answer

    def _take(self, entry: dict[str, str]) -> None:
        if entry["MessageDeduplicationId"] not in self._deduplication_ids:
            self._deduplication_ids.add(entry["MessageDeduplicationId"])
            self.groups.setdefault(entry["MessageGroupId"], []).append(entry["MessageBody"])

    def _chance(self, kind: str, body: str) -> random.Random:
        """Return the same random numbers for the same try of a message, independent of the threads' order."""
        self._tries[kind + body] += 1
        return random.Random(f"{self._seed} {kind} {body} {self._tries[kind + body]}")

    def overtaken(self) -> int:
        """Return how many messages arrived directly before an earlier one. Bodies are increasing numbers."""
        return sum(int(a) > int(b) for bodies in self.groups.values() for a, b in pairwise(bodies))

    def arrived(self) -> list[int]:
        """Return the numbers of the messages in the queue, sorted."""
        return sorted(int(body) for bodies in self.groups.values() for body in bodies)
