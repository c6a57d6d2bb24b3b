"""The terminal as a screen: drawn line by line, keys as they are pressed, and restored whatever happens."""

import contextlib
import io
import os
import select
import shutil
import signal
import sys
import termios
import time
import tty
from collections.abc import Callable, Generator, Sequence
from types import FrameType
from typing import Any

from rich.console import Console
from rich.text import Text

from consumers.dev.keys import Keys

ESCAPE_TIME = 0.05
"""Seconds after which an escape sequence that does not continue was the key Escape."""
SMALLEST = (20, 5)
"""Columns and lines. On a terminal that is smaller, what does not fit is cut by the terminal."""
# The alternate screen, no cursor, no line wrap, pasted text in brackets.
_ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?2004h\x1b[2J"
_LEAVE = "\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l"
Handler = Callable[[int, FrameType | None], None]


def is_usable() -> bool:
    """Whether standard input and output are a terminal that can be a screen."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") not in ("", "dumb", "unknown")


class Terminal:
    """The terminal of standard input and output, as a screen within the `with` block.

    Ctrl-Z restores it while the program is stopped. After the block its settings are as before.
    """

    def __init__(self, on_end: Callable[[], None]) -> None:
        """`on_end` is called after SIGINT (Ctrl-C), SIGTERM and SIGHUP, in the main thread."""
        self._on_end = on_end
        self._in, self._out = sys.stdin.fileno(), sys.stdout.fileno()
        self._encoding = sys.stdout.encoding or "utf-8"
        self._keys = Keys()
        self._wake_in, self._wake_out = os.pipe()
        os.set_blocking(self._wake_in, False)
        os.set_blocking(self._wake_out, False)
        self._saved: list[Any] = []
        self._shown: list[str] = []
        self._size = (0, 0)
        self._rendered: dict[tuple[Any, ...], str] = {}

    def __enter__(self) -> "Terminal":
        self._saved = termios.tcgetattr(self._in)
        self._enter()
        return self

    def __exit__(self, *error: object) -> None:
        self._leave()
        os.close(self._wake_in)
        os.close(self._wake_out)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and lines, as they are now."""
        found = shutil.get_terminal_size()
        with contextlib.suppress(OSError):
            found = os.get_terminal_size(self._out)
        return max(found.columns, SMALLEST[0]), max(found.lines, SMALLEST[1])

    def wake(self) -> None:
        """End the wait for keys, from any thread."""
        with contextlib.suppress(OSError):  # the pipe is full, or closed
            os.write(self._wake_out, b".")

    def draw(self, lines: Sequence[Text], size: tuple[int, int]) -> None:
        """Show lines, each at most as wide as `size`. Only those that have changed are written."""
        rendered = self._render(lines[: size[1]], size[0])
        if size != self._size:
            self._size, self._shown = size, []
        written = "" if self._shown else "\x1b[2J"
        before = [*self._shown, *[""] * len(rendered)]
        for row, line in enumerate(rendered):
            if line != before[row] or not self._shown:
                written += f"\x1b[{row + 1};1H{line}\x1b[K"
        if len(rendered) < len(self._shown):
            written += f"\x1b[{len(rendered) + 1};1H\x1b[J"
        self._shown = rendered
        self._write(written)

    def _render(self, lines: Sequence[Text], width: int) -> list[str]:
        """Return each line as it is written. Most are as in the previous frame, and rendering takes the most time."""
        keys = [(width, line.plain, line.style, *line.spans) for line in lines]
        new = {key: line for key, line in zip(keys, lines, strict=True) if key not in self._rendered}
        known = self._rendered | dict(zip(new, _rendered(list(new.values()), width), strict=True))
        self._rendered = {key: known[key] for key in keys}
        return [known[key] for key in keys]

    def wait(self, seconds: float) -> list[str]:
        """Wait until keys are pressed, `wake` is called or the time is up; return the keys."""
        seconds = min(seconds, ESCAPE_TIME) if self._keys.is_unfinished else seconds
        ready, _, _ = select.select([self._in, self._wake_in], [], [], seconds)
        if self._wake_in in ready:
            os.read(self._wake_in, 4096)
        if self._in in ready:
            return self._read()
        return self._keys.finish() if not ready else []

    def _read(self) -> list[str]:
        try:
            data = os.read(self._in, 4096)
        except OSError:  # the terminal is gone
            data = b""
        if not data:
            self._on_end()
        return self._keys.read(data)

    @contextlib.contextmanager
    def signals(self) -> Generator[None]:
        """Handle signals until the end of the block. Only the main thread can."""
        handlers: dict[signal.Signals, Handler] = {
            signal.SIGINT: self._end,
            signal.SIGTERM: self._end,
            signal.SIGHUP: self._end,
            signal.SIGWINCH: self._resized,
            signal.SIGTSTP: self._stop,
            signal.SIGCONT: self._continue,
        }
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _resized(self, number: int, frame: FrameType | None) -> None:
        self.wake()

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._on_end()
        self.wake()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        """Give the terminal back, and stop as the signal would have stopped us."""
        self._leave()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._stop)
        self._continue(number, frame)

    def _continue(self, number: int, frame: FrameType | None) -> None:
        self._enter()
        self.wake()

    def _enter(self) -> None:
        with contextlib.suppress(termios.error):  # the terminal is gone
            tty.setcbreak(self._in, termios.TCSADRAIN)
        self._shown = []
        self._write(_ENTER)

    def _leave(self) -> None:
        self._write(_LEAVE)
        with contextlib.suppress(termios.error):
            termios.tcsetattr(self._in, termios.TCSADRAIN, self._saved)

    def _write(self, text: str) -> None:
        data = text.encode(self._encoding, "replace")
        with contextlib.suppress(OSError):  # the terminal is gone: reading from it ends the program
            while data:
                try:
                    data = data[os.write(self._out, data) :]
                except BlockingIOError:
                    time.sleep(0.01)


def _rendered(lines: Sequence[Text], width: int) -> list[str]:
    """Return each line with its styles as escape sequences; without colours where NO_COLOR is set."""
    console = Console(file=io.StringIO(), force_terminal=True, width=width, highlight=False, legacy_windows=False)
    rendered: list[str] = []
    for line in lines:
        with console.capture() as capture:
            console.print(line, end="", no_wrap=True, overflow="ellipsis", crop=True)
        rendered.append(capture.get())
    return rendered
