"""A program in a pseudo-terminal, and what its screen shows: for tests, and for the cast in the README."""

import codecs
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

_SEQUENCE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")
_STYLE = re.compile(r"\x1b\[[0-9;]*m")


class Screen:
    """What a terminal shows of a program that writes whole lines, each at a position of its own, as `consumers dev`."""

    def __init__(self) -> None:
        self.rows: dict[int, str] = {}
        """Lines by number, from 1, with their styles as escape sequences."""
        self.is_alternate = False
        self._row = 1
        self._rest = ""

    def feed(self, text: str) -> None:
        """Show more output."""
        text = self._rest + text
        cut = text.rfind("\x1b")
        is_cut = cut >= 0 and not _SEQUENCE.match(text, cut)
        text, self._rest = (text[:cut], text[cut:]) if is_cut else (text, "")
        at = 0
        for found in _SEQUENCE.finditer(text):
            self._put(text[at : found.start()])
            self._control(found[1], found[2], found[0])
            at = found.end()
        self._put(text[at:])

    def lines(self) -> list[str]:
        """Return the lines without styles."""
        return [_STYLE.sub("", self.rows.get(row, "")) for row in range(1, max(self.rows, default=0) + 1)]

    def _put(self, text: str) -> None:
        self.rows[self._row] = self.rows.get(self._row, "") + text

    def _control(self, parameters: str, final: str, sequence: str) -> None:
        if final == "m":
            self._put(sequence)
        elif final == "H":
            self._row = int(parameters.partition(";")[0] or 1)
            self.rows[self._row] = ""
        elif final == "J":
            first = 0 if parameters == "2" else self._row
            self.rows = {row: line for row, line in self.rows.items() if row < first}
        elif parameters == "?1049":
            self.is_alternate = final == "h"


class PseudoTerminal:
    """A program that runs in a terminal of its own until the end of the `with` block."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 80,
        lines: int = 24,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._master, self._slave = pty.openpty()
        self.resize(columns, lines)
        self.attributes_before = self.attributes
        self.screen = Screen()
        self.frames: list[tuple[float, dict[int, str]]] = []
        """Every state of the screen that was seen, and when, in seconds of the monotonic clock."""
        self.output = ""
        self._lock = threading.Lock()
        self.process = subprocess.Popen(
            command,
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            cwd=folder,
            env={"TERM": "xterm-256color", **(os.environ if environment is None else environment)},
            start_new_session=True,
            preexec_fn=_control_terminal,
        )
        self._is_over = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> "PseudoTerminal":
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self._is_over.set()
        self._reader.join()
        os.close(self._slave)
        os.close(self._master)

    @property
    def attributes(self) -> list[Any]:
        """The settings of the terminal, such as echo."""
        return termios.tcgetattr(self._slave)

    def lines(self) -> list[str]:
        """Return what is on the screen now."""
        with self._lock:
            return self.screen.lines()

    def press(self, keys: str) -> None:
        """Type keys."""
        os.write(self._master, keys.encode())

    def resize(self, columns: int, lines: int) -> None:
        """Change the size of the terminal."""
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def wait_for(self, condition: str | Callable[[list[str]], bool], seconds: float = 30) -> list[str]:
        """Wait until a text is on the screen, or a condition of its lines holds; return the lines.

        Raises:
            TimeoutError: with what is on the screen instead.
        """
        end = time.monotonic() + seconds
        while True:
            lines = self.lines()
            if condition in "\n".join(lines) if isinstance(condition, str) else condition(lines):
                return lines
            if time.monotonic() > end:
                raise TimeoutError("\n".join([f"{condition!r} was not seen:", *lines, self.output[-2000:]]))
            time.sleep(0.02)

    def wait_for_end(self, seconds: float = 20) -> int:
        """Wait until the program ends; return its exit code."""
        return self.process.wait(seconds)

    def _read(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while not self._is_over.is_set():
            if not select.select([self._master], [], [], 0.1)[0]:
                continue
            try:
                text = decoder.decode(os.read(self._master, 65536))
            except OSError:
                return
            with self._lock:
                self.output += text
                self.screen.feed(text)
                if self.screen.is_alternate:
                    self.frames.append((time.monotonic(), dict(self.screen.rows)))


def _control_terminal() -> None:
    """Make standard input the controlling terminal, so that Ctrl-C is a signal."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
