"""Dead letters in a file: JSON lines that `send --exported` takes back."""

import json
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any


def file_name(command: str, consumer: str) -> str:
    """Return the name of a new file of JSON lines, with the time in it."""
    return f"{command}-{consumer}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}.jsonl"


class Export:
    """A new file of JSON lines. It has whole lines only, and they are on the disk when `write` returns.

    On leaving the context, a file without any line is removed.
    """

    def __init__(self, path: Path) -> None:
        """Create `path`, which only its owner may read; raise FileExistsError where it exists."""
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._size = 0
        self.path = path

    def __enter__(self) -> "Export":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self._file)
        if not self._size:
            self.path.unlink()

    def write(self, letters: Iterable[Mapping[str, Any]]) -> None:
        """Add a line for each letter; after an error, such as a full disk, the file is as before."""
        data = b"".join(json.dumps(letter).encode() + b"\n" for letter in letters)
        try:
            rest = data
            while rest:
                rest = rest[os.write(self._file, rest) :]
            os.fsync(self._file)
        except BaseException:  # Ctrl-C too
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(data)
