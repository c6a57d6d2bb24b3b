"""A fake SQS that fails messages of a batch: for tests of senders."""

import threading
from typing import Any


class BatchSqs:
    """Accepts every message except for `faults`: the results of a body's attempts, until none is left.

    A result is a failed entry, {} for none, or an exception of the whole call.
    """

    def __init__(self, **faults: list[Any]) -> None:
        self._faults, self.lock, self.url = faults, threading.Lock(), ""
        self.calls: list[list[dict[str, str]]] = []
        self.accepted: list[dict[str, str]] = []

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        with self.lock:
            self.url = QueueUrl
            self.calls.append(Entries)
            results = [(entry, self._result(entry["MessageBody"])) for entry in Entries]
            accepted = [entry for entry, failure in results if failure is None]
            self.accepted += accepted
        answer = {
            "Successful": [{"Id": entry["Id"]} for entry in accepted],
            "Failed": [{"Id": entry["Id"], **failure} for entry, failure in results if failure],
        }
        return {key: entries for key, entries in answer.items() if entries}

    def _result(self, body: str) -> dict[str, Any] | None:
        faults = self._faults.get(body)
        result = faults.pop(0) if faults else None
        if isinstance(result, Exception):
            raise result
        return result

    def bodies(self) -> list[str]:
        """Return the bodies of the accepted messages."""
        return [entry["MessageBody"] for entry in self.accepted]
