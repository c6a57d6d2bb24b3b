"""The screen of `consumers dev`: what the loop does, the consumers, their newest log lines, and keys."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from consumers.dev import drawing
from consumers.dev.board import Board, LogLine, clock
from consumers.dev.controls import Controls
from consumers.dev.printed import redirected
from consumers.dev.snapshots import Poller, Snapshot
from consumers.dev.terminal import Terminal
from consumers.local.emulator import LocalAws

TICK = 0.5
"""Seconds after which the screen is drawn again at the latest: the age of counts and the rate change by themselves."""
CALM = 0.03
"""Seconds between two drawings at least, however many log lines arrive."""
GRACE = 5.0
"""Seconds that an action has to finish the batch that is under way when the screen ends."""


class Screen:
    """The view of the loop on a terminal. All methods but `run` are thread-safe and return at once."""

    def __init__(self, project: Path, stack: str) -> None:
        """`project` is the folder with the samples; receipts are written to its folder `.consumers`."""
        self._project, self._stack = project, stack
        self._board = Board()
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._poller: Poller | None = None
        self._wake: Callable[[], None] = lambda: None
        self._controls = Controls(self._board, self._lock, project, self._changed)

    def started(self, title: str, aws: LocalAws, consumers: Sequence[str]) -> None:
        """Show this stack on this local AWS from now on."""
        with self._lock:
            if self._poller:
                self._poller.stop()
            self._board.title, self._board.address = title, f"local AWS {aws.endpoint_url}"
            self._controls.aws = aws
            self._poller = Poller(aws, self._stack, self._show)
            self._controls.poller = self._poller
            self._poller.start()
        self._wake()

    def updating(self, files: Sequence[str]) -> None:
        """Show that these files are being brought to the local AWS; without any, the whole program."""
        self._do(f"updating {', '.join(files)} …" if files else "starting …", is_live=False)

    def updated(self, steps: Sequence[str], seconds: float) -> None:
        """Show what is live, and how many seconds after it was saved."""
        with self._lock:
            self._board.error = ""
        count = f"{len(steps)} changes: " if len(steps) > 1 else ""
        self._do(f"live in {seconds:.2f} s: {count}{'; '.join(steps) or 'nothing changed'}", is_live=True)
        if self._poller:
            self._poller.hurry()

    def failed(self, text: str) -> None:
        """Show an error until it is fixed."""
        with self._lock:
            self._board.error = text
        self._do("not live: the previous code stays until this is fixed", is_live=False)

    def message(self, text: str) -> None:
        """Show what the program prints or logs."""
        with self._lock:
            self._board.lines += [LogLine("", line, "yellow") for line in text.rstrip("\n").split("\n")]
        self._wake()

    def log(self, consumer: str, line: str) -> None:
        """Show a line of a function's log."""
        with self._lock:
            self._board.add_line(consumer, line, clock())
        self._wake()

    def page(self, address: str) -> None:
        """Show the address of the web page now, and in the help."""
        with self._lock:
            self._board.page = address
        self.message(f"The page: {address}")

    def run(self, stop: threading.Event) -> None:
        """Draw until `q`, Ctrl-C, SIGTERM or `stop`, in the main thread. The terminal is as before afterwards."""
        try:
            with Terminal(self._ended.set) as terminal, terminal.signals(), redirected(self.message):
                self._wake = terminal.wake
                try:
                    self._draw_until(stop, terminal)
                finally:
                    self._wake = lambda: None
        finally:
            if self._poller:
                self._poller.stop()
            self._controls.end(GRACE)

    def _draw_until(self, stop: threading.Event, terminal: Terminal) -> None:
        while not (stop.is_set() or self._ended.is_set()):
            size = terminal.size
            with self._lock:
                lines = drawing.frame(self._board, *size, clock())
            terminal.draw(lines, size)
            time.sleep(CALM)
            for key in terminal.wait(TICK):
                with self._lock:
                    if not self._controls.press(key):
                        self._ended.set()

    def _do(self, doing: str, *, is_live: bool) -> None:
        with self._lock:
            self._board.doing, self._board.is_live = doing, is_live
        self._wake()

    def _show(self, snapshot: Snapshot) -> None:
        with self._lock:
            self._board.show(snapshot)
        self._wake()

    def _changed(self) -> None:
        self._wake()
