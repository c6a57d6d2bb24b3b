"""Sends chosen dead letters back: receive, send, confirm each entry, and only then delete."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from consumers.operations.dead_letters.edits import Edit, EditError
from consumers.operations.dead_letters.holding import ENTRIES, Hold
from consumers.operations.dead_letters.letters import MOST_ATTRIBUTES, REASON, REDRIVEN, DeadLetter
from consumers.operations.dead_letters.receipts import Receipts
from consumers.operations.message_lines import MAX_BYTES


@dataclass
class Outcome:
    """What became of the letters. What is in neither list is in the dead-letter queue as before."""

    done: int = 0
    failed: dict[str, str] = field(default_factory=dict[str, str])
    """By the letter's id: why it is still in the dead-letter queue."""
    twice: list[str] = field(default_factory=list[str])
    """Ids of letters that were sent and could not be deleted."""


class Redrive:
    """Sends letters of one dead-letter queue to one queue."""

    def __init__(self, sqs: Any, hold: Hold, dead_letter_url: str, url: str, receipts: Receipts, edit: Edit) -> None:
        self._sqs, self._hold, self._dead_letter_url, self._url = sqs, hold, dead_letter_url, url
        self._receipts, self._edit, self._fifo = receipts, edit, url.endswith(".fifo")
        self._stopped_groups: set[str] = set()
        self.outcome = Outcome()

    def send(self, letters: Iterable[DeadLetter], on_progress: Callable[[int], None] = lambda done: None) -> Outcome:
        """Send the letters, ten in a call; of a FIFO group in their order, and none after one that failed."""
        for batch in batches(self._edited(letters), self._fifo):
            sent = self._send_batch([pair for pair in batch if pair[0].group not in self._stopped_groups])
            self._delete(sent)
            on_progress(len(batch))
        return self.outcome

    def _edited(self, letters: Iterable[DeadLetter]) -> Iterator[tuple[DeadLetter, dict[str, Any]]]:
        for letter in letters:
            if self._fifo and letter.group in self._stopped_groups:
                self._fail(letter, "an earlier message of its group was not sent")
                continue
            try:
                yield letter, entry(letter, self._edit.apply(letter.body), self._fifo)
            except EditError as error:
                self._fail(letter, str(error))

    def _send_batch(self, batch: Sequence[tuple[DeadLetter, dict[str, Any]]]) -> list[DeadLetter]:
        """Return the letters whose copies SQS has confirmed."""
        entries = [{"Id": str(number), **parameters} for number, (_, parameters) in enumerate(batch)]
        if not entries:
            return []
        try:
            reply = self._sqs.send_message_batch(QueueUrl=self._url, Entries=entries)
        except Exception as error:
            for letter, _ in batch:
                self._fail(letter, f"not confirmed, so that it may be in the queue too: {error}")
            return []
        new_ids = {entry["Id"]: entry["MessageId"] for entry in reply.get("Successful", [])}
        failures = {entry["Id"]: entry.get("Message") or entry["Code"] for entry in reply.get("Failed", [])}
        sent: list[DeadLetter] = []
        for number, (letter, _) in enumerate(batch):
            if new_id := new_ids.get(str(number)):
                self._receipts.write(letter.id, new_id, "sent")
                sent.append(letter)
            else:
                self._fail(letter, failures.get(str(number), "SQS did not confirm it"))
        return sent

    def _delete(self, letters: Sequence[DeadLetter]) -> None:
        failed = delete(self._sqs, self._dead_letter_url, self._hold, letters)
        for letter in letters:
            if why := failed.get(letter.id):
                self.outcome.twice.append(letter.id)
                self._receipts.write(letter.id, None, f"sent, and not deleted: {why}")
            else:
                self.outcome.done += 1
                self._receipts.write(letter.id, None, "done")

    def _fail(self, letter: DeadLetter, why: str) -> None:
        self.outcome.failed[letter.id] = why
        self._receipts.write(letter.id, None, f"failed: {why}")
        if self._fifo and letter.group is not None:
            self._stopped_groups.add(letter.group)


def delete(sqs: Any, url: str, hold: Hold, letters: Sequence[DeadLetter]) -> dict[str, str]:
    """Delete letters that are held; return why not, by the ids of those that are still there."""
    if not letters:
        return {}
    entries = [{"Id": str(n), "ReceiptHandle": hold.receipt(letter)} for n, letter in enumerate(letters)]
    try:
        reply = sqs.delete_message_batch(QueueUrl=url, Entries=entries)
    except Exception as error:
        return {letter.id: str(error) for letter in letters}
    deleted = {int(entry["Id"]) for entry in reply.get("Successful", [])}
    failures = {int(entry["Id"]): entry.get("Message") or entry["Code"] for entry in reply.get("Failed", [])}
    hold.release([letter for number, letter in enumerate(letters) if number in deleted])
    return {
        letter.id: failures.get(number, "SQS did not confirm it")
        for number, letter in enumerate(letters)
        if number not in deleted
    }


def entry(letter: DeadLetter, body: str, fifo: bool) -> dict[str, Any]:
    """Return the SendMessageBatch parameters of a copy: everything that the letter carries, and how often it went."""
    attributes = {name: value for name, value in letter.attributes.items() if name not in (REASON, REDRIVEN)}
    if len(attributes) < MOST_ATTRIBUTES:
        attributes[REDRIVEN] = {"DataType": "Number", "StringValue": str(letter.redriven + 1)}
    parameters: dict[str, Any] = {"MessageBody": body, "MessageAttributes": attributes}
    if _size(parameters) > MAX_BYTES:  # the letter leaves no room for it
        attributes.pop(REDRIVEN, None)
    if letter.group is not None:
        parameters["MessageGroupId"] = letter.group
    if fifo:  # the same for every try, so that SQS drops a copy that is sent again within five minutes
        parameters["MessageDeduplicationId"] = letter.id
    if trace := letter.system.get("AWSTraceHeader"):
        parameters["MessageSystemAttributes"] = {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
    return parameters


def batches(
    pairs: Iterable[tuple[DeadLetter, dict[str, Any]]], fifo: bool
) -> Iterator[list[tuple[DeadLetter, dict[str, Any]]]]:
    """Put entries together as SQS takes them: ten, 1 MiB; and one of a FIFO group, so that none passes a failed one."""
    batch: list[tuple[DeadLetter, dict[str, Any]]] = []
    size = 0
    for letter, parameters in pairs:
        own = _size(parameters)
        is_full = len(batch) == ENTRIES or size + own > MAX_BYTES
        if batch and (is_full or (fifo and any(letter.group == other.group for other, _ in batch))):
            yield batch
            batch, size = [], 0
        batch.append((letter, parameters))
        size += own
    if batch:
        yield batch


def _size(parameters: dict[str, Any]) -> int:
    attributes = sum(
        len(name.encode())
        + len(value["DataType"])
        + len(value.get("BinaryValue", b"") or value["StringValue"].encode())
        for name, value in parameters["MessageAttributes"].items()
    )
    return len(parameters["MessageBody"].encode()) + attributes
