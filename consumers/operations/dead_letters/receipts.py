"""What became of each letter, written down as it happens."""

import json
import os
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import IO


class Receipts:
    """A file of JSON lines: old id, new id, when, outcome. Each line is on disk before the next step is taken."""

    def __init__(self, path: Path) -> None:
        """Append to `path`, which only its owner may read: ids and reasons can be personal data."""
        self._lock = threading.Lock()
        self._file: IO[str] = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w")
        self.path = path

    def __enter__(self) -> "Receipts":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def write(self, old_id: str, new_id: str | None, outcome: str) -> None:
        """Write one line. An outcome is `sent` (SQS has the copy), `done` (and the letter is deleted), or a failure."""
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        line = json.dumps({"old_id": old_id, "new_id": new_id, "when": when, "outcome": outcome})
        with self._lock:
            self._file.write(line + "\n")
            self._file.flush()
