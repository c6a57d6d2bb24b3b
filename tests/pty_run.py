"""A command in a pseudo-terminal, which is its controlling terminal."""

import os
import pty
import select
import sys
import time
from collections.abc import Sequence
from pathlib import Path


class PtyRun:
    """A child in a terminal of 80 columns; the test reads its screen and types."""

    def __init__(self, arguments: Sequence[str], folder: Path) -> None:
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.chdir(folder)
            os.environ |= {"PYTHONPATH": str(Path(__file__).parents[1]), "COLUMNS": "80"}
            os.execv(sys.executable, [sys.executable, *arguments])
        self._text = ""

    def until(self, text: str) -> str:
        """Return what it has shown since the last call, up to `text`."""
        end = time.monotonic() + 60
        while text not in self._text:
            assert self._more(end), f"{text!r} is not in {self._text!r}"
        shown, _, self._text = self._text.partition(text)
        return shown

    def type(self, line: str) -> None:
        os.write(self._terminal, f"{line}\n".encode())

    def end(self) -> tuple[int, str]:
        """Wait for its end; return the exit code, and the rest of what it has shown."""
        end = time.monotonic() + 60
        while self._more(end):
            pass
        code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        os.close(self._terminal)
        return code, self._text

    def _more(self, end: float) -> bool:
        ready, _, _ = select.select([self._terminal], [], [], max(0, end - time.monotonic()))
        try:
            data = os.read(self._terminal, 65_536) if ready else b""
        except OSError:  # the terminal has no user any more
            return False
        self._text += data.decode().replace("\r\n", "\n")
        return bool(data)
