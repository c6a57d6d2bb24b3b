"""What became of each letter, written down as it happens."""

import json
import os
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any


@dataclass(frozen=True)
class Line:
    """One step of one letter."""

    old_id: str
    new_id: str | None
    outcome: str
    """`sent` (SQS has the copy), `done` (the letter is deleted), `twice` (it may not be) or `failed`."""
    why: str | None = None


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

    def write(self, lines: Iterable[Line]) -> None:
        """Write lines at once."""
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        data = "".join(json.dumps(_as_data(line, when)) + "\n" for line in lines).encode()
        with self._lock:
            while data:
                data = data[os.write(self._file, data) :]


def _as_data(line: Line, when: str) -> dict[str, Any]:
    why = {"why": line.why} if line.why else {}
    return {"old_id": line.old_id, "new_id": line.new_id, "when": when, "outcome": line.outcome, **why}
