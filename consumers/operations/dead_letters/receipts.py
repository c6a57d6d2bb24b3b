"""What became of each letter, written down as it happens."""

import json
import os
import threading
import time
from pathlib import Path
from types import TracebackType


class Receipts:
    """A file of JSON lines: old id, new id, when, outcome. Each line is written before the next step is taken."""

    def __init__(self, path: Path) -> None:
        """Append to `path`; a new file may be read by its owner only, because reasons can hold personal data."""
        self._lock = threading.Lock()
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.path = path

    def __enter__(self) -> "Receipts":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self._file)

    def write(self, old_id: str, new_id: str | None, outcome: str, why: str | None = None) -> None:
        """Write one line. Outcomes are `sent` (SQS has the copy), `done` (the letter is deleted), `twice`, `failed`."""
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        line = {"old_id": old_id, "new_id": new_id, "when": when, "outcome": outcome, **({"why": why} if why else {})}
        with self._lock:
            os.write(self._file, json.dumps(line).encode() + b"\n")
